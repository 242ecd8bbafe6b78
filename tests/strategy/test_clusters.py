"""People inside accounts: the intraclass correlation that was planted, and the loss of precision it brings."""

import numpy as np
import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.strategy.clusters import clustering


def people(accounts: int, icc: float, rng, sizes=(2, 12)) -> pd.DataFrame:
    counts = rng.integers(*sizes, accounts)
    account = np.repeat(np.arange(accounts), counts)
    value = np.sqrt(icc) * rng.normal(size=accounts)[account] + np.sqrt(1 - icc) * rng.normal(size=len(account))
    return pd.DataFrame({"customer_key": account.astype(str), "user_key": np.arange(len(account)).astype(str),
                         "value": value})


@pytest.mark.parametrize("planted", [0.0, 0.1, 0.4])
def test_the_planted_correlation_is_found(planted):
    found = [clustering(people(200, planted, np.random.default_rng(s)))["icc"] for s in range(20)]
    assert np.mean(found) == pytest.approx(planted, abs=0.03)


def test_the_design_effect_is_how_much_wider_a_mean_is_than_of_as_many_strangers():
    """Simulated: the variance of the mean over people, drawn by account, against that of independent people."""
    rng = np.random.default_rng(7)
    drawn = [people(60, 0.3, rng) for _ in range(600)]
    means = np.var([d["value"].mean() for d in drawn])
    strangers = np.mean([1 / len(d) for d in drawn])
    told = np.mean([clustering(d)["design_effect"] for d in drawn[:100]])
    assert told == pytest.approx(means / strangers, rel=0.15)
    one = clustering(drawn[0])
    assert one["effective"] == pytest.approx(one["people"] / one["design_effect"])


def test_too_few_accounts_are_said():
    rng = np.random.default_rng(1)
    assert isinstance(clustering(people(10, 0.2, rng)), NotMeasured)
    assert isinstance(clustering(people(50, 0.2, rng, sizes=(1, 2))), NotMeasured)  # nobody has a colleague
    assert isinstance(clustering(NotMeasured("no events")), NotMeasured)
