"""Engagement and value per segment, one period earlier and now, against the targets once set."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, requires
from lib.contracts.labels import MONEY, OUTSIDE
from lib.stats import hidden_money, mean_interval, wilson

MEASURES = ("revenue", "frequency", "breadth", "depth", "mean_occasion_value")  # means over the members
NAMES = {"revenue": "mean_value"}  # as the strategies call it
SHARES = ("active",)
RECOMMEND = "likelihood to recommend"
COLUMNS = ["segment", "measure", "before", "before_low", "before_high", "now", "low", "high", "n"]


@requires("now", "labels_now")
def kpis(before: pd.DataFrame | NotMeasured, now: pd.DataFrame | NotMeasured, labels_before: pd.Series | NotMeasured,
         labels_now: pd.Series | NotMeasured,
         strategies: pd.DataFrame | NotMeasured, survey: pd.DataFrame | NotMeasured, *, period_days: float):
    """One row per segment and measure (contract `kpis`): value then and now, interval now, target.

    Measures: customers (count), share (of the base), active (share with `away_days` inside one natural period),
    means of what the product records (`mean_value` in minor units; missing where it would tell what one customer
    brought), nps (mean likelihood to recommend, now only).
    ``strategies`` are those of the newest earlier run: a target set in this run is not yet due. Without an earlier
    period its values are missing; without a present one the answer is NotMeasured.
    """
    if isinstance(before, NotMeasured) or isinstance(labels_before, NotMeasured):
        before, labels_before = now.iloc[:0], labels_now.iloc[:0]
    first, second = (pd.concat([_means(_with_active(table, period_days), labels), _sizes(labels)])
                     for table, labels in ((before, labels_before), (now, labels_now)))
    joined = _join(first, second)
    joined = pd.concat([joined, _nps(survey, labels_now)], ignore_index=True)
    joined["target"] = _targets(joined, strategies)
    return joined.sort_values(["segment", "measure"], ignore_index=True)


def untouched(budget: pd.DataFrame | NotMeasured) -> list[str]:
    """Segments that the plan of the earlier run contacted nobody of; none where there is no such plan."""
    return [] if isinstance(budget, NotMeasured) else sorted(budget.loc[budget["contacts"] == 0, "segment"])


def _with_active(table: pd.DataFrame, period_days: float) -> pd.DataFrame:
    if "away_days" not in table:
        return table
    return table.assign(active=(table["away_days"] < period_days).astype(float))


def _means(table: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    segment = table["customer_key"].map(labels)
    rows = []
    for column in (c for c in (*SHARES, *MEASURES) if c in table):
        placed = segment.notna()
        unsaid = hidden_money(table[column][placed], segment[placed], never=(OUTSIDE,)) if column in MONEY else {}
        for name, values in table[column].groupby(segment):
            known = values.dropna()
            if column in SHARES:
                low, high = wilson(known.sum(), len(known))
                estimate = (known.mean() if len(known) else np.nan, float(low), float(high))
            else:
                estimate = mean_interval(known) if not unsaid.get(name) else (np.nan, np.nan, np.nan)
            rows.append((name, NAMES.get(column, column), *estimate, len(known)))
    return pd.DataFrame(rows, columns=["segment", "measure", "value", "low", "high", "n"])


def _sizes(labels: pd.Series) -> pd.DataFrame:
    counts = labels.value_counts()
    low, high = wilson(counts, len(labels))
    share = pd.DataFrame({"segment": counts.index, "measure": "share", "value": counts.to_numpy() / len(labels),
                          "low": low, "high": high, "n": counts.to_numpy()})
    count = share.assign(measure="customers", value=counts.to_numpy(float), low=np.nan, high=np.nan)
    return pd.concat([count, share])


def _join(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    first = before[["segment", "measure", "value", "low", "high"]].rename(
        columns={"value": "before", "low": "before_low", "high": "before_high"})
    joined = now.rename(columns={"value": "now"}).merge(
        first, on=["segment", "measure"], how="outer", validate="one_to_one")
    joined["n"] = joined["n"].fillna(0).astype("int64")
    return joined[COLUMNS]


def _nps(survey: pd.DataFrame | NotMeasured, labels: pd.Series) -> pd.DataFrame:
    if isinstance(survey, NotMeasured) or "nps" not in survey:
        return pd.DataFrame(columns=COLUMNS)
    answered = survey.dropna(subset="nps").sort_values(["customer_key", "wave"])
    latest = answered.drop_duplicates("customer_key", keep="last")
    rows = [(name, RECOMMEND, np.nan, np.nan, np.nan, *mean_interval(values), len(values))
            for name, values in latest["nps"].groupby(latest["customer_key"].map(labels))]
    return pd.DataFrame(rows, columns=COLUMNS)


def _targets(joined: pd.DataFrame, strategies: pd.DataFrame | NotMeasured) -> np.ndarray:
    if isinstance(strategies, NotMeasured):
        return np.full(len(joined), np.nan)
    wanted = strategies.replace({"metric": {"next_active": "active"}}).set_index(["segment", "metric"])["target"]
    return wanted.reindex(pd.MultiIndex.from_frame(joined[["segment", "measure"]])).to_numpy(float)
