"""Tables of notebook 04: what marks each segment, how it has grown, and what those outside are like."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.contracts.labels import MONEY, NOTHING_SPENT, SHARES
from lib.report.blocks import Absent, TableBlock, shows
from lib.report.inside import untold
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.report.words.growing import beyond_chance, change, since
from lib.report.words.typing import NOBODY_ASKED, asked
from lib.stats import Z95

SHOWN = 4  # markers of a segment, half of them findings where there are as many
LEFT_OUT = " Left out: what {few} customers have or lack, and what would give such a number away."
MEASURED = ["mean (95 % interval)", "base", "n"]


@shows
def markers(profile: pd.DataFrame, segments: pd.DataFrame, fmt: Format,
            questions: Mapping[str, str] = NOBODY_ASKED) -> TableBlock:
    """The strongest markers of each segment against the base: findings first, then what made the segments; items of a
    survey as they were asked."""
    out = hidden(profile, "profile", fmt, untold(segments, fmt))
    over = _over_all(profile)
    ranked = _ranked(profile[profile["marker"] & ~out], ["made_segments"], profile["variable"].map(over))
    rows = []
    for segment in segments.sort_values("rank").itertuples():
        own = ranked[ranked["segment"] == segment.segment]
        found, made = own[~own["made_segments"]], own[own["made_segments"]]
        best = [kind.head(max(SHOWN // 2, SHOWN - len(other))) for kind, other in ((found, made), (made, found))]
        rows += [[segment.name, *_row(r, fmt, questions), "yes" if r.made_segments else "no"]
                 for kind in best for r in kind.itertuples()]
    columns = ["segment", "variable", *MEASURED, "made the segments"]
    return TableBlock("What marks each segment", columns, rows, MEASURED,
                      "A marker differs from the base by more than half of it, or by a quarter of the variable's "
                      "maximum, beyond chance; those farthest from the base in standard deviations are shown. Where "
                      "the variable made the segments, or is behaviour as what made them, the difference is no finding."
                      + LEFT_OUT.format(few=fmt.few) * bool(out.any()))


@shows
def growth(sizes: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> TableBlock | Absent:
    """Change of each segment in customers and in revenue, with its interval, and whether it is more than chance."""
    found = since(sizes, segments, fmt)
    if not found:
        return Absent("at no earlier day is the whole window of behaviour known", "a longer history")
    moved = {column: beyond_chance(found, column) for column in ("growth", "revenue_growth")}
    rows = [[r.name, *[_cell(r.segment, column, found, moved, fmt) for column in moved]]
            for r in segments.sort_values("rank").itertuples() if r.segment in found]
    day = fmt.date(pd.Timestamp(next(iter(found.values()))["as_of"]))
    heads = ["customers", "revenue"]
    return TableBlock(f"How segments have grown since {day}", ["segment", *heads], rows, heads,
                      "Change since that day, with its 95 % interval: who the same model places in the segment, and "
                      "what they brought in the window before. More, less: the interval leaves 0 out; each stands by "
                      "itself, and of twenty such one does so by chance. Left out: segments that would tell of few.",
                      tone="method")


@shows
def outside_profile(profile: pd.DataFrame, fmt: Format) -> TableBlock | Absent:
    """Where those outside the segments differ most from the base."""
    out = hidden(profile, "outside_profile", fmt)
    known = profile[~out & profile["low"].notna()]
    clear = known[(known["low"] > known["base"]) | (known["high"] < known["base"])]
    if clear.empty:
        return Absent("nobody outside the segments differs from the base beyond chance, or too few are outside",
                      "more customers outside")
    ranked = _ranked(clear, ["state"], _spread(clear))
    rows = [[r.state, *_row(r, fmt)] for r in ranked.groupby("state").head(SHOWN).itertuples()]
    return TableBlock("What those outside are like", ["state", "variable", *MEASURED], rows, MEASURED,
                      "The variables on which each group lies farthest from all customers, beyond chance."
                      + LEFT_OUT.format(few=fmt.few) * bool(out.any()))


def _spread(rows: pd.DataFrame) -> pd.Series:
    """Standard deviation within each group, as the interval of its mean tells; of a share that of the base."""
    within = (rows["high"] - rows["low"]) / (2 * Z95) * np.sqrt(rows["n"])
    shares = rows["variable"].str.contains("=", regex=False)
    return within.mask(shares, np.sqrt((rows["base"] * (1 - rows["base"])).clip(lower=0)))


def _over_all(profile: pd.DataFrame) -> pd.Series:
    """Standard deviation of each variable over the customers of all groups: within them and between their means."""
    squares = profile["n"] * (_spread(profile) ** 2 + (profile["mean"] - profile["base"]) ** 2)
    known = profile.assign(squares=squares).dropna(subset="squares").groupby("variable")
    return np.sqrt(known["squares"].sum() / known["n"].sum())


def _ranked(rows: pd.DataFrame, first: list[str], spread: pd.Series) -> pd.DataFrame:
    """Rows ordered by ``first``, then by how many standard deviations a mean lies from the base; what is the same for
    all of a group lies farthest."""
    away = (rows["mean"] - rows["base"]).abs() / spread.where(spread > 0)
    return rows.assign(away=away.fillna(np.inf)).sort_values([*first, "away", "variable"],
                                                             ascending=[*[True] * len(first), False, True])


def _row(row, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> list[str]:
    write = _write(row.variable, fmt)
    spent = row.variable not in MONEY or not row.mean == row.low == row.high == 0
    mean = fmt.estimate(row.mean, row.low, row.high, write) if spent else NOTHING_SPENT
    return [asked(row.variable, questions), mean, write(row.base), fmt.people(row.n)]


def _write(variable: str, fmt: Format):
    name, _, level = variable.partition("=")
    if name in MONEY:
        return fmt.money
    return fmt.share if level or name in SHARES else fmt.number


def _cell(segment: str, column: str, found: dict, moved: dict, fmt: Format) -> str:
    if column not in found[segment]:
        return "not known"
    rose, fell = moved[column]
    beyond = ", more" if segment in rose else ", less" if segment in fell else ""
    return change(found[segment], fmt, column) + beyond
