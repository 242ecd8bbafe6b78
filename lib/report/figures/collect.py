"""Figures of notebook 02: where the rows of a source went, and how many customers each source knows."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Absent, Picture, shows
from lib.report.numbers import Format
from lib.report.style import BASE, INK, PALETTE, canvas, label

LEADING = ("transactions", "events", "survey")  # the first that exists is drawn
RECORDS = ("customers", "consent")  # these list customers, they do not observe them
SHOWN = 6  # reasons; the rest are added up


@shows
def ledger(ledger: pd.DataFrame, smallest: int, fmt: Format) -> Picture | Absent:
    """A waterfall from the rows read to the rows kept, one step for each reason of the leading source."""
    source = next((s for s in LEADING if s in set(ledger["source"])), None)
    if source is None:
        missing = NotMeasured("neither orders nor events nor answers were read", "one of these sources")
        return Absent(missing.reason, missing.needed)
    steps, total, kept = _steps(ledger[ledger["source"] == source], smallest)
    _, ax = canvas(7.2, 1.6 + 0.34 * len(steps))
    ends = ["read", *(f"{s.reason} ({s.state})" for s in steps.itertuples()), "kept or repaired"]
    left = total - steps["rows"].cumsum()
    ax.barh(range(len(ends)), [total, *steps["rows"], kept], left=[0, *left, 0], height=0.65,
            color=[BASE, *(PALETTE[1] if s == "quarantined" else PALETTE[7] for s in steps["state"]), PALETTE[0]])
    counts = [total, *(-steps["rows"]), kept]
    for y, (count, start) in enumerate(zip(counts, [0, *left, 0], strict=True)):
        ax.annotate(fmt.count(count), (start + abs(count), y), (4, 0), textcoords="offset points", va="center",
                    color=INK)
    ax.set_yticks(range(len(ends)), [label(e, 60) for e in ends])
    ax.invert_yaxis()
    ax.set_xlim(0, total * 1.16)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    share = kept / total if total else None
    return Picture(ax, title=f"{fmt.share(share, 1)} of the rows of {source} go on",
                   alt=f"Of {fmt.count(total)} rows of {source}, {fmt.count(kept)} were kept or repaired; "
                       + "; ".join(f"{fmt.count(s.rows)} {s.state}: {s.reason}" for s in steps.itertuples()) + ".",
                   caption=f"n = {fmt.count(total)} rows of {source}, each counted once under its first reason. "
                           "Source: the ledger of this step.",
                   values={"rows": total, "kept": kept, "share": share})


@shows
def coverage(collected: dict, fmt: Format) -> Picture | Absent:
    """The share of customers whom each source knows."""
    known = {s["source"]: s for s in collected["sources"] if s["coverage"] is not None and s["source"] not in RECORDS}
    if not known:
        return Absent("no source names customers", "a source with customer_id")
    table = pd.DataFrame(known.values())[["source", "customers", "coverage"]].sort_values("coverage", kind="stable")
    _, ax = canvas(7.2, 1.1 + 0.34 * len(table))
    ax.barh(table["source"], table["coverage"], color=PALETTE[0], height=0.65)
    for y, row in enumerate(table.itertuples()):
        ax.annotate(f"{fmt.share(row.coverage)} ({fmt.count(row.customers)})", (row.coverage, y), (4, 0),
                    textcoords="offset points", va="center", color=INK)
    ax.set_xlim(0, 1.25)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    least, most = table.iloc[0], table.iloc[-1]
    title = (f"{most['source'].capitalize()} knows {fmt.share(most['coverage'])} of the customers, {least['source']} "
             f"{fmt.share(least['coverage'])}") if len(table) > 1 else (
        f"{most['source'].capitalize()} knows {fmt.share(most['coverage'])} of the customers")
    return Picture(ax, title=title,
                   alt="Share of customers known: " + "; ".join(
                       f"{r.source} {fmt.share(r.coverage)}" for r in table.iloc[::-1].itertuples()) + ".",
                   caption=f"n = {fmt.count(collected['n_customers'])} customers who may be analysed. What rests on a "
                           "source speaks only of the customers it knows.",
                   values={f"coverage.{r.source}": r.coverage for r in table.itertuples()})


def _steps(rows: pd.DataFrame, smallest: int) -> tuple[pd.DataFrame, int, int]:
    """Reasons for which rows left, largest first; small ones and those beyond SHOWN are added up."""
    total = int(rows.loc[rows["state"] == "in", "rows"].sum())
    kept = int(rows.loc[rows["state"].isin(["kept", "repaired"]), "rows"].sum())
    left = rows[rows["state"].isin(["quarantined", "excluded"])].sort_values(
        ["rows", "reason"], ascending=[False, True])[["state", "reason", "rows"]]
    shown = left[left["rows"] >= smallest].head(SHOWN)
    rest = int(left["rows"].sum() - shown["rows"].sum())
    if rest:
        shown = pd.concat([shown, pd.DataFrame([{"state": "added up", "reason": "other reasons", "rows": rest}])])
    return shown.reset_index(drop=True), total, kept
