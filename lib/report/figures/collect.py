"""Figures of notebook 02: where the rows of a source went, and how many customers each source knows."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Absent, Picture, shows
from lib.report.numbers import Format
from lib.report.style import BASE, INK, MUTED, PALETTE, canvas, label
from lib.stats import wilson

LEADING = ("transactions", "events", "survey")  # the first that exists is drawn
RECORDS = ("customers", "consent")  # these list customers, they do not observe them
SHOWN = 6  # reasons; the rest are added up


@shows
def ledger(ledger: pd.DataFrame, smallest: int, fmt: Format) -> Picture | Absent | None:
    """A waterfall from the rows read to the rows kept, one step for each reason of the leading source; None where all
    of them go on."""
    source = next((s for s in LEADING if s in set(ledger["source"])), None)
    if source is None:
        missing = NotMeasured("neither orders nor events nor answers were read", "one of these sources")
        return Absent(missing.reason, missing.needed)
    steps, total, kept = _steps(ledger[ledger["source"] == source], smallest)
    if steps.empty:
        return None
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
    went = [f"Of {fmt.counted(total, 'row')} of {source}, {fmt.count(kept)} were kept or repaired",
            *(f"{fmt.count(s.rows)} {s.state}: {s.reason}" for s in steps.itertuples())]
    return Picture(ax, title=f"{fmt.share(share, 1)} of the rows of {source} go on",
                   alt="; ".join(went) + ".",
                   caption=f"n = {fmt.counted(total, 'row')} of {source}, each counted once under its first reason. "
                           "Source: the ledger of this step.",
                   values={"rows": total, "kept": kept, "share": share})


@shows
def coverage(collected: dict, fmt: Format) -> Picture | Absent:
    """The share of customers whom each source knows."""
    known = {s["source"]: s for s in collected["sources"] if s["coverage"] is not None and s["source"] not in RECORDS}
    if not known:
        return Absent("no source names customers", "a source that says whose each row is")
    table = pd.DataFrame(known.values())[["source", "customers", "coverage"]].sort_values("coverage", kind="stable")
    few = table["customers"].map(fmt.is_few)  # neither their bar nor their share may tell the number
    table["coverage"] = table["coverage"].mask(few)
    told = {r.source: f"{fmt.few} customers" if fmt.is_few(r.customers) else fmt.share(r.coverage)
            for r in table.itertuples()}
    _, ax = canvas(7.2, 1.1 + 0.34 * len(table))
    ax.barh(table["source"], table["coverage"], color=PALETTE[0], height=0.65)
    for y, row in enumerate(table.itertuples()):
        many = not fmt.is_few(row.customers)
        ax.annotate(f"{told[row.source]} ({fmt.people(row.customers)})" if many else fmt.few,
                    (row.coverage if many else 0, y), (4, 0), textcoords="offset points", va="center", color=INK)
    ax.set_xlim(0, 1.25)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    least, most = table.iloc[0], table.iloc[-1]
    title = f"{told[most['source']]}{' of the customers' if many else ''} are known from {most['source']}"
    title += f", {told[least['source']]} from {least['source']}" if len(table) > 1 else ""
    return Picture(ax, title=title,
                   alt="Share of customers known: " + "; ".join(
                       f"{source} {share}" for source, share in reversed(told.items())) + ".",
                   caption=f"{fmt.n(collected['n_customers'])} customers who may be analysed. What rests on a "
                           "source speaks only of the customers it knows.",
                   values={f"coverage.{r.source}": r.coverage for r in table[~few].itertuples()})


@shows
def response(collected: dict, smallest: int, fmt: Format) -> Picture | Absent:
    """The share of customers who answered the survey, by how active they are; groups of few are joined."""
    survey = collected["voices"]["survey"]
    if not survey or not survey["by_activity"]:
        return Absent("who answered cannot be compared with how active they are", "a survey, and orders or events")
    groups = _joined(survey["by_activity"], smallest)
    if len(groups) < 2:
        return Absent("customers are too alike in how active they are, or too few of them answered, to compare who did",
                      f"at least {fmt.count(smallest)} who answered, and who did not, in two groups")
    shares = [g["answered"] / g["n"] for g in groups]
    bounds = [tuple(float(b) for b in wilson(g["answered"], g["n"])) for g in groups]
    _, ax = canvas(7.2, 1.3 + 0.4 * len(groups))
    ax.barh([g["group"] for g in groups], shares, color=PALETTE[0], height=0.65, ecolor=MUTED, capsize=3,
            xerr=[[s - low for s, (low, _) in zip(shares, bounds, strict=True)],
                  [high - s for s, (_, high) in zip(shares, bounds, strict=True)]])
    for y, (group, share, (_, high)) in enumerate(zip(groups, shares, bounds, strict=True)):
        ax.annotate(f"{fmt.share(share)} ({fmt.n(group['n'])})", (high, y), (6, 0), textcoords="offset points",
                    va="center", color=INK)
    ax.set(xlim=(0, max(high for _, high in bounds) * 1.35), xticks=[], ylabel="active days")
    ax.spines["bottom"].set_visible(False)
    first, last = groups[0], groups[-1]
    apart = bounds[0][1] < bounds[-1][0] or bounds[-1][1] < bounds[0][0]
    ends = (f"{fmt.share(shares[-1])} of customers with {last['group']} active days answered, {fmt.share(shares[0])} "
            f"of those with {first['group']}")
    return Picture(ax, title=ends if apart else f"Who answered hardly depends on activity: {ends}",
                   alt="Share who answered, by active days: " + "; ".join(
                       f"{g['group']} {fmt.share(s)}" for g, s in zip(groups, shares, strict=True)) + ".",
                   caption=f"{fmt.n(sum(g['n'] for g in groups))} customers; bars with 95 % intervals. What "
                           "rests on the survey speaks of those who answered.",
                   values={f"response.{g['group']}": s for g, s in zip(groups, shares, strict=True)})


def _joined(groups: list[dict], smallest: int) -> list[dict]:
    """Neighbouring groups added up until nobody is told apart: enough who answered and enough who did not, or none."""
    joined: list[dict] = []
    for group in reversed(groups):
        if joined and not _enough(joined[-1], smallest):
            last = joined[-1]
            joined[-1] = {"group": _span(group["group"], last["group"]), "n": last["n"] + group["n"],
                          "answered": last["answered"] + group["answered"]}
        else:
            joined.append(dict(group))
    if len(joined) > 1 and not _enough(joined[-1], smallest):
        last, before = joined.pop(), joined[-1]
        joined[-1] = {"group": _span(last["group"], before["group"]), "n": last["n"] + before["n"],
                      "answered": last["answered"] + before["answered"]}
    return joined[::-1]


def _enough(group: dict, smallest: int) -> bool:
    return all(n == 0 or n >= smallest for n in (group["answered"], group["n"] - group["answered"]))


def _span(low: str, high: str) -> str:
    """One name for two neighbouring groups."""
    start, end = low.split(" to ")[0], high.split(" to ")[-1]
    if start == "none":
        return "any number of" if "more" in high else f"at most {end.removeprefix('at most ')}"
    return f"{start} and more" if "more" in high else f"{start} to {end}"


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
