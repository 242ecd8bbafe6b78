"""Pictures of notebook 03 about who stays: cohorts, lifecycle and its flows, contracts."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.contracts.counts import number_of
from lib.report.blocks import Absent, Picture, shows
from lib.report.figures.analyze import LEVEL, percent
from lib.report.numbers import Format
from lib.report.rounding import published
from lib.report.style import BASE, PALETTE, RULE, canvas, heat_map
from lib.stats import wilson

DRAWN = 30  # customers of a cohort whose line is drawn: fewer jump too far
NAMED = 8  # stretches named below half a figure: more would run into one another
STATE_COLOURS = {"current": PALETTE[0], "resurrected": PALETTE[2], "new": PALETTE[5], "dormant": RULE}
FLOWS = {  # name and dashes, which tell lines apart on grey paper
    ("current", "current"): ("current who stay", "-"), ("new", "current"): ("new who come back", ":"),
    ("dormant", "resurrected"): ("dormant who return", "--"),
}


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
    heat_map(ax, wide.rename(index=fmt.short_months), top=top)
    ax.tick_params(axis="y", rotation=0)
    places = range(0, wide.shape[1], -(-wide.shape[1] // (NAMED if contracts else 2 * NAMED)))
    ax.set_xticks([i + 0.5 for i in places], [str(wide.columns[i]) for i in places], rotation=0)
    ax.set(xlabel=f"stretches of {number_of(step, 'day')} after the first active day", ylabel="first active in")
    percent(fig.colorbar(ax.collections[0], ax=ax, label="active").ax.yaxis, fmt)
    if contracts:
        _contracts(axes[1], lasting, fmt)
    first = began_in_view(table)
    first = first[first["age"] == first["age"].min()]
    again, n = (first["n"] * first["retained"]).sum(), int(first["n"].sum())
    pooled, (low, high) = again / n, map(float, wilson(again, n))
    said = fmt.estimate(pooled, low, high, fmt.share)
    return Picture(ax, title=f"{said} are active again in the first stretch after their start",
                   values={"share": pooled, "low": low, "high": high, "n": n, "cell": fmt.smallest} | LEVEL,
                   alt=f"Heat map of retention: {number_of(len(wide), 'cohort')} by stretch of "
                       f"{number_of(step, 'day')}. {fmt.share(pooled)} are active in the first stretch."
                       f"{' Right: a falling curve of contracts.' if contracts else ''}",
                   caption=f"Title: {fmt.n(n)} customers; cohorts below {fmt.smallest} are not shown. The first cohort "
                           "also holds those who started before the data begin, so the title leaves it out."
                           + (f" Right: {_watched(lasting, fmt)}" if contracts else ""))


@shows
def cohort_curves(table: pd.DataFrame, calendar: pd.DataFrame, step: int, fmt: Format) -> Picture:
    """Left: retention by stretches since each customer's own start. Right: by calendar month, old and new customers."""
    fig, (ax, right) = canvas(7.2, 3.4, ncols=2)
    view = began_in_view(table)
    for _, cohort in view[view["n"] >= max(fmt.smallest, DRAWN)].groupby("cohort"):
        ax.plot(cohort["age"], cohort["retained"], color=BASE, lw=0.8, alpha=0.6)
    _band(ax, _pooled(_the_same_throughout(view), "age", fmt), PALETTE[0], "the same cohorts throughout")
    ax.set(xlabel=f"stretches of {number_of(step, 'day')} since the start", ylabel="active", ylim=(0, 1),
           xlim=(1, None))
    ax.xaxis.get_major_locator().set_params(integer=True)
    earliest = calendar["cohort"] == calendar["cohort"].min()
    groups = (("began in view", calendar[~earliest], PALETTE[0], "-"),
              ("there from the beginning", calendar[earliest], PALETTE[1], "--"))
    lines = {name: _pooled(rows, "month", fmt) for name, rows, *_ in groups}
    months = sorted(set(calendar["month"]))
    for name, _, paint, dashes in groups:
        _band(right, lines[name].reindex(months), paint, name, dashes)
    shown = [fmt.short_months(month) for month in months[:: -(-len(months) // 6)]]
    right.set(xlabel="calendar month" if "Q" not in months[0] else "calendar quarter", ylim=(0, 1),
              xticks=range(0, len(months), -(-len(months) // 6)), xticklabels=shown)
    right.tick_params(axis="x", rotation=30)
    for place in (ax, right):
        percent(place.yaxis, fmt)
        place.legend(loc="best", fontsize=8.5, frameon=False)
    last = lines["began in view"].dropna()
    point = (last if len(last) else lines["there from the beginning"].dropna()).iloc[-1]
    who = "customers who began in view" if len(last) else "customers"
    share = fmt.estimate(point["share"], point["low"], point["high"], fmt.share)
    title = f"{share} of {who} were active in {fmt.months(point.name)}"
    return Picture(ax, title=title, values={key: float(point[key]) for key in ("share", "low", "high", "n")} | LEVEL,
                   alt=f"Left, retention curves by stretch since the start; right, by calendar month. {title}.",
                   caption=f"{fmt.n(point['n'])} in the title. Bands: 95 % intervals (Wilson). Grey: single "
                           f"cohorts of {max(fmt.smallest, DRAWN)} or more; blue: those seen to the end of the line, "
                           "which hold half of the customers. Right: of all who had begun before "
                           "the month; who was there in the first month of the data may have begun long before, and "
                           "stands apart.")


def began_in_view(table: pd.DataFrame) -> pd.DataFrame:
    """Without the first cohort, which also holds those who began before the data; all where there is no other."""
    later = table[table["cohort"] != table["cohort"].min()]
    return later if len(later) else table


def _the_same_throughout(view: pd.DataFrame) -> pd.DataFrame:
    """The cohorts that were seen as long as half of the customers were, up to that stretch: a line over all would rise
    or fall with who is left in it."""
    seen = view.groupby("age")["n"].sum()
    until = seen.index[seen >= seen.iloc[0] / 2].max()
    kept = view.loc[view["age"] == until, "cohort"]
    return view[view["cohort"].isin(kept) & (view["age"] <= until)]


def _pooled(rows: pd.DataFrame, by: str, fmt: Format) -> pd.DataFrame:
    """share, low, high and n over the cohorts, by stretch or month; places of few customers are left out."""
    summed = rows.assign(active=rows["n"] * rows["retained"]).groupby(by)[["n", "active"]].sum()
    summed = summed[summed["n"] >= fmt.smallest]
    low, high = wilson(summed["active"], summed["n"])
    return pd.DataFrame({"share": summed["active"] / summed["n"], "low": low, "high": high, "n": summed["n"]})


def _band(ax, line: pd.DataFrame, paint: str, name: str, dashes: str = "-") -> None:
    """A line with its band; ``dashes`` tell it from another of the same grey."""
    at = line.index if line.index.dtype.kind in "iu" else range(len(line))
    ax.fill_between(at, line["low"], line["high"], color=paint, alpha=0.2, lw=0)
    ax.plot(at, line["share"], color=paint, label=name, lw=2, ls=dashes)


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
    active = wide.drop(columns="dormant").sum(axis=1)
    title = (f"{fmt.people(active.iloc[-1])} customers were active in the last {fmt.days(period_days)}, "
             f"{fmt.people(active.iloc[0])} in the first of the {fmt.counted(len(wide), 'period')} shown")
    values = {"last": int(active.iloc[-1]), "first": int(active.iloc[0]), "n": int(wide.iloc[-1].sum()),
              "periods": len(wide), "period_days": period_days, "cell": fmt.smallest}
    return Picture(ax, title=title, values=values | LEVEL,
                   alt=f"Left, stacked areas of new, current, resurrected and dormant customers; right, the shares of "
                       f"them active one period later. {title}.",
                   caption=f"{fmt.n(wide.iloc[-1].sum())} customers ever active; their number only grows. Bands: 95 % "
                           "intervals "
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
    """A line a flow with its band, each dashed in its own way."""
    totals = table.groupby(["period", "before"])["n"].sum()
    for (before, after), (name, dashes) in FLOWS.items():
        flow = table[(table["before"] == before) & (table["after"] == after)].set_index("period")["n"]
        of = totals.xs(before, level="before").reindex(flow.index)
        flow, of = flow[of >= fmt.smallest], of[of >= fmt.smallest]
        if flow.empty:
            continue
        low, high = wilson(flow, of)
        colour = STATE_COLOURS[after if before == "dormant" else before]
        ax.fill_between(flow.index, low, high, color=colour, alpha=0.2, lw=0)
        ax.plot(flow.index, flow / of, color=colour, label=name, ls=dashes)
    ax.legend(loc="upper left", fontsize=8.5, frameon=False)
    percent(ax.yaxis, fmt)
    ax.set(ylabel="active one period later", ylim=(0, min(ax.get_ylim()[1] * 1.35, 1.3)))
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= 1])
