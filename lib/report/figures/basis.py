"""Figures of notebook 01: signal of the candidates, importance of the engagement dimensions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import Picture, shows
from lib.report.numbers import Format
from lib.report.style import BASE, MUTED, PALETTE, canvas, label

SHOWN = 12


@shows
def signal(basis: pd.DataFrame, fmt: Format) -> Picture:
    """What each candidate tells about the next period, with interval; the usable ones in colour."""
    table = basis.dropna(subset=["signal"]).head(SHOWN).iloc[::-1]
    _, ax = canvas(7.2, 1.2 + 0.32 * len(table))
    for y, row in enumerate(table.itertuples()):
        tint = PALETTE[0] if row.verdict == "use" else BASE
        ax.plot([row.signal_low, row.signal_high], [y, y], color=tint, linewidth=2)
        ax.plot(row.signal, y, "o", color=tint)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    ax.set_yticks(range(len(table)), [f"{label(readable(r.column))} ({r.verdict})" for r in table.itertuples()])
    ax.set_xlabel("share of the next period's variation told in advance")
    best = basis.iloc[0]
    name = readable(best["column"])
    return Picture(ax, title=f"{name.capitalize()} tells most about what customers do next",
                   alt=f"Signal with 95 % intervals of {len(table)} candidate columns; the strongest is "
                       f"{name} at {fmt.share(best['signal'], 1)}.",
                   caption=f"n = {fmt.count(best['n'])} customers; learned one period earlier, judged on the last. "
                           "Grey: not usable as a basis, for the reason in the table.")


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
    ax.set_xlabel("loss of out-of-time R² when shuffled")
    primary = table[table["relevance"] == "Primary"]
    title = ("The data cannot separate breadth, depth and frequency" if primary.empty or
             primary["chosen_by"].iloc[0] == "declared" else
             f"{primary['dimension'].iloc[0].capitalize()} tells most about the next period")
    return Picture(ax, title=title,
                   alt="Importance of " + ", ".join(f"{r.dimension} {fmt.number(r.importance, 3)}"
                                                    for r in table.itertuples()) + " with 95 % intervals.",
                   caption=f"n = {fmt.count(table['n'].iloc[0])} customers over three periods; 500 bootstrap draws of "
                           f"customers. Outcome: {table['outcome'].iloc[0]}.")
