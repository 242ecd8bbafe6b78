"""Is there structure at all, how many segments, and how firm they are (method.md §3.5-3.7)."""

from __future__ import annotations

from lib.analyze.structure import classes, mixed, scan
from lib.analyze.structure.families import FAMILIES
from lib.analyze.structure.kinds import METHODS, data_type
from lib.analyze.structure.portable import assign
from lib.analyze.structure.stability import PAIRS, RESAMPLE
from lib.contracts import NotMeasured

__all__ = ["assign", "search"]


def search(values, *, largest_k: int, smallest: int, seed: int, descriptors=None, asked: int = scan.ASKED,
           pairs: int = PAIRS, m: int = RESAMPLE, families: tuple[str, ...] = FAMILIES):
    """Whether groups exist among the customers, and the cut to use: (`structure` scan, `structure_choice`).

    The method follows the type of the columns of ``values`` (one row per customer, indexed by customer_key): amounts
    (`scan.search`, which describes the options; ``families`` are its own), amounts and categories (`mixed.search`),
    or categories alone (`classes.search`). The choice says which and why, as `method` and `method_why`. Two
    NotMeasured when the base cannot be searched. Order of rows, names of customers, units and what levels are called
    change nothing.
    """
    absent = next((v for v in (values, largest_k, smallest) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent, absent
    varying = values[[c for c in values if values[c].nunique() > 1]]
    kind = data_type(varying)
    options = {"largest_k": largest_k, "smallest": smallest, "seed": seed, "pairs": pairs, "m": m}
    if kind == "categories":
        found, choice = classes.search(varying, **options)
    elif kind == "mixed":
        found, choice = mixed.search(varying, **options, descriptors=descriptors, asked=asked)
    else:
        found, choice = scan.search(values, **options, descriptors=descriptors, asked=asked, families=families)
    if isinstance(choice, NotMeasured):
        return found, choice
    used, why = METHODS[kind]
    return found, {**choice, "method": used, "method_why": why}
