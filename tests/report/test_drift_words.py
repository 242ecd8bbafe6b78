"""What the sentence about drift says: alarms, and by name what moved significantly but little."""

import pandas as pd

from lib.report.numbers import Format
from lib.report.words.monitor import drift


def table(*verdicts: str) -> pd.DataFrame:
    return pd.DataFrame([(f"v{i}", 900, 1000, 4, 0.01 * (i + 1), 0.01, verdict) for i, verdict in enumerate(verdicts)],
                        columns=["variable", "n_before", "n_now", "bins", "psi", "p", "verdict"])


def test_what_moved_little_is_named_largest_first_and_four_at_most():
    said = drift(table("significant but small", "none", "significant but small"), 30, Format()).text
    assert "2 moved significantly but little (v2, v0) and 0 rest on too few customers to tell (n = 1,000 now)" in said
    many = drift(table(*["significant but small"] * 6), 30, Format()).text
    assert "6 moved significantly but little (v5, v4, v3, v2, and 2 more)" in many
    assert "0 moved significantly but little and" in drift(table("none"), 30, Format()).text
