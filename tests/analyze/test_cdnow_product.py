"""CDNOW by the product's own path, from the text file to the figures: what the papers printed must come out.

Fader, Hardie & Lee (2005) for the orders, Fader & Hardie (2013) for their values; weeks and dollars there, days and
cents here.
"""

import numpy as np
import pandas as pd
import pytest

from lib import analyze, collect, sources
from lib.analyze.value.history import histories
from lib.contracts import NotMeasured
from lib.product import load_product

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def transactions():
    settings = load_product("cdnow")
    return collect.collect(sources.read(settings), sources.rules(settings)).tables["transactions"]


@pytest.fixture(scope="module")
def settings():
    return load_product("cdnow")


@pytest.fixture(scope="module")
def forecast(transactions, settings):
    return analyze.value.estimate(transactions, as_of=settings.as_of, period_days=91, billing=settings.billing,
                                  seed=settings.seed)[0]


def test_every_line_of_the_calibration_period_is_kept(transactions):
    assert transactions.count().execute() == 4_960  # lines of the file dated 1997-09-30 or before, counted with awk
    assert transactions.customer_key.nunique().execute() == 2_357


def test_orders_and_values_as_published(forecast):
    found = {name: i["value"] for name, i in forecast["parameters"].items()}
    weeks_and_dollars = found | {"alpha": found["alpha"] / 7, "v": found["v"] / 100}
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "p": 6.25, "q": 3.74, "v": 15.44}
    for name, value in published.items():
        assert weeks_and_dollars[name] == pytest.approx(value, abs=0.0006 if name in ("r", "alpha", "a", "b") else 0.01)


def test_the_likelihood_as_published(transactions, settings, forecast):
    """The density of a moment is per day here and per week there: a factor of seven for every repeat order."""
    repeats = histories(transactions, as_of=settings.as_of)["x"].sum()
    assert forecast["log_likelihood"] + repeats * np.log(7) == pytest.approx(-9582.4, abs=0.05)


def test_the_second_model_as_published(transactions, settings, forecast):
    repeats = histories(transactions, as_of=settings.as_of)["x"].sum()
    second = forecast["second"]
    found = {name: i["value"] for name, i in second["parameters"].items()}
    weeks = found | {"alpha": found["alpha"] / 7, "beta": found["beta"] / 7}
    assert weeks == pytest.approx({"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, abs=0.001)
    assert second["log_likelihood"] + repeats * np.log(7) == pytest.approx(-9595.0, abs=0.05)
    assert second["predicted"] == pytest.approx(forecast["holdout"]["actual"], rel=0.2)


def test_intervals_hold_the_published_values_and_the_holdout_total(forecast):
    for name, i in forecast["parameters"].items():
        assert i["low"] < i["value"] < i["high"], name
    hold = forecast["holdout"]
    assert hold["low"] < hold["actual"] < hold["high"]
    assert sum(g["n"] for g in forecast["by_earlier"]) == hold["n"]


def test_buyers_who_came_back_are_no_natural_groups(transactions, settings):
    """method.md §3.5: with one-time buyers apart there is nothing between the others but a continuum."""
    days = {"critical_event": "order", "period_days": 30.0}
    known = analyze.features.customer_features(transactions, NotMeasured("no events"), NotMeasured("no attributes"),
                                               as_of=settings.as_of, **days)
    names = ["frequency", "n_occasions", "revenue"]
    basis = pd.DataFrame({"column": names, "verdict": "use", "signal": [0.10, 0.09, 0.06]})
    chosen = analyze.variables.choose_variables(known, basis)
    _, choice = analyze.structure.search(analyze.variables.structure_values(known, chosen), largest_k=6, smallest=20,
                                         seed=settings.seed, pairs=10)
    assert choice["claim"] != "natural"
    assert [atom["rule"] for atom in choice["atoms"]] == ["n_occasions = 1"] and choice["n"] == 946
