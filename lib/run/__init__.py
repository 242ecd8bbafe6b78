"""The batch and the commands.

__main__     where `segments` begins
commands     what it understands
due          which products should be run now, and for which day; changed: what of the inputs changed since a run
preflight    what must hold before anything is started
supervisor   one process a product, stopped in time, summed up
watch        what a product may take: time, memory, and none of its processes frozen
nursery      imports libraries and `lib` once a batch and forks each worker
forking      how processes are forked; forkable: whether they may be
begin, warm  where a worker begins; its kernels are forked from a process that has the libraries and `lib`
kernels      how its kernels start, warm or the ordinary way
orphans      what cells started and left ends with the worker
worker       one product: six notebooks in order, pages, publishing
resume       what of a run that broke off still holds; code: which code a process has
notebook     one notebook executed, and its success proved; client: what a kernel may do meanwhile
pages        a run's pages; portfolio: the page over all products
folder       run folder, publishing by rename
lock         one run of a product at a time, and who holds it
packages     what brings a product's data and is not installed
manifest     run.json
outcome      how a product's run can end, and the exit codes
"""

import sys

# jsonschema loads it where it is installed, and its grammar takes a second and a half to build, in every process that
# reads a notebook. It checks addresses in other alphabets, which no notebook's schema has
sys.modules.setdefault("rfc3987_syntax", None)
