"""Ideal customer profiles looked up in the data: who matches, what they are worth, who matches none (method.md §1)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.basis.rule import attributes_named, matches
from lib.basis.sensitivity import sensitivity
from lib.contracts import NotMeasured, UserError, measured
from lib.contracts.counts import few_of
from lib.stats import dominated, mean_interval, wilson

NONE, SEVERAL = "(none)", "several"
LEAST = 2    # method.md §1: at least two profiles per product
FEWEST = 10  # method.md §7: nothing is said about fewer customers
VALUE = ("revenue_share", "mean_value", "value_low", "value_high", "value_diff", "value_diff_low", "value_diff_high")
RETAINED = ("retained", "retained_low", "retained_high", "retained_diff", "retained_diff_low", "retained_diff_high")


def known_people(features, customers) -> pd.DataFrame | NotMeasured:
    """Whom profiles are looked up among: customers with their behaviour, or, before there is any, their attributes."""
    return customers if isinstance(features, NotMeasured) else features


def membership(customers: pd.DataFrame, icps: list[dict]) -> pd.DataFrame:
    """One row per customer, one bool column per profile; index as given. Raises UserError on a bad rule."""
    return pd.DataFrame({icp["name"]: matches(icp["who"], customers) for icp in icps}, index=customers.index)


@measured
def matched(customers: pd.DataFrame, icps: list[dict], features=None) -> pd.Series:
    """The profile of each customer: its name, `(none)`, or `several`. Indexed by customer_key.

    Rules may ask for attributes and, where ``features`` hold them, for behaviour, as in step 1.
    """
    if isinstance(features, pd.DataFrame):
        more = ["customer_key", *(c for c in features if c not in customers)]
        customers = customers.merge(features[more], on="customer_key", how="left", validate="one_to_one")
    member = membership(customers, icps)
    first = member.idxmax(axis=1) if len(member.columns) else pd.Series(NONE, index=customers.index)
    label = np.select([member.sum(axis=1) == 0, member.sum(axis=1) > 1], [NONE, SEVERAL], first)
    return pd.Series(label, index=customers["customer_key"].to_numpy(), dtype="str", name="icp")


def refuse_protected(icps: list[dict], *, never: tuple[str, ...] = (), grounds: dict[str, str] | None = None) -> None:
    """Raises UserError when a profile divides customers by what data protection or the product file keeps out."""
    for icp in icps:
        for column in attributes_named(icp["who"]):
            kind = sensitivity(column)
            if column in never or not (kind == "none" or (grounds or {}).get(column)):
                why = "which bases.never rules out" if column in never else f"a {kind} attribute without a ground"
                raise UserError(f"the profile {icp['name']!r} divides customers by {column!r}, {why}",
                                where=f"icps, {icp['who'][:80]!r}",
                                fix=f"take it out of the rule, or record why it may be used in bases.grounds.{column}")


def icp_table(people, before, icps: list[dict], *, never: tuple[str, ...] = (),
              grounds: dict[str, str] | None = None) -> pd.DataFrame | NotMeasured:
    """One row per profile and one for `(none)`; columns as the contract `icps`.

    ``people`` are customers at the as-of date with attributes and, where known, `revenue` (minor units) in the
    window; ``before`` the same one period earlier with `next_active`. Value is the mean of all members with a t
    interval, its difference from all others Welch's; retention is the share active in the last period among those
    known before with Wilson's interval, its difference Newcombe's. Fewer than two profiles are not looked up.
    Raises UserError on a rule that cannot be read, and on one that divides by what ``never`` or data protection
    without one of the ``grounds`` keeps out.
    """
    if isinstance(people, NotMeasured):
        return people
    if len(icps) < LEAST:
        return NotMeasured(f"{few_of(len(icps), 'ideal customer profile')} declared, and a profile shows only beside "
                           "another",
                           f"at least {LEAST} profiles in the product file (icps)")
    refuse_protected(icps, never=never, grounds=grounds)
    member = membership(people, icps)
    earlier = None if isinstance(before, NotMeasured) else membership(before, icps)
    none = {"name": NONE, "who": "matches no profile", "source": ""}
    rows = [_row(icp, people, member, before, earlier) for icp in (*icps, none)]
    told = _told(people, [_inside(member, row["icp"]) for row in rows])
    unsaid = dict.fromkeys(VALUE, np.nan) if told else {}
    return pd.DataFrame([row | unsaid | {"finding": _finding(row | unsaid)} for row in rows])


def overlap(people, icps: list[dict]) -> pd.DataFrame | NotMeasured:
    """How many members of each profile (row) match each other one (column), and at the end how many match no other.

    Columns: the profiles, `no other` and `n` (members); index: the profiles.
    """
    if isinstance(people, NotMeasured) or len(icps) < LEAST:
        return people if isinstance(people, NotMeasured) else NotMeasured(
            f"{few_of(len(icps), 'ideal customer profile')} declared", f"at least {LEAST} profiles")
    member = membership(people, icps)
    each = member.astype("int64")
    alone = each[each.sum(axis=1) == 1].sum()
    return (each.T @ each).assign(**{"no other": alone, "n": each.sum()}).rename_axis("icp")


def _row(icp: dict, people: pd.DataFrame, member: pd.DataFrame, before, earlier) -> dict:
    inside = _inside(member, icp["name"])
    n, total = int(inside.sum()), len(people)
    low, high = wilson(n, total)
    row = {"icp": icp["name"], "rule": icp["who"], "source": icp["source"], "n": n,
           "share": n / total if total else np.nan, "share_low": float(low), "share_high": float(high),
           "overlap": _overlap(member, icp["name"])}
    row |= _value(people, inside)
    return row | _retention(before, None if earlier is None else _inside(earlier, icp["name"]))


def _told(people: pd.DataFrame, groups: list[pd.Series]) -> bool:
    """Whether money of any of these groups, or of all others, would tell what one customer brought (method.md §7)."""
    revenue = people.get("revenue", pd.Series(np.nan, people.index))
    return any(dominated(revenue[rows]) for inside in groups for rows in (inside, ~inside) if rows.sum() >= FEWEST)


def _inside(member: pd.DataFrame, name: str) -> pd.Series:
    return ~member.any(axis=1) if name == NONE else member[name]


def _overlap(member: pd.DataFrame, name: str) -> float:
    if name == NONE or not member[name].any():
        return np.nan
    return float((member.sum(axis=1) > 1)[member[name]].mean())


def _value(people: pd.DataFrame, inside: pd.Series) -> dict:
    if "revenue" not in people or inside.sum() < FEWEST:
        return dict.fromkeys(VALUE, np.nan)
    revenue = people["revenue"].fillna(0.0)
    share = revenue[inside].sum() / revenue.sum() if revenue.sum() > 0 else np.nan
    return dict(zip(VALUE, (share, *mean_interval(revenue[inside]), *_welch(revenue[inside], revenue[~inside])),
                    strict=True))


def _welch(members: pd.Series, others: pd.Series) -> tuple[float, float, float]:
    """Difference of means with Welch's 95 % interval; NaN with fewer than ten on a side or no variation at all."""
    if min(len(members), len(others)) < FEWEST or members.var() + others.var() == 0:
        return np.nan, np.nan, np.nan
    found = sps.ttest_ind(members, others, equal_var=False).confidence_interval(0.95)
    return float(members.mean() - others.mean()), float(found.low), float(found.high)


def _retention(before, inside) -> dict:
    if inside is None or inside.sum() < FEWEST:
        return dict.fromkeys(RETAINED, np.nan)
    active = before["next_active"]
    share, low, high = _share(active[inside])
    return dict(zip(RETAINED, (share, low, high, *_newcombe(active[inside], active[~inside])), strict=True))


def _share(active: pd.Series) -> tuple[float, float, float]:
    low, high = wilson(active.sum(), len(active))
    return float(active.mean()), float(low), float(high)


def _newcombe(members: pd.Series, others: pd.Series) -> tuple[float, float, float]:
    """Difference of two shares with Newcombe's hybrid score interval (Newcombe 1998, method 10)."""
    if len(others) < FEWEST:
        return np.nan, np.nan, np.nan
    (p, l1, u1), (q, l2, u2) = _share(members), _share(others)
    return p - q, p - q - float(np.hypot(p - l1, u2 - q)), p - q + float(np.hypot(u1 - p, q - l2))


def _finding(row: dict) -> str:
    """What the figures say, in a sentence part; differences only where their intervals are clear of zero."""
    if row["n"] == 0:
        return "every customer matches a profile" if row["icp"] == NONE else "nobody in the data matches this profile"
    if row["n"] < FEWEST:
        return "too few customers match to say more"
    value = _compared(row, "value_diff", "worth more", "worth less", "worth about as much")
    retained = _compared(row, "retained_diff", "active again more often", "active again less often",
                         "active again about as often")
    parts = [p for p in (value, retained) if p]
    return f"against all others {' and '.join(parts)}" if parts else "value and retention against others not measured"


def _compared(row: dict, name: str, more: str, less: str, same: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if np.isnan(low):
        return ""
    return more if low > 0 else less if high < 0 else same
