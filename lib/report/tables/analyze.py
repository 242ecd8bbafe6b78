"""Tables of notebook 03."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib.contracts.labels import OTHERS
from lib.report.blocks import TableBlock, shows
from lib.report.numbers import Format
from lib.report.style import label
from lib.report.suppress import hidden
from lib.report.words.typing import NOBODY_ASKED, asked

LABELS = {
    "tenure_days": "days since the start",
    "recency_days": "days since the last order or use",
    "n_occasions": "occasions",
    "n_orders": "orders",
    "revenue": "net revenue",
    "mean_occasion_value": "net value per occasion",
    "refund_share": "share given back",
    "n_categories": "categories bought",
    "mean_gap_days": "days between occasions",
    "active_days": "active days",
    "breadth": "breadth: share of what is offered",
    "depth": "depth: use per active day",
    "frequency": "active days per period",
}
MOST_USES = 20
MONEY, SHARES = ("revenue", "mean_occasion_value"), ("refund_share", "breadth")


@shows
def features(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Each measure: customers with a value, middle half, and median."""
    rows = []
    for column in (c for c in LABELS if c in table):
        values = table[column].dropna()
        kind = fmt.money if column in MONEY else fmt.share if column in SHARES else fmt.number
        points = [kind(values.quantile(q)) if len(values) >= fmt.smallest else "too few" for q in (0.25, 0.5, 0.75)]
        few_lack = fmt.is_few(len(table) - len(values))  # their number would follow from that of all customers
        rows.append([LABELS[column], "nearly all" if few_lack else fmt.people(len(values)), *points])
    columns = ["measure", "n", "lower quarter", "median", "upper quarter"]
    return TableBlock("Every measure in numbers", columns, rows, numeric=columns[1:],
                      note="n: customers with a value. Counts are of the window; 0 where a customer did nothing.",
                      tone="method")


@shows
def by_use(found: dict, fmt: Format) -> TableBlock | None:
    """The rhythm of each feature or category: who comes back to it, and how often; nothing where none is recorded."""
    rows = [r for r in found["by_use"] if r["n_users"] >= fmt.smallest]
    if not rows:
        return None
    cells = [[label(r["use"]), fmt.people(r["n_users"]),
              fmt.estimate(r["returned"], r["returned_low"], r["returned_high"], fmt.share),
              fmt.estimate(r["median_gap"], r["low"], r["high"]) if r["n"] >= fmt.smallest else "too few"]
             for r in rows[:MOST_USES]]
    columns = ["use", "users", f"used again within {fmt.days(found['period_days'])}", "days between two uses"]
    return TableBlock("Rhythm of each use", columns, cells, columns[1:], tone="method",
                      note=f"The {fmt.count(len(cells))} most used. Used again: on a second day (Kaplan-Meier). Days: "
                           "median over users with at least three gaps. 95 % intervals.")


@shows
def feature_matrix(table: pd.DataFrame, period_days: float, fmt: Format) -> TableBlock:
    """The numbers behind the picture of features."""
    rows = [[label(r.use), fmt.people(r.n), fmt.estimate(r.reach, r.reach_low, r.reach_high, fmt.share),
             fmt.estimate(r.frequency, r.frequency_low, r.frequency_high)]
            for r in table.sort_values(["n", "use"], ascending=[False, True]).itertuples()]
    columns = ["feature", "users", "share of active customers", f"days of use per {fmt.days(period_days)}"]
    return TableBlock("Every feature in numbers", columns, rows, columns[1:], tone="method",
                      note=f"{fmt.n(table['n_active'].iloc[0])} customers active in the last four periods; 95 % "
                           "intervals. Days: of those who used it.")


@shows
def variables(chosen: pd.DataFrame, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> TableBlock:
    """Which variables the search used, and why not the others; items of a survey as asked."""
    rows = [[LABELS.get(r.variable) or asked(r.variable, questions), "yes" if r.used else "no", r.reason,
             fmt.share(r.missing)] for r in chosen.itertuples()]
    columns = ["variable", "used", "reason", "missing"]
    return TableBlock("Variables searched for groups", columns, rows, numeric=["missing"], tone="method")


@shows
def themes(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Themes of the free text, the most frequent first, with words from a text."""
    own = _ranked(table, fmt)
    rows = [[r.theme, _theme_cell(r, fmt), r.example or "no example can be shown"] for r in own.itertuples()]
    first, head = table.iloc[0], f"of the texts ({fmt.n(own['n'].sum())})"
    return TableBlock("Themes of the free text", ["theme", head, "in such words"], rows, numeric=[head],
                      note=f"Share of the texts with its 95 % interval. Function words left out: "
                           f"{first['languages'] or 'of no language'}. When a fifth of the texts is left out, "
                           f"{fmt.share(first['stability'])} of the themes' terms come out again. Shown are only words "
                           "that many customers use, from a text in which nothing had to be masked.")


@shows
def themes_by_group(table: pd.DataFrame, fmt: Format) -> TableBlock | None:
    """Themes by group of writers, in shares of the group's texts; nothing where no group wrote enough."""
    totals = table.groupby("group")["n"].sum()
    told = [g for g in totals.index if g != "all" and totals[g] >= fmt.smallest]
    groups = sorted(told, key=lambda g: (g == OTHERS, g))
    if not groups:
        return None
    cells = {(r.theme, r.group): r for r in table.assign(out=hidden(table, "themes", fmt)).itertuples()}
    rows = [[theme, *[_theme_cell(cells[theme, g], fmt) for g in groups]] for theme in _ranked(table, fmt)["theme"]]
    heads = [f"{g} ({fmt.n(totals[g])})" for g in groups]
    return TableBlock("Themes by user type", ["theme", *heads], rows, numeric=heads,
                      note=f"Share of the group's texts with its 95 % interval. {fmt.few}: fewer texts, or what would "
                           "give such a number away.")


def _ranked(table: pd.DataFrame, fmt: Format) -> pd.DataFrame:
    """The themes among all texts, the most frequent first, and which of them (`out`) must not be told."""
    guarded = table.assign(out=hidden(table, "themes", fmt))
    return guarded[guarded["group"] == "all"].sort_values(["n", "theme"], ascending=[False, True])


def _theme_cell(cell, fmt: Format) -> str:
    if cell.out or fmt.is_few(cell.n):
        return fmt.few
    return fmt.estimate(cell.share, cell.low, cell.high, fmt.share)
