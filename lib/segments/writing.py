"""What customers of each segment write about: themes of the free text by writer (method.md §3, also in 03)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.contracts import NotMeasured
from lib.contracts.counts import too_small_to_divide
from lib.contracts.labels import OTHERS
from lib.stats import holm, wilson

COLUMNS = ["theme", "segment", "n", "n_writers", "share", "low", "high", "others", "p"]


def theme_shares(theme_texts, assignments, *, smallest: int) -> pd.DataFrame | NotMeasured:
    """One row per theme and segment; columns as the contract `segment_themes`.

    ``theme_texts`` as step 3 wrote it, ``assignments`` customer_key and segment. Each writer counts once, by his
    strongest text, since texts of one hand are no separate voices; texts of nobody known are left out, and so are
    segments with fewer than ``smallest`` writers, of whom nothing may be said. Segments too small for so many themes
    are joined as `others`. Every share is held against that of the
    other writers by Fisher's exact test, Holm over all of them; `(none)` is not tested.
    """
    absent = next((v for v in (theme_texts, assignments) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    named = theme_texts.dropna(subset=["customer_key"])
    first = named.sort_values(["strength", "evidence_id"], ascending=[False, True]).drop_duplicates("customer_key")
    writers = first.merge(assignments[["customer_key", "segment"]], on="customer_key")
    writers = writers[writers.groupby("segment")["segment"].transform("size") >= smallest].copy()
    if writers["segment"].nunique() < 2:
        return NotMeasured("too few customers of the segments wrote something", f"{smallest} writers in two segments")
    joined = too_small_to_divide(writers["segment"].value_counts().to_dict(), writers["theme"].nunique(), smallest)
    writers["segment"] = writers["segment"].mask(writers["segment"].isin(joined), OTHERS)
    counts = pd.crosstab(writers["theme"], writers["segment"]).sort_index().sort_index(axis=1)
    rows = [_row(counts, theme, segment) for theme in counts.index for segment in counts]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(p=holm(table["p"]))


def _row(counts: pd.DataFrame, theme: str, segment: str) -> dict:
    n, of = int(counts.loc[theme, segment]), int(counts[segment].sum())
    others, of_others = int(counts.loc[theme].sum()) - n, int(counts.to_numpy().sum()) - of
    low, high = (float(v) for v in wilson(n, of))
    tested = of_others and not theme.startswith("(")
    p = sps.fisher_exact([[n, of - n], [others, of_others - others]]).pvalue if tested else np.nan
    return {"theme": theme, "segment": segment, "n": n, "n_writers": of, "share": n / of, "low": low, "high": high,
            "others": others / of_others if of_others else np.nan, "p": float(p)}
