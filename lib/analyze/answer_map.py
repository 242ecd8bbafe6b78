"""Where answers and attributes lie: amounts and categories in one picture, by factor analysis of mixed data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.analyze.scales import FACTS
from lib.analyze.structure.famd import famd
from lib.contracts import NotMeasured

FEWEST, MOST_LEVELS, MISSING = 100, 10, 0.30  # [ours] respondents; levels of a list or free text; method.md §3.10


def answer_map(survey, features, attributes: tuple[str, ...]) -> pd.DataFrame | NotMeasured:
    """One row per item, or per category of an item, as the contract `answer_map`.

    Rests on the last answers of respondents who have all items that most answered, with their ``attributes`` of
    ``features``. A category lies at the mean of those who gave it, in standard deviations of all; an amount at its
    correlations with the two dimensions. Closeness is association, no group.
    """
    absent = next((v for v in (survey, features) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    last = survey.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
    items = last[[c for c in last if c == "customer_key" or c not in FACTS]]
    own = [c for c in attributes if c in features and c not in items]
    table = items.merge(features[["customer_key", *own]], on="customer_key", how="left").drop(columns="customer_key")
    table = table[[c for c in sorted(table) if _usable(table[c])]].dropna()
    if table.shape[1] < 3 or len(table) < FEWEST:
        return NotMeasured("too few answers for a picture of them", f"{FEWEST} respondents with three items or more")
    return _placed(table)


def _usable(values: pd.Series) -> bool:
    few = pd.api.types.is_numeric_dtype(values) or values.nunique() <= MOST_LEVELS
    return few and values.nunique() > 1 and values.isna().mean() <= MISSING


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    found = famd(table, share=1.0, most=2)
    sides = found.scores / np.sqrt(found.variances)
    rows = []
    for column, level in found.columns:
        own = np.ones(len(table), bool) if level is None else (table[column] == level).to_numpy()
        place = ([np.corrcoef(table[column].astype(float), side)[0, 1] for side in sides.T] if level is None
                 else sides[own].mean(0))
        rows.append({"item": column, "level": "" if level is None else str(level), "n": int(own.sum()),
                     "x": float(place[0]), "y": float(place[1])})
    share_x, share_y = found.variances / found.total
    return pd.DataFrame(rows).assign(respondents=len(table), share_x=share_x, share_y=share_y)
