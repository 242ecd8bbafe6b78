"""Answers to a survey as a questionnaire knows them: each item with a few answers to choose from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

FACTS = ("customer_key", "wave", "answered_on", "in_base", "weight", "seconds")  # of a survey, not asked to tell types
MOST_LEVELS = 7  # [ours] numbers on a longer scale are asked in bands
MOST_WORDS = 12  # [ours] a text with more answers is no choice
BANDS = 4
OTHER = "any other answer"


@dataclass(frozen=True)
class Answers:
    """Respondents × items: ``codes`` point into ``labels`` of the item, -1 where it was not answered."""

    items: list[str]
    labels: list[list[str]]
    codes: np.ndarray

    def rows(self, kept: np.ndarray) -> Answers:
        """The answers of some respondents."""
        return Answers(self.items, self.labels, self.codes[kept])


def last_answers(survey: pd.DataFrame, turned: dict) -> pd.DataFrame:
    """The last answer of each respondent among the customers, to each item as it was asked; free text left out."""
    kept = survey[survey["in_base"].astype(bool)] if "in_base" in survey else survey
    last = kept.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
    table = last[["customer_key", *sorted(c for c in last if c not in FACTS)]].copy()
    for item in (i for i in turned if i in table):
        low, high = turned[item]
        table[item] = low + high - table[item]
    return table.reset_index(drop=True)


def coded(table: pd.DataFrame, smallest: int) -> Answers:
    """Items as codes of answers, each given by at least ``smallest`` respondents: numbers in bands of neighbours, rare
    words together. What falls to one answer, or has too many words, is left out. Nothing is known of segments here."""
    found = [(name, *made) for name in table if (made := _coded(table[name], smallest)) and len(made[0]) > 1]
    codes = np.column_stack([c for _, _, c in found]) if found else np.empty((len(table), 0), int)
    return Answers([name for name, _, _ in found], [labels for _, labels, _ in found], codes)


def _coded(x: pd.Series, smallest: int) -> tuple[list[str], np.ndarray] | None:
    if pd.api.types.is_datetime64_any_dtype(x):
        return None
    if pd.api.types.is_numeric_dtype(x) and not pd.api.types.is_bool_dtype(x):
        return _bands(x.astype(float), smallest)
    said = x.astype("str").where(x.notna())
    return None if said.nunique() > MOST_WORDS else _words(said, smallest)


def _bands(x: pd.Series, smallest: int) -> tuple[list[str], np.ndarray]:
    """Neighbouring numbers together until a band is large enough; the last band joins the one before when it is not."""
    counts = x.value_counts().sort_index()
    least = smallest if len(counts) <= MOST_LEVELS else max(smallest, -(-int(counts.sum()) // BANDS))
    bands: list[list[float]] = [[]]
    for value in counts.index:
        if bands[-1] and counts[bands[-1]].sum() >= least:
            bands.append([])
        bands[-1].append(value)
    if len(bands) > 1 and counts[bands[-1]].sum() < least:
        last = bands.pop()
        bands[-1].extend(last)
    codes = np.full(len(x), -1)
    for place, band in enumerate(bands):
        codes[x.isin(band).to_numpy()] = place
    return [_span(band) for band in bands], codes


def _span(band: list[float]) -> str:
    return f"{band[0]:g}" if len(band) == 1 else f"{band[0]:g} to {band[-1]:g}"


def _words(x: pd.Series, smallest: int) -> tuple[list[str], np.ndarray]:
    counts = x.value_counts()
    labels = sorted(counts.index[counts >= smallest])
    rare = counts.index[counts < smallest]
    codes = x.map({word: place for place, word in enumerate(labels)}).fillna(-1).to_numpy(int)
    if counts[rare].sum() >= smallest:
        codes[x.isin(rare).to_numpy()] = len(labels)
        labels = [*labels, OTHER]
    return labels, codes
