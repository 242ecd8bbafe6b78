"""Where the next contacts earn most: allocation from measured effects or declared assumptions, never invented ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from babel.numbers import get_currency_precision

from lib.contracts import NotMeasured, UserError, measured, requires

ESTIMATES = {"value": ("adjusted", "uplift"), "value_low": ("adjusted_low", "low"),
             "value_high": ("adjusted_high", "high")}
COLUMNS = ["segment", "basis", "value", "low", "high", "cost_each", "source"]
BASED = ("measured", "declared")
UNSEEN, OTHERS = "no test could see its aim", "not among the targets"  # reasons for no contacts
LOSSES = ("measured below its cost", "assumed below its cost")


def minor_units(amount: float, currency: str) -> float:
    """An amount of the product file in minor units of its currency."""
    return amount * 10 ** get_currency_precision(currency)


@requires("strategies", "facts")
def effects(strategies: pd.DataFrame, facts: pd.DataFrame, uplift: pd.DataFrame | NotMeasured,
            campaigns: pd.DataFrame | NotMeasured, assumptions: list, *, margin_rate: float,
            cost: float) -> pd.DataFrame:
    """Expected margin of one contact before its cost, and that cost, per segment: measured, else declared, else none.

    Measured: the uplift in spend of an earlier randomised campaign in that segment × the campaign's margin rate, at
    the campaign's own cost per contact; only of a campaign through the channel of the strategy, since an effect of a
    letter says nothing of a call. Of several the most precise one, never the largest, adjusted for earlier spend where
    that was known. Declared: the assumed difference in response rate for the strategy's objective × mean value of an
    occasion × ``margin_rate``, at ``cost``. Both also stand in where a campaign records none. ``assumptions`` have id,
    objective, effect, low, high. Columns: segment, basis (measured, declared, none), value, low, high, cost_each (minor
    units), source.
    """
    order_value = facts.set_index("segment")["mean_occasion_value"]
    measured = _most_precise(uplift, _terms(campaigns, margin_rate, cost), strategies)
    declared = {a.objective: a for a in assumptions}
    rows = []
    for row in strategies.itertuples():
        seen, assumed = measured.get(row.segment), declared.get(row.objective)
        worth = order_value.get(row.segment, np.nan) * margin_rate
        if seen is not None:
            gains = np.array([seen.value, seen.value_low, seen.value_high]) * seen.margin_rate
            rows.append((row.segment, "measured", *gains, seen.cost_each, seen.campaign))
        elif assumed is not None and margin_rate and not np.isnan(worth):
            gains = np.array([assumed.effect, assumed.low, assumed.high]) * worth
            rows.append((row.segment, "declared", *gains, cost, assumed.id))
        else:
            rows.append((row.segment, "none", np.nan, np.nan, np.nan, cost, ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def allocate(value: np.ndarray, cost: np.ndarray, available: np.ndarray, capacity: int, *,
             saturation: float) -> np.ndarray:
    """Contacts per segment that earn the largest expected margin after cost, within the capacity.

    Contacting x of n brings value · x · (1 - saturation · x / n): never more per contact than measured, and less
    the more of a segment is contacted. The gain of each further contact falls, so taking the largest gains first
    is the optimum. NaN values get nothing. Ties go to the earlier segment.
    """
    gains, owner = [], []
    for i, (v, c, n) in enumerate(zip(value, cost, available, strict=True)):
        if np.isnan(v) or n <= 0:
            continue
        x = np.arange(1, int(n) + 1)
        gains.append(v * (1 - saturation * (2 * x - 1) / n) - c)
        owner.append(np.full(int(n), i))
    contacts = np.zeros(len(value), dtype="int64")
    if gains:
        gain, owner = np.concatenate(gains), np.concatenate(owner)
        order = np.argsort(-gain, kind="stable")[:capacity]
        contacts += np.bincount(owner[order][gain[order] > 0], minlength=len(value))
    return contacts


def expected(value: float, contacts: int, available: int, *, saturation: float) -> float:
    """Expected incremental margin of that many contacts, before their cost."""
    return value * contacts * (1 - saturation * contacts / available) if available else np.nan


@measured
def budget(effect: pd.DataFrame, targets: pd.DataFrame, design: pd.DataFrame, *, capacity: int, cost: float,
           saturation: float) -> pd.DataFrame:
    """The allocation (contract `budget`): what it rests on, contacts, cost, expected margin after cost, and why.

    Measured effects whose interval is clear of their cost, and declared assumptions, share the capacity by
    expected margin. A measured loss gets nothing. Everything else among the targets gets a test budget at ``cost`` a
    contact from what is left of the capacity, most robust first, and no margin figure; nothing where the test would be
    hopeless: it would buy no knowledge (`_next_testable` then says what is tested instead). Capacity 0: not declared,
    so not a limit. Raises UserError for one below 0.
    """
    if capacity < 0:
        raise UserError(f"a capacity of {capacity}", where="the parameter `capacity` of 05_strategy",
                        fix="the customers that can be treated in one period, or 0 for that of the product file")
    rows = effect.merge(targets[["segment", "role", "p_first", "p_second"]], on="segment", validate="one_to_one")
    rows = rows.merge(design[["segment", "n_treated", "n_needed", "n_least"]], on="segment", validate="one_to_one")
    judged = pd.DataFrame([_basis(r) for r in rows.itertuples()], columns=["basis", "reason"], index=rows.index)
    rows = _next_testable(rows.assign(**judged))
    rows["cost_each"] = rows["cost_each"].where(rows["basis"].isin(BASED), float(cost))
    limit = capacity or int(rows["n_treated"].sum())
    contacts = allocate(rows["value"].where(rows["basis"].isin(BASED)).to_numpy(float), rows["cost_each"].to_numpy(),
                        rows["n_treated"].to_numpy(), limit, saturation=saturation)
    contacts = _test_contacts(rows, contacts, limit)
    return pd.DataFrame([_line(r, int(x), saturation) for r, x in zip(rows.itertuples(), contacts, strict=True)])


def _basis(row) -> tuple[str, str]:
    """What a segment's contacts rest on, and why it gets none."""
    if row.role == "not now":
        return "none", "knocked out"
    if row.basis == "measured" and row.low > row.cost_each:
        return "measured", ""
    if row.basis == "measured" and row.high <= row.cost_each:
        return "none", "measured below its cost"
    if row.basis == "declared":
        return ("declared", "") if row.value > row.cost_each else ("none", "assumed below its cost")
    if row.role != "target":
        return "none", OTHERS
    return ("none", UNSEEN) if row.n_treated and np.isnan(row.n_least) else ("test budget", "")


def _next_testable(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a test budget for the next segment of the ranking whose test could see its aim, where the tests of
    the targets could not and nothing else is contacted: a plan that tests nothing learns nothing."""
    if not (rows["reason"] == UNSEEN).any() or rows["basis"].ne("none").any():
        return rows
    able = rows[(rows["reason"] == OTHERS) & (rows["n_treated"] > 0) & rows["n_least"].notna()]
    if able.empty:
        return rows
    chosen = rows.index == (able["p_first"].fillna(0) + able["p_second"].fillna(0)).idxmax()
    return rows.assign(basis=rows["basis"].mask(chosen, "test budget"), reason=rows["reason"].mask(chosen, ""))


def _test_contacts(rows: pd.DataFrame, contacts: np.ndarray, limit: int) -> np.ndarray:
    """A test budget is what the test needs per arm, from what is left of the capacity; nothing where that is too little
    for a test that could see its aim."""
    contacts, left = contacts.copy(), limit - int(contacts.sum())
    firmness = -(rows["p_first"].fillna(0) + rows["p_second"].fillna(0))
    for i in np.argsort(firmness.to_numpy(), kind="stable"):
        if rows["basis"].iloc[i] == "test budget":
            wanted = max(0, min(left, rows["n_treated"].iloc[i], rows["n_needed"].iloc[i] or left))
            contacts[i] = wanted if wanted >= rows["n_least"].iloc[i] else 0
            left -= contacts[i]
    return contacts


def _line(row, contacts: int, saturation: float) -> dict:
    spent = contacts * row.cost_each
    known = row.basis in BASED
    case = {name: expected(v, contacts, row.n_treated, saturation=saturation) - spent if known else np.nan
            for name, v in (("expected_margin", row.value), ("low", row.low), ("high", row.high))}
    return {"segment": row.segment, "basis": row.basis, "contacts": contacts, "cost_each": row.cost_each,
            "cost": spent, **case, "source": row.source if known or row.reason in LOSSES else "",
            "reason": _reason(row, contacts)}


def _reason(row, contacts: int) -> str:
    if contacts or row.reason:
        return row.reason
    return "no capacity left" if row.n_treated else "nobody may be contacted"


def _terms(campaigns: pd.DataFrame | NotMeasured, margin_rate: float, cost: float) -> pd.DataFrame:
    """Channel, margin rate and cost of a contact of every campaign; the product's where it records none."""
    if isinstance(campaigns, NotMeasured):
        return pd.DataFrame(columns=["campaign", "channel", "margin_rate", "cost_each"])
    told = pd.DataFrame({"campaign": campaigns["campaign"]})
    told["channel"] = campaigns["channel"].astype("object") if "channel" in campaigns else None
    stand_in = (("margin_rate", "margin_rate", margin_rate), ("cost_each", "cost_per_contact", cost))
    for name, column, stands_in in stand_in:
        known = campaigns[column].astype("float64") if column in campaigns else pd.Series(np.nan, campaigns.index)
        told[name] = known.fillna(stands_in)
    return told


def _most_precise(uplift: pd.DataFrame | NotMeasured, terms: pd.DataFrame, strategies: pd.DataFrame) -> dict:
    """Per segment the most precise effect on money of a campaign through the channel of its strategy."""
    if isinstance(uplift, NotMeasured) or terms.empty:
        return {}
    rows = uplift[(uplift["outcome"] == "money") & (uplift["segment"] != "all") & uplift["low"].notna()]
    rows = rows.drop(columns=["cost"], errors="ignore").merge(terms, on="campaign", validate="many_to_one")
    wanted = rows["segment"].map(strategies.set_index("segment")["channel"])
    rows = rows[(rows["channel"].isna() | (rows["channel"] == wanted)) & (rows["margin_rate"] > 0)]
    for name, (better, plain) in ESTIMATES.items():
        rows = rows.assign(**{name: rows[better].fillna(rows[plain])})
    rows = rows.assign(width=rows["value_high"] - rows["value_low"]).sort_values(["segment", "width", "campaign"])
    return {row.segment: row for row in rows.drop_duplicates("segment").itertuples()}
