"""Everyone outside the segments, reconciled with the input to the last customer (method.md §4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import ContractError, NotMeasured, measured
from lib.contracts.labels import readable
from lib.segments.conditions import numbers
from lib.segments.model import OUTSIDE
from lib.stats import dominated, hidden_money

INSIDE, UNASSIGNED, AMBIGUOUS, POTENTIAL = "in segments", "unassigned", "ambiguous", "potential"
FILTERED, OPTED_OUT, NOISE = "filtered", "opted out", "noise"
COUNTED = (INSIDE, UNASSIGNED, NOISE, FILTERED, OPTED_OUT)  # these add up to the customers of the sources
CHOICES = ("opt", "consent", "object", "withdraw", "eras")  # words of an exclusion that the customer asked for
COLUMNS = ["state", "reason", "n", "share", "revenue_share"]


def outside_ledger(assignments: pd.DataFrame, placed: pd.DataFrame, model: dict, *, collected: dict, survey=None,
                   icp=None) -> pd.DataFrame:
    """One row per state and reason; columns as the contract `outside`.

    `in segments`, `unassigned`, `noise`, `filtered` and `opted out` add up to all customers of the sources;
    `ambiguous` are counted inside as well, `potential` are customers or strangers worth looking at, counted beside.
    `collected` is the document of step 2, `icp` the profile matched by customer_key.
    """
    absent = next((v for v in (assignments, placed, model, collected) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    table = assignments[["customer_key", "segment", "ambiguous"]].merge(placed, on="customer_key",
                                                                        validate="one_to_one")
    revenue = table["revenue"].fillna(0.0) if "revenue" in table else pd.Series(np.nan, table.index)
    excluded = {str(k): int(v) for k, v in collected["protection"].items() if _is_count(v)}
    everyone = len(table) + sum(excluded.values())
    out = table["segment"] == OUTSIDE
    rows = [_row(INSIDE, "placed by the model", ~out, everyone, revenue),
            _row(AMBIGUOUS, "the second segment is nearly as close; counted inside", table["ambiguous"], everyone,
                 revenue)]
    reasons = _why(table, model)
    rows += [_row(UNASSIGNED, why, out & (reasons == why), everyone, revenue) for why in sorted(set(reasons[out]))]
    rows += [{"state": _excluded_state(k), "reason": k, "n": n, "share": n / max(everyone, 1), "revenue_share": np.nan}
             for k, n in sorted(excluded.items()) if n]
    unasked = ((collected.get("voices") or {}).get("survey") or {}).get("strangers_left_out", 0)
    rows += _potential(table, everyone, revenue, survey, icp, unasked)
    found = pd.DataFrame(rows, columns=COLUMNS).astype({"n": "int64"})
    found.loc[_unsaid(found, table, revenue, reasons), "revenue_share"] = np.nan
    return found


@measured
def reconcile(outside: pd.DataFrame, collected: dict) -> dict:
    """{expected, found}: customers of the sources, and the sum of the ledger. Raises ContractError when they differ."""
    expected = collected["n_customers"] + sum(int(v) for v in collected["protection"].values() if _is_count(v))
    found = int(outside.loc[outside["state"].isin(COUNTED), "n"].sum())
    if expected != found:
        raise ContractError(f"the ledger of everyone outside counts {found} customers, the sources hold {expected}")
    return {"expected": expected, "found": found}


def _is_count(value) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _excluded_state(reason: str) -> str:
    return OPTED_OUT if any(word in reason.lower() for word in CHOICES) else FILTERED


def _row(state: str, reason: str, rows: pd.Series, everyone: int, revenue: pd.Series) -> dict:
    total = revenue.sum()
    return {"state": state, "reason": reason, "n": int(rows.sum()), "share": rows.sum() / max(everyone, 1),
            "revenue_share": revenue[rows].sum() / total if total > 0 else np.nan}


def _unsaid(ledger: pd.DataFrame, table: pd.DataFrame, revenue: pd.Series, reasons: pd.Series) -> list[bool]:
    """Rows whose share of revenue would tell what one customer brought, alone or beside the rows it adds up with."""
    inside, unsure = table["segment"] != OUTSIDE, table["ambiguous"].astype(bool)
    rows = hidden_money(revenue, reasons.mask(inside, INSIDE))
    ambiguous = dominated(revenue[unsure]) or dominated(revenue[inside & ~unsure])
    return [rows[INSIDE] if r.state == INSIDE and inside.any() else rows[r.reason] if r.state == UNASSIGNED
            else r.state == AMBIGUOUS and ambiguous for r in ledger.itertuples()]


def _why(table: pd.DataFrame, model: dict) -> pd.Series:
    """Why the model could not place a customer: the first column without a value, else that no rule holds."""
    why = pd.Series("matches no rule of the model", index=table.index)
    for column in sorted(model["columns"], reverse=True):
        absent = table[column].isna() if column in table and not pd.api.types.is_numeric_dtype(table[column]) \
            else pd.Series(np.isnan(numbers(table, column)), table.index)
        why = why.mask(absent, f"no value for {readable(column)}")
    return why


def _potential(table: pd.DataFrame, everyone: int, revenue: pd.Series, survey, icp, unasked: int) -> list[dict]:
    """Who could become a customer: known but never bought, ideal profiles among them, respondents outside the base."""
    bought = next((c for c in ("n_occasions", "n_orders", "active_days") if c in table), None)
    rows = []
    if unasked:
        rows.append({"state": POTENTIAL, "reason": "answered the survey, not among the customers, may not be analysed",
                     "n": unasked, "share": np.nan, "revenue_share": np.nan})
    if bought is not None:
        never = (table[bought].fillna(0) == 0) & table.get("recency_days", pd.Series(np.nan, table.index)).isna()
        verb = "used" if bought == "active_days" else "bought"
        rows.append(_row(POTENTIAL, f"known, never {verb}", never, everyone, revenue))
        if icp is not None and not isinstance(icp, NotMeasured):
            matched = ~table["customer_key"].map(icp).fillna("(none)").eq("(none)")
            rows.append(_row(POTENTIAL, f"matches an ideal customer profile, never {verb}", never & matched, everyone,
                             revenue))
    if survey is not None and not isinstance(survey, NotMeasured) and "in_base" in survey:
        strangers = survey.loc[~survey["in_base"].astype(bool), "customer_key"].nunique()
        rows.append({"state": POTENTIAL, "reason": "answered the survey, not among the customers", "n": strangers,
                     "share": np.nan, "revenue_share": np.nan})
    return rows
