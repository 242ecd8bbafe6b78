"""Pictures of notebook 06: who moved, what drifted, how segments developed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from lib.report.blocks import Picture, shows
from lib.report.inside import untold
from lib.report.moves import chance_of
from lib.report.numbers import Format
from lib.report.style import BASE, INK, MUTED, PALETTE, RULE, canvas, colour, heat_map, label, ribbon, sign
from lib.report.suppress import hidden
from lib.report.tables.monitor import measure_name

STATES = {"New": "New", "Dormant": "Dormant", "Left": "Left", "outside": "outside the segments"}
VERDICT_COLOURS = {"alarm": PALETTE[1], "significant but small": PALETTE[7], "too few to tell": BASE,
                   "none": PALETTE[0]}
SHOWN_PSI, TOP_PSI = 0.05, 0.3  # an index below it is not written; the darkest colour
REST = "(not told apart)"
GAP, BAR = 0.02, 0.04  # between the blocks of the alluvial picture, and their width


@shows
def alluvial(migration: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Picture | None:
    """Flows of customers from their segment then to their segment now. Blocks are as high as the flows shown, and all
    others are one block: heights tell no more than the numbers do. None without a flow that may be shown."""
    shown = migration[~hidden(migration, "migration", fmt, untold(segments, fmt))]
    if (shown["before"] == "New").all():
        return None
    base = int(migration.loc[migration["before"] != "New", "n"].sum())
    rest = base - int(shown.loc[shown["before"] != "New", "n"].sum())
    left, right = (_blocks(shown, side, rest, segments) for side in ("before", "now"))
    fig, ax = canvas(7.2, 4.6)
    names = {**names_of(segments), REST: "not told apart"}
    for x, blocks in ((0.0, left), (1.0, right)):
        for key, (bottom, height) in blocks.items():
            ax.bar(x, height, bottom=bottom, width=BAR, color=RULE if key == REST else colour_of(key, segments))
            ax.text(x + (-0.03 if x == 0 else 0.03), bottom + height / 2, label(names.get(key, key), 36), fontsize=8,
                    ha="right" if x == 0 else "left", va="center", color=INK)
    _flows(ax, shown, left, right, segments)
    ax.set(xlim=(-0.6, 1.6), ylim=(-0.02, max(_top(left), _top(right)) + 0.02))
    ax.axis("off")
    title, values = _changed(migration, base, fmt)
    return Picture(ax, title=title, alt=f"Alluvial picture of flows between segments, then and now. {title}.",
                   caption=f"{fmt.n(base)} customers known then; left: then, right: now, both under the frozen model. "
                           f"Flows of fewer than {fmt.smallest} customers, and those that would give them away, are "
                           "not told apart. Source: assignments.", values=values)


@shows
def migration_map(migration: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Picture | None:
    """Share of each row that went where; moves beyond noise are marked. None where every cell would tell of few."""
    gone = hidden(migration, "migration", fmt, untold(segments, fmt))
    if (gone | migration["before"].eq("New").to_numpy()).all():
        return None
    names = names_of(segments)
    order = [*segments.sort_values("rank")["segment"], *STATES]
    rows, columns = ([k for k in order if k in set(migration[c])] for c in ("before", "now"))
    wide = migration.set_index(["before", "now"])
    shares = migration.pivot(index="before", columns="now", values="share").reindex(index=rows, columns=columns)
    fig, ax = canvas(7.2, 1.2 + 0.5 * len(rows))
    out = migration.assign(out=gone)
    out = out.pivot(index="before", columns="now", values="out")
    out = out.reindex(index=rows, columns=columns).eq(True)
    texts = [["" if (before, now) not in wide.index else "·" if out.loc[before, now] else
              _cell(wide.loc[(before, now)], fmt) for now in columns] for before in rows]
    heat_map(ax, shares.mask(out).fillna(0), texts, top=1.2)
    ax.set(xlabel="now", ylabel="then")
    ax.set_xticklabels([label(names.get(k, k), 36) for k in columns], rotation=30, ha="right")
    ax.set_yticklabels([label(names.get(k, k), 36) for k in rows], rotation=0)
    shown = migration[(migration["before"] != "New") & ~gone]
    real, kinds = (int(shown["verdict"].isin(some).sum()) for some in (["moved"], ["moved", "within noise"]))
    title = "No kind of move that can be shown can be judged" if not kinds else \
        "No kind of move shown goes beyond what chance moves" if not real else \
        f"Kinds of move beyond what chance moves: {fmt.count(real)} of {fmt.count(kinds)} that can be judged"
    return Picture(ax, title=title, alt=f"Heat map of the migration between segments; each row sums to 1. {title}.",
                   caption=f"{fmt.n(migration.loc[migration['before'] != 'New', 'n'].sum())} customers known then, and "
                           "new ones where they are many. Each row sums to 100 %; *: more than the noise floor "
                           "(Holm-adjusted). Cells of fewer than "
                           f"{fmt.smallest} customers, and those that would give them away, are not shown.")


@shows
def drift_bars(drift: pd.DataFrame, fmt: Format) -> Picture:
    """The stability index of every variable, coloured by verdict, with the alarm line."""
    rows = drift.sort_values("psi", na_position="first", ignore_index=True)
    fig, ax = canvas(7.2, 0.9 + 0.32 * len(rows))
    ax.barh(rows.index, rows["psi"].fillna(0), color=[VERDICT_COLOURS[v] for v in rows["verdict"]], height=0.65)
    for i, r in enumerate(rows.itertuples()):
        ax.text(0 if np.isnan(r.psi) else r.psi, i, f" {r.verdict}", va="center", fontsize=8, color=MUTED)
    ax.axvline(0.1, color=INK, lw=1, ls="--")
    ax.set(yticks=rows.index, yticklabels=[label(measure_name(v), 34) for v in rows["variable"]],
           xlabel="population stability index", xlim=(0, max(rows["psi"].max(), 0.12) * 1.35))
    alarms = rows.loc[rows["verdict"] == "alarm", "variable"].tolist()
    said = ", ".join(measure_name(v) for v in reversed(alarms))
    title = f"Drift alarm: {said}" if alarms else "No drift alarm"
    return Picture(ax, title=label(title, 110), alt=f"Bars of the stability index of each variable. {title}.",
                   caption=f"{fmt.n(rows['n_before'].max())} customers then, {fmt.people(rows['n_now'].max())}"
                           " now, one value each. Alarm: index of 0.1 or more and p < 0.05 after Benjamini-Hochberg.")


@shows
def drift_map(history: pd.DataFrame, fmt: Format) -> Picture:
    """The stability index of every variable, period by period, alarms marked."""
    wide = history.pivot(index="variable", columns="ends_on", values="psi")
    alarm = history.pivot(index="variable", columns="ends_on", values="verdict").eq("alarm")
    fig, ax = canvas(7.2, 1.3 + 0.3 * len(wide))
    texts = [[_index(v, hit, fmt) for v, hit in zip(*row, strict=True)]
             for row in zip(wide.to_numpy(), alarm.to_numpy(), strict=True)]
    heat_map(ax, wide.fillna(0).clip(upper=TOP_PSI), texts, top=TOP_PSI)
    ax.set(xlabel="period to", ylabel="")
    ax.set_xticklabels([fmt.short_date(dt.date.fromisoformat(day)) for day in wide], rotation=40, ha="right")
    ax.set_yticklabels([label(measure_name(v), 30) for v in wide.index], rotation=0)
    hits = sorted({day for day, column in alarm.items() if column.any()})
    told = ", ".join(fmt.date(dt.date.fromisoformat(day)) for day in hits)
    title = f"Behaviour changed in the period to {told}" if hits else \
        f"No alarm in {fmt.counted(wide.shape[1], 'period')}"
    return Picture(ax, title=label(title, 110), alt=f"Heat map of the stability index by variable and period. {title}.",
                   caption=f"Each period against the one before it; {fmt.n(history['n_now'].max())} customers at most. "
                           f"*: alarm, an index of 0.1 or more and p < 0.05 after Benjamini-Hochberg.")


@shows
def kpi_changes(kpis: pd.DataFrame, measure: str, segments: pd.DataFrame, fmt: Format) -> Picture:
    """One measure per segment, then and now with its interval, and the target where one was due."""
    shown = kpis[(kpis["n"] > 0) & ~hidden(kpis, "kpis", fmt, untold(segments, fmt)) & (kpis["measure"] == measure)]
    rows = shown.merge(segments[["segment", "name", "rank"]], on="segment")
    rows = rows.sort_values("rank", ascending=False, ignore_index=True)
    fig, ax = canvas(7.2, 1.0 + 0.42 * max(len(rows), 1))
    ax.hlines(rows.index, rows["low"], rows["high"], color=RULE, lw=6)
    ax.hlines(rows.index - 0.18, rows["before_low"], rows["before_high"], color=RULE, lw=2)
    ax.scatter(rows["before"], rows.index - 0.18, s=22, facecolor="white", edgecolor=MUTED, zorder=3, label="then")
    ax.scatter(rows["now"], rows.index, color=[colour(r) for r in rows["rank"]], zorder=4, label="now")
    if rows["target"].notna().any():
        ax.scatter(rows["target"], rows.index, marker="|", s=160, color=INK, zorder=4, label="target")
    kind = fmt.share if measure in ("active", "share", "breadth") else fmt.money if "value" in measure else fmt.number
    ax.xaxis.set_major_formatter(lambda v, _: kind(v))
    ax.set(yticks=rows.index, yticklabels=[label(n, 36) for n in rows["name"]], xlabel=measure_name(measure))
    ax.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=3, fontsize=8)
    rise = rows[(rows["low"] > rows["before_high"])]["name"].tolist()
    fall = rows[(rows["high"] < rows["before_low"])]["name"].tolist()
    said = [f"{word} in {', '.join(names)}" for word, names in (("up", rise), ("down", fall)) if names]
    nothing = "no earlier value to compare with" if rows["before"].isna().all() else \
        "no segment is clear of its earlier value"
    changes = "; ".join(said) or nothing
    title = f"{measure_name(measure).capitalize()}: {changes}"
    return Picture(ax, title=label(title, 110), alt=f"Each segment's value then and now. {title}.",
                   caption=f"{fmt.n(rows['n'].sum())} customers now; bars: 95 % intervals; hollow: then. "
                           "Clear: they do not meet. "
                           f"Segments of fewer than {fmt.smallest} customers are not shown.")


def names_of(segments: pd.DataFrame) -> dict[str, str]:
    return {**segments.set_index("segment")["name"].to_dict(), **STATES}


def colour_of(key: str, segments: pd.DataFrame) -> str:
    ranks = segments.set_index("segment")["rank"]
    return colour(int(ranks[key])) if key in ranks else BASE


def sign_of(key: str, segments: pd.DataFrame) -> str:
    ranks = segments.set_index("segment")["rank"]
    return sign(int(ranks[key])) if key in ranks else "."


def _changed(migration: pd.DataFrame, base: int, fmt: Format) -> tuple[str, dict]:
    """How many are in another segment than before, as far as it may be said."""
    moved = int(migration.loc[migration["direction"].isin(["up", "down"]), "n"].sum())
    if fmt.is_few(moved) or fmt.is_few(base - moved):
        return f"Where {fmt.people(base)} customers went", {"n": base}
    share, chance = moved / max(base, 1), chance_of(migration)
    beside = "" if np.isnan(chance) else f"; chance alone moves {fmt.share(chance)}"
    return (f"{fmt.share(share)} of {fmt.people(base)} customers are in another segment than before{beside}",
            {"moved": share, "n": base} | ({} if np.isnan(chance) else {"chance": chance}))


def _blocks(shown: pd.DataFrame, side: str, rest: int, segments: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Bottom and height of each block, best segment on top, what is not told apart at the bottom."""
    total = shown["n"].sum() + rest
    sizes = {REST: rest / total, **(shown.groupby(side)["n"].sum() / total).to_dict()}
    order = [REST, *STATES, *segments.sort_values("rank", ascending=False)["segment"]]
    bottom, blocks = 0.0, {}
    for key in (k for k in order if sizes.get(k)):
        blocks[key] = (bottom, sizes[key])
        bottom += sizes[key] + GAP
    return blocks


def _top(blocks: dict) -> float:
    return max((bottom + height for bottom, height in blocks.values()), default=1.0)


def _flows(ax, shown: pd.DataFrame, left: dict, right: dict, segments: pd.DataFrame) -> None:
    """A ribbon for each flow, stacked in the order of the blocks."""
    scale = sum(height for key, (_, height) in left.items() if key != REST) / shown["n"].sum()
    used = {"left": dict.fromkeys(left, 0.0), "right": dict.fromkeys(right, 0.0)}
    keys_left, keys_right = list(left), list(right)
    for r in sorted(shown.itertuples(), key=lambda r: (keys_left.index(r.before), keys_right.index(r.now))):
        size = r.n * scale
        y0, y1 = left[r.before][0] + used["left"][r.before], right[r.now][0] + used["right"][r.now]
        used["left"][r.before] += size
        used["right"][r.now] += size
        strong = r.before != r.now
        ribbon(ax, (BAR / 2, y0), (1 - BAR / 2, y1), size, colour_of(r.before, segments), 0.55 if strong else 0.25)


def _index(value: float, alarm: bool, fmt: Format) -> str:
    return f"{fmt.number(value)}*" if alarm else fmt.number(value) if value >= SHOWN_PSI else ""


def _cell(row: pd.Series, fmt: Format) -> str:
    return fmt.share(row["share"]) + ("*" if row["verdict"] == "moved" and row.name[0] != "New" else "")
