"""Campaigns, who was assigned to which arm, and what came of it; nothing later than the as-of date."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.collect.screens import People, is_repeat, kept, people_checks, screened, time_checks, with_people
from lib.contracts.raw import Rules

ARMS = ("treated", "control")
KEY = ["campaign", "customer_key"]


def campaign_table(typed: ir.Table, rules: Rules) -> ir.Table:
    """The campaigns source with states."""
    typed = typed.mutate(_repeat=is_repeat(typed))
    rows = ibis.window(group_by=typed.campaign)
    checks = [("excluded", why.EQUAL_ROW, typed._repeat),
              ("quarantined", why.CONFLICT, (~typed._repeat).sum().over(rows) > 1),
              *time_checks(typed.starts_on, rules, expires=False), *_value_checks(typed)]
    return screened(typed, checks).drop("_repeat").cache()


def _value_checks(typed: ir.Table) -> list[tuple[str, str, ir.BooleanValue]]:
    """Campaigns that end before they start, cost less than nothing, or have a planned share that is none: their profit
    would be turned round, or their effect looked for on no day."""
    wrong = {"ends_on": ("before starts_on", lambda day: day < typed.starts_on),
             "cost_per_contact": ("negative", lambda cost: cost < 0),
             "treated_share": ("not between 0 and 1", lambda share: ~((share > 0) & (share < 1)))}
    return [("quarantined", f"{column}: {what}", holds(typed[column])) for column, (what, holds) in wrong.items()
            if column in typed.columns]


def campaigns(table: ir.Table) -> pd.DataFrame:
    """Columns as the contract `campaigns`."""
    frame = kept(table).to_pandas()
    frame["name"] = frame["name"].fillna(frame["campaign"]) if "name" in frame else frame["campaign"]
    wanted = ["campaign", "name", "starts_on", "ends_on", "channel", "cost_per_contact", "margin_rate", "randomised",
              "treated_share"]
    frame = frame[[c for c in wanted if c in frame]]
    return frame.sort_values("campaign", ignore_index=True)


def assignment_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The assignments source with states; two arms for one customer contradict each other."""
    table = with_people(typed.mutate(arm=typed.arm.lower()), people)
    table = table.mutate(_repeat=is_repeat(table))
    rows = ibis.window(group_by=[table.campaign, table.customer_key])
    checks = [("quarantined", "arm: neither treated nor control", ~table.arm.isin(ARMS)),
              ("excluded", why.EQUAL_ROW, table._repeat),
              ("quarantined", why.CONFLICT, (~table._repeat).sum().over(rows) > 1),
              *time_checks(table.assigned_at, rules, expires=False), *people_checks(table)]
    return screened(table, checks).drop("_repeat").cache()


def outcome_table(typed: ir.Table, people: People, assigned: pd.DataFrame, unfinished: list[str]) -> ir.Table:
    """The outcomes source with states: of assigned customers, of windows that ended by the as-of date."""
    table = with_people(typed, people)
    table = table.mutate(_repeat=is_repeat(table))
    rows = ibis.window(group_by=[table.campaign, table.customer_key])
    pairs = ibis.memtable(assigned[KEY].astype("str")).rename(_campaign="campaign", _customer="customer_key")
    table = table.left_join(pairs, [table.campaign == pairs._campaign, table.customer_key == pairs._customer])
    checks = [("excluded", why.EQUAL_ROW, table._repeat),
              ("quarantined", why.CONFLICT, (~table._repeat).sum().over(rows) > 1),
              *people_checks(table),
              ("excluded", why.UNFINISHED, table.campaign.isin(unfinished) if unfinished else ibis.literal(False)),
              ("excluded", why.UNASSIGNED, table._campaign.isnull())]
    return screened(table, checks).drop("_repeat", "_campaign", "_customer").cache()


def treatments(assigned: pd.DataFrame, outcomes: ir.Table | None) -> pd.DataFrame:
    """Columns as the contract `treatments`: one row per campaign and customer."""
    wanted = [c for c in (*KEY, "arm", "stratum", "assigned_at") if c in assigned]
    table = assigned[wanted].rename(columns={"assigned_at": "assigned_on"})
    if outcomes is not None:
        results = kept(outcomes).to_pandas()
        values = [c for c in ("converted", "spend", "spend_before") if c in results]
        results = results[KEY + values].astype(dict.fromkeys(values, "float64"))
        table = table.merge(results, on=KEY, how="left", validate="one_to_one")
    return table.sort_values(KEY, ignore_index=True)


def unfinished_campaigns(table: pd.DataFrame | None, rules: Rules) -> list[str]:
    """Campaigns whose outcome window ends after the as-of date."""
    if table is None:
        return []
    return table.loc[table["ends_on"] > pd.Timestamp(rules.as_of), "campaign"].tolist()
