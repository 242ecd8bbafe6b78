"""What a card says of a campaign whose effect differs between segments."""

import pandas as pd

from lib.report.numbers import Format
from lib.report.words import next_campaigns


def test_the_least_and_the_largest_effect_are_told_each_with_interval_and_n():
    parts = pd.DataFrame({
        "segment": ["a", "b", "c"], "outcome": "rate", "uplift": [-0.12, 0.01, 0.1], "low": [-0.24, -0.1, -0.02],
        "high": [0.01, 0.12, 0.22], "n_treated": [104, 90, 107], "n_control": [103, 90, 107]})
    test = pd.Series({"outcome": "rate", "p": 0.02})
    text, figures = next_campaigns._apart(test, parts, {"a": "Rare users", "c": "Top spenders"}, Format("en"))
    low, high = text.split(" to Top spenders (")
    assert low.startswith("Its effect differs between segments (p = 0.02), and none is clear alone: test them one by "
                          "one. It goes from Rare users (")
    assert low.endswith("n = 207)")
    assert "n = 214)" in high and "-24" in low and "22" in high
    assert figures["a.n"] == 207 and round(figures["c.uplift"]) == 10
