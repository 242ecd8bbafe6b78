"""Who is in a segment: its profile against the base, its size and value, and what its members do next."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import ARTEFACTS, NotMeasured, measured
from lib.contracts.labels import MONEY
from lib.segments.conditions import PROFILE
from lib.segments.model import MANY, OUTSIDE, uncounted
from lib.stats import dominated, hidden_money, mean_interval, ratio_interval, wilson

RELATIVE, OF_MAXIMUM = 0.5, 0.25  # method.md §3.8: marker variables
MOSTLY = 0.5  # [ours] share of a segment that may lack a value before most of it do
MOST_LEVELS = 12  # [ours] levels of a category that a profile shows
# columns of the contract `assignments`
SCHEME_COLUMNS = {"user_types": "user_type", "rfm": "rfm_group", "icp": "icp", "clusters": "cluster",
                  "answers": "answer_class"}
BEHAVIOUR = frozenset(c.name for c in ARTEFACTS["features"].columns) - {"customer_key", "tenure_days"}
COUNTS_OF_USE = ("frequency", "active_days", "n_occasions", "n_orders")
NOT_PLACED = "(not placed)"
VALUE = ("revenue", "revenue_share", "revenue_share_low", "revenue_share_high", "mean_value", "value_low", "value_high")
UNSAID = {"mean": np.nan, "low": np.nan, "high": np.nan, "marker": False}  # money that one customer dominates
COLUMNS = ["segment", "variable", "n", "mean", "low", "high", "base", "marker", "made_segments"]


@measured
def made_columns(model: dict, icps: list[dict] = ()) -> list[str]:
    """Columns that made the segments; for ideal profiles those that their rules name, for user types counts of use."""
    words = {w for icp in icps for w in icp["who"].replace("(", " ").replace(")", " ").split()}
    extra = {"icp": sorted(words), "user_types": list(COUNTS_OF_USE)}.get(model["lead"], [])
    return [*model["columns"], *extra]


@measured
def profile(placed: pd.DataFrame, assignments: pd.DataFrame, made: list[str]) -> pd.DataFrame:
    """One row per segment and variable; columns as the contract `profile`.

    Numbers: mean with t interval; categories: share of each of the most frequent levels with Wilson's. `base` is
    the same over all customers. A marker differs by more than half of the base or a quarter of the variable's
    maximum, and its interval leaves the base out. Where behaviour made the segments, all behaviour counts as having
    made them: orders beside days with an order are no finding. Money that would tell what one customer brought is
    missing, and of few customers who are only counted with a segment (`model.counted`) what they lack is left out
    there, unless most lack it: how many have it would tell how many they are. So is what is the same for all others:
    the mean would tell what those few do. User types and ideal profiles are left to the cross-table.
    """
    made = {*made} | (BEHAVIOUR if BEHAVIOUR & {*made} else set())
    table = _told(assignments).merge(placed, on="customer_key", validate="one_to_one")
    inside = table[table["segment"] != OUTSIDE]
    rows = []
    for column in (c for c in placed if c not in ("customer_key", "user_type", "icp")):
        for name, values, binary in measures(table, column):
            unsaid = hidden_money(values, table["segment"], never=(OUTSIDE,)) if column in MONEY else {}
            found = [profile_row(s, name, values.loc[g.index], values, binary, column in made)
                     for s, g in inside.groupby("segment")
                     if not _told_by_few(g, column)]
            base = {"base": np.nan} if column in MONEY and dominated(values) else {}
            rows += [row | (UNSAID if unsaid.get(row["segment"]) else {}) | base for row in found]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(["segment", "variable"], ignore_index=True)


def segment_table(placed: pd.DataFrame, assignments: pd.DataFrame, model: dict, cards: pd.DataFrame,
                  outcomes=None) -> pd.DataFrame | NotMeasured:
    """One row per lead segment with members; columns as the contract `segments`, ordered by value.

    Shares are of all customers analysed, outside ones included. `outcomes` holds segment (one period earlier) and
    `next_active`. Where no revenue is recorded, order is by activity, then size. Money that would tell what one
    customer brought is missing (method.md §7); the order is by it all the same. `joined`: few customers whom the model
    cannot place are counted with the segment.
    """
    absent = next((v for v in (placed, assignments, model, cards) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    table = _told(assignments).merge(placed, on="customer_key", validate="one_to_one")
    unsaid = hidden_money(table["revenue"], table["segment"], never=(OUTSIDE,)) if "revenue" in table else {}
    rules = cards.set_index("segment")
    rows = []
    for segment in model["segments"]:
        members = table[table["segment"] == segment["segment"]]
        if members.empty:
            continue
        card = rules.loc[segment["segment"]]
        rows.append({k: segment[k] for k in ("segment", "name", "claim")} | {
            "slsw": np.nan if segment["slsw"] is None else segment["slsw"], "rule": card["rule"],
            "name_rule": _why(segment["name_rule"], card["rule"]),
            **{f"rule_{k}": card[k] for k in ("accuracy", "low", "high")}, **_size(len(members), len(table)),
            **_value(table, members), **_next(segment["segment"], outcomes), "_use": _use(members),
            "size_open": uncounted(segment["segment"], int((~members["joined"]).sum()), model) >= MANY,
            "joined": bool(members["joined"].any())})
    found = pd.DataFrame(rows).sort_values(["mean_value", "_use", "n", "segment"],
                                           ascending=[False, False, False, True], ignore_index=True)
    hidden = found["segment"].map(unsaid).eq(True)
    found.loc[hidden, list(VALUE)] = np.nan
    return found.drop(columns="_use").assign(money_hidden=hidden, rank=np.arange(1, len(found) + 1))


@measured
def crosstab(members: pd.DataFrame, model: dict) -> pd.DataFrame:
    """One row per lead segment, other scheme and its group; columns as the contract `crosstab`.

    `members` as the contract `assignments`; the scheme that leads, and schemes that place nobody, are left out.
    """
    parts = []
    for scheme, column in SCHEME_COLUMNS.items():
        if scheme != model["lead"] and members[column].notna().any():
            counts = members.fillna({column: NOT_PLACED}).groupby(["segment", column]).size().reset_index(name="n")
            size = counts.groupby("segment")["n"].transform("sum")
            low, high = wilson(counts["n"], size)
            parts.append(counts.rename(columns={column: "group"}).assign(
                scheme=scheme, share=counts["n"] / size, low=low, high=high))
    columns = ["segment", "scheme", "group", "n", "share", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


@measured
def groups(members: pd.DataFrame) -> pd.DataFrame:
    """One row per scheme and group, those of every scheme that places anybody; columns as the contract `groups`."""
    parts = []
    for scheme, column in SCHEME_COLUMNS.items():
        if members[column].notna().any():
            counts = members[column].fillna(NOT_PLACED).value_counts().rename_axis("group").reset_index(name="n")
            low, high = wilson(counts["n"], len(members))
            parts.append(counts.assign(scheme=scheme, share=counts["n"] / len(members), low=low, high=high))
    columns = ["scheme", "group", "n", "share", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


@measured
def crossed_schemes(crossed: pd.DataFrame) -> list[str]:
    """The schemes that a cross-table holds, in the order in which they are shown."""
    return [scheme for scheme in SCHEME_COLUMNS if scheme in set(crossed["scheme"])]


def measures(table: pd.DataFrame, column: str) -> list[tuple]:
    """(variable, values, whether they are 0/1) of a column: itself, or its most frequent levels."""
    x = table[column]
    if pd.api.types.is_datetime64_any_dtype(x) or x.notna().sum() == 0:
        return []
    if pd.api.types.is_numeric_dtype(x):
        return [(column, x.astype(float), False)]
    counts = x.value_counts()
    if len(counts) > MOST_LEVELS * 5:
        return []
    levels = sorted(counts.index, key=lambda level: (-counts[level], str(level)))[:MOST_LEVELS]
    return [(f"{column}={level}", (x == level).astype(float).where(x.notna()), True) for level in levels]


def profile_row(segment: str, name: str, values: pd.Series, base: pd.Series, binary: bool, made: bool) -> dict:
    """One row of the contract `profile`: the members' values beside those of the base."""
    known = values.dropna()
    mean, low, high = mean_interval(known)
    if binary:
        low, high = (float(v) for v in wilson(known.sum(), len(known)))
    overall = float(base.mean())
    away = abs(mean - overall)
    far = away > RELATIVE * abs(overall) or away > OF_MAXIMUM * base.max()
    return {"segment": segment, "variable": name, "n": len(known), "mean": mean, "low": low, "high": high,
            "base": overall, "marker": bool(far and (low > overall or high < overall)), "made_segments": made}


def _why(name_rule: str, rule: str) -> str:
    """What made the name; of a declared profile its rule in words, as on the card: the model keeps it as written."""
    return PROFILE + rule if name_rule.startswith(PROFILE) else name_rule


def _size(n: int, base: int) -> dict:
    low, high = wilson(n, base)
    return {"n": n, "share": n / base, "share_low": float(low), "share_high": float(high)}


def _value(table: pd.DataFrame, members: pd.DataFrame) -> dict:
    if "revenue" not in members:
        return dict.fromkeys(VALUE, np.nan)
    revenue = table["revenue"].fillna(0.0)
    mean, low, high = mean_interval(revenue[members.index])
    share, *bounds = ratio_interval(revenue.where(revenue.index.isin(members.index), 0.0), revenue)
    return {"revenue": revenue[members.index].sum(), "revenue_share": share,
            "revenue_share_low": np.clip(bounds[0], 0, 1), "revenue_share_high": np.clip(bounds[1], 0, 1),
            "mean_value": mean, "value_low": low, "value_high": high}


def _next(segment: str, outcomes) -> dict:
    nothing = dict.fromkeys(("next_active", "next_low", "next_high"), np.nan) | {"n_next": 0}
    if outcomes is None or isinstance(outcomes, NotMeasured) or "next_active" not in outcomes:
        return nothing
    known = outcomes.loc[outcomes["segment"] == segment, "next_active"].dropna()
    if known.empty:
        return nothing
    low, high = wilson(known.sum(), len(known))
    return {"next_active": float(known.mean()), "next_low": float(low), "next_high": float(high), "n_next": len(known)}


def _told_by_few(members: pd.DataFrame, column: str) -> bool:
    """Whether a mean would tell of some who are only counted with the segment: they lack the value, and most of the
    segment have it; or all others have the same, and they do not."""
    lacking, joined, own = members[column].isna(), members["joined"], members.loc[~members["joined"], column]
    if not joined.any() or own.isna().all():
        return False
    other = members.loc[joined, column].dropna() != own.dropna().iloc[0]
    return bool(lacking[joined].any() and lacking.mean() < MOSTLY or own.nunique() == 1 and other.any())


def _told(assignments: pd.DataFrame) -> pd.DataFrame:
    """customer_key, segment, and whether a customer is only counted with it: placed ones have a probability."""
    joined = assignments["probability"].isna() & (assignments["segment"] != OUTSIDE)
    return assignments[["customer_key", "segment"]].assign(joined=joined)


def _use(members: pd.DataFrame) -> float:
    column = next((c for c in ("frequency", "active_days", "n_occasions") if c in members), None)
    return float(members[column].mean()) if column else 0.0
