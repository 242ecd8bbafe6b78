"""A refit keeps the names of the same members: whatever the order, the seed, the cluster's number; else a new name."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from lib.analyze.structure import search
from lib.contracts import NotMeasured
from lib.segments.match import SAME_SEGMENT, keep_names, match
from lib.segments.model import OUTSIDE, assign, build_model
from lib.segments.schemes import candidate_models, placement

NONE = NotMeasured("none")
COLUMNS = ["frequency", "mean_occasion_value", "recency_days", "n_occasions"]


def labelled(segment) -> pd.DataFrame:
    return pd.DataFrame({"customer_key": [f"c{i:04d}" for i in range(len(segment))],
                         "segment": pd.array(segment, dtype="str")})


def model_of(names: list[str], as_of: str = "2026-06-30") -> dict:
    keys = [n.lower().replace(" ", "-") for n in names]
    return build_model(lead="clusters", claim="constructed", rules=[], cluster_segments=keys, as_of=as_of, segments=[
        {"segment": k, "name": n, "name_rule": "r", "claim": "constructed", "slsw": None}
        for k, n in zip(keys, names, strict=True)])


def refit_of(old: np.ndarray, rng, moved: float) -> np.ndarray:
    """The old labels under other names, with a share of the customers moved at random."""
    names = [f"new {i}" for i in rng.permutation(old.max() + 1)]
    new = np.where(rng.random(len(old)) < moved, rng.integers(0, old.max() + 1, len(old)), old)
    return np.array(names, dtype=object)[new]


@pytest.mark.parametrize("seed", range(40))
def test_the_pairs_are_those_of_the_largest_overlap_in_all(seed):
    """Against every assignment there is, tried one by one; and each pair shares at least half of its members."""
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(2, 6)), 300
    old = rng.integers(0, k, n)
    before, after = labelled([f"old {i}" for i in old]), labelled(refit_of(old, rng, rng.uniform(0, 0.9)))
    pairs = match(before, after.sample(frac=1, random_state=seed))
    members = [{s: set(g["customer_key"]) for s, g in t.groupby("segment")} for t in (before, after)]

    def jaccard(a, b):
        return len(members[0][a] & members[1][b]) / len(members[0][a] | members[1][b])

    olds, news = list(members[0]), list(members[1])
    longer = max(len(olds), len(news))
    ways = [list(zip(olds, p, strict=False)) for p in itertools.permutations(news + [None] * (longer - len(news)))]
    best = max(sum(jaccard(a, b) for a, b in way if b) for way in ways)
    best_pairs = [w for w in ways if sum(jaccard(a, b) for a, b in w if b) > best - 1e-9]
    kept = {frozenset((a, b) for a, b in w if b and jaccard(a, b) >= SAME_SEGMENT) for w in best_pairs}
    found = frozenset(zip(pairs["was"], pairs["segment"], strict=True))
    assert found in kept
    assert all(abs(p.jaccard - jaccard(p.was, p.segment)) < 1e-12 for p in pairs.itertuples())


@pytest.mark.parametrize("seed", range(20))
def test_names_survive_any_chain_of_refits_and_stay_unique(seed):
    """Ten refits, each under other names and with some customers moved, some segments broken up."""
    rng = np.random.default_rng(seed)
    words = ["Regulars", "Small-basket buyers", "Lapsing", "Newcomers", "Night owls"]
    labels = rng.integers(0, 4, 400)
    model, placed = model_of(words[:4]), labelled([f"{words[i].lower().replace(' ', '-')}" for i in labels])
    for step in range(10):
        moved = rng.choice([0.05, 0.2, 0.7])
        labels = np.where(rng.random(400) < moved, rng.integers(0, 4, 400), labels)
        given = rng.permutation(words)[:4]
        fitted = model_of(list(given), as_of=f"2026-07-{step + 1:02d}")
        now = labelled([fitted["cluster_segments"][i] for i in labels])
        pairs = match(placed, now)
        kept = keep_names(fitted, now, model, placed)
        keys, names = ([s[part] for s in kept["segments"]] for part in ("segment", "name"))
        assert len(set(keys)) == len(set(names)) == 4 and kept["cluster_segments"] == keys
        old = {s["segment"]: s["name"] for s in model["segments"]}
        for was, new in zip(pairs["was"], pairs["segment"], strict=True):
            at = fitted["cluster_segments"].index(new)
            assert (keys[at], names[at]) == (was, old[was])
        others = set(range(4)) - {fitted["cluster_segments"].index(s) for s in pairs["segment"]}
        assert not {keys[i] for i in others} & set(pairs["was"])
        placed, model = labelled([keys[i] for i in labels]), kept


def test_below_half_it_is_a_new_name_and_at_half_the_old_one():
    old = labelled(["a"] * 60 + ["b"] * 60)
    half = labelled(["x"] * 30 + ["y"] * 90)
    less = labelled(["x"] * 29 + ["y"] * 91)
    assert match(old, half)["was"].tolist() == ["a", "b"] and match(old, less)["was"].tolist() == ["b"]


def test_who_is_new_gone_or_outside_decides_nothing():
    old, new = labelled(["a"] * 60 + ["b"] * 60), labelled(["x"] * 60 + ["y"] * 60)
    plain = match(old, new)
    more = pd.concat([new, pd.DataFrame({"customer_key": ["n1", "n2"], "segment": ["y", OUTSIDE]})])
    assert match(old, more).equals(plain) and match(old, new.iloc[3:]).equals(plain)
    assert match(old, new.assign(segment=OUTSIDE)).empty


def test_a_fit_to_a_fresh_sample_keeps_the_names_that_were_given(another_base):
    """Another half of the customers, another seed, other keys of rows: the names of the first model stand."""
    features = another_base(3).drop(columns="group")
    halves = [features.sample(frac=0.6, random_state=seed).sort_index() for seed in (1, 2)]
    fitted = []
    for seed, half in enumerate(halves):
        found = search(half.set_index("customer_key")[COLUMNS], largest_k=3, smallest=40, seed=seed, pairs=5)[1]
        fitted.append(candidate_models(placement(half), choice=found, rfm=NONE, cuts=NONE, icps=[], rfm_names={},
                                       as_of=f"2026-0{seed + 5}-30")["clusters"])
    first, second = fitted
    first = json.loads(json.dumps(first))
    own = {s["segment"]: f"Ours {i}" for i, s in enumerate(first["segments"])}
    first["segments"] = [s | {"name": own[s["segment"]]} for s in first["segments"]]
    kept = keep_names(second, assign(features, second), first, assign(features, first))
    assert {s["name"] for s in kept["segments"]} == set(own.values())
    agreed = assign(features, first)["segment"] == assign(features, kept)["segment"]
    assert agreed.mean() > 0.95
    shuffled = features.sample(frac=1, random_state=9)
    assert keep_names(second, assign(shuffled, second), first, assign(shuffled, first)) == kept
