"""Where a worker begins: the warm parent is taken off its process before that has a thread.

    python -m lib.run.begin '<order as JSON>' <file descriptor for events> <scratch folder>
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lib.run import orphans, warm
from lib.run.order import Order


def main(order: str, events: int, scratch: str) -> None:
    asked = Order(**json.loads(order))
    parent = "asked for with --cold" if asked.cold else warm.start()
    orphans.adopt()
    from lib.run import worker  # only now: it reads pyplot, whose backend the warm parent chooses first

    try:
        worker.main(asked, events, Path(scratch), parent)
    finally:
        orphans.end_all()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
