"""Tables of notebook 06 about campaigns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.blocks import TableBlock, shows
from lib.report.campaign_names import named
from lib.report.inside import untold
from lib.report.numbers import MISSING, Format
from lib.report.suppress import hidden

OUTCOMES = {"rate": "response rate", "money": "spend per customer", "capped money": "capped spend, another quantity",
            "none": "none"}


def outcome_kind(outcome: str, fmt: Format):
    """How a difference of that outcome is written: points of a rate, or money."""
    return (lambda v: points(v, fmt)) if outcome == "rate" else fmt.money


def points(share: float, fmt: Format) -> str:
    """A difference of shares in points of a hundred."""
    said = fmt.number(100 * share, 1)
    return f"{said} point" if said == "1" else f"{said} points"


def level_kind(outcome: str, fmt: Format):
    """How the level of that outcome is written: a share, or money."""
    return (lambda v: fmt.share(v, 1)) if outcome == "rate" else fmt.money


def told(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> pd.DataFrame:
    """The effects that may be told: not of few in an arm, nor what would give such a number away."""
    return table[~hidden(table, "uplift", fmt, untold(segments, fmt))]


@shows
def campaigns(checks: pd.DataFrame, fmt: Format) -> TableBlock:
    """Whether each campaign may be read as an experiment."""
    names = named(checks)
    rows = [[names[r.campaign], fmt.people(r.n_treated), fmt.people(r.n_control), fmt.p_value(r.ratio_p),
             fmt.p_value(r.balance_p), fmt.dated(r.problem) or "read as an experiment", r.note or "none"]
            for r in checks.itertuples()]
    numeric = ["treated", "held out", "p of the sizes", "p of earlier spend"]
    return TableBlock("May the campaigns be read as experiments?", ["campaign", *numeric, "verdict", "checks"], rows,
                      numeric, tone="method")


@shows
def targeting(table: pd.DataFrame, checks: pd.DataFrame, fmt: Format) -> TableBlock:
    """Campaigns that were not drawn by chance: what those they reached did before, and the change that is no effect."""
    names = named(checks)
    rows = [[names[r.campaign], f"{fmt.people(r.n_treated)} / {fmt.people(r.n_control)}", fmt.count(r.days),
             fmt.estimate(r.before, r.before_low, r.before_high, fmt.money), fmt.p_value(r.before_p),
             fmt.estimate(r.change, r.low, r.high, fmt.money), r.verdict]
            for r in table[~hidden(table, "targeting", fmt)].itertuples()]
    numeric = ["treated / others", "days", "spent more before by (95 % interval)", "p",
               "difference in differences, not causal (95 % interval)"]
    note = ("Per customer, in as many days before the campaign as it lasted. Others: held out, else all who had "
            "ordered before it and were not treated. The difference in differences is not an effect: whoever is chosen "
            "may have changed anyhow. No uplift and no return follows from it.")
    return TableBlock("Campaigns that cannot be read as experiments", ["campaign", *numeric, "what the orders tell"],
                      rows, numeric, note, tone="method")


@shows
def uplift(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> TableBlock | None:
    """Uplift of every campaign, outcome and segment, plain and adjusted, with profit; None where nothing is read."""
    names, said = {**segments.set_index("segment")["name"].to_dict(), "all": "all treated"}, named(table)
    shown, rows = told(table, segments, fmt), []
    read, shown = int((table["outcome"] != "none").sum()), shown[shown["uplift"].notna()]
    if shown.empty:
        return None
    for r in shown.itertuples():
        kind = outcome_kind(r.outcome, fmt)
        capped = "" if np.isnan(r.cap) else f" (at {fmt.money(r.cap)})"
        rows.append([said[r.campaign], names.get(r.segment, r.segment), f"{OUTCOMES[r.outcome]}{capped}",
                     f"{fmt.people(r.n_treated)} / {fmt.people(r.n_control)}", level_kind(r.outcome, fmt)(r.control),
                     _estimate(r.uplift, r.low, r.high, kind),
                     _estimate(r.adjusted, r.adjusted_low, r.adjusted_high, kind), fmt.p_value(r.p),
                     _estimate(r.profit, r.profit_low, r.profit_high, fmt.money),
                     _estimate(r.roi, r.roi_low, r.roi_high, fmt.share), _seen(r, kind)])
    numeric = ["treated / held out", "level of those held out", "uplift (95 % interval)", "adjusted", "Holm p",
               "profit (95 % interval)", "return on its cost (95 % interval)"]
    return TableBlock("What the campaigns changed", ["campaign", "segment", "outcome", *numeric, "verdict"], rows,
                      numeric, "Profit: uplift × margin × treated − cost; return: profit / cost; both from the plain "
                      "difference. Adjusted: for spend before the campaign. "
                      f"{fmt.counted(read - len(shown), 'comparison')} left out: on too few to tell, or of few in "
                      "an arm, or giving such a number away.",
                      tone="method")


def _estimate(value: float, low: float, high: float, kind) -> str:
    return MISSING if np.isnan(value) else f"{kind(value)} ({kind(low)} to {kind(high)})"


def _seen(row, kind) -> str:
    if np.isnan(row.uplift) or row.p < 0.05:
        return row.verdict
    return f"{row.verdict}, could detect {kind(row.detectable)} or more"
