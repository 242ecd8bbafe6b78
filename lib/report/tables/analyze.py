"""Tables of notebook 03."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import TableBlock, shows
from lib.report.figures.structure import FAMILIES
from lib.report.numbers import Format
from lib.stats import wilson

CELL = 10  # smaller groups are pooled or not shown, method.md §7
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
        points = [kind(values.quantile(q)) if len(values) >= CELL else "too few" for q in (0.25, 0.5, 0.75)]
        rows.append([LABELS[column], fmt.count(len(values)), *points])
    columns = ["measure", "n", "lower quarter", "median", "upper quarter"]
    return TableBlock("What is known of each customer", columns, rows, numeric=columns[1:],
                      note="n: customers with a value. Counts are of the window; 0 where a customer did nothing.")


@shows
def rfm_groups(rfm: pd.DataFrame, fmt: Format) -> TableBlock:
    """Each RFM group: size with interval, median recency and frequency, share with a high value."""
    rows = []
    measures = [("recency_days", fmt.count), ("n_occasions", fmt.count), ("monetary", fmt.money)]
    counts = rfm["group"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    for name, n in counts[counts >= CELL].items():
        group = rfm[rfm["group"] == name]
        low, high = wilson(n, len(rfm))
        high_value = fmt.share(group["high_value"].mean()) if (group["m"] > 0).any() else "not scored"
        medians = [kind(group[c].median()) if group[c].notna().any() else "none" for c, kind in measures]
        rows.append([name, fmt.count(n), f"{fmt.share(n / len(rfm))} {fmt.interval(low, high, fmt.share)}", *medians,
                     high_value])
    small = int((counts < CELL).sum())
    hidden = f" {small} groups below {CELL} customers are not shown." if small else ""
    columns = ["group", "customers", "share", "median days since", "median occasions", "median value", "high value"]
    return TableBlock("RFM groups", columns, rows, numeric=columns[1:],
                      note=f"n = {fmt.count(len(rfm))} customers.{hidden}")


@shows
def variables(chosen: pd.DataFrame, fmt: Format) -> TableBlock:
    """Which variables the search used, and why not the others."""
    rows = [[LABELS.get(r.variable, r.variable), "yes" if r.used else "no", r.reason, fmt.share(r.missing)]
            for r in chosen.itertuples()]
    columns = ["variable", "used", "reason", "missing"]
    return TableBlock("Variables searched for groups", columns, rows, numeric=["missing"])


@shows
def structure(scan: pd.DataFrame, fmt: Format) -> TableBlock:
    """Every cut that was resampled, as judged."""
    rows = []
    for r in scan[scan["stability"].notna() | scan["chosen"]].itertuples():
        agreement = f"{fmt.number(r.stability)} {fmt.interval(r.stability_low, r.stability_high)}"
        apart = "yes" if r.separated else "bridged" if r.bridged else "no"
        rows.append([FAMILIES[r.family], str(r.k), fmt.count(r.smallest), agreement, fmt.number(r.worst_slsw), apart,
                     fmt.number(r.silhouette), "chosen" if r.chosen else ""])
    columns = ["method", "k", "smallest", "agreement of resamples", "least stable segment", "separated", "silhouette",
               "taken"]
    return TableBlock("Candidate cuts", columns, rows, numeric=columns[1:5] + ["silhouette"],
                      note="Agreement: median adjusted Rand index with its 95 % range over pairs. Silhouette is "
                           "shown, not decisive.")


@shows
def by_use(rhythm: dict, fmt: Format) -> TableBlock:
    """The rhythm within each feature or category."""
    rows = [[r["use"], fmt.count(r["n"]), f"{fmt.number(r['median_gap'], 1)} {fmt.interval(r['low'], r['high'])}"]
            for r in rhythm["by_use"] if r["n"] >= CELL]
    return TableBlock("Rhythm by use", ["use", "users", "median gap, days"], rows, numeric=["users", "median gap, "
                                                                                                     "days"],
                      note="Users with at least three gaps within that use; interval over users." if rows else
                      "No use has enough users with three gaps.")


@shows
def themes(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Themes by group of writers, in shares of the group's texts."""
    totals = table.groupby("group")["n"].sum()
    groups = ["all", *sorted(g for g in totals.index if g != "all" and totals[g] >= CELL)]
    ranked = table[table["group"] == "all"].sort_values(["n", "theme"], ascending=[False, True])
    cells = table.set_index(["theme", "group"])
    rows = [[theme, *[_theme_cell(cells.loc[(theme, g)], fmt) for g in groups], cells.loc[(theme, "all"), "example_id"]]
            for theme in ranked["theme"]]
    heads = [f"{g} (n = {fmt.count(totals[g])})" for g in groups]
    return TableBlock("Themes of the free text", ["theme", *heads, "example"], rows, numeric=heads,
                      note="Share of the group's texts with its 95 % interval; example: evidence id of a typical text.")


def _theme_cell(cell, fmt: Format) -> str:
    if 0 < cell["n"] < CELL:
        return f"< {CELL}"
    return f"{fmt.share(cell['share'])} {fmt.interval(cell['low'], cell['high'], fmt.share)}"
