"""Picture of notebook 03 about value: what the model foresaw of the last period, and what came."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.blocks import Picture, shows
from lib.report.numbers import Format
from lib.report.style import PALETTE, canvas


@shows
def calibration(value: dict, fmt: Format) -> Picture | None:
    """Orders predicted and made in the hold-out, by the number of earlier orders; nothing where none was judged."""
    if not value["by_earlier"]:
        return None
    rows, hold = pd.DataFrame(value["by_earlier"]), value["holdout"]
    fig, ax = canvas(7.2, 3.2)
    x = np.arange(len(rows))
    errors = [rows["actual"] - rows["low"], rows["high"] - rows["actual"]]
    ax.errorbar(x, rows["actual"], yerr=errors, fmt="o-", color=PALETTE[0], capsize=2, label="made")
    ax.plot(x, rows["predicted"], "s--", color=PALETTE[1], label="predicted")
    ax.legend(fontsize=9, frameon=False)
    ax.set(xticks=x, xticklabels=[f"{r.earlier_orders}\nn = {fmt.people(r.n)}" for r in rows.itertuples()],
           xlabel="orders before the hold-out", ylabel="orders per customer in it", ylim=(0, None))
    off = _off(rows)
    title = (f"The model foresaw {fmt.counted(hold['predicted'], 'order')}, {fmt.count(hold['actual'])} were made; "
             f"{off or 'every group of customers within its interval'}")
    values = {key: hold[key] for key in ("predicted", "actual")} | {"n": int(rows["n"].sum()), "level": 0.95}
    values |= {f"earlier_{i}": r.earlier_orders for i, r in enumerate(rows.itertuples())}
    return Picture(ax, title=title, values=values,
                   alt=f"Lines: predicted and actual orders by earlier orders. {title}.",
                   caption=f"{fmt.n(rows['n'].sum())} customers, means with 95 % intervals. A good total does "
                           "not show that each customer follows the model. Source: transactions.")


def _off(rows: pd.DataFrame) -> str:
    """Which customers made more or fewer orders than foreseen, beyond their interval."""
    said = []
    for word, wrong in (("too few", rows["predicted"] < rows["low"]), ("too many", rows["predicted"] > rows["high"])):
        groups = rows.loc[wrong, "earlier_orders"].tolist()
        if groups:
            said.append(f"{word} for those with {', '.join(groups)} earlier orders")
    return " and ".join(said)
