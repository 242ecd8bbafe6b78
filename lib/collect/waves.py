"""Whether a survey item means the same in every wave: a scale that one wave turned round (catalogue 97)."""

from __future__ import annotations

import numpy as np
import pandas as pd

ENOUGH = 30  # [ours] answers in a wave, and in the others, below which no sign can be told
SURE = 3.0  # [ours] standard errors of Fisher's z that a correlation must lie from zero, on either side
OWN_EARLIER = "own answers in other waves"


def turned_items(answers: pd.DataFrame, items: list[str], anchor: str = "") -> pd.DataFrame:
    """Items whose correlation with the rest changes its sign in one wave: item, wave, n, here, elsewhere, against.

    ``answers``: one row per respondent and wave, with customer_key, wave and the items. The rest is the sum of the
    other items (and of ``anchor``, a further answer such as nps), each with the sign and weight of its correlation in
    the other waves; that finds an item turned among scales that measure different things. Where the same people
    answered in other waves, their own answers there are a second witness, which also finds a wave that turned them all.
    """
    found = []
    for wave, here in answers.groupby("wave"):
        other = answers[answers["wave"] != wave]
        if min(len(here), len(other)) >= ENOUGH:
            rest = items + ([anchor] if anchor in answers else [])
            found += [{"wave": wave, **f} for i in items for f in (_against_rest(here, other, i, rest),
                                                                   _against_self(here, other, i)) if f]
    table = pd.DataFrame(found, columns=["item", "wave", "n", "here", "elsewhere", "against"])
    return _plausible(table).drop_duplicates(["item", "wave"], ignore_index=True)


def _against_rest(here: pd.DataFrame, other: pd.DataFrame, item: str, rest: list[str]) -> dict | None:
    columns = [c for c in rest if c != item and other[c].nunique() > 1]
    if not columns or other[item].nunique() < 2:
        return None
    signs = other[columns].corrwith(other[item]).fillna(0.0)
    mean, sd = other[columns].mean(), other[columns].std()
    scores = [((t[columns] - mean) / sd * signs).fillna(0.0).sum(axis=1) for t in (here, other)]
    return _flip(item, (here[item], scores[0]), (other[item], scores[1]), "the other answers")


def _against_self(here: pd.DataFrame, other: pd.DataFrame, item: str) -> dict | None:
    """A person's answers to one question agree between waves; in a wave that was turned they disagree."""
    own = other.groupby("customer_key")[item].mean()
    n, r = _correlation(here[item], here["customer_key"].map(own))
    if n < ENOUGH or r * 1.0 >= 0 or not _sure(n, r):
        return None
    return {"item": item, "n": n, "here": r, "elsewhere": np.nan, "against": OWN_EARLIER}


def _flip(item: str, here: tuple, other: tuple, against: str) -> dict | None:
    (n, r), (m, s) = _correlation(*here), _correlation(*other)
    if min(n, m) < ENOUGH or not (r < 0 < s and _sure(n, r) and _sure(m, s)):
        return None
    return {"item": item, "n": n, "here": r, "elsewhere": s, "against": against}


def _plausible(table: pd.DataFrame) -> pd.DataFrame:
    """With two waves each looks turned beside the other: only the later one is named."""
    pairs = table.sort_values("wave").groupby(["item", "against"])["wave"].transform("nunique")
    last = table.groupby(["item", "against"])["wave"].transform("max")
    return table[(pairs == 1) | (table["wave"] == last)] if len(table) else table


def _correlation(first: pd.Series, second: pd.Series) -> tuple[int, float]:
    """Number of pairs and their Pearson correlation; 0 where either does not vary."""
    both = first.notna() & second.notna()
    x, y = first[both].to_numpy(float), second[both].to_numpy(float)
    if len(x) < 4 or x.std() == 0 or y.std() == 0:
        return len(x), 0.0
    return len(x), float(np.corrcoef(x, y)[0, 1])


def _sure(n: int, r: float) -> bool:
    """Whether the correlation lies clear of zero (Fisher's z)."""
    return abs(np.arctanh(np.clip(r, -0.999999, 0.999999))) * np.sqrt(max(n - 3, 0)) >= SURE
