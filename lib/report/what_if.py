"""What if: sliders in JupyterLab over the number of segments, the weights of the target matrix and the budget.

For people who explore. A batch leaves such cells out, so nothing of it reaches a page.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from lib.contracts import NotMeasured, UserError
from lib.report.blocks import Absent, Sentence, TableBlock, render_block
from lib.report.numbers import Format
from lib.report.tables import strategy as tables


def number_of_segments(scan: pd.DataFrame | NotMeasured, k: int, fmt: Format) -> TableBlock | Absent:
    """What the search found for k segments: one row a method, with its stability and whether gaps lie between them."""
    if isinstance(scan, NotMeasured):
        return Absent(scan.reason, scan.needed)
    rows = [[r.family, fmt.people(r.smallest), fmt.estimate(r.stability, r.stability_low, r.stability_high),
             "yes" if r.separated else "no", "taken" if r.chosen else ""]
            for r in scan[scan["k"] == k].sort_values("family").itertuples()]
    columns = ["method", "smallest segment", "comes out again (ARI)", "gaps between all neighbours", ""]
    return TableBlock(f"If there were {fmt.counted(k, 'segment')}", columns, rows)


def changed(facts: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> Sentence:
    """Which segments a change of weights or capacity makes a target, and which it takes off the list."""
    names = facts.set_index("segment")["name"]
    was, now = (set(t.loc[t["role"] == "target", "segment"]) for t in (before, after))
    said = [f"{word}: {', '.join(sorted(map(str, names[list(which)])))}." for word, which in
            (("Now a target", now - was), ("No longer a target", was - now)) if which]
    return Sentence(" ".join(said) or "The targets stay as planned.", tone="decision")


def explore(replan: Callable, known: dict, scan, planned: pd.DataFrame, weights: dict[str, float], capacity: int,
            fmt: Format):
    """Sliders, and below them what they change; an ipywidgets box.

    ``replan(**known, weights=, capacity=)`` gives the targets and the budget; ``known["facts"]`` are the segments of
    step 5 and ``planned`` its targets, ``scan`` is the artefact `structure`; the sliders begin at ``weights`` and
    ``capacity``.
    """
    from ipywidgets import HTML, HBox, IntSlider, VBox

    facts, wide = known["facts"], {"description_width": "140px"}
    ks = [2, 2] if isinstance(scan, NotMeasured) else [int(scan["k"].min()), int(scan["k"].max())]
    sliders = {"k": IntSlider(min=ks[0], max=ks[1], description="segments", style=wide),
               "capacity": IntSlider(value=capacity, max=max(2 * capacity, 1000), step=10, description="contacts",
                                     style=wide, continuous_update=False)}
    opinions = {name: IntSlider(value=round(weight), max=100, description=name, style=wide, continuous_update=False)
                for name, weight in weights.items()}

    shown = HTML()

    def show(*_) -> None:
        chosen = {name: slider.value for name, slider in opinions.items()}
        searched = number_of_segments(scan, sliders["k"].value, fmt)
        try:
            targets, money = replan(**known, weights=chosen, capacity=sliders["capacity"].value)
            blocks = [searched, changed(facts, planned, targets), tables.targets(targets, facts, fmt),
                      tables.budget(money, facts, fmt)]
        except UserError as error:
            blocks = [searched, Absent(error.what, error.fix)]
        shown.value = "".join(render_block(block.content()) for block in blocks)

    for slider in (*sliders.values(), *opinions.values()):
        slider.observe(show, "value")
    show()
    return VBox([HBox([VBox(list(sliders.values())), VBox(list(opinions.values()))]), shown])
