"""How often people say that they come, held against how often they do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.agreement import kappa_interval
from lib.segments.model import OUTSIDE
from lib.segments.verdicts import kappa_row, share_row
from lib.segments.weighting import declared_weights, response_weights
from lib.stats import effective_n

CHECK = "stated and observed frequency"
# how often, in words, as days between uses; the nearest on a log scale is what is observed
WORDS = {"several times a day": 0.5, "daily": 1, "every day": 1, "several times a week": 2.5, "weekly": 7,
         "every week": 7, "every two weeks": 14, "fortnightly": 14, "monthly": 30, "every month": 30,
         "quarterly": 90, "rarely": 90, "less often": 90, "yearly": 365, "never": 3650}
NEAR = 3.0  # [ours] factor between stated and observed days that still agree: neighbouring words lie 2 to 4.3 apart


def stated_frequency(survey, voice, assignments: pd.DataFrame, features: pd.DataFrame, spans: tuple,
                     seed: int) -> list[dict]:
    """Rows of the contract `validation`: weighted κ of everybody in a segment who said how often, and a share for each.

    Answers count with the weights that the survey declares; without any, those of everybody together with what brings
    each segment back to its size (within a segment that is the same for all). `spans`: days of the natural period, and
    of the window of behaviour.
    """
    both = stated_and_observed(survey, assignments[assignments["segment"] != OUTSIDE], features, *spans)
    if isinstance(both, NotMeasured) or both.empty:
        return []
    cited, keys = _frequency_ids(voice), both["customer_key"]
    ids, declared = pd.Series([cited.get(key, "") for key in keys]), declared_weights(survey)
    weights = keys.map(declared if declared is not None else response_weights(keys, assignments)).to_numpy(float)
    order = sorted({*both["stated"], *both["observed"]}, key=WORDS.get)
    kappa = kappa_interval(both["stated"], both["observed"], seed=seed, weights="quadratic", order=order,
                           people=weights)
    rows = [kappa_row(CHECK, ids, kappa, "stated frequency", "observed frequency", effective_n=effective_n(weights))]
    own = None if declared is None else pd.Series(weights)
    segments = sorted(set(assignments["segment"]) - {OUTSIDE})
    return rows + [share_row(CHECK, g, both["segment"] == g, both["near"], ids, own) for g in segments]


def _frequency_ids(voice) -> dict:
    """Per customer, the evidence that says how often."""
    if isinstance(voice, NotMeasured):
        return {}
    said = voice[(voice["topic"] == "frequency") & voice["customer_key"].notna()].sort_values("evidence_id")
    return said.drop_duplicates("customer_key", keep="last").set_index("customer_key")["evidence_id"].to_dict()


def stated_and_observed(survey, assignments: pd.DataFrame, features: pd.DataFrame, period_days: float,
                        window_days: float = 365.0):
    """One row per respondent who said how often: customer_key, segment, stated, observed (both words used), near.

    Observed is the word nearest, on a log scale, to the mean days between active days: those of any use where use is
    recorded, since that is what people are asked, else those of the critical event. `near`: the stated word is that
    one, or within a factor of three of those days: who comes every 13 days may say weekly or monthly. NotMeasured
    without both.
    """
    if isinstance(survey, NotMeasured) or "stated_frequency" not in survey or "frequency" not in features:
        return NotMeasured("nobody was asked how often, or use is not recorded", "a survey with stated frequency")
    last = survey.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
    gaps = pd.DataFrame({"customer_key": features["customer_key"], "gap": _gap(features, period_days, window_days)})
    both = last[["customer_key", "stated_frequency"]].merge(gaps, on="customer_key", validate="one_to_one")
    both = both.merge(assignments[["customer_key", "segment"]], on="customer_key", validate="one_to_one")
    both["stated"] = both["stated_frequency"].str.strip().str.lower()
    both = both[both["stated"].isin(WORDS)].reset_index(drop=True)
    words = sorted(both["stated"].unique(), key=WORDS.get)
    if len(words) < 2:
        return NotMeasured("the words for how often are not understood", "answers such as daily, weekly, monthly")
    apart = np.abs(np.log(both["gap"].to_numpy())[:, None] - np.log([WORDS[w] for w in words])[None])
    both = both.assign(observed=np.array(words)[apart.argmin(axis=1)])
    said = apart[np.arange(len(both)), both["stated"].map({w: i for i, w in enumerate(words)})]
    return both.assign(near=(both["stated"] == both["observed"]) | (said <= np.log(NEAR)))


def _gap(features: pd.DataFrame, period_days: float, window_days: float) -> pd.Series:
    """Mean days between days of use; a newcomer's over his own time, but not over less than one period."""
    if "active_days" not in features or "tenure_days" not in features:
        return period_days / features["frequency"].clip(lower=1e-6)
    exposure = (features["tenure_days"] + 1).clip(lower=period_days, upper=window_days).fillna(window_days)
    return exposure / features["active_days"].fillna(0).clip(lower=1e-6)
