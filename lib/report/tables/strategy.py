"""Tables of notebook 05."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.contracts.labels import LABELS
from lib.report.blocks import Absent, TableBlock, shows
from lib.report.campaign_names import UNNAMED, readable_id
from lib.report.contacts import NEXT_ACTIVE, told_cases
from lib.report.inside import untold
from lib.report.numbers import MISSING, Format
from lib.report.suppress import hidden

SHARES, MONEY = ("next_active", "breadth", "reach"), ("mean_value", "mean_occasion_value", "margin")
METRICS = {"next_active": "active in the next period", "mean_value": "revenue per customer",
           "frequency": "active days per period", "breadth": "share of features or categories used",
           **{measure: LABELS[measure] for measure in ("depth", "mean_occasion_value")}}
STRATA = {"frequency": "earlier active days", "breadth": "earlier breadth of use", "depth": "earlier use per day",
          "revenue": "earlier revenue"}
VERDICTS = {"underpowered": "too small", "hopeless": "not a test: it could not see the aim"}  # in plain words
UNTESTED = ("no test", "hopeless")  # verdicts of segments in which nothing is tested
KNOCK_OUTS = ("distinct", "large enough", "identifiable", "reachable", "fits our strengths")
TOPICS = {"pain_point": "what bothers them", "valued_feature": "what they value", "cvp": "what it does for them",
          "jtbd": "what they want done"}
NONE_OF = {"computed": ("no criterion with a weight is computed from the data",
                          "weights for criteria that are computed (strategy.weights in the product file)"),
           "rated": ("no criterion was rated by people: the comparison rests on what the data say alone",
                     "who rated, and 0 to 10 for each segment (strategy.ratings in the product file)")}
GROWN = (" Growth: change in the number of customers since the first day of the sizes over time of step 4; the same "
         "model places everyone on both days, so that who left counts, too.")
IDS = 3  # evidence ids shown beside their count
FEW, HIDDEN = "few", "not shown"  # a count of few people; any other figure that would tell of them


def level(value: float, metric: str, fmt: Format) -> str:
    """A value of a metric in its own units."""
    if metric in SHARES:
        return fmt.share(value, 1)
    return fmt.money(value) if metric in MONEY else fmt.number(value)


def change(value: float, metric: str, fmt: Format) -> str:
    """A change of a metric: of a share in percentage points."""
    points = round(100 * value, 1) if metric in SHARES and value == value else None
    return level(value, metric, fmt) if points is None else f"{fmt.number(points, 1)} point{'s' * (points != 1)}"


def heard(n: int, of: int, fmt: Format) -> str:
    """How many people said something, of how many who were asked; few are not counted."""
    if fmt.is_few(of):
        return f"fewer than {fmt.count(fmt.smallest)} were asked"
    if fmt.is_few(n):
        return f"fewer than {fmt.count(fmt.smallest)} of those asked"
    return "nearly all who were asked" if fmt.is_few(of - n) else f"{fmt.people(n)} of {fmt.people(of)} asked"


@shows
def traces(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Where each strategy comes from: situation, entry, evidence."""
    rows = []
    for r in _ordered(table, facts).itertuples():
        ids = [i for i in r.evidence_ids.split(",") if i]
        cited = heard(r.n_evidence, r.n_asked, fmt)
        if not fmt.is_few(r.n_evidence):  # ids of few people would count them
            cited += f" [{', '.join(ids[:IDS])}{', …' * (len(ids) > IDS)}]"
        found = f"{r.discovered} ({heard(r.n_discovered, r.n_discovered_asked, fmt)})" if r.discovered else ""
        rows.append([r.name, r.situation, r.source, r.dimension, r.need, "assumption" if r.assumption else cited,
                     found or "nobody was asked"])
    return TableBlock("Where each strategy comes from", [
        "segment", "situation", "playbook entry", "dimension moved", "need", "evidence", "where they found us"], rows,
        note="In brackets the first ids of the evidence, where they are not few. An assumption is the playbook's, and "
             "nobody has said it.")


@shows
def knock_outs(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """What each segment must be, and whether it is."""
    cells = {(r.segment, r.criterion): r for r in table.itertuples()}
    rows = [[f.name, *(_check(cells[(f.segment, c)], f, fmt) for c in KNOCK_OUTS)] for f in _ranked(facts)]
    limits = {c: next(r.limit for r in table.itertuples() if r.criterion == c) for c in KNOCK_OUTS[1:]}
    return TableBlock("What a segment must be", ["segment", *KNOCK_OUTS], rows, [],
                      f"At least {fmt.count(limits['large enough'])} customers; a rule that tells members with a "
                      f"balanced accuracy of {fmt.number(limits['identifiable'])} or more; "
                      f"{fmt.share(limits['reachable'])} or more who may be contacted; a rating of "
                      f"{fmt.number(limits['fits our strengths'], 1)} or more of 10. What was not measured knocks "
                      f"nobody out.{_note(facts, fmt)}")


@shows
def criteria(scored: pd.DataFrame, facts: pd.DataFrame, kind: str, fmt: Format) -> TableBlock | Absent:
    """Every criterion of one kind (computed or rated) as measured, its score and its weight."""
    own = scored[scored["kind"] == kind]
    if own.empty:
        return Absent(*NONE_OF[kind])
    heads, standing = own.drop_duplicates("criterion"), set(scored["segment"])
    columns = [f"{r.criterion} ({fmt.number(r.weight, 1)})" for r in heads.itertuples()]
    wide = own.set_index(["segment", "criterion"])
    rows = [[f.name, *(_scored(wide.loc[(f.segment, c)], c, f, fmt) for c in heads["criterion"])]
            for f in _ranked(facts) if f.segment in standing]
    axes = "; ".join(f"{axis}: {', '.join(part['criterion'])}" for axis, part in heads.groupby("axis"))
    grown = GROWN if "growth" in set(heads["criterion"]) else ""
    sources = "" if kind == "computed" else " Source: " + "; ".join(
        f"{r.criterion}: {r.source}" for r in heads.itertuples()) + "."
    caption = {"computed": "Computed from the data", "rated": "Rated by people, 0 to 10"}[kind]
    return TableBlock(f"{caption}: value → score (weight of 100)", ["segment", *columns], rows, columns,
                      f"{axes}.{grown}{sources}{_note(facts, fmt)}")


@shows
def targets(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Role of each segment, with what knocked it out and how firm its rank is."""
    rows = []
    for r in _ordered(table, facts).itertuples():
        out, axes = bool(r.knocked_out) or np.isnan(r.p_first), (r.attractiveness, r.competitiveness)
        scores = [""] * 2 if out else [HIDDEN] * 2 if r.quiet else [fmt.number(v, 0) for v in axes]
        places = [""] * 2 if out else [fmt.share(r.p_first), fmt.share(r.p_first + r.p_second)]
        rows.append([r.name, FEW if r.few else fmt.people(r.n), r.role, r.knocked_out or "nothing", *scores, *places])
    numeric = ["customers", "attractive", "our strength", "first", "first or second"]
    return TableBlock("Which segments to target", ["segment", "customers", "role", "knocked out by", *numeric[1:]],
                      rows, numeric, "Attractive, our strength: 0-100, among the segments that are compared. First: "
                                     f"share of 2,000 draws of the weights in which it ranks first.{_note(facts, fmt)}")


@shows
def budget(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format,
           campaigns: Mapping[str, str] = UNNAMED) -> TableBlock:
    """Contacts, cost, and expected margin where it is measured or declared; campaigns by what each id is called."""
    rows = []
    for r in _ordered(table, facts).itertuples():
        money = [FEW, fmt.money(r.cost_each), HIDDEN] if r.quiet and r.contacts else [
            fmt.people(r.contacts), fmt.money(r.cost_each), fmt.money(r.cost)]
        rows.append([r.name, r.basis if r.contacts else f"nothing: {r.reason}", *money,
                     HIDDEN if r.quiet and r.contacts else _margin(r, fmt),
                     campaigns.get(r.source, readable_id(r.source)) or "none"])
    numeric = ["contacts", "each", "cost"]
    return TableBlock("Where the contacts go", ["segment", "rests on", *numeric, "expected margin after cost",
                                                "campaign or assumption"], rows, numeric,
                      "A test budget buys knowledge: no return is promised for it. Where no test of a target could see "
                      "its aim, and nothing else is contacted, it goes to the next segment whose test could."
                      f"{_note(facts, fmt)}")


@shows
def sensitivity(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """What the plan would be if one assumption were otherwise."""
    rows = [[r.Index, fmt.people(r.contacts), fmt.people(r.moved), fmt.money(r.margin)]
            for r in told_cases(table, facts).itertuples()]
    columns = ["if ...", "contacts", "of them placed otherwise", "expected margin after cost"]
    return TableBlock("If an assumption is wrong", columns, rows, columns[1:],
                      "One thing is varied at a time, and the allocation worked out anew. Contacts that rest on a "
                      "measured effect or a declared assumption; tests are not counted."
                      + " Without segments beside few customers." * bool(facts["quiet"].any()))


@shows
def experiments(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Arms, needed size, and the smallest effect each test would see."""
    rows = []
    for r in _ordered(table, facts).itertuples():
        free, *arms = [FEW] * 3 if r.quiet else [fmt.people(v) for v in (r.n_available, r.n_treated, r.n_control)]
        untold = r.rate_few and r.outcome == NEXT_ACTIVE
        rows.append([r.name, free, FEW if r.quiet else " / ".join(arms), METRICS[r.outcome],
                     HIDDEN if untold else level(r.baseline, r.outcome, fmt), change(r.aimed, r.outcome, fmt),
                     HIDDEN if r.quiet else change(r.smallest_effect, r.outcome, fmt),
                     HIDDEN if untold else fmt.count(r.n_needed) if r.n_needed else MISSING,
                     VERDICTS.get(r.verdict, r.verdict)])
    numeric = ["may be contacted", "treated / held out", "now", "aimed at", "smallest effect", "needed per arm"]
    columns = ["segment", *numeric[:2], "outcome", *numeric[2:], "verdict"]
    return TableBlock("The test of each strategy", columns, rows, numeric,
                      "Smallest effect: a rise seen with 80 % power at 5 %, two-sided, credited with what strata "
                      "explain, as step 6 judges within them. Needed: for the change aimed at, and at least what a "
                      "result can be read from. Without a test: what the arms that could be drawn would show."
                      f"{_spread(table, facts, fmt)}{_note(facts, fmt)}")


def _spread(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> str:
    """Of which segments the arms are drawn within quarters of an earlier measure."""
    rows = _ordered(table, facts)
    rows = rows[(rows["stratified_by"] != "") & ~rows["verdict"].isin(UNTESTED)]
    said = [f"{r.name} within quarters of {STRATA[r.stratified_by]} ({fmt.share(r.explained)} of the outcome explained)"
            for r in rows.itertuples()]
    return f" Drawn by chance alone, but: {'; '.join(said)}." if said else ""


@shows
def audiences(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Customers of each segment by reason: exported, or why not."""
    names = facts.set_index("segment")["name"]
    shown = table.assign(out=hidden(table, "audiences", fmt, untold(facts, fmt)))
    shown = shown.sort_values(["segment", "n"], ascending=[True, False])
    rows = [[names.get(r.segment, r.segment), r.channel, r.reason, FEW if r.out else fmt.people(r.n)]
            for r in shown.itertuples()]
    return TableBlock("Who may be contacted, and who will be", ["segment", "channel", "reason", "customers"], rows,
                      ["customers"], f"few: fewer than {fmt.count(fmt.smallest)}, or what would give such a number "
                                     "away.")


def _ranked(facts: pd.DataFrame) -> list:
    return list(facts.sort_values("rank").itertuples())


def _ordered(table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    known = facts[["segment", "name", "rank", "n", "few", "quiet"]].assign(rate_few=facts.get("rate_few", False))
    named = table.merge(known, on="segment", validate="one_to_one")
    return named.sort_values("rank")


def _note(facts: pd.DataFrame, fmt: Format) -> str:
    return (f" few: {fmt.few} customers, or a number that would give such a one away; {HIDDEN}: what would tell of "
            "them.") if facts["quiet"].any() else ""


def _check(row, segment, fmt: Format) -> str:
    """Whether a segment passes one knock-out, with the figure."""
    if row.verdict == "not measured":
        return row.verdict
    if row.criterion == "distinct":
        return "yes" if row.verdict == "passes" else f"no: like {fmt.count(row.value)} ranked above"
    if row.criterion == "large enough":
        value = FEW if segment.few else fmt.people(row.value)
    elif row.criterion == "reachable":
        value = HIDDEN if segment.quiet else fmt.share(row.value)
    else:
        value = fmt.number(row.value)
    return f"{'yes' if row.verdict == 'passes' else 'no'} ({value})"


def _scored(row, criterion: str, segment, fmt: Format) -> str:
    unsaid = {"reach": segment.quiet, "growth": segment.quiet, "retention": segment.rate_few}
    if row["kind"] == "computed" and segment.few or unsaid.get(criterion, False):
        return FEW if criterion == "size" else HIDDEN  # money over money per customer is a number of customers
    return f"{_measure(row['value'], criterion, fmt)} → {fmt.number(row['score'], 0)}"


def _measure(value: float, criterion: str, fmt: Format) -> str:
    if criterion == "size":
        return fmt.people(value)
    if criterion in ("growth", "retention", "reach"):
        return fmt.share(value)
    return fmt.money(value) if criterion in ("value", "margin") else fmt.number(value, 1)


def _margin(row, fmt: Format) -> str:
    if np.isnan(row.expected_margin) or not row.contacts:
        return "no figure"
    return f"{fmt.money(row.expected_margin)} {fmt.interval(row.low, row.high, fmt.money)}"
