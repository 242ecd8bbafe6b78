"""Pictures of notebook 03 about structure: stability by k, where segments come from, valleys between neighbours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.blocks import Absent, Picture, shows
from lib.report.numbers import Format
from lib.report.style import BASE, PALETTE, canvas

STABLE, ALPHA = 0.75, 0.05  # method.md §3.5, §3.7
FAMILIES = {"kmeans": "k-means", "tied": "mixture, tied covariance", "diagonal": "mixture, diagonal covariance",
            "mixed": "k-means on factors of mixed data", "latent classes": "latent classes"}
CLAIM = {"natural": "groups that exist in these data", "reproducible": "a cut that would come out the same again",
         "constructed": "a cut chosen because it is useful"}
MOST_PAIRS = 9


@shows
def stability_by_k(scan: pd.DataFrame, choice: dict, fmt: Format) -> Picture:
    """How well two resamples agree, for each family and number of segments, with the one that was taken."""
    tried = scan[scan["stability"].notna()]
    fig, ax = canvas(7.2, 3.4)
    families = [f for f in FAMILIES if f in set(tried["family"])]
    for place, family in enumerate(families):
        rows = tried[tried["family"] == family]
        x = rows["k"] + 0.12 * (place - (len(families) - 1) / 2)
        errors = [rows["stability"] - rows["stability_low"], rows["stability_high"] - rows["stability"]]
        ax.errorbar(x, rows["stability"], yerr=errors, fmt="o", color=PALETTE[place], capsize=2, label=FAMILIES[family])
        taken = rows["chosen"].to_numpy()
        ax.plot(x[taken], rows.loc[taken, "stability"], "o", ms=14, mfc="none", mec=PALETTE[place])
    ax.axhline(STABLE, color=BASE, ls="--", lw=1)
    ax.legend(loc="lower left", fontsize=9, frameon=False)
    ax.set(xlabel="number of segments k", ylabel="agreement of resamples (ARI)", xticks=sorted(tried["k"].unique()),
           ylim=(min(0, tried["stability_low"].min()), 1.03))
    title = f"{fmt.count(choice['k'])} segments, {choice['claim']}: {CLAIM[choice['claim']]}"
    values = {key: choice[key] for key in ("k", "n", "pairs", "m")} | {"level": 0.95, "stable": STABLE}
    return Picture(ax, title=title, values=values,
                   alt=f"Points with intervals: stability by number of segments. {title}.",
                   caption=f"{fmt.n(choice['n'])} customers; medians and 95 % ranges over "
                           f"{fmt.count(choice['pairs'])} pairs of resamples of {fmt.people(choice['m'])}. Ring: "
                           f"chosen. Dashed: stable from {STABLE}.")


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
    title = f"{fmt.count(found)} of {fmt.count(len(choice['valleys']))} neighbouring pairs have a valley between them"
    values = {"found": found, "pairs": len(choice["valleys"]), "n": choice["n"], "alpha": ALPHA}
    return Picture(axes.flat[0], title=title, values=values,
                   alt=f"Density of customers between neighbouring segments. {title}.",
                   caption=f"{fmt.n(choice['n'])} customers; segments numbered by size. A valley: p < {ALPHA} "
                           "on held-out halves (Holm) and no ridge around it. The halves are not quite independent of "
                           "the full fit.")


def _is_valley(pair: dict) -> bool:
    return bool(pair["p"] is not None and pair["p"] < ALPHA and not pair["bridged"])
