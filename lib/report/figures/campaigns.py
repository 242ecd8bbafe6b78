"""Pictures of notebook 06 about campaigns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from lib.report.blocks import Picture, shows
from lib.report.campaign_names import named
from lib.report.figures.monitor import colour_of, names_of
from lib.report.numbers import Format
from lib.report.style import INK, MUTED, canvas, label
from lib.report.tables.campaigns import OUTCOMES, outcome_kind, told


@shows
def uplift_forest(uplift: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Picture | None:
    """Uplift per campaign and segment with its interval, in response and in spend; the adjusted figure beside it. None
    where no campaign can be read as an experiment."""
    shown = told(uplift, segments, fmt)
    shown = shown[shown["low"].notna() & shown["outcome"].isin(["rate", "money"])]
    if shown.empty:
        return None
    places = shown[["campaign", "segment"]].drop_duplicates()
    places = places.assign(part=places["segment"] != "all", called=places["campaign"].map(named(uplift)))
    places = places.sort_values(["called", "part", "segment"], ascending=False)
    places = places.assign(y=np.arange(len(places), dtype=float))
    fig, axes = canvas(7.2, 1.2 + 0.42 * len(places), ncols=2, sharey=True)
    for ax, outcome in zip(axes, ("rate", "money"), strict=True):
        rows = shown[shown["outcome"] == outcome].merge(places, on=["campaign", "segment"])
        _forest(ax, rows, outcome, segments, fmt)
    names = {**names_of(segments), "all": "all treated"}
    axes[0].set(yticks=places["y"])
    rows = [f"{label(r.called, 36)}\n{label(names.get(r.segment, r.segment), 36)}" for r in places.itertuples()]
    axes[0].set_yticklabels(rows, fontsize=8)
    clear = shown[(shown["segment"] != "all") & (shown["p"] < 0.05)]
    up, down = int((clear["uplift"] > 0).sum()), int((clear["uplift"] < 0).sum())
    title = f"Effects clear of chance in segments: {fmt.count(up)} up, {fmt.count(down)} down"
    return Picture(axes[0], title=title, alt=f"Uplift with 95 % intervals per campaign and segment. {title}.",
                   caption=f"{fmt.n(_people(shown))} customers assigned by chance; intention to treat, 95 % "
                           "intervals. Grey diamonds: the same adjusted for spend before the campaign. Clear: Holm p "
                           "below .05.")


def _forest(ax, rows: pd.DataFrame, outcome: str, segments: pd.DataFrame, fmt: Format) -> None:
    kind, paint = outcome_kind(outcome, fmt), [colour_of(s, segments) for s in rows["segment"]]
    ax.hlines(rows["y"], rows["low"], rows["high"], color=paint, lw=2)
    ax.scatter(rows["uplift"], rows["y"], color=paint, zorder=3, s=28)
    better = rows[rows["adjusted"].notna()]
    ax.hlines(better["y"] - 0.22, better["adjusted_low"], better["adjusted_high"], color=MUTED, lw=1)
    ax.scatter(better["adjusted"], better["y"] - 0.22, color=MUTED, s=12, marker="D", zorder=3)
    ax.axvline(0, color=INK, lw=1)
    ax.xaxis.set_major_formatter(lambda v, _: kind(v))
    ax.xaxis.set_major_locator(MaxNLocator(3))
    ax.set_xlabel(f"difference in {OUTCOMES[outcome]}", fontsize=9)


def _people(rows: pd.DataFrame) -> int:
    whole = rows[rows["segment"] == "all"].drop_duplicates("campaign")
    return int(whole[["n_treated", "n_control"]].sum().sum())
