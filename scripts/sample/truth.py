"""Truth that both products share: user types from true rates, and who moved between snapshots."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample.draw import SNAPSHOTS, day_number


def user_types(stints: pd.DataFrame):
    """True type per snapshot, from the true rate of core days: cuts at 1 and at the 80th percentile of those above.

    The natural period is the 80th percentile over users of the time between two such days.
    """
    parts = []
    for i, period in enumerate(SNAPSHOTS):
        at = day_number([period])[0]
        own = stints[(stints["stint"] == i) & (stints["start"] <= at) & (stints["end"] >= at)]
        natural = max(7.0, float(np.quantile(own["gap"], 0.8))) if len(own) else np.nan
        rate = own["core"].to_numpy() * natural / 30
        upper = float(np.quantile(rate[rate >= 1], 0.8)) if (rate >= 1).any() else np.nan
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": own["customer_id"].astype(str).to_numpy(),
                    "period": period,
                    "rate": own["core"].round(4).to_numpy(),
                    "per_natural_period": rate.round(4),
                    "user_type": np.select([rate < 1, rate < upper], ["Casual", "Core"], "Power"),
                }
            )
        )
    cuts = {"natural_period_days": round(natural, 3), "c1": 1.0, "c2": round(upper, 4)}
    return pd.concat(parts, ignore_index=True).sort_values(["period", "customer_id"], ignore_index=True), cuts


def migration(people: pd.DataFrame) -> pd.DataFrame:
    """How many moved between the snapshots, by segment before and after."""
    parts = []
    for first, second, before, after in (
        ("segment_1", "segment_2", *SNAPSHOTS[:2]),
        ("segment_2", "segment_3", *SNAPSHOTS[1:]),
    ):
        counted = people.groupby([first, second]).size().reset_index()
        parts.append(counted.set_axis(["before", "now", "n"], axis=1).assign(period_before=before, period_now=after))
    return pd.concat(parts, ignore_index=True)
