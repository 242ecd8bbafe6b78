"""Picture of notebook 03 about surveys: where answers and attributes lie."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.report.blocks import Absent, Picture, shows
from lib.report.numbers import Format
from lib.report.style import BASE, PALETTE, canvas, label, name_points
from lib.report.words.typing import NOBODY_ASKED, asked

MARK = 5  # points across


@shows
def answer_map(table: pd.DataFrame, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> Picture | Absent:
    """Categories as points, amounts as lines from the middle; those farthest out carry their names."""
    rows = table[[not fmt.is_few(n) for n in table["n"]]]
    if rows.empty:
        return Absent("every answer was given by too few people to be shown", "more answers")
    fig, ax = canvas(7.2, 4.4)
    amounts, words = rows[rows["level"] == ""], rows[rows["level"] != ""]
    for r in amounts.itertuples():
        ax.plot([0, r.x], [0, r.y], color=PALETTE[0], lw=1)
    ax.plot(words["x"], words["y"], "o", color=PALETTE[1], ms=MARK)
    ax.axhline(0, color=BASE, lw=0.6)
    ax.axvline(0, color=BASE, lw=0.6)
    first, second, n = table["share_x"].iloc[0], table["share_y"].iloc[0], table["respondents"].iloc[0]
    ax.set(xlabel=f"first dimension ({fmt.share(first)})", ylabel=f"second dimension ({fmt.share(second)})")
    far = rows.assign(away=np.hypot(rows["x"], rows["y"])).sort_values("away", ascending=False, kind="stable")
    said = {item: asked(item, questions) for item in far["item"]}
    name_points(ax, [(label(f"{said[r.item]}: {r.level}" if r.level else said[r.item]), r.x, r.y)
                     for r in far.itertuples()],
                size=8, areas=[MARK**2 if r.level else 0.0 for r in far.itertuples()])
    title = f"Two dimensions carry {fmt.share(first + second)} of what varies between respondents"
    return Picture(ax, title=title, values={"share": first + second, "n": int(n)},
                   alt=f"Answers and attributes on two dimensions. {title}.",
                   caption=f"{fmt.n(n)} respondents with all items. Points: answers, at the mean of those who "
                           "gave them. Lines: amounts, by their correlation with the dimensions. Near means given "
                           "together; it is no group. Source: survey and attributes (factor analysis of mixed data).")
