"""Tables of notebook 03."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import TableBlock, shows
from lib.report.numbers import Format

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
    "depth": "depth: value units per active day",
    "frequency": "active days per period",
}
MONEY, SHARES = ("revenue", "mean_occasion_value"), ("refund_share", "breadth")


@shows
def features(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Each measure: customers with a value, middle half, and median."""
    rows = []
    for column in (c for c in LABELS if c in table):
        values = table[column].dropna()
        kind = fmt.money if column in MONEY else fmt.share if column in SHARES else fmt.number
        points = [kind(values.quantile(q)) if len(values) >= fmt.smallest else "too few" for q in (0.25, 0.5, 0.75)]
        rows.append([LABELS[column], fmt.people(len(values)), *points])
    columns = ["measure", "n", "lower quarter", "median", "upper quarter"]
    return TableBlock("What is known of each customer", columns, rows, numeric=columns[1:],
                      note="n: customers with a value. Counts are of the window; 0 where a customer did nothing.")


@shows
def variables(chosen: pd.DataFrame, fmt: Format) -> TableBlock:
    """Which variables the search used, and why not the others."""
    rows = [[LABELS.get(r.variable, r.variable), "yes" if r.used else "no", r.reason, fmt.share(r.missing)]
            for r in chosen.itertuples()]
    columns = ["variable", "used", "reason", "missing"]
    return TableBlock("Variables searched for groups", columns, rows, numeric=["missing"])


@shows
def themes(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Themes by group of writers, in shares of the group's texts."""
    totals = table.groupby("group")["n"].sum()
    groups = ["all", *sorted(g for g in totals.index if g != "all" and totals[g] >= fmt.smallest)]
    ranked = table[table["group"] == "all"].sort_values(["n", "theme"], ascending=[False, True])
    cells = table.set_index(["theme", "group"])
    rows = [[theme, *[_theme_cell(cells.loc[(theme, g)], fmt) for g in groups],
             cells.loc[(theme, "all"), "example"] or "no example can be shown"] for theme in ranked["theme"]]
    heads = [f"{g} ({fmt.n(totals[g])})" for g in groups]
    first = table.iloc[0]
    return TableBlock("Themes of the free text", ["theme", *heads, "in such words"], rows, numeric=heads,
                      note=f"Share of the group's texts with its 95 % interval. Function words left out: "
                           f"{first['languages'] or 'of no language'}. When a fifth of the texts is left out, "
                           f"{fmt.share(first['stability'])} of the themes' terms come out again. Shown are only words "
                           "that many customers use, from a text in which nothing had to be masked.")


def _theme_cell(cell, fmt: Format) -> str:
    if fmt.is_few(cell["n"]):
        return fmt.few
    return f"{fmt.share(cell['share'])} {fmt.interval(cell['low'], cell['high'], fmt.share)}"
