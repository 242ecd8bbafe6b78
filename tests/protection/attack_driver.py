"""Run in a workspace of its own (SEGMENTS_ROOT): each attack on the command line, what came of it as JSON."""

import contextlib
import io
import json
import sys
from pathlib import Path

from lib.paths import PRODUCTS
from lib.run.commands import main

EVIL = PRODUCTS / "evil.yml"


def attempt(arguments: list[str], product: str | None) -> dict:
    if product is not None:
        EVIL.write_bytes(product.encode("utf-8", "surrogateescape"))
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    except BaseException as error:  # what a user would see as a traceback
        code = f"{type(error).__name__}: {error}"[:300]
    EVIL.unlink(missing_ok=True)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    attacks = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdin = io.TextIOWrapper(io.BytesIO(b""))
    Path(sys.argv[2]).write_text(json.dumps([attempt(**a) for a in attacks]))
