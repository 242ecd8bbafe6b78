"""Figures of notebook 04: sizes, profiles, the map of segments, and segments against other schemes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.patches import Ellipse

from lib.contracts.counts import number_of
from lib.report import inside
from lib.report.blocks import Absent, Picture, shows
from lib.report.numbers import Format
from lib.report.style import INK, MUTED, canvas, colour, heat_map, label, sign
from lib.report.suppress import hidden, suppress
from lib.report.words.typing import NOBODY_ASKED, asked

VARIABLES = 8
SCHEMES = {"icp": "ideal customer profiles", "user_types": "user types", "rfm": "RFM groups", "clusters": "clusters",
           "answers": "classes of answers"}
BETWEEN = 0.7  # rows left free between what made the segments and what did not
WIDE = 2.0  # standard deviations that an ellipse reaches
LEAST, MOST = 1 / 16, 16  # multiples of the base that a profile is drawn within
CELL_SCALE = 90.0  # points² of the fullest cell of the map


@shows
def sizes(segments: pd.DataFrame, fmt: Format) -> Picture | Absent:
    """Share of customers with interval, and share of revenue, per segment."""
    table = segments.assign(out=hidden(segments, "segments", fmt)).sort_values("rank", ascending=False)
    shown = table[~table["out"]]
    if shown.empty:
        return Absent(f"any size of a segment would give one of fewer than {fmt.smallest} customers away",
                      "more customers")
    fig, ax = canvas(7.2, 1.1 + 0.5 * len(shown))
    y = np.arange(len(shown))
    ax.barh(y + 0.18, shown["share"], 0.34, xerr=_away(shown, "share"), ecolor=INK,
            color=[colour(r) for r in shown["rank"]])
    money = shown["revenue_share"].notna().any()
    if money:
        ax.barh(y - 0.18, shown["revenue_share"], 0.34, xerr=_away(shown, "revenue_share"), ecolor=MUTED, color="none",
                edgecolor=[colour(r) for r in shown["rank"]], hatch="///")
    ax.set_yticks(y, [f"{label(r.name)} ({fmt.n(r.n)})" for r in shown.itertuples()])
    ax.xaxis.set_major_formatter(lambda v, _: fmt.share(v))
    ax.set_xlabel("share of customers (filled)" + (" and of revenue (hatched)" if money else ""))
    top = shown.sort_values("revenue_share" if money else "share", ascending=False).iloc[0]
    title = (f"{top['name']}: {fmt.share(top['share'])} of customers, {fmt.share(top['revenue_share'])} of revenue"
             if money else f"{top['name']} is the largest segment: {fmt.share(top['share'])} of customers")
    how_many, counted = inside.said(segments, fmt)
    values = {"share": top["share"], **counted, "name": top["name"], "level": 95,
              "smallest": fmt.smallest}
    left_out = "" if len(shown) == len(table) else (
        f"Not drawn: segments of fewer than {fmt.smallest} customers, and one that would give such a size away. ")
    return Picture(ax, title=title, values=values | ({"revenue_share": top["revenue_share"]} if money else {}),
                   alt="Bars: " + "; ".join(f"{r.name} {fmt.share(r.share)} of customers" for r in shown.itertuples()),
                   caption=f"{how_many} customers in segments. Lines: 95 % intervals. "
                           f"{left_out}Source: assignments of this run.")


@shows
def over_time(sizes: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Picture | Absent:
    """Share of customers in each segment at a few days, by the same model."""
    days = sorted(set(sizes["as_of"]))
    told = segments.loc[~hidden(segments, "segments", fmt), "segment"]
    shown = sizes[~hidden(sizes, "sizes", fmt, inside.untold(segments, fmt)) & sizes["segment"].isin(told)]
    if len(days) < 2 or shown.empty:
        return Absent("at no earlier day is the whole window of behaviour known, or every size would give few "
                      "customers away", "a longer history")
    fig, ax = canvas(7.2, 3.6)
    for segment in segments[segments["segment"].isin(shown["segment"])].sort_values("rank").itertuples():
        own = shown[shown["segment"] == segment.segment].sort_values("as_of")
        x = pd.to_datetime(own["as_of"])
        ax.fill_between(x, own["low"], own["high"], color=colour(segment.rank), alpha=0.15, lw=0)
        ax.plot(x, own["share"], marker=sign(segment.rank), ms=5, color=colour(segment.rank),
                label=label(segment.name, 36))
    ax.set_xticks(pd.to_datetime(days), [fmt.short_date(pd.Timestamp(d)) for d in days], fontsize=8)
    ax.yaxis.set_major_formatter(lambda v, _: fmt.share(v))
    ax.set_ylim(bottom=0)
    ax.set_ylabel("share of customers known that day")
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.12), ncols=2, fontsize=8)
    ends = shown.pivot(index="segment", columns="as_of", values="share")
    moved = (ends[days[-1]] - ends[days[0]]).abs().idxmax()
    called, first, last = segments.set_index("segment")["name"][moved], *ends.loc[moved, [days[0], days[-1]]]
    how_many, counted = inside.said(segments, fmt)
    return Picture(ax, title=f"{called}: from {fmt.share(first)} to {fmt.share(last)} of customers",
                   values={"first": first, "last": last, **counted, "name": called, "level": 95, "days": len(days)},
                   alt=f"Lines: share of each segment at {number_of(len(days), 'day')}.",
                   caption=f"{how_many} customers in segments on the last day. Every day by the same model; bands: "
                           "95 % intervals. Segments of too few customers on any day are left out.")


@shows
def profiles(profile: pd.DataFrame, segments: pd.DataFrame, fmt: Format,
             questions: Mapping[str, str] = NOBODY_ASKED) -> Picture:
    """How far each segment lies from the base on what tells segments apart most; items of a survey as asked."""
    ratios = _ratios(profile[~hidden(profile, "profile", fmt, inside.untold(segments, fmt))], segments)
    names = list(dict.fromkeys(ratios["variable"]))
    making = set(ratios.loc[ratios["made_segments"], "variable"])
    place = {v: i + BETWEEN * (v not in making) for i, v in enumerate(names)}
    fig, ax = canvas(7.2, 1.4 + 0.55 * max(len(names), 1))
    order = segments.sort_values("rank")
    step = 0.7 / max(len(order), 1)
    for nth, segment in enumerate(order.itertuples()):
        own = ratios[ratios["segment"] == segment.segment]
        y = own["variable"].map(place).to_numpy(float) + 0.35 - step * (nth + 0.5)
        ax.hlines(y, own["low"], own["high"], color=colour(segment.rank), lw=1.5)
        ax.plot(own["ratio"], y, sign(segment.rank), ms=5, color=colour(segment.rank), label=label(segment.name, 36))
    ax.axvline(1, color=MUTED, lw=1)
    _divide(ax, len(making), len(names))
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(lambda v, _: f"×{fmt.number(v, 0)}" if v >= 1 else f"÷{fmt.number(1 / v, 0)}")
    ax.set_yticks(list(place.values()), [label(asked(v, questions), 34) for v in names])
    ax.set_xlabel("mean of the segment against the base")
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.25 if len(names) < 4 else -0.14), ncols=2, fontsize=8)
    only_made = len(making) == len(names)
    # of many intervals one lies beside 1 by chance: the title names a marker, which is also far from the base
    high = ratios[ratios["marker"] & (ratios["low"] > 1) & (ratios["made_segments"] == only_made)]
    far, called = high.loc[high["far"].idxmax()] if len(high) else None, order.set_index("segment")["name"]
    nothing = "No variable" if only_made else "Nothing beside what made them"
    on = "" if far is None else asked(far["variable"], questions)
    title = f"{nothing} marks a segment by far more than the base" if far is None else (
        f"{called[far['segment']]}: {fmt.number(far['ratio'], 1)} times the base on {on}")
    how_many, counted = inside.said(segments, fmt)
    values = {} if far is None else {"ratio": far["ratio"], "name": called[far["segment"]], "asked": on}
    return Picture(ax, title=title, values=values | counted | {"level": 95, "most": MOST},
                   alt=f"Dot plot of {number_of(len(names), 'variable')} for {number_of(len(order), 'segment')} "
                       f"relative to the base. {title}.",
                   caption=f"{how_many} customers. Lines: 95 % intervals. Above the line are variables "
                           "that had no part in making the segments: findings. Those below made them, or are behaviour "
                           f"as what made them, and differ by construction. Drawn between ÷{MOST} and ×{MOST}.")


@shows
def landscape(found: dict, segments: pd.DataFrame, fmt: Format) -> Picture:
    """Where the segments lie: cells of customers on two axes, never single people."""
    ranks, names = segments.set_index("segment")["rank"], segments.set_index("segment")["name"]
    fig, ax = canvas(7.2, 4.6)
    cells = found["cells"]
    for segment, own in cells.groupby("segment"):
        if segment in ranks:
            ax.scatter(own["x"], own["y"], s=CELL_SCALE * own["n"] / cells["n"].max(), color=colour(ranks[segment]),
                       alpha=0.55, lw=0)
    for row in (r for r in found["centres"].itertuples() if r.segment in ranks and r.n >= fmt.smallest):
        ax.add_patch(_ellipse(row, colour(ranks[row.segment])))
        ax.annotate("\n".join(label(p, 30) for p in names[row.segment].split(", ")), (row.x, row.y), fontsize=8,
                    ha="center", va="center", color=INK,
                    bbox={"boxstyle": "round", "fc": "white", "ec": colour(ranks[row.segment]), "alpha": 0.8})
    both = sum(found["explained"])
    how_many, counted = inside.said(segments, fmt, found["n"])
    ax.set(xlabel=f"first axis: {fmt.share(found['explained'][0])} of the variation",
           ylabel=f"second axis: {fmt.share(found['explained'][1])}", xticks=[], yticks=[])
    title = f"Two axes show {fmt.share(both)} of what sets {fmt.counted(len(ranks), 'segment')} apart"
    return Picture(ax, title=title, values={"both": both, "segments": len(ranks), "first": found["explained"][0],
                                            "second": found["explained"][1], **counted, "smallest": fmt.smallest,
                                            "columns": len(found["columns"])},
                   alt=f"Map of segments as clouds of cells. {title}.",
                   caption=f"{how_many} customers, counted in cells; cells of fewer than "
                           f"{fmt.smallest} are left out. Ellipses: where most of a segment lies, if its cloud were "
                           "normal. "
                           f"Axes: principal components of {fmt.counted(len(found['columns']), 'variable')}.")


@shows
def crosstab(table: pd.DataFrame, segments: pd.DataFrame, scheme: str, fmt: Format) -> Picture | Absent:
    """Heat map: how each lead segment divides over the groups of another scheme."""
    order = segments.sort_values("rank")
    own = table[(table["scheme"] == scheme) & table["segment"].isin(order["segment"])]
    if own.empty:
        return Absent(f"{SCHEMES[scheme]} place no customer, or are the segments themselves", "another scheme")
    wide = own.pivot(index="segment", columns="group", values="share").reindex(order["segment"])
    kept = pd.DataFrame(suppress(own, "crosstab", fmt, inside.untold(segments, fmt)))
    out = kept.pivot(index="segment", columns="group", values="suppressed").reindex(order["segment"])
    fig, ax = canvas(7.2, 1.3 + 0.42 * len(wide))
    texts = [["" if pd.isna(wide.iat[i, j]) else "few" if out.iat[i, j] else fmt.share(wide.iat[i, j])
              for j in range(len(wide.columns))] for i in range(len(wide))]
    heat_map(ax, wide.where(out.eq(False)).fillna(0), texts)
    ax.set_xticklabels([label(g, 18) for g in wide.columns], rotation=25, ha="right")
    ax.set_yticklabels([label(n, 36) for n in order["name"]], rotation=0)
    called = order.set_index("segment")["name"]
    same = kept["group"].eq(kept["segment"].map(called))  # that the lapsed lapsed is no news
    shown = ~kept["suppressed"].astype(bool) & ~kept["group"].str.startswith("(") & ~same
    best = kept[shown].sort_values(["share", "n"], ascending=False)
    title = "No cell is large enough to show" if best.empty else (
        f"{fmt.share(best.iloc[0]['share'])} of {called[best.iloc[0]['segment']]} are {best.iloc[0]['group']}")
    how_many, counted = inside.said(segments, fmt)
    values = {"share": best.iloc[0]["share"] if len(best) else 0, **counted,
              "names": [*called, *wide.columns], "smallest": fmt.smallest}
    return Picture(ax, title=title, values=values,
                   alt=f"Heat map of {number_of(len(wide), 'segment')} by {number_of(len(wide.columns), 'group')}: "
                       f"{SCHEMES[scheme]}. {title}.",
                   caption=f"{how_many} customers; share of each segment (rows add up to all of "
                           f"it); cells of fewer than {fmt.smallest}, and those that would give them away, are "
                           "not shown.")


def _away(rows: pd.DataFrame, share: str) -> list[pd.Series]:
    """How far the 95 % bounds lie from a share, below and above it."""
    return [(rows[share] - rows[f"{share}_low"]).clip(lower=0), (rows[f"{share}_high"] - rows[share]).clip(lower=0)]


def _divide(ax, below: int, rows: int) -> None:
    """A line between what made the segments (the rows below) and what did not, with words on both sides."""
    ax.set_ylim(-0.6, rows - 0.4 + BETWEEN * (below < rows))
    y = below + (BETWEEN - 1) / 2
    sides = {"bottom": (y + 0.05, "had no part in making them", below < rows),
             "top": (y - 0.05, "made the segments, or are like what did", below > 0)}
    for side, (at, words, said) in sides.items():
        ax.text(0.995, at, words * said, transform=ax.get_yaxis_transform(), ha="right", va=side, fontsize=7.5,
                color=MUTED)
    if 0 < below < rows:
        ax.axhline(y, color=MUTED, lw=1, ls="--")


def _ellipse(row, tint: str) -> Ellipse:
    """Two standard deviations around a segment's centre: some 86 % of a normal cloud in two dimensions."""
    strength, axes = np.linalg.eigh(np.asarray(row.spread, float))
    width, height = 2 * WIDE * np.sqrt(np.maximum(strength, 0))
    turn = np.degrees(np.arctan2(axes[1, 0], axes[0, 0]))
    return Ellipse((row.x, row.y), width, height, angle=turn, fill=False, ec=tint, lw=1.5)


def _ratios(profile: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Means and intervals over the base, for positive bases, of the variables on which segments differ most."""
    table = profile[(profile["base"] > 0) & (profile["low"] >= 0)
                    & profile["segment"].isin(segments["segment"])].copy()
    for column, source in (("ratio", "mean"), ("low", "low"), ("high", "high")):
        table[column] = (table[source] / table["base"]).clip(LEAST, MOST)
    table["far"] = np.abs(np.log2(table["ratio"]))
    reach = table.groupby("variable")["far"].max()
    reach = reach.sort_index().sort_values(ascending=False, kind="stable")
    made = reach.index.isin(table.loc[table["made_segments"], "variable"])
    best = [*reach[~made].head(VARIABLES // 2).index, *reach[made].head(VARIABLES // 2).index]
    best = best + [v for v in reach.index if v not in best][: VARIABLES - len(best)]
    return table[table["variable"].isin(best)].sort_values(["made_segments", "variable", "segment"],
                                                           ascending=[False, True, True])
