"""The frozen model that judges this period, the day it is compared with, and the labels it gives."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.contracts.counts import number_of
from lib.contracts.labels import OUTSIDE

TO_THE = 3  # [ours] decimals of a share of all customers that may rest on few
NOT_REMADE = NotMeasured("no model was fitted to the data of that day")
NOBODY = NotMeasured("nobody was a customer yet at the day of comparison", "an earlier as-of date with customers")


def comparison_day(earlier: list[dt.date], as_of: dt.date, review_days: int) -> dt.date:
    """The day this period is held against: that of the newest earlier run, else one review period ago."""
    return max(earlier) if earlier else as_of - dt.timedelta(days=review_days)


def judging_model(published: dict | NotMeasured, present: dict, since: dt.date,
                  remade: dict | NotMeasured = NOT_REMADE) -> dict:
    """The frozen model and where it comes from: model, back_cast, earlier_as_of (the day compared with), why.

    ``published``: the model of the newest earlier run. Without one it is a back-cast: ``remade``, a model fitted to
    the data of the earlier day with the names of the present one, when it has found the same segments; else the
    present model, which shows who moved across today's borders but not how well a model made back then would have
    held. ``why`` says why there is none made back then; empty otherwise.
    """
    if not isinstance(published, NotMeasured):
        return {"model": published, "back_cast": False, "earlier_as_of": since.isoformat(), "why": ""}
    why = _other(remade, present)
    return {"model": present if why else remade, "back_cast": True, "earlier_as_of": since.isoformat(), "why": why}


def _other(remade: dict | NotMeasured, present: dict) -> str:
    if isinstance(remade, NotMeasured):
        return remade.reason
    keys = [{s["segment"] for s in model["segments"]} for model in (remade, present)]
    if keys[0] == keys[1]:
        return ""
    return (f"fitted to the data of that day, {len(keys[0] & keys[1])} of {number_of(len(keys[1]), 'segment')} come "
            "back with at least half of their members")


def lead_again(models: dict, present: dict) -> dict | NotMeasured:
    """Of the candidate models made on earlier data, the one of the scheme that leads now."""
    return models.get(present["lead"], NOT_REMADE)


def judged(earlier, present):
    """An artefact of the run whose model judges, where it was measured; else of this run."""
    return present if isinstance(earlier, NotMeasured) else earlier


@measured
def unassigned(placed: pd.DataFrame, judge: dict, assign) -> float:
    """Share of customers whom the frozen model places in no segment, or not clearly, to the thousandth."""
    table = assign(placed, judge["model"])
    return round(float((table["segment"].eq(OUTSIDE) | table["ambiguous"]).mean()), TO_THE)


def type_cuts(judge: dict) -> dict | NotMeasured:
    """The cut points of user types that the judging model froze."""
    return judge["model"]["cuts"].get("user_types") or NotMeasured("user types were not measured")


@measured
def type_period(cuts: dict) -> float:
    """The continuous natural period, in days, that the frozen cuts of user types count by."""
    return float(cuts["period_days"])


def model_age(judge: dict, as_of: dt.date) -> int:
    """Age of the judging model in days: since the last day that it learned from."""
    return (as_of - dt.date.fromisoformat(str(judge["model"]["as_of"])[:10])).days


@measured
def known_then(features: pd.DataFrame) -> pd.DataFrame | NotMeasured:
    """The customers who were known at that day; NotMeasured when there was none."""
    known = features[features["tenure_days"].notna()].reset_index(drop=True)
    return known if len(known) else NOBODY


@measured
def power_cut(cuts: dict) -> float:
    """The frozen cut above which users are Power; infinite where Power could not be told apart."""
    values = [c["value"] for c in cuts["cuts"]]
    return float(values[1]) if len(values) > 1 else np.inf


@measured
def first_part(pair):
    """The table of a step that answers with a table and a document."""
    return pair[0]


@measured
def icp_of(assignments: pd.DataFrame) -> pd.Series:
    """The ideal customer profile of every customer, by key."""
    return assignments.set_index("customer_key")["icp"]


@measured
def last_active(days, as_of: dt.date) -> pd.Series:
    """The last active day of every customer up to a day; ``days`` is an Ibis table (customer_key, day)."""
    rows = days.filter(days.day <= ibis.date(as_of)).group_by("customer_key").aggregate(last=days.day.max())
    table = rows.to_pandas()
    return pd.Series(pd.to_datetime(table["last"]).to_numpy(), index=table["customer_key"]).sort_index()


@measured
def away_days(days, as_of: dt.date) -> pd.Series:
    """Days since the last active day, by customer; who never was active has none."""
    return (pd.Timestamp(as_of) - last_active(days, as_of)).dt.days.astype(float)


@measured
def with_away(features: pd.DataFrame, away: pd.Series) -> pd.DataFrame:
    """The features with `away_days`, infinite for who never was active."""
    return features.assign(away_days=features["customer_key"].map(away).fillna(np.inf))


@measured
def labels(placed: pd.DataFrame, judge: dict, assign, **given) -> pd.Series:
    """Segment by customer key under the frozen model. ``assign``: (features, model, given) → customer_key, segment."""
    table = assign(placed, judge["model"], **given)
    return table.set_index("customer_key")["segment"].astype("str").sort_index()


@measured
def values_of(features: pd.DataFrame, column: str) -> pd.Series | NotMeasured:
    """One feature by customer key; NotMeasured where the product does not record it."""
    if column not in features:
        return NotMeasured(f"{column.replace('_', ' ')} is not recorded")
    return features.set_index("customer_key")[column]


def judged_segments(published: pd.DataFrame | NotMeasured, present: pd.DataFrame) -> pd.DataFrame:
    """The segments that the judging model knows, with their names and ranks: those published with it, else today's."""
    return present if isinstance(published, NotMeasured) else published


@measured
def ranks(segments: pd.DataFrame) -> pd.Series:
    """Order of the segments by value, 1 first, by key."""
    return segments.set_index("segment")["rank"]


@measured
def names(segments: pd.DataFrame) -> pd.Series:
    """Display name of the segments, by key."""
    return segments.set_index("segment")["name"]


@measured
def keys(labels: pd.Series) -> pd.Index:
    """The customers who have a label."""
    return labels.index
