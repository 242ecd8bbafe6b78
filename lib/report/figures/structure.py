"""Pictures of notebook 03 about structure: variables alike, stability by k, where segments come from, valleys."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba
from matplotlib.patches import Patch

from lib.report.blocks import Absent, Picture, shows
from lib.report.inside import searched
from lib.report.numbers import Format
from lib.report.style import BASE, INK, PALETTE, canvas, heat_map, label, ribbon
from lib.report.words.typing import NOBODY_ASKED, asked

STABLE, ALPHA = 0.75, 0.05  # method.md §3.5, §3.7
FAMILIES = {"kmeans": "k-means", "tied": "mixture, tied covariance", "diagonal": "mixture, diagonal covariance",
            "mixed": "k-means on factors of mixed data", "latent classes": "latent classes"}
CLAIM = {"natural": "groups that exist in these data", "reproducible": "a cut that would come out the same again",
         "constructed": "a cut chosen because it is useful"}
MOST_PAIRS = 9
KEPT = 0.85  # SLSA from which a segment counts as one that was there before [ours]
BOX, BEYOND, LIGHT = 0.2, 2, "#9cc9e6"  # width of a box; columns drawn beyond the k chosen


@shows
def alike(pairs: pd.DataFrame, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> Picture:
    """How closely the measures go together, each pair once, with the closest pair in words."""
    names = list(dict.fromkeys([*pairs["first"], *pairs["second"]]))
    table = pd.DataFrame(np.nan, index=names[1:], columns=names[:-1])
    for r in pairs.itertuples():
        row, column = sorted((r.first, r.second), key=names.index, reverse=True)
        table.loc[row, column] = r.rho
    texts = table.map(lambda rho: "" if np.isnan(rho) else fmt.number(rho))
    fig, ax = canvas(7.2, 1.4 + 0.38 * len(table))
    heat_map(ax, table.abs(), texts.to_numpy())
    ax.set(xticklabels=[label(asked(c, questions)) for c in table.columns],
           yticklabels=[label(asked(c, questions)) for c in table.index])
    ax.tick_params(axis="x", rotation=35)
    ax.tick_params(axis="y", rotation=0)  # few rows would be named upright, one name over the next
    for tick in ax.get_xticklabels():
        tick.set(horizontalalignment="right", rotation_mode="anchor")
    top = pairs.iloc[0]
    told = (f"{asked(top['first'], questions)} and {asked(top['second'], questions)}, "
            f"{fmt.estimate(top['rho'], top['low'], top['high'])}")
    return Picture(ax, title=f"Closest: {told}", values={**top.to_dict(), "pairs": len(pairs), "level": 0.95,
                                                         "asked": told},
                   alt=f"Heat map of {fmt.number(len(pairs))} rank correlations; the closest pair is {told}.",
                   caption=f"Spearman's rank correlation of the measures that the search looked at; 95 % interval by "
                           f"Bonett and Wright. Customers with both values, at least {fmt.n(pairs['n'].min())}. A "
                           "measure that repeats a stronger one is left out of the search. Source: features.")


@shows
def stability_by_k(scan: pd.DataFrame, choice: dict, fmt: Format) -> Picture:
    """How well pairs of resamples agree, as box plots for each family and number of segments, with the one taken."""
    tried = scan[scan["stability"].notna()]
    fig, ax = canvas(7.2, 3.4)
    families = [f for f in FAMILIES if f in set(tried["family"])]
    pairs = {(r["family"], r["k"]): r["ari"] for r in choice["resampled"]}
    for place, family in enumerate(families):
        for row in tried[tried["family"] == family].itertuples():
            at = row.k + (BOX + 0.04) * (place - (len(families) - 1) / 2)
            _box(ax, at, pairs[family, row.k], PALETTE[place], bool(row.chosen))
    ax.axhline(STABLE, color=BASE, ls="--", lw=1)
    ax.legend(handles=[Patch(facecolor=PALETTE[i], alpha=0.6, label=FAMILIES[f]) for i, f in enumerate(families)],
              loc="lower left", fontsize=9, frameon=False)
    ks = sorted(tried["k"].unique())
    ax.set(xlabel="number of segments k", ylabel="agreement of resamples (ARI)", xticks=ks, xticklabels=ks,
           xlim=(ks[0] - 0.6, ks[-1] + 0.6), ylim=(min(0, min(map(min, pairs.values()))), 1.05))
    title = f"{fmt.counted(choice['k'], 'segment')}, {choice['claim']}: {CLAIM[choice['claim']]}"
    (how_many, n), (drawn, m) = searched(choice, fmt), searched(choice, fmt, "m")
    values = {key: choice[key] for key in ("k", "pairs")} | n | m | {"level": 0.95, "stable": STABLE}
    return Picture(ax, title=title, values=values,
                   alt=f"Box plots of the stability by number of segments. {title}.",
                   caption=f"n = {how_many} customers; {fmt.counted(choice['pairs'], 'pair')} of resamples of "
                           f"{drawn} each: median, middle half, 95 % range. 1: the same segments "
                           f"again. Outlined and starred: chosen. Dashed: stable from {STABLE}. Being stable does not "
                           "make them real.")


def _box(ax, at: float, values: list[float], paint: str, taken: bool) -> None:
    """One box plot whose whiskers span 95 % of the pairs."""
    edge = INK if taken else paint
    ax.boxplot([values], positions=[at], widths=BOX, whis=(2.5, 97.5), showfliers=False, patch_artist=True,
               manage_ticks=False, boxprops={"facecolor": to_rgba(paint, 0.6), "edgecolor": edge, "lw": 1.2},
               medianprops={"color": INK, "lw": 1.5}, whiskerprops={"color": edge}, capprops={"color": edge})
    if taken:
        ax.plot(at, 1.03, marker="*", color=INK, ms=8, clip_on=False)


@shows
def across_k(choice: dict, fmt: Format) -> Picture | None:
    """Where the members of each segment were when one segment fewer was cut (Dolnicar & Leisch 2017, SLSA).

    Nothing where only one number of segments was tried, or the first cut was taken: it has none before it.
    """
    flows = pd.DataFrame(choice["flows"], columns=["k", "segment", "before", "n"])
    flows = flows[flows["k"] <= choice["k"] + BEYOND]
    if flows.empty or choice["k"] < 3:
        return None
    whole = {(r["k"], r["segment"]): r["value"] for r in choice["slsa"]}
    fig, ax = canvas(7.2, 3.8)
    first = flows[flows["k"] == flows["k"].min()].groupby("before")["n"].sum()
    last = _stack(ax, int(flows["k"].min()) - 1, first, {})
    for k, rows in flows.groupby("k"):
        here = _stack(ax, int(k), rows.groupby("segment")["n"].sum(), whole)
        _ribbons(ax, int(k), rows[rows["n"] >= fmt.smallest], last, here, rows["n"].sum())
        last = here
    ks = range(int(flows["k"].min()) - 1, int(flows["k"].max()) + 1)
    ax.set(xticks=ks, xlabel="number of segments k", yticks=[], xlim=(ks[0] - 0.2, ks[-1] + 0.2))
    ax.spines["left"].set_visible(False)
    kept = sum(v >= KEPT for (k, _), v in whole.items() if k == choice["k"])
    title = (f"{fmt.count(kept)} of the {fmt.counted(choice['k'], 'segment')} come nearly whole from one of the "
             "coarser cut")
    how_many, counted = searched(choice, fmt)
    return Picture(ax, title=title, values={"kept": kept, "k": choice["k"], **counted, "kept_from": KEPT},
                   alt=f"Flows of customers between the cuts into {ks[0]} to {ks[-1]} segments. {title}.",
                   caption=f"n = {how_many} customers, each in one block of every column. "
                           "Dark: nearly all members come from one segment to the left (SLSA of "
                           f"{fmt.number(KEPT)} or more); light: made up of several. Flows of fewer than "
                           f"{fmt.smallest} customers are not drawn.")


def _stack(ax, k: int, sizes: pd.Series, whole: dict) -> dict[int, float]:
    """A column of blocks, the largest below; returns the bottom of each, as a share of all."""
    total, bottom, places = sizes.sum(), 0.0, {}
    for segment, n in sizes.sort_index().items():
        firm = whole.get((k, segment), 1.0) >= KEPT
        ax.bar(k, n / total, bottom=bottom, width=0.12, color=PALETTE[0] if firm else LIGHT)
        places[segment] = bottom
        bottom += n / total + 0.03
    return places


def _ribbons(ax, k: int, rows: pd.DataFrame, left: dict, right: dict, total: int) -> None:
    used = {"left": dict(left), "right": dict(right)}
    for r in rows.sort_values(["before", "segment"]).itertuples():
        size = r.n / total
        ribbon(ax, (k - 1 + 0.06, used["left"][r.before]), (k - 0.06, used["right"][r.segment]), size, BASE, 0.4)
        used["left"][r.before] += size
        used["right"][r.segment] += size


@shows
def valleys(choice: dict, fmt: Format) -> Picture | Absent:
    """The density of customers from one segment to its neighbour: a valley, or none."""
    if not choice["valleys"]:
        return Absent("no valley between segments can be looked for where categories had a part in them",
                      "amounts alone, if groups are to be called natural")
    pairs = choice["valleys"][:MOST_PAIRS]
    fig, axes = canvas(7.2, 1.7 * max(1, -(-len(pairs) // 3)) + 0.5, nrows=max(1, -(-len(pairs) // 3)), ncols=3,
                       sharex=True, sharey=True, squeeze=False)
    for ax in axes.flat[len(pairs):]:
        ax.set_visible(False)
    for ax, pair in zip(axes.flat, pairs, strict=False):
        real = _is_valley(pair)
        density = np.asarray(pair["density"], float)
        ax.fill_between(np.linspace(0, 1, len(density)), density, color=PALETTE[2] if real else BASE, alpha=0.5, lw=0)
        ax.set_title(f"{pair['pair'][0] + 1} and {pair['pair'][1] + 1}: "
                     f"{'valley' if real else 'no valley'}", fontsize=9)
        ax.set(xticks=[0, 1], xticklabels=["centre", "centre"], yticks=[], ylim=(0, 1.05))
    found = sum(_is_valley(pair) for pair in choice["valleys"])
    title = f"Valleys lie between {fmt.count(found)} of {fmt.counted(len(choice['valleys']), 'neighbouring pair')}"
    how_many, counted = searched(choice, fmt)
    values = {"found": found, "pairs": len(choice["valleys"]), **counted, "alpha": ALPHA}
    return Picture(axes.flat[0], title=title, values=values,
                   alt=f"Density of customers between neighbouring segments. {title}.",
                   caption=f"n = {how_many} customers; segments numbered by size. A valley: p < {ALPHA} "
                           "on held-out halves (Holm) and no ridge around it. The halves are not quite independent of "
                           "the full fit.")


def _is_valley(pair: dict) -> bool:
    return bool(pair["p"] is not None and pair["p"] < ALPHA and not pair["bridged"])
