"""Where the process of a worker begins: the warm parent is taken off it before anything else of `lib` is imported.

    python -m lib.run.begin '<order as JSON>' <file descriptor for events> <scratch folder>
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lib.run import warm
from lib.run.order import Order


def main() -> None:
    order = Order(**json.loads(sys.argv[1]))
    parent = "asked for with --cold" if order.cold else warm.start()
    from lib.run import worker  # only now: the warm parent must not have it

    worker.main(order, int(sys.argv[2]), Path(sys.argv[3]), parent)


if __name__ == "__main__":
    main()
