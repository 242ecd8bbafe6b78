"""The shipped sample against its truth: planted effects come back, by planted segment, and targeting is not read."""

import datetime as dt

import ibis
import pandas as pd
import pytest

from lib.analyze.features import customer_features
from lib.contracts import ARTEFACTS, NotMeasured
from lib.monitor import periods
from lib.monitor.drift import comparable
from lib.monitor.uplift import uplift
from lib.paths import ROOT

SAMPLE, TRUTH = ROOT / "data" / "sample" / "meals", ROOT / "tests" / "truth" / "meals"


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    campaigns = pd.read_csv(SAMPLE / "campaigns.csv", parse_dates=["starts_on", "ends_on"])
    campaigns = campaigns.assign(randomised=campaigns["randomised"] == "yes",
                                 cost_per_contact=campaigns["cost_per_contact"] * 100)
    rows = pd.read_csv(SAMPLE / "assignments.csv").drop_duplicates(["campaign", "customer_id"])
    outcomes = pd.read_csv(SAMPLE / "outcomes.csv").drop_duplicates(["campaign", "customer_id"])
    rows = rows.merge(outcomes, on=["campaign", "customer_id"], how="left")
    rows = rows.rename(columns={"customer_id": "customer_key"})
    rows = rows.assign(spend=rows["spend"] * 100, spend_before=rows["spend_before"] * 100)
    truth = pd.read_csv(TRUTH / "truth_segments.csv").sort_values("period").drop_duplicates("customer_id", keep="last")
    labels = truth.set_index("customer_id")["segment"]
    return uplift(campaigns, rows, labels, as_of=dt.date(2026, 6, 30), unit="customer")


def test_planted_rates_are_inside_their_intervals(found):
    effects = pd.read_csv(TRUTH / "truth_effects.csv")
    rates = found[found["outcome"] == "rate"].merge(effects, on=["campaign", "segment"])
    rates = rates[rates["low"].notna()]
    inside = (rates["low"] <= rates["rate_uplift"]) & (rates["rate_uplift"] <= rates["high"])
    assert len(rates) >= 5 and inside.mean() >= 0.8


def test_gain_and_harm_are_told_apart(found):
    nudge = found[(found["campaign"] == "nudge-2026") & (found["outcome"] == "rate")].set_index("segment")["verdict"]
    assert nudge["planners"].startswith("works") and nudge["quick"].startswith("harms")
    assert nudge["feasters"] in ("no effect seen", "underpowered") or nudge["feasters"].startswith("too few")


def test_the_voucher_works_and_loses_money(found):
    voucher = found[(found["campaign"] == "voucher-2026") & (found["segment"] == "all")].set_index("outcome")
    assert voucher.loc["rate", "verdict"] == "works"
    assert voucher.loc["money", "profit_high"] < 0 and "loses money" in voucher.loc["money", "verdict"]


def test_the_catalogue_to_good_customers_is_never_read(found):
    winter = found[found["campaign"] == "winter-2025"]
    assert len(winter) == 1 and winter["uplift"].isna().all() and winter["profit"].isna().all()


def test_the_planted_drift_date_is_found_and_no_other():
    """Depth of use rises by 90 % on the planted date; periods of 30 days, each in its own days."""
    truth = pd.read_csv(TRUTH / "truth_parameters.csv").set_index("parameter")["value"]
    planted = pd.Timestamp(truth["drift_date"])
    events = pd.read_csv(SAMPLE / "events.csv.gz").drop_duplicates()
    rows = pd.DataFrame({"customer_key": events["customer_id"].astype(str), "occurred_on": pd.to_datetime(
        events["ts"], errors="coerce"), "feature": events["feature_id"], "value": events["duration"]}).dropna()
    as_of = dt.date(2025, 11, 2)
    ends = periods.ends(rows["occurred_on"].min().date().isoformat(), as_of, 30)[-7:]
    tables = {end: customer_features(NotMeasured("none"), ibis.memtable(rows), NotMeasured("none"), as_of=end,
                                     critical_event="cook", window_days=30, period_days=22.5) for end in ends}
    variables = comparable(*periods.last_two(tables, None, as_of, 30))
    found = periods.history(tables, variables=variables, seed=1)
    ARTEFACTS["drift_history"].check(found)
    alarms = found[found["verdict"] == "alarm"]
    assert set(alarms["variable"]) == {"depth"} and alarms["ends_on"].nunique() == 1
    (last,) = pd.to_datetime(alarms["ends_on"])
    assert planted - pd.Timedelta(days=30) <= last - pd.Timedelta(days=30) <= planted + pd.Timedelta(days=30)
    assert alarms["psi"].iloc[0] > 0.25
