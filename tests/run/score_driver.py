"""Run in a workspace of its own (SEGMENTS_ROOT): each line of standard input is one `segments` command, as JSON.

Prints one JSON line a command: exit code, standard output, standard error.
"""

import contextlib
import io
import json
import sys

from lib.run.commands import main

if __name__ == "__main__":
    for line in sys.stdin:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(json.loads(line))
        sys.stdout.write(json.dumps([code, out.getvalue(), err.getvalue()]) + "\n")
