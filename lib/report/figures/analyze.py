"""Pictures of notebook 03 about behaviour: RFM, rhythm, features, user types, concentration."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Absent, Picture, shows
from lib.report.numbers import Format
from lib.report.rounding import published
from lib.report.style import BASE, INK, MUTED, PALETTE, canvas, heat_map, label, name_points
from lib.report.suppress import Sum, hidden, protect
from lib.stats import wilson

LEVEL = {"level": 0.95}
BUCKETS = (1, 7, 14, 30, 90, 365)


@shows
def rfm_grid(rfm: pd.DataFrame, fmt: Format) -> Picture:
    """Recency by frequency score, 5×5: how many customers in each cell, and its name."""
    scored = rfm[(rfm["r"] > 0) & (rfm["f"] > 0)]
    counts = scored.groupby(["r", "f"]).size().unstack().reindex(index=range(5, 0, -1), columns=range(1, 6)).fillna(0)
    names = scored.groupby(["r", "f"])["group"].first()
    fig, ax = canvas(7.2, 4.2)
    out = _hidden_scores(counts, names, fmt.smallest)
    texts = [[f"{names.get((r, f), '')}\n{'few' if out.loc[r, f] else _cell(int(counts.loc[r, f]), fmt)}"
              for f in counts.columns] for r in counts.index]
    heat_map(ax, np.sqrt(counts.mask(out, 0)), texts, top=np.sqrt(max(counts.to_numpy().max(), 1)))
    ax.set(xlabel="frequency score (5 = most occasions)", ylabel="recency score (5 = most recent)")
    sizes = scored["group"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    top, most = (sizes.index[0], fmt.rounded(int(sizes.iloc[0]))) if len(sizes) else ("no group", 0)
    share = fmt.part(most, len(scored))
    low, high = (float(bound) for bound in wilson(most, fmt.rounded(len(scored))))
    told = fmt.estimate(share, low, high, fmt.share)
    return Picture(ax, title=f"{top} is the largest group: {told} of scored buyers",
                   values=LEVEL | {"largest": top, "share": share, "low": low, "high": high,
                                   "n": fmt.rounded(len(scored)), "cell": fmt.smallest},
                   alt=f"Grid of recency and frequency scores with the number of customers in each of 25 named cells; "
                       f"{top} is the largest.",
                   caption=f"{fmt.n(len(scored))} buyers of the window with both scores. Few: below "
                           f"{fmt.smallest}, or what would give such a cell away. Source: transactions.")


def _hidden_scores(counts: pd.DataFrame, names: pd.Series, smallest: int) -> pd.DataFrame:
    """Which cells to hide: those of a group add up to its size, which is published."""
    flat = counts.stack().rename("n").reset_index()
    flat["group"] = [names.get((r, f), "") for r, f in zip(flat["r"], flat["f"], strict=True)]
    sums = [Sum(tuple(places)) for places in flat.groupby("group").indices.values()]
    out = protect(flat["n"].astype("int64"), [*sums, Sum(tuple(range(len(flat))))], smallest)
    return pd.DataFrame(out.reshape(counts.shape), index=counts.index, columns=counts.columns)


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
                   caption=f"Left: {fmt.n(found['n'])} users with at least three gaps; line and band: median "
                           f"over users, 95 % bootstrap interval. Right: {fmt.n(found['n_users'])} users; who "
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
    points = pd.DataFrame(curve, columns=["day", "share", "low", "high", "at_risk"]).astype(float)  # may have no row
    ax.fill_between(points["day"], points["low"], points["high"], step="post", color=PALETTE[0], alpha=0.2, lw=0)
    ax.step(points["day"], points["share"], where="post", color=PALETTE[0])
    percent(ax.yaxis, fmt)
    ax.set(ylim=(0, 1), xlabel="days since the first active day", ylabel="have come back")


def user_types(cuts: dict, curve, fmt: Format) -> Picture | Absent:
    """Left: how many customers of each user type. Right: on how many of the last days the active were active."""
    if isinstance(cuts, NotMeasured):
        return Absent(cuts.reason, cuts.needed)
    cuts = published(cuts, fmt)
    sizes = pd.DataFrame(cuts["sizes"])
    sizes["out"] = hidden(sizes, "user_type_cuts", fmt)
    fig, (ax, right) = canvas(7.2, 3.2, ncols=2)
    _type_bars(ax, sizes, fmt)
    _power_curve(right, curve, fmt)
    main = sizes.sort_values("n", ascending=False, kind="stable").iloc[0]
    power = cuts["cuts"][1]["value"] if len(cuts["cuts"]) > 1 else None
    cut = f"Power starts at {fmt.number(power)} active days per period" if power else "Power is not separable"
    values = {"n": cuts["n"], "power": power, "period_days": cuts["period_days"],
              **main[["share", "low", "high"]].to_dict()}
    largest = fmt.estimate(main["share"], main["low"], main["high"], fmt.share)
    shares = ", ".join(f"{r.user_type} {'few' if r.out else fmt.share(r.share)}" for r in sizes.itertuples())
    return Picture(ax, title=f"{main['user_type']} is the largest type, {largest}; {cut}",
                   values=values | LEVEL,
                   alt=f"Left, share of customers per user type: {shares}. Right, customers by active days.",
                   caption=f"Left: {fmt.n(cuts['n'])} customers, 95 % intervals (Wilson), counts beside; "
                           f"period {fmt.days(cuts['period_days'])}. Right: those active lately. Source: active days.")


def _type_bars(ax, sizes: pd.DataFrame, fmt: Format) -> None:
    rated = sizes["user_type"].isin(["Casual", "Core", "Power"])
    sizes = sizes.assign(**{c: sizes[c].mask(sizes["out"], 0) for c in ("share", "low", "high")})
    errors = np.clip([sizes["share"] - sizes["low"], sizes["high"] - sizes["share"]], 0, None)
    colours = np.where(rated, PALETTE[0], BASE)
    ax.barh(sizes["user_type"], sizes["share"], xerr=errors, color=colours, ecolor=INK, capsize=2)
    for place, row in sizes.iterrows():
        said = "few" if row["out"] else _cell(row["n"], fmt, zero="0")
        ax.text(row["high"] + 0.01, place, said, va="center", fontsize=9, color=MUTED)
    ax.invert_yaxis()
    percent(ax.xaxis, fmt)
    ax.set(xlabel="share of customers", xlim=(0, sizes["high"].max() * 1.3))


def _power_curve(ax, curve, fmt: Format) -> None:
    if isinstance(curve, NotMeasured):
        ax.text(0.5, 0.5, "nobody active lately", ha="center", transform=ax.transAxes, color=MUTED)
        ax.set_axis_off()
        return
    ax.bar(curve["active_days"], curve["share"], color=PALETTE[0])
    percent(ax.yaxis, fmt)
    ax.yaxis.get_major_locator().set_params(steps=[1, 2, 5, 10])  # a tick at 2.5 % would read as 2 %
    ax.set(xlabel=f"active days in the last {len(curve)}", ylabel=f"of {fmt.people(curve['n'].sum())} active customers")


@shows
def feature_matrix(table: pd.DataFrame, period_days: float, fmt: Format) -> Picture:
    """Each feature by how many use it and how often its users do."""
    fig, ax = canvas(7.2, 4.0)
    ax.errorbar(table["reach"], table["frequency"], fmt="o", ms=5, color=PALETTE[0], ecolor=BASE, lw=1,
                xerr=_around(table, "reach"), yerr=_around(table, "frequency"))
    percent(ax.xaxis, fmt)
    ax.set(xlabel="used by (share of customers active lately)", ylabel=f"days of use per {fmt.days(period_days)}",
           xlim=(0, None), ylim=(0, None))
    ranked = table.sort_values(["n", "frequency", "use"], ascending=[False, False, True])
    name_points(ax, [(label(r.use), r.reach, r.frequency) for r in ranked.itertuples()])
    by_all, others = table[table["reach"] == 1], table[table["reach"] < 1]
    widest = (others if len(others) else table).sort_values(["reach", "use"], ascending=[False, True]).iloc[0]
    reach = fmt.estimate(widest["reach"], widest["reach_low"], widest["reach_high"], fmt.share)
    beside = f"Beside {label(by_all.iloc[0]['use'])}, which all use, " if len(by_all) == 1 and len(others) else ""
    title = f"{beside}{label(widest['use'])} reaches most: {reach} of active customers"
    return Picture(ax, title=title, values={**widest.drop("use").to_dict(), "period_days": period_days} | LEVEL,
                   alt=f"Scatter of {len(table)} features: share of active customers who use each against days of use. "
                       f"{title}.",
                   caption=f"{fmt.n(widest['n_active'])} customers active in the last four periods; bars: "
                           "95 % intervals. Right: for many. Top: a habit for those who use it. Named where there is "
                           "room.")


@shows
def lorenz(found: dict, fmt: Format) -> Picture:
    """Cumulated revenue against cumulated customers, smallest first."""
    curve = pd.DataFrame(found["lorenz"])
    fig, ax = canvas(4.6, 3.8)
    ax.plot([0, 1], [0, 1], color=BASE, lw=1, ls="--")
    ax.plot(curve["customers"], curve["revenue"], color=PALETTE[0])
    best = curve["customers"] >= 0.8
    ax.fill_between(curve["customers"], curve["revenue"], where=best, color=PALETTE[0], alpha=0.2, lw=0)
    percent(ax.xaxis, fmt)
    percent(ax.yaxis, fmt)
    ax.set(xlabel="paying customers, smallest first", ylabel="net revenue", xlim=(0, 1), ylim=(0, 1))
    interval = fmt.interval(found["low"], found["high"], fmt.share)
    title = f"The best fifth bring {fmt.share(found['top20'])} {interval} of revenue"
    return Picture(ax, title=title, values={key: found[key] for key in ("top20", "low", "high", "n")} | LEVEL,
                   alt=f"Lorenz curve of revenue over customers. {title}.",
                   caption=f"{fmt.n(found['n'])} customers with positive net revenue in the window; 95 % "
                           "bootstrap interval. Source: transactions.")


def _around(table: pd.DataFrame, column: str) -> np.ndarray:
    """Lengths of the interval below and above a value; rounding leaves none negative."""
    value = table[column]
    return np.clip([value - table[f"{column}_low"], table[f"{column}_high"] - value], 0, None)


def _cell(n, fmt: Format, zero: str = "") -> str:
    return zero if n == 0 else fmt.people(n)


def percent(axis, fmt: Format) -> None:
    axis.set_major_formatter(lambda value, _: fmt.share(value))
