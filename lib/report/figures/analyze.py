"""Pictures of notebook 03 about behaviour: RFM, rhythm, user types, retention, lifecycle, concentration."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Absent, Picture, shows
from lib.report.numbers import Format
from lib.report.style import BASE, INK, MUTED, PALETTE, RULE, canvas, heat_map

CELL = 10  # smaller cells are not shown, method.md §7
STATE_COLOURS = {"current": PALETTE[0], "resurrected": PALETTE[2], "new": PALETTE[5], "dormant": RULE}
LEVEL = {"level": 0.95}
BUCKETS = (1, 7, 14, 30, 90, 365)


@shows
def rfm_grid(rfm: pd.DataFrame, fmt: Format) -> Picture:
    """Recency by frequency score, 5×5: how many customers in each cell, and its name."""
    scored = rfm[(rfm["r"] > 0) & (rfm["f"] > 0)]
    counts = scored.groupby(["r", "f"]).size().unstack().reindex(index=range(5, 0, -1), columns=range(1, 6)).fillna(0)
    names = scored.groupby(["r", "f"])["group"].first()
    fig, ax = canvas(7.2, 4.2)
    texts = [[f"{names.get((r, f), '')}\n{_cell(int(counts.loc[r, f]), fmt)}" for f in counts.columns]
             for r in counts.index]
    heat_map(ax, np.sqrt(counts), texts, top=np.sqrt(max(counts.to_numpy().max(), 1)))
    ax.set(xlabel="frequency score (5 = most occasions)", ylabel="recency score (5 = most recent)")
    sizes = scored["group"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    top, share = (sizes.index[0], sizes.iloc[0] / len(scored)) if len(sizes) else ("no group", np.nan)
    return Picture(ax, title=f"{top} is the largest group: {fmt.share(share)} of scored buyers",
                   values={"largest": top, "share": share, "n": len(scored), "cell": CELL},
                   alt=f"Grid of recency and frequency scores with the number of customers in each of 25 named cells; "
                       f"{top} is the largest.",
                   caption=f"n = {fmt.count(len(scored))} buyers of the window with both scores. Cells below "
                           f"{CELL} are not shown. Source: transactions.")


@shows
def rhythm(gaps: pd.DataFrame, found: dict, fmt: Format) -> Picture:
    """Left: users by their median gap, with the median user. Right: who has come back, by days since the start."""
    fig, (ax, right) = canvas(7.2, 3.4, ncols=2)
    _gap_histogram(ax, gaps["median_gap"].dropna().to_numpy(), found)
    _second_day_curve(right, found["second_day"], fmt)
    if found["median_gap"] is None:
        title = "No user came often enough to measure a rhythm"
    else:
        title = (f"The typical user comes every {fmt.days(found['median_gap'])} "
                 f"{fmt.interval(found['low'], found['high'])}: {found['verdict']}")
    values = {key: found[key] for key in ("median_gap", "low", "high", "n", "n_users")}
    return Picture(ax, title=title, values=values | LEVEL,
                   alt=f"Left, histogram of users' median gaps; right, Kaplan-Meier curve of the second active day. "
                       f"{title}.",
                   caption=f"Left: n = {fmt.count(found['n'])} users with at least three gaps; line and band: median "
                           f"over users, 95 % bootstrap interval. Right: n = {fmt.count(found['n_users'])} users; who "
                           "has not come back counts for as long as they were seen; 95 % band (Greenwood).")


def _gap_histogram(ax, medians: np.ndarray, found: dict) -> None:
    longest = max(medians.max(initial=2), 2)
    ax.hist(medians, bins=np.geomspace(1, longest, 25), color=PALETTE[0])
    ax.set_xscale("log")
    shown = [b for b in BUCKETS if b <= longest * 1.2]
    ax.set(xticks=shown, xticklabels=shown, ylabel="users", xlabel="median gap between active days (days, log)")
    ax.minorticks_off()
    if found["median_gap"] is not None:
        ax.axvspan(found["low"], found["high"], color=PALETTE[1], alpha=0.25, lw=0)
        ax.axvline(found["median_gap"], color=PALETTE[1])


def _second_day_curve(ax, curve: list[dict], fmt: Format) -> None:
    points = pd.DataFrame(curve, columns=["day", "share", "low", "high", "at_risk"])
    ax.fill_between(points["day"], points["low"], points["high"], step="post", color=PALETTE[0], alpha=0.2, lw=0)
    ax.step(points["day"], points["share"], where="post", color=PALETTE[0])
    _percent(ax.yaxis, fmt)
    ax.set(ylim=(0, 1), xlabel="days since the first active day", ylabel="have come back")


def user_types(cuts: dict, curve, fmt: Format) -> Picture | Absent:
    """Left: how many customers of each user type. Right: on how many of the last days the active were active."""
    if isinstance(cuts, NotMeasured):
        return Absent(cuts.reason, cuts.needed)
    sizes = pd.DataFrame(cuts["sizes"])
    fig, (ax, right) = canvas(7.2, 3.2, ncols=2)
    _type_bars(ax, sizes, fmt)
    _power_curve(right, curve, fmt)
    main = sizes.sort_values("n", ascending=False, kind="stable").iloc[0]
    power = cuts["cuts"][1]["value"] if len(cuts["cuts"]) > 1 else None
    cut = f"Power starts at {fmt.number(power)} active days per period" if power else "Power is not separable"
    values = {"n": cuts["n"], "share": main["share"], "power": power, "period_days": cuts["period_days"]}
    shares = ", ".join(f"{r.user_type} {fmt.share(r.share)}" for r in sizes.itertuples())
    return Picture(ax, title=f"{main['user_type']} is the largest type, {fmt.share(main['share'])}; {cut}",
                   values=values | LEVEL,
                   alt=f"Left, share of customers per user type: {shares}. Right, customers by active days.",
                   caption=f"Left: n = {fmt.count(cuts['n'])} customers, 95 % intervals (Wilson), counts beside; "
                           f"period {fmt.days(cuts['period_days'])}. Right: those active lately. Source: active days.")


def _type_bars(ax, sizes: pd.DataFrame, fmt: Format) -> None:
    rated = sizes["user_type"].isin(["Casual", "Core", "Power"])
    errors = np.clip([sizes["share"] - sizes["low"], sizes["high"] - sizes["share"]], 0, None)
    colours = np.where(rated, PALETTE[0], BASE)
    ax.barh(sizes["user_type"], sizes["share"], xerr=errors, color=colours, ecolor=INK, capsize=2)
    for place, row in sizes.iterrows():
        ax.text(row["high"] + 0.01, place, _cell(row["n"], fmt, zero="0"), va="center", fontsize=9, color=MUTED)
    ax.invert_yaxis()
    _percent(ax.xaxis, fmt)
    ax.set(xlabel="share of customers", xlim=(0, sizes["high"].max() * 1.3))


def _power_curve(ax, curve, fmt: Format) -> None:
    if isinstance(curve, NotMeasured):
        ax.text(0.5, 0.5, "nobody active lately", ha="center", transform=ax.transAxes, color=MUTED)
        ax.set_axis_off()
        return
    ax.bar(curve["active_days"], curve["share"], color=PALETTE[0])
    _percent(ax.yaxis, fmt)
    ax.set(xlabel=f"active days in the last {len(curve)}", ylabel=f"of {fmt.count(curve['n'].sum())} active customers")


@shows
def retention_heatmap(table: pd.DataFrame, step: int, fmt: Format) -> Picture:
    """Share of each cohort that is active, by stretches since its start."""
    shown = table[table["n"] >= CELL]
    wide = shown.pivot(index="cohort", columns="age", values="retained")
    fig, ax = canvas(7.2, max(2.4, 0.28 * len(wide) + 1.2))
    top = max(shown["retained"].max(), 0.01) if len(shown) else 1
    heat_map(ax, wide, top=top)
    ax.set(xlabel=f"stretches of {step} days after the first active day", ylabel="first active in")
    _percent(fig.colorbar(ax.collections[0], ax=ax, label="active").ax.yaxis, fmt)
    first = table[table["age"] == table["age"].min()]
    pooled = (first["n"] * first["retained"]).sum() / first["n"].sum()
    return Picture(ax, title=f"{fmt.share(pooled)} are active again in the first stretch after their start",
                   values={"share": pooled, "n": int(first["n"].sum()), "cell": CELL},
                   alt=f"Heat map of retention: {len(wide)} cohorts by stretch of {step} days. {fmt.share(pooled)} are "
                       "active in the first stretch.",
                   caption=f"n = {fmt.count(first['n'].sum())} customers; cohorts below {CELL} are not shown. "
                           "The first cohort also holds those who started before the data begin.")


@shows
def lifecycle_area(table: pd.DataFrame, period_days: float, fmt: Format) -> Picture:
    """Customers by lifecycle state, period by period."""
    wide = table.pivot(index="period", columns="state", values="n")[list(STATE_COLOURS)]
    fig, ax = canvas(7.2, 3.4)
    ax.stackplot(wide.index, wide.T, labels=list(wide), colors=list(STATE_COLOURS.values()))
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(handles[::-1], labels[::-1], loc="outside right upper", fontsize=9, frameon=False)
    ax.set(xlabel=f"periods of {fmt.number(period_days, 1)} days before the as-of date", ylabel="customers ever active",
           xlim=(wide.index.min(), 0), ylim=(0, None))
    share = 1 - wide["dormant"] / wide.sum(axis=1)
    change = "up" if share.iloc[-1] > share.iloc[0] else "down" if share.iloc[-1] < share.iloc[0] else "unchanged"
    title = f"{fmt.share(share.iloc[-1])} of customers ever active were active in the last period, {change} from " \
            f"{fmt.share(share.iloc[0])}"
    values = {"last": share.iloc[-1], "first": share.iloc[0], "n": int(wide.iloc[-1].sum())}
    return Picture(ax, title=title, values=values,
                   alt=f"Stacked areas of new, current, resurrected and dormant customers. {title}.",
                   caption=f"n = {fmt.count(wide.iloc[-1].sum())} customers ever active. Source: active days.")


@shows
def lorenz(found: dict, fmt: Format) -> Picture:
    """Cumulated revenue against cumulated customers, smallest first."""
    curve = pd.DataFrame(found["lorenz"])
    fig, ax = canvas(4.6, 3.8)
    ax.plot([0, 1], [0, 1], color=BASE, lw=1, ls="--")
    ax.plot(curve["customers"], curve["revenue"], color=PALETTE[0])
    best = curve["customers"] >= 0.8
    ax.fill_between(curve["customers"], curve["revenue"], where=best, color=PALETTE[0], alpha=0.2, lw=0)
    _percent(ax.xaxis, fmt)
    _percent(ax.yaxis, fmt)
    ax.set(xlabel="paying customers, smallest first", ylabel="net revenue", xlim=(0, 1), ylim=(0, 1))
    interval = fmt.interval(found["low"], found["high"], fmt.share)
    title = f"The best fifth bring {fmt.share(found['top20'])} {interval} of revenue"
    return Picture(ax, title=title, values={key: found[key] for key in ("top20", "low", "high", "n")} | LEVEL,
                   alt=f"Lorenz curve of revenue over customers. {title}.",
                   caption=f"n = {fmt.count(found['n'])} customers with positive net revenue in the window; 95 % "
                           "bootstrap interval. Source: transactions.")


def _cell(n, fmt: Format, zero: str = "") -> str:
    return zero if n == 0 else f"< {CELL}" if n < CELL else fmt.count(n)


def _percent(axis, fmt: Format) -> None:
    axis.set_major_formatter(lambda value, _: fmt.share(value))
