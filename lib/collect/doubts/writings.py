"""Doubts about how ids are written: near-duplicates, lost zeros, writings that became one, ids that many share.

Counted and named by line, never merged and never shown.
"""

from __future__ import annotations

import re

import pandas as pd
import pyarrow as pa

from lib.collect.doubts.warning import warning
from lib.collect.lookalikes import difference
from lib.contracts.raw import Rules

ALMOST = "id almost equal to another"
KINDS = ("case", "spaces or signs", "leading zeros", "look-alike letters")
ZEROS, COLLIDED = "leading zeros lost in some ids", "id respelt into one that exists"
SHARED = "one id that many people seem to share"
MANY, TIMES = 1000, 50  # [ours] rows of one id, and times the median id, from which it is hardly one person
WORDS = re.compile(r"(?i)guest|gast|test|dummy|default|unknown|unbekannt|anonym\w*|none|null|nan|n/?a|no ?name|cash|"
                   r"kasse|walk.?in|-+|(.)\1{2,}")
# [ours] an id that is a word for nobody, or one sign repeated, is doubted from so many rows, and times the median, on
MANY_OF_WORDS, TIMES_OF_WORDS = 20, 5
PERSONAL = ("transactions", "events", "texts")  # sources in which one customer has many rows


def doubts(ids: pd.DataFrame, mapping: pa.Table, rules: Rules) -> list[dict]:
    """Rows of the quality table about customer ids; ``ids`` is the book of `lib.collect.ids`, ``mapping`` holds their
    pseudonyms."""
    keys = dict(zip(mapping["raw"].to_pylist(), mapping["key"].to_pylist(), strict=True))
    excluded = {i for s in rules.sources.values() for i in s.exclude_ids}
    customers = ids[ids["column"] == "customer_id"].assign(key=lambda t: t["raw"].map(keys)).dropna(subset=["key"])
    sources = customers["source"].unique()
    return [*_almost_equal(customers, sources), *_lost_zeros(customers, sources), *_collided(customers, sources),
            *_shared(customers[~customers["text"].isin(excluded)], sources)]


def _almost_equal(ids: pd.DataFrame, sources) -> list[dict]:
    several = ids.groupby("shape")["key"].transform("nunique") > 1
    doubtful = _doubtful(ids[several], ids) if several.any() else ids.head(0).assign(kind="")
    meaning = "perhaps one customer, who then counts as two; nothing was merged: correct the source"
    found = []
    for source in sources:
        here = doubtful[doubtful["source"] == source]
        kinds = [k for k in KINDS if (here["kind"] == k).any()]
        found += [_told(source, f"{ALMOST}: {k}", meaning, here[here["kind"] == k]) for k in kinds]
        found += [] if kinds else [warning(source, ALMOST, meaning, 0)]
    return found


def _doubtful(near: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """Of each group of near-duplicates those that are not written as most ids are; `kind`: in what they differ."""
    usual = ids["text"].map(_form).value_counts()
    ranked = near.assign(usual=near["text"].map(_form).map(usual), all=near.groupby("text")["rows"].transform("sum"))
    ranked = ranked.sort_values(["shape", "usual", "all", "text"], ascending=[True, False, False, True])
    first = ranked.groupby("shape")[["text", "key"]].transform("first")
    other = ranked[ranked["key"] != first["key"]]
    return other.assign(kind=[difference(t, f) for t, f in zip(other["text"], first.loc[other.index, "text"],
                                                             strict=True)])


def _form(text: str) -> str:
    """How an id is written: digits, capitals, small letters, letters of other scripts, signs."""
    return "".join("9" if c.isdecimal() else ("?" if not c.isascii() else "A" if c.isupper() else "a")
                   if c.isalnum() else c for c in text)


def _lost_zeros(ids: pd.DataFrame, sources) -> list[dict]:
    """Ids of digits that are shorter than those which begin with a zero: padded ids have one length."""
    numbers = ids[ids["text"].str.isdecimal()]
    padded = numbers.loc[numbers["text"].str.len().gt(1) & numbers["text"].str.startswith("0"), "text"].str.len()
    width = padded.mode().max() if len(padded) else 0
    short = numbers[numbers["text"].str.len() < width]
    return [_told(source, ZEROS, "a spreadsheet or a number column may have cut them; ids are read as they are written",
                  short[short["source"] == source]) for source in sources]


def _collided(ids: pd.DataFrame, sources) -> list[dict]:
    respelt = ids[(ids["raw"] != ids["text"]) & ids["text"].isin(ids.loc[ids["raw"] == ids["text"], "text"])]
    return [_told(source, COLLIDED, "one customer, written in several ways",
                  respelt[respelt["source"] == source]) for source in sources]


def _shared(ids: pd.DataFrame, sources) -> list[dict]:
    found = []
    for source in (s for s in sources if s in PERSONAL):
        here = ids[ids["source"] == source]
        usual = here["rows"].median()
        words = here["text"].map(lambda t: bool(WORDS.fullmatch(t)))
        many = (here["rows"] >= MANY) & (here["rows"] >= TIMES * usual)
        many |= words & (here["rows"] >= MANY_OF_WORDS) & (here["rows"] >= TIMES_OF_WORDS * usual)
        found.append(_told(source, SHARED, "a guest, test or till account; if so, leave it out (exclude_ids in the "
                                           "product file)", here[many]))
    return found


def _told(source: str, rule: str, meaning: str, ids: pd.DataFrame) -> dict:
    return warning(source, rule, meaning, int(ids["rows"].sum()), list(ids["line"]))
