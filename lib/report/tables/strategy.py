"""Tables of notebook 05."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.blocks import TableBlock, shows
from lib.report.numbers import MISSING, Format
from lib.report.suppress import hidden

SHARES, MONEY = ("next_active", "breadth", "reach"), ("mean_value", "mean_occasion_value", "margin")
METRICS = {"next_active": "active in the next period", "mean_value": "revenue per customer",
           "frequency": "active days per period", "breadth": "share of features or categories used",
           "depth": "use per active day", "mean_occasion_value": "value of an occasion"}
IDS = 3  # evidence ids shown beside their count


def level(value: float, metric: str, fmt: Format) -> str:
    """A value of a metric in its own units."""
    if metric in SHARES:
        return fmt.share(value, 1)
    return fmt.money(value) if metric in MONEY else fmt.number(value)


@shows
def traces(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Where each strategy comes from: situation, entry, evidence."""
    rows = []
    for r in _ordered(table, facts).itertuples():
        ids = [i for i in r.evidence_ids.split(",") if i]
        more = f" and {fmt.count(len(ids) - IDS)} more" if len(ids) > IDS else ""
        rows.append([r.name, r.situation, r.source, r.dimension, ", ".join(ids[:IDS]) + more or "assumption",
                     r.discovered or "nobody was asked"])
    return TableBlock("Why this strategy", ["segment", "situation", "playbook entry", "dimension moved", "evidence",
                                            "where they found us"], rows)


@shows
def criteria(scored: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Every criterion as measured, its score and its weight."""
    names = facts.set_index("segment")["name"]
    heads = scored.drop_duplicates("criterion")
    columns = [f"{r.criterion} ({fmt.number(r.weight, 1)})" for r in heads.itertuples()]
    wide = scored.set_index(["segment", "criterion"])
    rows = [[names[s], *(f"{_measure(wide.loc[(s, c), 'value'], c, fmt)} → {fmt.number(wide.loc[(s, c), 'score'], 0)}"
                         for c in heads["criterion"])] for s in facts["segment"]]
    kinds = "; ".join(f"{r.criterion}: {r.kind}, {r.axis}, {r.source}" for r in heads.itertuples())
    return TableBlock("Criteria: as measured → score (weight in brackets)", ["segment", *columns], rows, columns, kinds)


@shows
def targets(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Role of each segment, with what knocked it out and how firm its rank is."""
    guarded = facts.assign(out=hidden(facts, "segments", fmt)).set_index("segment")["out"]
    rows = [[r.name, "few" if guarded[r.segment] else fmt.people(r.n), r.role, r.knocked_out or "none",
             fmt.number(r.attractiveness, 0), fmt.number(r.competitiveness, 0), fmt.share(r.p_first),
             fmt.share(r.p_first + r.p_second)] for r in _ordered(table, facts).itertuples()]
    numeric = ["customers", "attractiveness", "competitiveness", "first", "first or second"]
    columns = ["segment", "customers", "role", "knocked out by", *numeric[1:]]
    return TableBlock("Which segments to target", columns, rows, numeric,
                      "First: share of the draws of the weights in which it ranks first."
                      + f" few: {fmt.few} customers, or what would give such a number away." * bool(guarded.any()))


@shows
def budget(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Contacts, cost, and expected margin where it is measured or declared."""
    rows = [[r.name, r.basis, fmt.people(r.contacts), fmt.money(r.cost),
             _margin(r, fmt), r.source or "none"] for r in _ordered(table, facts).itertuples()]
    return TableBlock("Where the contacts go", ["segment", "rests on", "contacts", "cost", "expected margin after cost",
                                                "campaign or assumption"], rows, ["contacts", "cost"],
                      "A test budget buys knowledge: no return is promised for it.")


@shows
def experiments(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Arms, needed size, and the smallest effect each test would see."""
    rows = [[r.name, fmt.people(r.n_available), fmt.people(r.n_treated), fmt.people(r.n_control), METRICS[r.outcome],
             level(r.baseline, r.outcome, fmt), level(r.smallest_effect, r.outcome, fmt),
             fmt.count(r.n_needed) if r.n_needed else MISSING, r.verdict] for r in _ordered(table, facts).itertuples()]
    numeric = ["may be contacted", "treated", "held out", "now", "smallest effect", "needed per arm"]
    return TableBlock("The test of each strategy", ["segment", *numeric[:3], "outcome", *numeric[3:], "verdict"], rows,
                      numeric, "Smallest effect: seen with 80 % power at 5 %. Needed: for the effect aimed at.")


@shows
def audiences(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Customers of each segment by reason: exported, or why not."""
    names = facts.set_index("segment")["name"]
    shown = table.assign(out=hidden(table, "audiences", fmt))
    shown = shown.sort_values(["segment", "n"], ascending=[True, False])
    rows = [[names.get(r.segment, r.segment), r.channel, r.reason,
             "few" if r.out else fmt.people(r.n)]
            for r in shown.itertuples()]
    return TableBlock("Who may be contacted, and who will be", ["segment", "channel", "reason", "customers"], rows,
                      ["customers"], f"few: fewer than {fmt.count(fmt.smallest)}, or what would give such a number "
                                     "away.")


@shows
def assumptions(plan: dict, fmt: Format) -> TableBlock:
    """Everything this plan takes on trust, with id and source."""
    rows = [[a["id"], a["statement"], a["source"]] for a in plan["assumptions"]]
    return TableBlock("What this plan assumes", ["id", "statement", "source"], rows)


def _ordered(table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    named = table.merge(facts[["segment", "name", "rank", "n"]], on="segment", validate="one_to_one")
    return named.sort_values("rank")


def _measure(value: float, criterion: str, fmt: Format) -> str:
    if criterion in ("growth", "retention", "reach"):
        return fmt.share(value)
    return fmt.money(value) if criterion in ("value", "margin") else fmt.number(value, 1)


def _margin(row, fmt: Format) -> str:
    if np.isnan(row.expected_margin):
        return "no figure"
    return f"{fmt.money(row.expected_margin)} {fmt.interval(row.low, row.high, fmt.money)}"
