"""Customer segmentation in six steps: one package a step, and a few doors that all of them share.

product, contracts, stats   what a product is, what every table means, small statistics (import nothing of lib)
engine, sources, store      the query engine, the door to raw files, the door to artefacts
basis .. monitor            the six steps: plain values in, new tables out; no disk, no plot, no clock
report                      figures, tables, sentences, pages
run                         the batch and the commands
Notebooks compose these; steps never import one another.
"""

import sys

if sys.platform == "win32":  # said here, before a module is asked for that is not there
    sys.stderr.write("segments needs Linux or macOS; on Windows it runs in WSL, which is Linux: wsl --install\n")
    sys.exit(2)
