"""Everyone outside the segments, reconciled with the input to the last customer (method.md §4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import ContractError, NotMeasured, measured
from lib.contracts.counts import number_of
from lib.contracts.labels import MONEY, readable
from lib.segments.conditions import numbers
from lib.segments.far import far_out, has_centres
from lib.segments.growth import change
from lib.segments.model import OUTSIDE
from lib.segments.profile import measures, profile_row
from lib.stats import dominated, hidden_money, mean_interval

INSIDE, UNASSIGNED, AMBIGUOUS, POTENTIAL = "in segments", "unassigned", "ambiguous", "potential"
FILTERED, OPTED_OUT, NOISE = "filtered", "opted out", "noise"
COUNTED = (INSIDE, UNASSIGNED, FILTERED, OPTED_OUT)  # these add up to the customers of the sources
CHOICES = ("opt", "consent", "object", "withdraw", "eras")  # words of an exclusion that the customer asked for
UNSURE = "the second segment is nearly as close; counted inside"
UNLIKE = "far from everybody else in the segment; counted inside"
COLUMNS = ["state", "reason", "n", "share", "revenue_share", "probability", "probability_low", "probability_high",
           "growth", "growth_low", "growth_high"]
PROFILE = ["variable", "n", "mean", "low", "high", "base"]
FEWEST = 10  # method.md §7


def outside_ledger(assignments: pd.DataFrame, placed: pd.DataFrame, model: dict, *, collected: dict, survey=None,
                   icp=None, earlier: dict | None = None) -> pd.DataFrame:
    """One row per state and reason; columns as the contract `outside`.

    `in segments`, `unassigned`, `filtered` and `opted out` add up to all customers of the sources; `ambiguous` are
    counted inside as well, with their mean probability, and so is `noise`, who resemble nobody in their segment;
    `potential` are customers or strangers worth looking at, counted beside. `collected` is the document of step 2,
    `icp` the profile matched by customer_key; `earlier` (assignments, features) by day: growth is the change since the
    first of them.
    """
    absent = next((v for v in (assignments, placed, model, collected) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    table = _together(assignments, placed)
    revenue = table["revenue"].fillna(0.0) if "revenue" in table else pd.Series(np.nan, table.index)
    excluded = {str(k): int(v) for k, v in collected["protection"].items() if _is_count(v)}
    everyone = len(table) + sum(excluded.values())
    groups = _groups(table, model, icp)
    grown = _growth(table, groups, model, icp, earlier or {})
    rows = [_row(*key, rows, everyone, revenue) | grown.get(key, {}) for key, rows in groups.items()]
    rows += [{"state": _excluded_state(k), "reason": k, "n": n, "share": n / max(everyone, 1), "revenue_share": np.nan}
             for k, n in sorted(excluded.items()) if n]
    rows += _strangers(survey, collected)
    found = pd.DataFrame(rows).reindex(columns=COLUMNS).astype({"n": "int64"})
    found.loc[_unsaid(found, groups, revenue, _why(table, model)), "revenue_share"] = np.nan
    sure = mean_interval(table.loc[table["ambiguous"].astype(bool), "probability"])
    found.loc[found["state"] == AMBIGUOUS, ["probability", "probability_low", "probability_high"]] = sure
    return found


@measured
def outside_profile(assignments: pd.DataFrame, placed: pd.DataFrame, model: dict, icp=None) -> pd.DataFrame:
    """What those outside are like: one row per state and variable; columns as the contract `outside_profile`.

    Means with t intervals, shares of levels with Wilson's, beside the base; groups of ten customers and more. Money is
    left to the ledger, which knows whose it is.
    """
    table = _together(assignments, placed)
    groups: dict[str, pd.Series] = {}
    for (state, _), rows in _groups(table, model, icp).items():
        if state != INSIDE:
            groups[state] = groups.get(state, False) | rows.astype(bool)
    columns = [c for c in placed if c not in ("customer_key", "user_type", "icp", *MONEY)]
    found = [{"state": state, **{k: v for k, v in profile_row(state, name, x[rows], x, binary, False).items()
                                 if k in PROFILE}}
             for column in columns for name, x, binary in measures(table, column)
             for state, rows in groups.items() if x[rows].notna().sum() >= FEWEST]
    return pd.DataFrame(found, columns=["state", *PROFILE])


@measured
def reconcile(outside: pd.DataFrame, collected: dict) -> dict:
    """{expected, found, excluded}: customers of the sources, the sum of the ledger, and how many left before the
    analysis. Raises ContractError when the first two differ."""
    excluded = sum(int(v) for v in collected["protection"].values() if _is_count(v))
    expected = collected["n_customers"] + excluded
    found = int(outside.loc[outside["state"].isin(COUNTED), "n"].sum())
    if expected != found:
        raise ContractError(f"the ledger of everyone outside counts {number_of(found, 'customer')}, "
                            f"the sources hold {expected:,}")
    return {"expected": expected, "found": found, "excluded": excluded}


def _is_count(value) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _excluded_state(reason: str) -> str:
    return OPTED_OUT if any(word in reason.lower() for word in CHOICES) else FILTERED


def _row(state: str, reason: str, rows: pd.Series, everyone: int, revenue: pd.Series) -> dict:
    total = revenue.sum()
    return {"state": state, "reason": reason, "n": int(rows.sum()), "share": rows.sum() / max(everyone, 1),
            "revenue_share": revenue[rows].sum() / total if total > 0 else np.nan}


def _unsaid(ledger: pd.DataFrame, groups: dict, revenue: pd.Series, reasons: pd.Series) -> list[bool]:
    """Rows whose share of revenue would tell what one customer brought, alone or beside the rows it adds up with."""
    inside = next(rows for (state, _), rows in groups.items() if state == INSIDE)
    rows = hidden_money(revenue, reasons.mask(inside, INSIDE))
    among = {state: dominated(revenue[own]) or dominated(revenue[inside & ~own])
             for (state, _), own in groups.items() if state in (AMBIGUOUS, NOISE)}
    return [rows[INSIDE] if r.state == INSIDE and inside.any() else rows[r.reason] if r.state == UNASSIGNED
            else among.get(r.state, False) for r in ledger.itertuples()]


def _why(table: pd.DataFrame, model: dict) -> pd.Series:
    """Why the model could not place a customer: the first column without a value, else that no rule holds."""
    why = pd.Series("matches no rule of the model", index=table.index)
    for column in sorted(model["columns"], reverse=True):
        absent = table[column].isna() if column in table and not pd.api.types.is_numeric_dtype(table[column]) \
            else pd.Series(np.isnan(numbers(table, column)), table.index)
        why = why.mask(absent, f"no value for {readable(column)}")
    return why


def _together(assignments: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    return assignments[["customer_key", "segment", "ambiguous", "probability"]].merge(placed, on="customer_key",
                                                                                      validate="one_to_one")


def _groups(table: pd.DataFrame, model: dict, icp) -> dict[tuple[str, str], pd.Series]:
    """Which customers are in each state for each reason: inside, ambiguous, noise, unassigned, known but never bought.
    """
    out, reasons = table["segment"] == OUTSIDE, _why(table, model)
    groups = {(INSIDE, "placed by the model"): ~out, (AMBIGUOUS, UNSURE): table["ambiguous"].astype(bool)}
    groups |= {(NOISE, UNLIKE): far_out(table, model)} if has_centres(model) else {}
    groups |= {(UNASSIGNED, why): out & (reasons == why) for why in sorted(set(reasons[out]))}
    bought = next((c for c in ("n_occasions", "n_orders", "active_days") if c in table), None)
    if bought is None:
        return groups
    never = (table[bought].fillna(0) == 0) & table.get("recency_days", pd.Series(np.nan, table.index)).isna()
    verb = "used" if bought == "active_days" else "bought"
    groups[POTENTIAL, f"known, never {verb}"] = never
    if icp is not None and not isinstance(icp, NotMeasured):
        matched = ~table["customer_key"].map(icp).fillna("(none)").eq("(none)")
        groups[POTENTIAL, f"matches an ideal customer profile, never {verb}"] = never & matched
    return groups


def _growth(table: pd.DataFrame, groups: dict, model: dict, icp, earlier: dict) -> dict:
    """Change of each group since the first earlier day. None where so few were in a group that its number then would
    be told, by itself or as what the others leave."""
    known = [earlier[day] for day in sorted(earlier) if not any(isinstance(v, NotMeasured) for v in earlier[day])]
    if not known:
        return {}
    then = _together(*known[0])
    before = {key: pd.Index(then.loc[rows, "customer_key"]) for key, rows in _groups(then, model, icp).items()}
    few = {key for key, keys in before.items() if 0 < len(keys) < FEWEST}
    if any(state in COUNTED for state, _ in few):
        few |= {key for key in groups if key[0] in COUNTED}
    return {key: change(before.get(key, pd.Index([])), pd.Index(table.loc[rows, "customer_key"]))
            for key, rows in groups.items() if key not in few}


def _strangers(survey, collected: dict) -> list[dict]:
    """Respondents who are no customers: those whose answers may be read, and those whose may not."""
    rows = []
    if survey is not None and not isinstance(survey, NotMeasured) and "in_base" in survey:
        strangers = survey.loc[~survey["in_base"].astype(bool), "customer_key"].nunique()
        rows.append(("answered the survey, not among the customers", strangers))
    unasked = ((collected.get("voices") or {}).get("survey") or {}).get("strangers_left_out", 0)
    if unasked:
        rows.append(("answered the survey, not among the customers, may not be analysed", unasked))
    return [{"state": POTENTIAL, "reason": why, "n": n, "share": np.nan, "revenue_share": np.nan} for why, n in rows]
