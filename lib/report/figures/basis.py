"""Figures of notebook 01: overlap of profiles, signal of the candidates, importance of the engagement dimensions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.contracts.counts import number_of
from lib.report.blocks import Absent, Picture, shows
from lib.report.numbers import Format
from lib.report.style import BASE, MUTED, PALETTE, canvas, heat_map, label
from lib.report.words.typing import NOBODY_ASKED, asked

SHOWN = 16


@shows
def overlap(table: pd.DataFrame, fmt: Format) -> Picture:
    """Which share of each profile's members match each other profile, or none besides."""
    names = [c for c in table if c not in ("n", "no other")]
    counts = table[[*names, "no other"]]
    shares = counts.div(table["n"].where(table["n"] >= fmt.smallest), axis=0)
    small = counts.gt(0) & counts.lt(fmt.smallest)
    small["no other"] |= small.any(axis=1)  # with it, a single blank could be reckoned
    small[small.loc[:, "no other"] & counts["no other"].lt(fmt.smallest)] = True
    shares = shares.mask(small)
    own = np.column_stack([np.eye(len(names), dtype=bool), np.zeros(len(names), dtype=bool)])
    shares = shares.mask(pd.DataFrame(own, index=shares.index, columns=shares.columns))
    texts = shares.map(lambda v: "" if np.isnan(v) else fmt.share(v))
    _, ax = canvas(7.2, 1.4 + 0.5 * len(names))
    shown = shares.set_axis([label(n, 36) for n in shares.index]).set_axis([label(c, 20) for c in shares], axis=1)
    heat_map(ax, shown.fillna(0.0), texts.to_numpy())
    pairs = shares[names].stack().dropna()
    values = {f"{a} in {b}": share for (a, b), share in pairs.items()} | {
        f"only {n}": v for n, v in shares["no other"].dropna().items()}
    title = "No two profiles have enough members to be compared"
    if len(pairs):
        (one, other), most = pairs.idxmax(), pairs.max()
        title = (f"{fmt.share(most)} of {one} also match {other}" if most >= 0.005 else "No two profiles overlap")
    return Picture(ax, title=title, alt=f"Overlap between {number_of(len(names), 'profile')}: each row's share of "
                                        "members who also match the column's profile. " + title + ".",
                   caption="; ".join(f"{n}: {fmt.n(v)}"
                                     for n, v in table["n"].items()) +
                           f". Blank: the profile itself, or fewer than {fmt.smallest} customers.",
                   values=values | {f"n of {n}": int(v) for n, v in table["n"].items() if not fmt.is_few(v)})


@shows
def signal(basis: pd.DataFrame, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> Picture | Absent:
    """What each candidate tells about the next period, with interval, by kind; hollow where it is not usable. Items of
    a survey are named as they were asked."""
    if basis["signal"].isna().all():
        return Absent("too little was done yet for any column to tell about a next period",
                      "two natural periods of data")
    table = basis.dropna(subset=["signal"]).sort_values(["signal", "column"], ascending=[False, True]).head(SHOWN)
    kinds = sorted(table["kind"].unique())
    tint = {kind: PALETTE[i % len(PALETTE)] for i, kind in enumerate(kinds)}
    _, ax = canvas(7.2, 1.4 + 0.32 * len(table))
    for y, row in enumerate(table.iloc[::-1].itertuples()):
        used = row.verdict == "use"
        ax.plot([row.signal_low, row.signal_high], [y, y], color=tint[row.kind], linewidth=2, alpha=1 if used else 0.5)
        ax.plot(row.signal, y, "o", color=tint[row.kind], markerfacecolor=tint[row.kind] if used else "white")
    for kind in kinds:
        ax.plot([], [], "o-", color=tint[kind], label=kind)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    strongest = _first_usable(basis, questions)
    title = f"Of the usable columns, {strongest} tells most about what customers do next" if strongest else \
        "No column may be used that clearly tells about the next period"
    names = [f"{label(asked(r.column, questions))} ({r.verdict})" for r in table.iloc[::-1].itertuples()]
    ax.set_yticks(range(len(table)), names)
    ax.set_xlabel("share of the next period's variation told in advance")
    if kinds:
        ax.legend(loc="lower right", fontsize=8)
    return Picture(ax, title=title, values={"asked": strongest},
                   alt=f"Signal with 95 % intervals of {number_of(len(table), 'candidate column')} by kind. "
                   + "; ".join(
                       f"{asked(r.column, questions)} {fmt.share(r.signal, 1)}"
                       for r in table.head(3).itertuples()) + ".",
                   caption="Learned one period earlier, judged on the last; 95 % intervals from customers drawn again. "
                           "Filled: may be used as a basis. Hollow: not, for the reason in the table. Association, not "
                           "cause.")


def _first_usable(basis: pd.DataFrame, questions: Mapping[str, str]) -> str:
    """The usable column that tells most, as it was asked; empty without one."""
    usable = basis[basis["verdict"] == "use"].sort_values("signal", ascending=False)
    return asked(usable["column"].iloc[0], questions) if len(usable) else ""


@shows
def importance(table: pd.DataFrame, fmt: Format) -> Picture:
    """How much each engagement dimension tells about the next period."""
    ordered = table.sort_values("importance")
    _, ax = canvas(7.2, 2.4)
    spread = np.array([ordered["importance"] - ordered["importance_low"],
                       ordered["importance_high"] - ordered["importance"]]).clip(0)
    tints = [PALETTE[0] if r == "Primary" else BASE for r in ordered["relevance"]]
    ax.barh([f"{d} ({r})" for d, r in zip(ordered["dimension"], ordered["relevance"], strict=True)],
            ordered["importance"], xerr=spread, color=tints, ecolor=MUTED, height=0.6)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    ax.set_xlabel("what a forecast of the next period loses without it (share of its variation)")
    primary = table[table["relevance"] == "Primary"]
    title = ("The data cannot separate breadth, depth and frequency" if primary.empty or
             primary["chosen_by"].iloc[0] == "declared" else
             f"{primary['dimension'].iloc[0].capitalize()} tells most about the next period")
    return Picture(ax, title=title,
                   alt="Importance of " + ", ".join(f"{r.dimension} {fmt.number(r.importance, 3)}"
                                                    for r in table.itertuples()) + " with 95 % intervals.",
                   caption=f"{fmt.n(table['n'].iloc[0])} customers over three periods; 500 bootstrap draws of "
                           f"customers, the model refitted in each. Outcome: {table['outcome'].iloc[0]}.")
