"""What segments write about: a planted difference is found, chance is not, and one hand counts once."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as sps

from lib.contracts import NotMeasured
from lib.report.numbers import Format
from lib.report.tables.writing import segment_themes as table_of
from lib.report.words.writing import segment_themes as said_of
from lib.segments.writing import theme_shares

FMT = Format("en", "EUR")


def written(n: int, seed: int, *, planted: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Texts of n customers of three segments; planted: the second writes about price twice as often."""
    rng = np.random.default_rng(seed)
    segment = rng.choice(["a", "b", "c"], n)
    price = rng.random(n) < np.where((segment == "b") & planted, 0.6, 0.3)
    theme = np.where(price, "price, cheap", np.where(rng.random(n) < 0.8, "slow app", "(none)"))
    keys = [f"k{i:04d}" for i in range(n)]
    texts = pd.DataFrame({"evidence_id": [f"T{i:04d}" for i in range(n)], "customer_key": keys, "theme": theme,
                          "strength": rng.random(n)})
    return texts, pd.DataFrame({"customer_key": keys, "segment": segment})


@pytest.fixture
def segments() -> pd.DataFrame:
    return pd.DataFrame({"segment": ["a", "b", "c"], "name": ["Ants", "Bees", "Cats"], "rank": [1, 2, 3]})


def test_a_planted_difference_is_found_and_said(segments):
    texts, assigned = written(600, 1, planted=True)
    found = theme_shares(texts, assigned, smallest=10)
    row = found.set_index(["theme", "segment"]).loc[("price, cheap", "b")]
    both = texts.merge(assigned, on="customer_key")
    own = both.loc[both["segment"] == "b", "theme"] == "price, cheap"
    others = both.loc[both["segment"] != "b", "theme"] == "price, cheap"
    assert row["share"] == pytest.approx(own.mean()) and row["others"] == pytest.approx(others.mean())
    alone = sps.fisher_exact([[own.sum(), (~own).sum()], [others.sum(), (~others).sum()]]).pvalue
    assert alone <= row["p"] <= 6 * alone and row["p"] < 0.001
    assert found.groupby("segment")["share"].sum().to_numpy() == pytest.approx(1)
    said = said_of(found, segments, FMT)
    assert "Bees write about “price, cheap” more" in said.text and f"{own.sum()}" in str(said.values)
    block = table_of(found, segments, FMT)
    (line,) = (r for r in block.rows if r[0] == "price, cheap")
    cells = dict(zip(block.columns, line, strict=True))
    assert any(head.startswith("Bees") and cell.endswith("more") for head, cell in cells.items())


def test_chance_is_no_finding(segments):
    wrong = sum(bool((theme_shares(*written(300, seed, planted=False), smallest=10)["p"] < 0.05).any())
                for seed in range(40))
    assert wrong <= 6  # Holm keeps any false one at 5 %: more than 6 of 40 has p < .01
    assert "No segment" in said_of(theme_shares(*written(300, 1, planted=False), smallest=10), segments, FMT).text


def test_one_hand_counts_once_and_few_are_not_said(segments):
    texts, assigned = written(200, 3, planted=False)
    often = pd.concat([texts.head(1).assign(evidence_id=f"X{i}", strength=2.0, theme="slow app") for i in range(50)])
    more = theme_shares(pd.concat([texts, often]), assigned, smallest=10)
    assert more["n"].sum() == 200
    few = assigned.assign(segment=np.where(np.arange(200) < 9, "d", assigned["segment"]))
    assert "d" not in set(theme_shares(texts, few, smallest=10)["segment"])
    block = table_of(theme_shares(texts.head(40), assigned, smallest=10), segments, FMT)
    assert any(FMT.few in cell for row in block.rows for cell in row[1:])
    assert isinstance(theme_shares(texts.head(12), assigned, smallest=10), NotMeasured)
    assert theme_shares(NotMeasured("0 free texts"), assigned, smallest=10).reason == "0 free texts"
