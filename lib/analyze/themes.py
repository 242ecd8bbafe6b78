"""Themes of the free text: what customers write about, by group of writers."""

from __future__ import annotations

import pandas as pd
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer

from lib.analyze.stopwords import STOP_WORDS
from lib.contracts import NotMeasured
from lib.stats import wilson

MIN_TEXTS = 50  # fewer: no themes [ours]
TEXTS_PER_THEME, MOST_THEMES, LEAST_THEMES = 50, 8, 3  # [ours]
MIN_WRITINGS = 3  # a term must occur in so many texts
TERMS = 3  # terms that name a theme
NONE = "(none)"


def themes(voice, groups, *, seed: int, n_themes: int | None = None) -> pd.DataFrame | NotMeasured:
    """One row per theme and group as the contract `themes`; NotMeasured below 50 texts.

    A theme is a component of a non-negative factorisation of TF-IDF weights, named by its three strongest terms;
    each text belongs to its strongest one, or to `(none)`. `groups` gives `customer_key` and `user_type` of the
    writers, or is NotMeasured: then only `all`. `example_id` is the evidence id of the text that
    carries the theme most.
    """
    if isinstance(voice, NotMeasured):
        return voice
    texts = _texts(voice)
    if len(texts) < MIN_TEXTS:
        return NotMeasured(f"{len(texts)} free texts, too few for themes", f"at least {MIN_TEXTS} texts")
    wanted = n_themes or min(MOST_THEMES, max(LEAST_THEMES, len(texts) // TEXTS_PER_THEME))
    counter = TfidfVectorizer(strip_accents="unicode", min_df=MIN_WRITINGS, max_df=0.5, stop_words=STOP_WORDS,
                              token_pattern=r"(?u)\b[^\W\d_]{3,}\b", sublinear_tf=True)
    try:
        weights = counter.fit_transform(texts["text"])
    except ValueError:  # nothing left after rare and common words are out
        return NotMeasured("the texts share no words", "texts of more than a few words")
    model = NMF(min(wanted, weights.shape[1]), init="nndsvda", max_iter=500, random_state=seed)
    strength = model.fit_transform(weights)
    names = _names(model.components_, counter.get_feature_names_out())
    best = strength.argmax(axis=1)
    texts = texts.assign(theme=[names[b] if s[b] > 0 else NONE for b, s in zip(best, strength, strict=True)],
                         strength=strength.max(axis=1))
    if isinstance(groups, NotMeasured):
        return _counted(texts.assign(user_type=pd.Series(pd.NA, texts.index, dtype="str")))
    return _counted(texts.merge(groups[["customer_key", "user_type"]], on="customer_key", how="left"))


def _texts(voice: pd.DataFrame) -> pd.DataFrame:
    kept = voice[(voice["topic"] == "text") & (voice["text"].fillna("").str.strip() != "")]
    return kept.sort_values("evidence_id", ignore_index=True)[["evidence_id", "customer_key", "text"]]


def _names(components, terms) -> list[str]:
    """The strongest terms of each component; more of them where two would share a name."""
    names: list[str] = []
    for row in components:
        ranked = [terms[i] for i in row.argsort(kind="stable")[::-1]]
        size = TERMS
        while (name := ", ".join(ranked[:size])) in names and size < len(ranked):
            size += 1
        names.append(name)
    return names


def _counted(texts: pd.DataFrame) -> pd.DataFrame:
    everyone = texts.assign(group="all")
    grouped = texts.assign(group=texts["user_type"]).dropna(subset=["group"])
    rows = pd.concat([everyone, grouped]).groupby(["theme", "group"], as_index=False).agg(n=("evidence_id", "size"))
    totals = pd.concat([everyone, grouped]).groupby("group")["evidence_id"].size()
    full = pd.MultiIndex.from_product([sorted(texts["theme"].unique()), sorted(totals.index)], names=["theme", "group"])
    rows = rows.set_index(["theme", "group"]).reindex(full, fill_value=0).reset_index()
    total = rows["group"].map(totals)
    rows["share"] = rows["n"] / total
    rows["low"], rows["high"] = wilson(rows["n"], total)
    ranked = texts.sort_values(["strength", "evidence_id"], ascending=[False, True])
    return rows.assign(example_id=rows["theme"].map(ranked.groupby("theme")["evidence_id"].first()))
