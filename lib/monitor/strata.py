"""The strata that a campaign was drawn in, as its result is judged in them.

Our own draws name a stratum `segment/quarter`: segments may have other shares of treated, so a result over all of them
is only fair within these. Labels of other draws are taken as they are.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

FEWEST = 10  # [ours] units of a stratum in each arm; a smaller one is judged with the next of its family


def strata_of(arms: list[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray] | None:
    """A label for every row of the two arms; None where the draw had no strata, or too few units for more than one.

    Strata with too few units are joined in the order of their names, those of one segment first.
    """
    if not all("stratum" in arm for arm in arms):
        return None
    labels = [arm["stratum"].astype("object").where(arm["stratum"].notna(), "").astype(str) for arm in arms]
    counts = pd.concat([part.value_counts() for part in labels], axis=1).fillna(0).sort_index()
    joined, start, held = {}, [], np.zeros(2)
    for label, row in zip(counts.index, counts.to_numpy(), strict=True):
        start, held = [*start, label], held + row
        if held.min() >= FEWEST:
            joined |= dict.fromkeys(start, start[0])
            start, held = [], np.zeros(2)
    if start and joined:  # what is left over at the end goes to the last that was large enough
        joined |= dict.fromkeys(start, list(joined.values())[-1])
    if len(set(joined.values())) < 2:
        return None
    return tuple(part.map(joined).to_numpy() for part in labels)


def family(labels: pd.Series) -> pd.Series:
    """What a stratum is drawn within, by row: the segment of our own draws; one family where no label has a slash."""
    return labels.astype(str).map(lambda text: text.rpartition("/")[0])
