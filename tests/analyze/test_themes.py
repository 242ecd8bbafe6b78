"""Themes come back from texts written about known things; variables are chosen by stated rules."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import strip_accents_unicode
from sklearn.metrics import f1_score

from lib.analyze import structure, topics
from lib.analyze.examples import safe_examples
from lib.analyze.inactive import set_apart
from lib.analyze.stopwords import languages_of, stop_words
from lib.analyze.themes import themes
from lib.analyze.variables import attributes_for, choose_variables, descriptors, smallest_segment, structure_values
from lib.contracts import ARTEFACTS, NotMeasured
from lib.contracts.counts import too_small_to_divide
from lib.contracts.labels import OTHERS
from lib.paths import ROOT
from lib.report.numbers import Format
from lib.report.suppress import hidden

TOPICS = {"late": "delivery courier late parcel waiting hours", "price": "price expensive cost money discount cheaper",
          "app": "app crash screen slow login button"}


def voice(n=150, seed=0, topics=TOPICS):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        topic = list(topics)[i % len(topics)]
        words = [*rng.choice(topics[topic].split(), 4), *rng.choice(["dinner", "week", "today", "hello"], 2)]
        rows.append((f"e{i:03d}", f"k{i % 60:02d}", "text", " ".join(words), topic))
    return pd.DataFrame(rows, columns=["evidence_id", "customer_key", "topic", "text", "truth"])


@pytest.fixture
def writers():
    return pd.DataFrame({"customer_key": [f"k{i:02d}" for i in range(60)], "user_type": ["Casual", "Core"] * 30})


def test_planted_topics_are_found(writers):
    texts = voice()
    table = ARTEFACTS["themes"].check(themes(texts, writers, seed=1))
    everyone = table[table["group"] == "all"]
    assert everyone["n"].sum() == 150 and everyone["n"].between(40, 60).all()
    owners = [next(t for t, words in TOPICS.items() if set(theme.split(", ")) & set(words.split()))
              for theme in everyone["theme"]]
    assert sorted(owners) == sorted(TOPICS)
    truth = texts.set_index("evidence_id")["truth"]
    assert [truth[e] for e in everyone["example_id"]] == owners
    groups = table[table["group"] != "all"]
    assert groups.groupby("theme")["n"].sum().to_dict() == everyone.set_index("theme")["n"].to_dict()


def sample(product: str) -> pd.DataFrame:
    """Messages of a shipped sample as evidence rows, with the theme each was written to."""
    read = {"meals": ("feedback_text.csv", ",", {"customer_id": "customer_key"}),
            "teamflow": ("tickets.csv", ";", {"Ticket": "text_id", "Text": "text", "Konto": "customer_key"})}
    file, sign, names = read[product]
    rows = pd.read_csv(ROOT / "data/sample" / product / file, sep=sign).rename(columns=names)
    truth = pd.read_csv(ROOT / "tests/truth" / product / "truth_themes.csv").rename(columns={"theme": "truth"})
    rows = rows[["text_id", "customer_key", "text"]].merge(truth, on="text_id", validate="one_to_one")
    return rows.assign(evidence_id=rows["text_id"], topic="text")


@pytest.mark.parametrize(("product", "language", "least"), [("meals", "en", 0.65), ("teamflow", "de", 0.8)])
def test_planted_themes_of_the_samples_come_back(product, language, least):
    """Each found theme stands for the planted one of most of its texts; F1 over the planted ones, alike weighted."""
    texts = sample(product)
    table = themes(texts, NotMeasured("no types"), seed=7, language=language)
    assert table["stability"].iloc[0] >= topics.STABLE and set(table["languages"]) == {language}
    truth = texts.set_index("evidence_id")["truth"]
    names = table.loc[table["theme"] != "(none)", "theme"]
    # placed again without the module: a text belongs to the theme of whose terms it holds most
    words = {name: set(name.split(", ")) for name in names}
    plain = texts.set_index("evidence_id")["text"].str.lower().map(strip_accents_unicode)
    placed = plain.map(lambda t: max(names, key=lambda n: (sum(w in t for w in words[n]), n)))
    known = plain[[any(w in t for w in words[placed[i]]) for i, t in plain.items()]].index
    stands = truth[known].groupby(placed[known]).agg(lambda s: s.mode()[0])
    assert len(known) >= 0.8 * len(texts)
    assert f1_score(truth[known], placed[known].map(stands), average="macro") >= least
    assert (table["example"] != "").mean() > 0.5


def test_texts_without_themes_have_none():
    rng = np.random.default_rng(0)
    words = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(200)]
    noise = voice(600).assign(text=[" ".join(rng.choice(words, 8)) for _ in range(600)])
    found = themes(noise, NotMeasured("no types"), seed=1)
    assert isinstance(found, NotMeasured) and "comes out again" in found.reason


def test_the_number_of_themes_grows_with_what_is_written():
    more = TOPICS | {"food": "recipe salad soup spices kitchen", "shop": "shelf cashier parking queue basket"}
    assert len(themes(voice(), NotMeasured("x"), seed=1)) == 3
    five = themes(voice(300, topics=more), NotMeasured("x"), seed=1)["theme"]
    assert 5 <= len(five) <= 6  # one may come out in two halves
    assert {t for t, w in more.items() if five.str.split(", ").map(lambda n, w=w: set(n) <= set(w.split())).any()
            } == set(more)


@pytest.mark.parametrize(("language", "text"), [
    ("fr", "le colis est en retard et je ne suis pas content"), ("de", "die lieferung war schon wieder zu spät"),
    ("es", "el pedido no ha llegado y ya es muy tarde"), ("en", "the parcel was late and nobody told me why"),
    ("nl", "het pakket is te laat en dat is niet goed"), ("it", "il pacco non è ancora arrivato da noi")])
def test_the_language_of_texts_is_told_by_their_function_words(language, text):
    words = [strip_accents_unicode(text).split()] * 10
    assert languages_of(words, "") == [language]
    assert languages_of(words, "fi_FI") == [language, "no list of function words: fi"]
    assert not set(stop_words([language])) & {"colis", "lieferung", "pedido", "parcel", "pakket", "pacco"}


def test_english_function_words_are_not_left_out_of_other_languages():
    german = voice().assign(text=lambda t: "die und das nicht " + t["text"])
    table = themes(german, NotMeasured("x"), seed=1, language="de")
    assert set(table["languages"]) == {"de"}


def test_an_example_is_shown_only_when_many_wrote_as_good_as_the_same():
    usual = [("the parcel was late again", f"k{i}") for i in range(12)]
    rows = [*usual, ("the parcel was late, says Oona", "k50"), ("the parcel was late, call [number]", "k51"),
            ("the parcel was 12 days late", "k52")]
    texts = pd.DataFrame(rows, columns=["text", "customer_key"]).assign(theme="late")
    closeness = np.r_[np.full(12, 0.5), np.full(3, 0.9)]
    assert safe_examples(texts, closeness, 10) == {"late": "the parcel was late again"}
    assert safe_examples(texts.head(10), closeness[:10], 10) == {}
    assert safe_examples(texts.assign(customer_key="k1"), closeness, 10) == {}
    long = texts.head(12).assign(text="the parcel was late again " * 9)
    shown = safe_examples(long, closeness[:12], 10)["late"]
    assert len(shown) <= 122 and shown.endswith("…")


def test_no_planted_name_or_number_reaches_an_example():
    rng = np.random.default_rng(5)
    texts = voice(400)
    planted = [f"Zorban{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(400)]
    hit = rng.random(400) < 0.5
    texts.loc[hit, "text"] = [f"{t} {n} 0151 234{i:03d}" for i, (t, n) in
                              enumerate(zip(texts.loc[hit, "text"], np.array(planted)[hit], strict=True))]
    table = themes(texts, NotMeasured("x"), seed=1)
    assert not table["example"].str.contains(r"Zorban|\d").any() and (table["example"] != "").any()


def test_order_of_rows_changes_nothing(writers):
    one = themes(voice(), writers, seed=1)
    pd.testing.assert_frame_equal(one, themes(voice().sample(frac=1, random_state=3), writers, seed=1))


def test_few_texts_no_texts_and_no_user_types(writers):
    absent = NotMeasured("no such table")
    assert isinstance(themes(voice(49), writers, seed=1), NotMeasured)
    assert themes(absent, writers, seed=1) is absent
    alone = ARTEFACTS["themes"].check(themes(voice(), absent, seed=1))
    assert set(alone["group"]) == {"all"} and alone["n"].sum() == 150


def test_types_that_wrote_too_little_are_told_as_one_and_nothing_gives_them_away(writers):
    """One text of a prospect among 150: the other types' numbers would tell it, and every cell had to be hidden."""
    kind = ["Prospect", "New", *["Casual"] * 3, *["Core"] * 35, *["Power"] * 20]
    table = themes(voice(), writers.assign(user_type=kind), seed=1)
    sizes = table.groupby("group")["n"].sum()
    assert set(sizes.index) == {"all", "Core", "Power", OTHERS} and sizes["all"] == sizes.drop("all").sum()
    assert sizes[OTHERS] >= 10 and not hidden(table, "themes", Format()).all()
    alone = themes(voice(), writers.assign(user_type=["Prospect", *["Core"] * 59]), seed=1)
    assert set(alone["group"]) == {"all"} and not hidden(alone, "themes", Format()).any()


@pytest.mark.parametrize(("sizes", "cells", "joined"), [
    ({"a": 672, "b": 358, "c": 199, "d": 69, "e": 64, "f": 1}, 15, {"d", "e", "f"}),
    ({"a": 672, "b": 358, "c": 69}, 15, set()),  # alone it stays what it is
    ({"a": 672, "b": 358, "c": 3}, 15, {"b", "c"}),  # fewer than ten are never told alone
    ({"a": 40, "b": 30, "c": 12}, 15, set()), ({"a": 40, "b": 30, "c": 4, "d": 3}, 15, {"b", "c", "d"}),
    ({"a": 60, "b": 4}, 2, {"a", "b"}), ({"a": 5}, 2, set()), ({}, 0, set())])
def test_groups_too_small_to_be_divided_are_joined_until_they_are_no_few(sizes, cells, joined):
    assert too_small_to_divide(sizes, cells, 10) == joined
    assert not joined or sum(sizes[g] for g in joined) >= 10


def table_of(n=800):
    rng = np.random.default_rng(2)
    active = rng.gamma(2, 10, n)
    return pd.DataFrame({
        "customer_key": [f"k{i:04d}" for i in range(n)], "recency_days": rng.gamma(2, 20, n),
        "frequency": rng.gamma(3, 2, n),
        "revenue": active * 100 + rng.normal(0, 1, n), "active_days": active, "depth": rng.lognormal(1, 1, n),
        "breadth": 0.5, "mean_gap_days": np.where(rng.random(n) < 0.5, 30.44, rng.gamma(5, 5, n)),
        "mean_occasion_value": np.where(rng.random(n) < 0.2, np.nan, rng.gamma(2, 9, n)),
        "age": np.where(rng.random(n) < 0.4, np.nan, rng.normal(40, 9, n)),
        "region": ["a", "b"] * (n // 2)})


def basis_of(features, **verdicts):
    columns = [c for c in features if c != "customer_key"]
    return pd.DataFrame({"column": columns, "verdict": [verdicts.get(c, "use") for c in columns],
                         "signal": np.linspace(0.3, 0.1, len(columns))})


def test_each_variable_left_out_has_its_reason():
    features = table_of()
    chosen = choose_variables(features, basis_of(features, depth="do not use")).set_index("variable")
    assert chosen.index[chosen["used"]].tolist() == ["frequency", "revenue"]
    reasons = chosen["reason"]
    assert reasons["recency_days"] == "a moment in the cycle, not a habit"
    assert reasons["active_days"] == "repeats revenue" and reasons["breadth"] == "does not vary enough"
    assert reasons["mean_gap_days"] == "too many customers on one value"
    assert reasons["mean_occasion_value"] == "missing for too many customers"
    assert reasons["age"] == reasons["region"] == "kept to describe the segments"
    assert smallest_segment(chosen.reset_index()) == 20
    values = structure_values(features, chosen.reset_index())
    assert list(values) == ["frequency", "revenue"] and values.index.is_monotonic_increasing
    assert list(descriptors(features, chosen.reset_index())) == ["age", "region"]


def test_a_small_base_carries_fewer_variables():
    features = table_of(130)
    assert choose_variables(features, basis_of(features))["used"].sum() == 2
    assert isinstance(choose_variables(table_of(100), basis_of(table_of(100))), NotMeasured)


def test_attributes_are_those_the_basis_lets_through():
    customers = pd.DataFrame([["a", pd.NaT, 3.0, "x", "y"]],
                             columns=["customer_key", "signup_date", "age", "region", "gender"])
    basis = pd.DataFrame({"column": ["age", "region", "gender", "signup_date", "revenue"],
                          "verdict": ["use", "describe only", "do not use", "use", "use"], "signal": 0.1})
    assert attributes_for(basis, customers) == ("age", "region")
    assert attributes_for(basis, NotMeasured("none")) == ()


def test_customers_who_did_nothing_are_one_more_group_and_nobody_else_is():
    rng = np.random.default_rng(4)
    n = 600
    active = rng.poisson(6, n) * (rng.random(n) < 0.6)
    features = pd.DataFrame({"customer_key": [f"k{i:03d}" for i in range(n)], "active_days": active.astype(float),
                             "revenue": np.where(rng.random(n) < 0.3, 0, rng.lognormal(8, 1, n)) * (active > 0),
                             "recency_days": rng.integers(0, 500, n).astype(float)})
    features.loc[:80, ["active_days", "revenue"]] = [0, 5000]  # bought without using
    features["seen"] = ((features["active_days"] > 0) | (features["revenue"] > 0)).astype(float)
    chosen = pd.DataFrame({"variable": ["active_days", "revenue", "recency_days"], "used": True})
    values = structure_values(features, chosen)
    assert set(values.index) == set(features.loc[features["seen"] > 0, "customer_key"])
    _, choice = structure.search(values, largest_k=3, smallest=30, seed=1, pairs=5)
    whole = set_apart(choice, features)
    placed = structure.assign(features.set_index("customer_key"), whole["solution"])
    placed = placed.set_index("customer_key")["cluster"]
    last = whole["solution"]["k"] + len(whole["solution"]["atom_groups"]) - 1
    assert set(placed[placed == last].index) == set(features.loc[features["seen"] == 0, "customer_key"])
    before = structure.assign(values, choice["solution"]).set_index("customer_key")["cluster"]
    assert (placed[before.index] == before).all()
    assert choice["atoms"] == whole["atoms"][:-1] and whole["atoms"][-1]["n"] == (features["seen"] == 0).sum()
    assert set_apart(choice, features[features["seen"] > 0]) == choice


def test_what_the_basis_refused_is_not_searched_even_when_nothing_else_is_left():
    features = table_of(400)
    refused = basis_of(features).assign(verdict="do not use")
    assert isinstance(choose_variables(features, refused), NotMeasured)
