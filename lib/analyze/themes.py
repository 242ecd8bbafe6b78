"""Themes of the free text: what customers write about, by group of writers, with one example that is safe to show."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer, strip_accents_unicode
from sklearn.preprocessing import normalize

from lib.analyze.examples import safe_examples
from lib.analyze.stopwords import languages_of, stop_words
from lib.analyze.topics import topics
from lib.contracts import NotMeasured
from lib.contracts.counts import too_small_to_divide
from lib.contracts.labels import OTHERS
from lib.stats import wilson

MIN_TEXTS = 50  # fewer: no themes [ours]
MIN_WRITINGS = 3  # a term must occur in so many texts
TERMS = 3  # terms that name a theme
NONE = "(none)"
WORD = r"(?u)\b[^\W\d_]{3,}\b"
MASK = re.compile(r"\[[A-Za-z][A-Za-z0-9 -]*\]")  # what the mask of step 2 leaves: no word of the writer


@dataclass(frozen=True)
class Found:
    """Themes found: ``placed`` (a row a text: evidence_id, customer_key, theme, strength), an example of each theme
    that has a safe one, and how stable and coherent the themes are."""

    placed: pd.DataFrame
    examples: dict
    stability: float
    coherence: float
    languages: str


def themes(voice, groups, **options):
    """One row per theme and group as the contract `themes`: `by_group` of what `find` finds."""
    return by_group(find(voice, **options), groups)


def find(voice, *, seed: int, language: str = "", smallest: int = 10, number: int | None = None) -> Found | NotMeasured:
    """Themes of the free texts; NotMeasured below 50 texts or without stable themes.

    A theme is a component of a non-negative factorisation of TF-IDF weights, named by its three strongest terms; how
    many there are is chosen by stability and coherence (`lib.analyze.topics`), unless ``number`` is given. Each text
    belongs to its strongest theme, or to `(none)`. ``language`` is that of the product; the languages of the texts are
    added to it. An example is a text that many have as good as written (at least ``smallest`` other customers).
    """
    if isinstance(voice, NotMeasured):
        return voice
    texts = _texts(voice)
    if len(texts) < MIN_TEXTS:
        return NotMeasured("too few free texts for themes", f"at least {MIN_TEXTS} texts")
    languages = languages_of([re.findall(WORD, strip_accents_unicode(t.lower())) for t in texts["plain"]], language)
    counter = TfidfVectorizer(strip_accents="unicode", min_df=MIN_WRITINGS, max_df=0.5, token_pattern=WORD,
                              stop_words=stop_words(languages) or None, sublinear_tf=True)
    try:
        weights = counter.fit_transform(texts["plain"])
    except ValueError:  # nothing left after rare and common words are out
        return NotMeasured("the texts share no words", "texts of more than a few words")
    model = topics(weights, seed=seed, number=number)
    if model is None:
        return NotMeasured("no number of themes comes out again when some of the texts are left out",
                           "more texts, or texts that share more words")
    names = _names(model.terms, counter.get_feature_names_out())
    placed = _placed(texts, model.strength, names)
    examples = safe_examples(placed, _closeness(weights, model.strength), smallest)
    return Found(placed, examples, model.stability, model.coherence, ", ".join(languages))


def by_group(found, groups, *, smallest: int = 10) -> pd.DataFrame | NotMeasured:
    """One row per theme and group as the contract `themes`.

    `groups` gives `customer_key` and `user_type` of the writers, or is NotMeasured: then only `all`. Types that wrote
    too little for so many themes are joined as `others`. `example_id` is
    the evidence id of the text that carries the theme most, for those who may read it.
    """
    if isinstance(found, NotMeasured):
        return found
    table = _counted(_joined(_with_groups(found.placed, groups), smallest))
    return table.assign(example=table["theme"].map(found.examples).fillna(""), stability=found.stability,
                        coherence=found.coherence, languages=found.languages)


def texts(found) -> pd.DataFrame | NotMeasured:
    """The theme of each text, as the contract `theme_texts`: what later steps count by groups of their own."""
    if isinstance(found, NotMeasured):
        return found
    return found.placed[["evidence_id", "customer_key", "theme", "strength"]].sort_values(
        "evidence_id", ignore_index=True)


def _texts(voice: pd.DataFrame) -> pd.DataFrame:
    kept = voice[(voice["topic"] == "text") & (voice["text"].fillna("").str.strip() != "")]
    kept = kept.sort_values("evidence_id", ignore_index=True)[["evidence_id", "customer_key", "text"]]
    return kept.assign(plain=kept["text"].str.replace(MASK, " ", regex=True))


def _placed(texts: pd.DataFrame, strength: np.ndarray, names: list[str]) -> pd.DataFrame:
    best = strength.argmax(axis=1)
    return texts.assign(theme=[names[b] if s[b] > 0 else NONE for b, s in zip(best, strength, strict=True)],
                        strength=strength.max(axis=1))


def _closeness(weights, strength: np.ndarray) -> np.ndarray:
    """Cosine of each text to the mean of the texts of its theme: how typical it is."""
    best, unit = strength.argmax(axis=1), normalize(weights)
    members = np.eye(strength.shape[1])[best]
    centres = normalize(np.asarray(members.T @ unit))
    return np.asarray(unit.multiply(centres[best]).sum(axis=1)).ravel()


def _with_groups(placed: pd.DataFrame, groups) -> pd.DataFrame:
    if isinstance(groups, NotMeasured):
        return placed.assign(user_type=pd.Series(pd.NA, placed.index, dtype="str"))
    return placed.merge(groups[["customer_key", "user_type"]], on="customer_key", how="left")


def _joined(texts: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """The texts, with user types too small to be told by theme as one group; no types where that is everybody."""
    sizes = texts["user_type"].value_counts().to_dict()
    small = too_small_to_divide(sizes, texts["theme"].nunique(), smallest)
    name = pd.NA if len(small) == len(sizes) else OTHERS
    return texts.assign(user_type=texts["user_type"].mask(texts["user_type"].isin(small), name))


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
