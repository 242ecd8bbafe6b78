"""How segments grow since the first earlier day, in customers and in revenue, and how many go on: on cards and in a
sentence."""

from __future__ import annotations

import pandas as pd

from lib.report import inside
from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden


def since(sizes: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> dict[str, dict]:
    """Per segment that may be shown, as_of, growth and revenue_growth with their bounds since the first day; {} without
    one. Bounds and growth of revenue are left out where they are not known or would tell of one customer."""
    told = segments.loc[~hidden(segments, "segments", fmt), "segment"]
    gone = inside.untold(segments, fmt)
    shown = sizes[~hidden(sizes, "sizes", fmt, gone) & sizes["segment"].isin(told)]
    first = shown[(shown["as_of"] == sizes["as_of"].min()) & shown["growth"].notna()]
    columns = ["as_of", *(f"{what}growth{bound}" for what in ("", "revenue_") for bound in ("", "_low", "_high"))]
    return {row["segment"]: {c: row[c] for c in columns if pd.notna(row.get(c))} for row in first.to_dict("records")}


def change(row: dict, fmt: Format, what: str = "growth") -> str:
    """A change as it is written: `+6 % (2 % to 10 %)`."""
    sign = "+" if fmt.share(row[what]) != fmt.share(0) and row[what] > 0 else ""
    return sign + fmt.estimate(row[what], row[f"{what}_low"], row[f"{what}_high"], fmt.share)


def few_active(row, fmt: Format) -> str:
    """What stands for a rate that few of many, or all but few, make; or that would tell of those of another segment."""
    active = round(row.active * row.n_next)
    few = f"fewer than {fmt.count(fmt.smallest)}"
    if fmt.is_few(active) or fmt.is_few(row.n_next - active):
        return few if fmt.is_few(active) else f"all but {few}"
    return f"not shown: it would tell of {few} customers of another segment"


@shows
def growth(sizes: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """In how many segments customers and revenue rose and fell beyond chance since the first day, and where most."""
    names, found = segments.set_index("segment")["name"], since(sizes, segments, fmt)
    if not found:
        return Sentence("Growth is not measured: at no earlier day is the whole window of behaviour known.",
                        tone="caveat")
    day = fmt.date(pd.Timestamp(next(iter(found.values()))["as_of"]))
    values = {f"{s}.{k}": v for s, r in found.items() for k, v in r.items()} | {"day": day, "names": names.tolist()}
    said, counts = [], []
    for what, column in ((f"Since {day} the number of customers", "growth"), ("Revenue", "revenue_growth")):
        rose, fell = beyond_chance(found, column)
        moves = [_where(verb, group, column, found, names, fmt) for verb, group in (("rose", rose), ("fell", fell))
                 if group]
        said += [f"{what} {', and '.join(moves)}."] if moves else []
        counts += [len(rose), len(fell)]
    if not said:
        return Sentence(f"Since {day} no segment grew or shrank beyond chance.", values)
    return Sentence(" ".join(said), values | {"counts": counts})


def beyond_chance(found: dict, column: str) -> tuple[list, list]:
    """Segments that grew and that shrank by an interval without 0, first those that did so by most at the least."""
    known = {s: r for s, r in found.items() if {column, f"{column}_low", f"{column}_high"} <= set(r)}
    rose = sorted((s for s, r in known.items() if r[f"{column}_low"] > 0), key=lambda s: -known[s][f"{column}_low"])
    fell = sorted((s for s, r in known.items() if r[f"{column}_high"] < 0), key=lambda s: known[s][f"{column}_high"])
    return rose, fell


def _where(verb: str, group: list, column: str, found: dict, names: pd.Series, fmt: Format) -> str:
    """`rose beyond chance in 4 segments, most in Lapsed: +106 % (82 % to 131 %)`."""
    first = f"{names[group[0]]}: {change(found[group[0]], fmt, column)}"
    if len(group) == 1:
        return f"{verb} beyond chance in {first}"
    return f"{verb} beyond chance in {fmt.count(len(group))} segments, most in {first}"
