"""How segments grow: the change since the first earlier day, on cards and in a sentence."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden


def since(sizes: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> dict[str, dict]:
    """Per segment that may be shown, {as_of, growth, growth_low, growth_high} since the first day; {} without one."""
    told = segments.loc[~hidden(segments, "segments", fmt), "segment"]
    shown = sizes[~hidden(sizes, "sizes", fmt) & sizes["segment"].isin(told)]
    first = shown[(shown["as_of"] == sizes["as_of"].min()) & shown["growth"].notna()]
    columns = ["as_of", "growth", "growth_low", "growth_high"]
    return {row["segment"]: {c: row[c] for c in columns} for row in first.to_dict("records")}


def change(row: dict, fmt: Format) -> str:
    """A change as it is written: `+6 % (2 % to 10 %)`."""
    sign = "+" if row["growth"] > 0 else ""
    return sign + fmt.estimate(row["growth"], row["growth_low"], row["growth_high"], fmt.share)


@shows
def growth(sizes: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Which segments grew and which shrank beyond chance since the first day."""
    names, found = segments.set_index("segment")["name"], since(sizes, segments, fmt)
    if not found:
        return Sentence("Growth is not measured: at no earlier day is the whole window of behaviour known.",
                        tone="caveat")
    day = fmt.date(pd.Timestamp(next(iter(found.values()))["as_of"]))
    more = [s for s, r in found.items() if r["growth_low"] > 0]
    less = [s for s, r in found.items() if r["growth_high"] < 0]
    values = {f"{s}.{k}": v for s, r in found.items() for k, v in r.items()} | {"day": day, "names": names.tolist()}
    if not more + less:
        return Sentence(f"Since {day} no segment grew or shrank beyond chance.", values)
    parts = [f"{verb}: " + "; ".join(f"{names[s]} {change(found[s], fmt)}" for s in group)
             for verb, group in (("more customers", more), ("fewer", less)) if group]
    return Sentence(f"Since {day}, by the same rules, {', '.join(parts)}.", values)
