"""Doubts about features quote a name only when many customers use it: one of few may be an id in the wrong column."""

import datetime as dt

import pytest

N = 40
LISTED = "what;area\nplan;home\n"


@pytest.fixture
def told(collected):
    """A function: the feature of customer i on day d, to all that the doubts about events say."""

    def run(feature) -> str:
        days = [dt.date(2026, 1, 1) + dt.timedelta(days=d) for d in range(0, 180, 6)]
        rows = [f"{i};{day};{feature(i, day)}\n{i};{day};plan" for day in days for i in range(N)]
        quality = collected({"events": "\n".join(["customer;at;what", *rows]) + "\n", "features": LISTED}).quality
        warned = quality[(quality["source"] == "events") & (quality["severity"] == "warning")]
        return " ".join([*warned["rule"], *warned["meaning"]])

    return run


def test_ids_of_visits_in_the_column_are_not_quoted(told):
    said = told(lambda i, day: f"visit-{i}-{day.month}")
    assert "not in the list of features" in said and "ends before the others" in said
    assert "visit-" not in said


def test_names_that_many_use_are(told):
    said = told(lambda i, day: "swap" if day < dt.date(2026, 3, 1) else "exchange")
    assert "swap until 2026-02-24, exchange from 2026-03-02" in said and "swap from 2026-01-01" in said
