"""Where `segments` begins. While the command is imported nobody listens yet: a Ctrl-C ends it, without a word."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """The command line. Returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own would show where it was in the libraries
    from lib.run.commands import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
