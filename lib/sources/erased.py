"""The list of those who were erased on request: marks only, kept beside a product's artefacts and read by every run."""

from __future__ import annotations

import json
from pathlib import Path

from lib.contracts import Blocked
from lib.paths import WORK
from lib.settings import relative

EMPTY = {"marks": [], "rerun": []}


def erased_file(product: str) -> Path:
    """Where the list of a product is kept."""
    return WORK / product / "erased.json"


def erased_list(product: str) -> dict:
    """{product, key_id, marks, rerun}: `marks` of lib.collect.erased, and the as-of dates to be run again."""
    path = erased_file(product)
    if not path.is_file():
        return {**EMPTY, "product": product, "key_id": ""}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {"product": product, "key_id": str(content["key_id"]), "marks": list(content["marks"]),
                "rerun": list(content["rerun"])}
    except (ValueError, KeyError, TypeError):
        raise Blocked("the list of those who were erased cannot be read, so they could come back",
                      where=relative(path), fix="restore the file from a backup") from None


def erased_marks(product: str, key_id: str) -> frozenset[str]:
    """The marks of a product. Raises Blocked when they were made with another key: nobody could be told by them."""
    known = erased_list(product)
    if known["marks"] and known["key_id"] != key_id:
        raise Blocked("the list of those who were erased was made with another key, so they could come back",
                      where=relative(erased_file(product)),
                      fix="use the key that it was made with; or delete it and erase the same ids again")
    return frozenset(known["marks"])


