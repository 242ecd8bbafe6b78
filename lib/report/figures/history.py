"""The picture of all runs so far."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Picture, shows
from lib.report.figures.monitor import colour_of, names_of, sign_of
from lib.report.numbers import Format
from lib.report.style import canvas, label
from lib.report.suppress import hidden
from lib.report.tables.monitor import measure_kind, measure_name

DRAWN = ("active", "share", "mean_value", "likelihood to recommend")  # measures drawn over the runs
LATE = 1.5  # review periods: a longer gap has missed one


@shows
def history_lines(history: pd.DataFrame, segments: pd.DataFrame, review_days: int, fmt: Format) -> Picture | None:
    """Measures of every segment over all runs, intervals and targets; where a review is missing the line breaks.

    None at the first run: a point is no line.
    """
    days = sorted(history["as_of"].unique())
    if len(days) < 2:
        return None
    measures = [m for m in DRAWN if history["measure"].eq(m).any()]
    fig, axes = canvas(7.2, 1.0 + 1.7 * -(-len(measures) // 2), nrows=-(-len(measures) // 2), ncols=2, squeeze=False)
    for ax, measure in zip(axes.flat, measures, strict=False):
        _over_runs(ax, _told(history[history["measure"] == measure], history, fmt), measure, segments, review_days, fmt)
    for ax in axes.flat[len(measures):]:
        ax.axis("off")
    handles, names = axes.flat[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncol=2, fontsize=8)
    title = f"{fmt.count(len(days))} runs, {days[0]} to {days[-1]}: {_largest_change(history, segments, fmt)}"
    return Picture(axes.flat[0], title=label(title, 110), alt=f"Lines of each segment over the runs. {title}.",
                   caption=f"n = {fmt.counted(len(days), 'run')}, each judged by the model frozen before it; bars: "
                           "95 % intervals; dashes: targets due. A line breaks where a review is missing; left out are "
                           f"segments of {fmt.few} customers, and what would give their size away.")


def _over_runs(ax, rows: pd.DataFrame, measure: str, segments: pd.DataFrame, review_days: int, fmt: Format) -> None:
    kind, names = measure_kind(measure, fmt), names_of(segments)
    for key, part in rows.assign(day=pd.to_datetime(rows["as_of"])).groupby("segment"):
        paint, part = colour_of(key, segments), part.sort_values("day")
        stretch = (part["day"].diff().dt.days > LATE * review_days).cumsum()
        for i, run in part.groupby(stretch):
            ax.plot(run["day"], run["value"], marker=sign_of(key, segments), ms=4, color=paint,
                    label=label(names.get(key, part["name"].iloc[-1]), 30) if i == stretch.iloc[0] else None)
        shown = part["value"].notna()
        ax.vlines(part["day"][shown], part["low"][shown], part["high"][shown], color=paint, lw=1, alpha=0.6)
        ax.scatter(part["day"][shown], part["target"][shown], marker="_", s=60, color=paint)
    days = sorted(pd.to_datetime(rows["as_of"].unique()))
    ax.set_xticks(days[:: max(1, len(days) // 4)])
    ax.set_xticklabels([fmt.short_date(d) for d in days[:: max(1, len(days) // 4)]], rotation=20, ha="right")
    ax.set_title(measure_name(measure), fontsize=9, loc="left")
    ax.yaxis.set_major_formatter(lambda v, _: kind(v))


def _largest_change(history: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> str:
    """The largest move of a share active between the first and the last run whose intervals do not meet."""
    rows = _told(history[history["measure"] == DRAWN[0]], history, fmt)
    ends = [rows[rows["as_of"] == day].set_index("segment") for day in (rows["as_of"].min(), rows["as_of"].max())]
    both = ends[0].add_suffix("_then").join(ends[1].add_suffix("_now"), how="inner")
    both = both[both["value_then"].notna() & both["value_now"].notna()]
    clear = both[(both["low_now"] > both["high_then"]) | (both["high_now"] < both["low_then"])]
    if clear.empty:
        return "in no segment has the share active clearly changed"
    top = (clear["value_now"] - clear["value_then"]).abs().idxmax()
    return (f"{names_of(segments).get(top, top)} active {fmt.share(clear.loc[top, 'value_then'])}, now "
            f"{fmt.share(clear.loc[top, 'value_now'])}")


def _told(rows: pd.DataFrame, history: pd.DataFrame, fmt: Format) -> pd.DataFrame:
    """The rows whose value may be drawn: not those of a day on which so few were in the segment, nor
    a figure that rests on few of it."""
    sizes = history.loc[history["measure"] == "customers", ["as_of", "segment", "value"]]
    sizes = sizes.rename(columns={"value": "n"})
    few = {(day, key) for day, part in sizes.groupby("as_of")
           for key, out in zip(part["segment"], hidden(part, "segments", fmt), strict=True) if out}
    told = pd.Series([(day, key) not in few for day, key in zip(rows["as_of"], rows["segment"], strict=True)],
                     index=rows.index, dtype=bool)
    heard = ~(rows["n"].between(1, fmt.smallest - 1))  # a mean of few, though the segment is large
    return rows.assign(value=rows["value"].where(told & heard))
