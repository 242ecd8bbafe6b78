"""The published parameters of CDNOW, from the text file that the `lifetimes` package ships (its code is not used)."""

import datetime as dt
import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from lib.analyze import value
from lib.analyze.value import bgnbd, gamma_gamma

CALIBRATION = pd.Timestamp("1997-09-30")

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def purchases() -> pd.DataFrame:
    found = importlib.util.find_spec("lifetimes")
    if found is None:
        pytest.fail("CDNOW comes with the package lifetimes: make realdata", pytrace=False)
    path = Path(found.origin).parent / "datasets" / "CDNOW_sample.txt"
    table = pd.read_csv(path, sep=r"\s+", header=None, names=["master", "id", "day", "cds", "dollars"])
    return table.assign(day=pd.to_datetime(table["day"].astype(str)))


@pytest.fixture(scope="module")
def histories(purchases) -> pd.DataFrame:
    """Weeks, as in the paper: repeat occasions, recency, age, and the mean value of repeat occasions."""
    days = purchases[purchases["day"] <= CALIBRATION].groupby(["id", "day"], as_index=False)["dollars"].sum()
    first = days.groupby("id")["day"].transform("min")
    grouped = days.groupby("id")
    return pd.DataFrame({
        "x": grouped.size() - 1, "t_x": (grouped["day"].max() - grouped["day"].min()).dt.days / 7,
        "T": (CALIBRATION - grouped["day"].min()).dt.days / 7,
        "z": days[days["day"] > first].groupby("id")["dollars"].mean()})


def test_orders_as_published(histories):
    fitted = bgnbd.fit(histories["x"], histories["t_x"], histories["T"])
    published = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}
    assert fitted.parameters == pytest.approx(published, abs=1e-3)
    assert fitted.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert fitted.converged and fitted.n == 2357


def test_values_as_published(histories):
    fitted = gamma_gamma.fit(histories["x"], histories["z"])
    assert fitted.n == 946
    assert fitted.parameters == pytest.approx({"p": 6.25, "q": 3.74, "v": 15.44}, abs=0.01)


def test_forecast_of_the_second_39_weeks(engine, purchases):
    lines = pd.DataFrame({
        "customer_key": purchases["id"].astype(str), "order_key": purchases.index.astype(str),
        "ordered_at": purchases["day"], "ordered_on": purchases["day"], "is_refund": False,
        "amount": (purchases["dollars"] * 100).round().astype("int64")})
    document, table = value.estimate(engine(lines), as_of=dt.date(1998, 6, 30), period_days=273,
                                     billing="transactional", seed=1)
    hold = document["holdout"]
    assert hold["predicted"] == pytest.approx(hold["actual"], rel=0.2)
    assert document["status"] == "estimated"
    assert table["value"].notna().all()
