"""One text per theme that a reader may see: typical, of nobody in particular, with nothing masked in it (method.md §7).

Shown is only what many customers have as good as written: the theme has enough other writers, and every word of the
text is one that as many customers use. A name, a number or a rare turn of phrase is therefore never shown.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

WORD = re.compile(r"[^\W_][\w'’-]*")
LONGEST = 120  # signs of an example; longer texts are cut at a word
UNSAFE = re.compile(r"[\[\]@<>{}\\|]|\d|https?:|www\.")


def safe_examples(texts: pd.DataFrame, closeness: np.ndarray, smallest: int) -> dict[str, str]:
    """Example by theme, for themes that have a safe one.

    ``texts``: theme, customer_key, text (masked already); ``closeness``: how typical each is of its theme, 0-1.
    """
    users = _users_of_words(texts)
    ranked = texts.assign(close=closeness, key=texts["customer_key"].fillna("")).sort_values(
        ["theme", "close", "text"], ascending=[True, False, True])
    writers = ranked.groupby("theme")["customer_key"].nunique()
    found: dict[str, str] = {}
    for row in ranked.itertuples():
        enough = writers[row.theme] > smallest and row.close > 0
        if row.theme not in found and enough and is_safe(row.text, users, smallest):
            found[row.theme] = _cut(row.text)
    return found


def is_safe(text: str, users: dict[str, int], smallest: int) -> bool:
    """Whether nothing in the text is masked or a number, and every word of it is used by enough customers.

    ``users`` is how many customers use each word, written as it is: `Anna` is not `anna`.
    """
    return not UNSAFE.search(text) and all(users.get(w, 0) >= smallest for w in WORD.findall(text))


def _users_of_words(texts: pd.DataFrame) -> dict[str, int]:
    """How many different customers use each word; texts of nobody count as one customer together."""
    users: dict[str, set] = {}
    for text, who in zip(texts["text"], texts["customer_key"], strict=True):
        for word in set(WORD.findall(text)):
            users.setdefault(word, set()).add(who if isinstance(who, str) else "")
    return {word: len(who) for word, who in users.items()}


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"
