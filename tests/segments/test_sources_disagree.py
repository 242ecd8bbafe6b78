"""Sources disagree where more than chance parts them: planted, by chance, few, one person with many codes."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as sps

from lib.report.numbers import Format
from lib.segments.evidence import BY_CHANCE, PER_SOURCE, difference_between_sources, human_answer

FMT = Format()
CELL = ("segments", "a", "pain_point")
CODES = np.array(["price", "slow", "taste"])


def heard(codes: dict, cell=CELL, each: int = 1) -> pd.DataFrame:
    """Statements of one cell: `codes` of every kind of source; `each` person said so many of them one after another."""
    rows = [{"kind": kind, "code": code, "customer_key": f"{kind}{i // each}", "evidence_id": f"{cell}{kind}:{i}"}
            for kind, named in codes.items() for i, code in enumerate(named)]
    return pd.DataFrame(rows).assign(**dict(zip(("scheme", "group", "topic"), cell, strict=True)))


def drawn(rng, n: int, m: int, **rest) -> pd.DataFrame:
    """Two sources that draw from the same three codes, equally often."""
    return heard({"survey": rng.choice(CODES, n), "interview": rng.choice(CODES, m)}, **rest)


def answer_of(said: pd.DataFrame) -> dict:
    return human_answer(said, FMT, difference_between_sources(said, seed=1).get(CELL, np.nan))


def test_a_planted_disagreement_is_found_with_its_p_and_both_n():
    said = heard({"survey": ["price"] * 20 + ["taste"] * 5, "interview": ["taste"] * 9 + ["price"] * 3})
    found = answer_of(said)
    assert found["state"] == "conflicting" and found["n"] == 37
    exact = sps.fisher_exact([[20, 5], [3, 9]]).pvalue
    assert difference_between_sources(said, seed=1)[CELL] == pytest.approx(exact, rel=0.25)
    assert found["answer"].startswith("sources disagree, beyond chance (p = 0.00")
    assert "survey: price 20 of 25" in found["answer"] and "interview: taste 9 of 12" in found["answer"]


def test_other_leaders_by_chance_are_no_disagreement():
    """Of 150 cells whose sources draw from equal shares, most lead with different codes; few are said to disagree."""
    rng = np.random.default_rng(8)
    found = [answer_of(drawn(rng, *rng.integers(5, 40, 2))) for _ in range(150)]
    led_apart = [f for f in found if f["answer"].startswith(BY_CHANCE) or f["state"] == "conflicting"]
    wrong = sum(f["state"] == "conflicting" for f in found)
    assert len(led_apart) > 75, "the case is one that leading codes alone would call a disagreement"
    assert wrong <= sps.binom.ppf(0.999, 150, 0.05)
    assert all(f["state"] == "evidence" for f in led_apart if f["answer"].startswith(BY_CHANCE))


def test_over_the_cells_of_a_grid_a_false_alarm_is_rare():
    """25 grids of 20 cells without any disagreement: a grid with a false one is one in twenty (Holm)."""
    rng = np.random.default_rng(3)
    grids = [pd.concat([drawn(rng, 12, 20, cell=("segments", str(i), "pain_point")) for i in range(20)])
             for _ in range(25)]
    alarms = [min(difference_between_sources(said, seed=i).values()) < 0.05 for i, said in enumerate(grids)]
    assert sum(alarms) <= sps.binom.ppf(0.999, 25, 0.05)


def test_many_codes_of_one_person_are_one_voice():
    """Each person names one code five times: as single statements half of all sources would differ."""
    rng = np.random.default_rng(5)
    p = {each: [] for each in (1, 5)}
    for seed in range(40):
        named = {kind: np.repeat(rng.choice(CODES, 8), 5) for kind in ("survey", "interview")}
        for each, found in p.items():
            found.append(difference_between_sources(heard(named, each=each), seed=seed).get(CELL, 1.0))
    alarms = {each: int((np.array(found) < 0.05).sum()) for each, found in p.items()}
    assert alarms[5] <= sps.binom.ppf(0.999, 40, 0.05) < alarms[1], alarms


@pytest.mark.parametrize("interview", [["taste"] * PER_SOURCE, ["taste"] * (PER_SOURCE - 1)])
def test_few_statements_contradict_nothing(interview):
    """Three against three can be chance whatever was said; a source with two is not held against another."""
    found = answer_of(heard({"survey": ["price"] * 3, "interview": interview}))
    assert found["state"] == "evidence"
    assert found["answer"].startswith(BY_CHANCE if len(interview) == PER_SOURCE else "price 3 of 5")


def test_neither_the_order_of_rows_nor_one_source_or_code_changes_anything():
    said = drawn(np.random.default_rng(1), 20, 20)
    shuffled = said.sample(frac=1, random_state=2)
    assert difference_between_sources(said, seed=1) == difference_between_sources(shuffled, seed=1)
    assert difference_between_sources(said[said["kind"] == "survey"], seed=1) == {}
    assert difference_between_sources(said.assign(code="price"), seed=1) == {}
    assert difference_between_sources(said.head(0), seed=1) == {}
