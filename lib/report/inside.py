"""How many customers are in segments, and how many in none, as far as it may be said (method.md §7).

How many customers there are is said from step 1 on. So the sizes of the segments, or their sum, tell how many could not
be placed; where those are few, one size is left out everywhere, and with it whatever adds up to it.
"""

from __future__ import annotations

import re

import pandas as pd

from lib.contracts import NotMeasured
from lib.contracts.labels import OUTSIDE
from lib.report.numbers import Format
from lib.report.suppress import hidden, segments_and_rest, unplaced
from lib.stats import wilson

HUNDRED = 100  # so exactly are parts of the segments counted where their whole must not be said
RESTS_ON = re.compile(r", median of [^;]*")  # as `lib.segments.grid` writes it
WITHIN = re.compile(r" \([^)]*\)(?=[^;]*$)")  # intervals of the last part of a cell
WITH_REST = "with those who could not be placed"


def untold(segments: pd.DataFrame | NotMeasured, fmt: Format) -> set[str]:
    """Segments whose size must not be said; `outside` among them where the number of those in none must not."""
    if isinstance(segments, NotMeasured) or segments.empty:
        return set()
    out = hidden(segments, "segments", fmt)
    return set(segments.loc[out, "segment"]) | ({OUTSIDE} if _rest_hidden(segments, out, fmt) else set())


def names_untold(segments: pd.DataFrame | NotMeasured, fmt: Format) -> set[str]:
    """The same by their names, as the groups of the scheme that leads are called."""
    gone = untold(segments, fmt)
    return set(segments.loc[segments["segment"].isin(gone), "name"]) | (gone & {OUTSIDE}) if gone else set()


def said(segments: pd.DataFrame, fmt: Format, n: int | None = None) -> tuple[str, dict]:
    """How many customers of the segments stand behind a figure, and the values: `n = 2,768`, or, where few are in none,
    `n = nearly all of 2,773`. ``n``: of those in segments, where a figure does not hold them all; then to the hundred,
    also where few in none are counted with a segment: what a figure does not hold may be what these lack.
    """
    inside = int(segments["n"].sum())
    joined = n is not None and "joined" in segments and segments["joined"].any()
    if OUTSIDE not in untold(segments, fmt) and not joined:
        return fmt.n(inside if n is None else n), {"n": inside if n is None else n}
    if n is not None and n < inside - HUNDRED:
        about = HUNDRED * round(n / HUNDRED)
        return f"n = about {fmt.people(about)}", {"n": about}
    whole = inside + unplaced(segments)
    return f"n = nearly all of {fmt.people(whole)}", {"n": whole}


def uncounted(cell: dict, gone: set[str]) -> dict:
    """A cell of the grid without how many customers it rests on, where that would tell the size of its segment.

    Of measured cells only: evidence is counted by who was heard.
    """
    if cell["scheme"] != "segments" or cell["column"] not in gone or cell["state"] != "measured":
        return cell
    answer = RESTS_ON.sub("", cell["answer"])  # how wide the interval of a share is tells of how many it is
    answer = WITHIN.sub("", answer) if "most used: " in answer else answer
    return cell | {"n": None, "answer": answer, "suppressed": True}


def searched(choice: dict, fmt: Format, key: str = "n") -> tuple[str, dict]:
    """How many customers were searched for groups, or drawn in a resample (``key`` m): `1,370`, or `about 1,400` where
    the number would tell how few lack a value."""
    n = choice[key]
    if not fmt.is_few(choice.get("left_out", {}).get("missing", 0)) or n != choice["n"]:
        return fmt.people(n), {key: n}
    about = HUNDRED * max(round(n / HUNDRED), 1)
    return f"about {fmt.people(about)}", {key: about}


def with_rest(segments: pd.DataFrame, fmt: Format) -> dict[str, dict]:
    """By segment, {n, share, low, high} of the one whose size covers how few could not be placed, together with those.

    The others' sizes and the number of all customers tell as much. Empty where nothing, or more, is hidden.
    """
    gone = untold(segments, fmt)
    if len(gone) != 2 or OUTSIDE not in gone:
        return {}
    (segment,) = gone - {OUTSIDE}
    others = int(segments.loc[segments["segment"] != segment, "n"].sum())
    return {segment: remainder(int(segments["n"].sum()) + unplaced(segments), others)}


def remainder(whole: int, others: int) -> dict:
    """{n, share, low, high} of all customers but those in other segments."""
    low, high = wilson(whole - others, whole)
    return {"n": whole - others, "share": (whole - others) / whole, "low": float(low), "high": float(high)}


def _rest_hidden(segments: pd.DataFrame, out, fmt: Format) -> bool:
    return bool(segments_and_rest(segments, segments["n"].to_numpy("int64"), out, fmt)[-1])
