"""How segments grow since the first earlier day, in customers and in revenue: on cards and in a sentence."""

from __future__ import annotations

import pandas as pd

from lib.report import inside
from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format
from lib.report.scorecard import capital
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


@shows
def growth(sizes: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Which segments grew and which shrank beyond chance since the first day, in customers and in revenue."""
    names, found = segments.set_index("segment")["name"], since(sizes, segments, fmt)
    if not found:
        return Sentence("Growth is not measured: at no earlier day is the whole window of behaviour known.",
                        tone="caveat")
    day = fmt.date(pd.Timestamp(next(iter(found.values()))["as_of"]))
    values = {f"{s}.{k}": v for s, r in found.items() for k, v in r.items()} | {"day": day, "names": names.tolist()}
    parts = [*_beyond_chance(found, names, "growth", ("more customers", "fewer customers"), fmt),
             *_beyond_chance(found, names, "revenue_growth", ("more revenue", "less revenue"), fmt)]
    if not parts:
        return Sentence(f"Since {day} no segment grew or shrank beyond chance.", values)
    said = ". ".join([parts[0], *map(capital, parts[1:])])
    return Sentence(f"Since {day}, by the same rules: {said}.", values)


def _beyond_chance(found: dict, names: pd.Series, what: str, verbs: tuple[str, str], fmt: Format) -> list[str]:
    """What grew and what shrank, each in a part of a sentence."""
    known = {s: r for s, r in found.items() if what in r}
    more = [s for s, r in known.items() if r[f"{what}_low"] > 0]
    less = [s for s, r in known.items() if r[f"{what}_high"] < 0]
    return [f"{verb}: " + "; ".join(f"{names[s]} {change(found[s], fmt, what)}" for s in group)
            for verb, group in zip(verbs, (more, less), strict=True) if group]
