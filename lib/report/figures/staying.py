"""Pictures of notebook 03 about who stays: cohorts, lifecycle and its flows, contracts."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Absent, Picture, shows
from lib.report.figures.analyze import LEVEL, percent
from lib.report.numbers import Format
from lib.report.rounding import published
from lib.report.style import PALETTE, RULE, canvas, heat_map
from lib.stats import wilson

STATE_COLOURS = {"current": PALETTE[0], "resurrected": PALETTE[2], "new": PALETTE[5], "dormant": RULE}
FLOWS = {("current", "current"): "current who stay", ("new", "current"): "new who come back",
         ("dormant", "resurrected"): "dormant who return"}


def retention(table, lasting, step: int, fmt: Format) -> Picture | Absent:
    """Share of each cohort that is active, by stretches since its start; beside it, where customers are under
    contract, how many still are."""
    if isinstance(table, NotMeasured):
        return survival(lasting, fmt)
    table = published(table, fmt)
    shown = table[table["n"] >= fmt.smallest]
    wide = shown.pivot(index="cohort", columns="age", values="retained")
    contracts = not isinstance(lasting, NotMeasured)
    fig, axes = canvas(7.2, max(2.8 if contracts else 2.4, 0.28 * len(wide) + 1.2), ncols=1 + contracts)
    ax = axes[0] if contracts else axes
    top = max(shown["retained"].max(), 0.01) if len(shown) else 1
    heat_map(ax, wide, top=top)
    ax.set(xlabel=f"stretches of {step} days after the first active day", ylabel="first active in")
    percent(fig.colorbar(ax.collections[0], ax=ax, label="active").ax.yaxis, fmt)
    if contracts:
        _contracts(axes[1], lasting, fmt)
    first = table[table["age"] == table["age"].min()]
    pooled = (first["n"] * first["retained"]).sum() / first["n"].sum()
    return Picture(ax, title=f"{fmt.share(pooled)} are active again in the first stretch after their start",
                   values={"share": pooled, "n": int(first["n"].sum()), "cell": fmt.smallest},
                   alt=f"Heat map of retention: {len(wide)} cohorts by stretch of {step} days. {fmt.share(pooled)} are "
                       f"active in the first stretch.{' Right: a falling curve of contracts.' if contracts else ''}",
                   caption=f"{fmt.n(first['n'].sum())} customers; cohorts below {fmt.smallest} are not shown. "
                           "The first cohort also holds those who started before the data begin."
                           + (f" Right: {_watched(lasting, fmt)}" if contracts else ""))


@shows
def lifecycle(table: pd.DataFrame, moves: pd.DataFrame, period_days: float, fmt: Format) -> Picture:
    """Left: customers by lifecycle state, period by period. Right: what became of each state one period later."""
    wide = table.pivot(index="period", columns="state", values="n")[list(STATE_COLOURS)]
    fig, (ax, right) = canvas(7.2, 3.6, ncols=2)
    ax.stackplot(wide.index, wide.T, labels=list(wide), colors=list(STATE_COLOURS.values()))
    ax.legend(*(x[::-1] for x in ax.get_legend_handles_labels()), loc="upper left", fontsize=8.5, frameon=False)
    ax.set(ylabel="customers ever active", xlim=(wide.index.min(), 0), ylim=(0, wide.iloc[-1].sum() * 1.35))
    _flows(right, moves, fmt)
    fig.supxlabel(f"periods of {fmt.number(period_days, 1)} days before the as-of date", fontsize=9.5)
    share = 1 - wide["dormant"] / wide.sum(axis=1)
    change = "up" if share.iloc[-1] > share.iloc[0] else "down" if share.iloc[-1] < share.iloc[0] else "unchanged"
    title = f"{fmt.share(share.iloc[-1])} of customers ever active were active in the last period, {change} from " \
            f"{fmt.share(share.iloc[0])}"
    values = {"last": share.iloc[-1], "first": share.iloc[0], "n": int(wide.iloc[-1].sum()), "cell": fmt.smallest}
    return Picture(ax, title=title, values=values | LEVEL,
                   alt=f"Left, stacked areas of new, current, resurrected and dormant customers; right, the shares of "
                       f"them active one period later. {title}.",
                   caption=f"{fmt.n(wide.iloc[-1].sum())} customers ever active. Bands: 95 % intervals "
                           f"(Wilson); points on fewer than {fmt.smallest} customers are not drawn. Source: active "
                           "days.")


@shows
def survival(found: dict, fmt: Format) -> Picture:
    """Customers still under contract, by days since it began."""
    _, ax = canvas(7.2, 3.2)
    _contracts(ax, found, fmt)
    point = found["one_year"] or found["curve"][-1]
    title = (f"{fmt.share(point['share'])} {fmt.interval(point['low'], point['high'], fmt.share)} are still under "
             f"contract after {fmt.days(point['day'])}")
    return Picture(ax, title=title, values={**point, "n": found["n"], "ended": found["ended"]} | LEVEL,
                   alt=f"Kaplan-Meier curve of contracts. {title}.", caption=_watched(found, fmt))


def _contracts(ax, found: dict, fmt: Format) -> None:
    points = pd.DataFrame(found["curve"])
    ax.fill_between(points["day"], points["low"], points["high"], step="post", color=PALETTE[0], alpha=0.2, lw=0)
    ax.step(points["day"], points["share"], where="post", color=PALETTE[0])
    percent(ax.yaxis, fmt)
    ax.set(xlabel="days since the contract began", ylabel="still under contract", ylim=(0, 1), xlim=(0, None))


def _watched(found: dict, fmt: Format) -> str:
    return (f"{fmt.n(found['n'])} customers, {fmt.people(found['ended'])} contracts ended; 95 % band "
            "(Greenwood). Customers from before the data count from the day they are first seen.")


def _flows(ax, table: pd.DataFrame, fmt: Format) -> None:
    """A line a flow with its band; the name stands at its end."""
    totals = table.groupby(["period", "before"])["n"].sum()
    for (before, after), name in FLOWS.items():
        flow = table[(table["before"] == before) & (table["after"] == after)].set_index("period")["n"]
        of = totals.xs(before, level="before").reindex(flow.index)
        flow, of = flow[of >= fmt.smallest], of[of >= fmt.smallest]
        if flow.empty:
            continue
        low, high = wilson(flow, of)
        colour = STATE_COLOURS[after if before == "dormant" else before]
        ax.fill_between(flow.index, low, high, color=colour, alpha=0.2, lw=0)
        ax.plot(flow.index, flow / of, color=colour, label=name)
    ax.legend(loc="upper left", fontsize=8.5, frameon=False)
    percent(ax.yaxis, fmt)
    ax.set(ylabel="active one period later", ylim=(0, min(ax.get_ylim()[1] * 1.35, 1.3)))
