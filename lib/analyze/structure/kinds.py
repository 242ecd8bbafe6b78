"""Which method fits the variables that a base is to be divided by (method.md §3.7, §4): by their type, and said."""

from __future__ import annotations

import pandas as pd

MOST_LEVELS = 10  # [ours] a column of words with more is a list or free text
METHODS = {
    "numbers": ("k-means and Gaussian mixtures", "all variables are amounts, so distances mean something"),
    "mixed": ("factor analysis of mixed data, then k-means on its dimensions",
              "some variables are amounts and some are categories, which have no distances of their own"),
    "categories": ("latent classes", "all variables are categories, between which there is no distance"),
}


def is_category(values: pd.Series) -> bool:
    """Whether a column is a category: words, yes or no, or numbers of two values."""
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return True
    return values.nunique() == 2


def divided(values: pd.DataFrame) -> tuple[list[str], list[str]]:
    """(amounts, categories) among the columns, each in alphabetical order."""
    categories = sorted(c for c in values if is_category(values[c]))
    return sorted(c for c in values if c not in categories), categories


def data_type(values: pd.DataFrame) -> str:
    """A key of METHODS."""
    amounts, categories = divided(values)
    return "mixed" if amounts and categories else "categories" if categories else "numbers"


def plain_levels(levels) -> list:
    """Levels as JSON holds them: texts, yes or no, and numbers."""
    return [bool(v) if isinstance(v, bool) or type(v).__name__ == "bool_" else v if isinstance(v, str) else float(v)
            for v in levels]
