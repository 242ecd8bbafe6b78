"""Tables of notebook 04: candidates to lead, rules, markers, pairs, the grid, validation, everyone outside."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib.report.blocks import Absent, TableBlock, shows
from lib.report.inside import names_untold, uncounted, untold
from lib.report.numbers import Format
from lib.report.suppress import hidden, inside_told, suppress
from lib.report.words.growing import change
from lib.report.words.typing import NOBODY_ASKED, asked

SCHEMES = {"clusters": "clusters", "answers": "classes of answers", "icp": "ideal customer profiles",
           "user_types": "user types", "rfm": "RFM groups"}
HIDDEN = "few"
IDS_SHOWN = 3


@shows
def schemes(found: pd.DataFrame, lead: dict, fmt: Format) -> TableBlock:
    """Every way to divide the customers, with the evidence for it."""
    rows = [[SCHEMES[r.scheme], "leads" if r.scheme == lead["lead"] else "yes" if r.available else "no",
             r.claim or "", fmt.count(r.groups), fmt.share(r.covered),
             fmt.estimate(r.gain, r.low, r.high, lambda v: fmt.share(v, 1)), fmt.people(r.n),
             f"{fmt.share(r.distinct)} of {fmt.count(r.pairs)}" if r.pairs else "none"]
            for r in found.itertuples()]
    numbers = ["groups", "of customers", "next period explained (95 % interval)", "n", "distinct pairs"]
    cannot = "; ".join(f"{SCHEMES[r.scheme]}: {r.reason}" for r in found.itertuples() if not r.available)
    return TableBlock("Which segmentation may lead", ["scheme", "can lead", "claim", *numbers], rows, numbers,
                      "Next period explained: out of sample, over no segmentation. Distinct: pairs of groups that "
                      "differ clearly on what did not make them." + f" Cannot lead: {cannot}." * bool(cannot))


@shows
def groups(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> TableBlock:
    """The groups of every scheme, with their sizes."""
    out = hidden(table, "groups", fmt, names_untold(segments, fmt))
    guarded = table.assign(out=out).sort_values(["scheme", "n"], ascending=[True, False])
    rows = [[SCHEMES[r.scheme], r.group, *([HIDDEN] * 2 if r.out else
             [fmt.people(r.n), fmt.estimate(r.share, r.low, r.high, fmt.share)])] for r in guarded.itertuples()]
    return TableBlock("Every way to divide the same customers", ["scheme", "group", "customers",
                                                                 "of the base (95 % interval)"], rows,
                      ["customers", "of the base (95 % interval)"],
                      f"{HIDDEN}: {fmt.few} customers, or a size that would give such a one away.")


@shows
def rules(segments: pd.DataFrame, fmt: Format) -> TableBlock:
    """Each segment's name with the rule that made it, and the rule a person can apply."""
    guarded = segments.assign(out=hidden(segments, "segments", fmt)).sort_values("rank")
    rows = [[r.name, r.name_rule, r.rule, fmt.estimate(r.rule_accuracy, r.rule_low, r.rule_high),
             HIDDEN if r.out else fmt.people(r.n)]
            for r in guarded.itertuples()]
    return TableBlock("Names and rules", ["segment", "why it is called so", "rule a person can apply",
                                          "balanced accuracy (95 % interval)", "n"], rows,
                      ["balanced accuracy (95 % interval)", "n"],
                      "Balanced accuracy is cross-validated, of the rule as it stands here; one half is guessing. A "
                      "rule that made its segment has 1."
                      + f" {HIDDEN}: {fmt.few} customers, or a size that would give such a one away."
                      * bool(guarded["out"].any()))


@shows
def pairs(distinct: pd.DataFrame, segments: pd.DataFrame, fmt: Format,
          questions: Mapping[str, str] = NOBODY_ASKED) -> TableBlock | Absent:
    """Each pair of segments with the held-out variable on which it differs most; items as they were asked."""
    if distinct.empty:
        return Absent("there are no two segments to compare", "two segments or more")
    names = segments.set_index("segment")["name"]
    guarded = distinct.assign(out=hidden(distinct, "distinct", fmt, untold(segments, fmt)))
    rows = [[names.get(r.first, r.first), names.get(r.second, r.second),
             asked(r.variable, questions) if isinstance(r.variable, str) else "none",
             *([HIDDEN] * 3 if r.out else [fmt.people(r.n), fmt.estimate(r.effect, r.low, r.high), fmt.p_value(r.p)]),
             r.verdict] for r in guarded.itertuples()]
    numbers = ["n", "|d| or V (95 % interval)", "p (Holm)"]
    return TableBlock("Do segments differ on what did not make them?",
                      ["segment", "and", "differ most on", *numbers, "verdict"], rows, numbers,
                      "Distinct: |d| of .5 or V of .3 and more, interval clear of 0, on attributes, tenure, survey "
                      "answers or the next period. n: customers of both with a value; of the next period, who were in "
                      "them one period earlier."
                      + f" {HIDDEN}: it would tell of {fmt.few} customers." * bool(guarded["out"].any()))


@shows
def rhythm(table: pd.DataFrame, segments: pd.DataFrame, period_days: float, fmt: Format) -> TableBlock:
    """How soon customers of each segment came back at first, and how often those come who keep coming."""
    own = table.assign(out=hidden(table, "segment_rhythm", fmt, untold(segments, fmt))).set_index("segment")
    rows = [[r.name, *_beat(own.loc[r.segment], fmt)] for r in segments.sort_values("rank").itertuples()
            if r.segment in own.index]
    columns = ["segment", "ever active", f"back within {fmt.days(period_days)} of the first",
               "days between active days"]
    return TableBlock("How often each segment comes", columns, rows, columns[1:],
                      "Back: on a second active day; those who may still come are allowed for (Kaplan-Meier). Days: "
                      "median over users with at least three gaps. 95 % intervals. Where use made the segments, these "
                      f"differences are what made them. {HIDDEN}: {fmt.few} customers, or what would give such a "
                      "number away.")


def _beat(row, fmt: Format) -> list[str]:
    if row["out"]:
        return [HIDDEN] * 3
    gap = fmt.estimate(row["median_gap"], row["low"], row["high"]) if row["n"] else "too few"
    return [fmt.people(row["n_users"]),
            fmt.estimate(row["returned"], row["returned_low"], row["returned_high"], fmt.share), gap]


@shows
def grid(table: pd.DataFrame, segments: pd.DataFrame, scheme: str, fmt: Format) -> TableBlock:
    """The user-type grid: questions as rows, user types or segments as columns."""
    gone = untold(segments, fmt)
    own = pd.DataFrame([uncounted(cell, gone) for cell in table[table["scheme"] == scheme].to_dict("records")],
                       columns=table.columns)
    names = segments.sort_values("rank").set_index("segment")["name"]
    order = names.index if scheme == "segments" else ("Casual", "Core", "Power")
    columns = [c for c in order if c in set(own["column"])]
    questions = own.drop_duplicates("row").sort_values("position")["row"]
    cells = {(r.row, r.column): _answer(r, fmt) for r in own.itertuples()}
    rows = [[q, *[cells[(q, c)] for c in columns]] for q in questions]
    heads = [names[c] if scheme == "segments" else c for c in columns]
    caption = "The grid for the lead segments" if scheme == "segments" else "The grid for casual, core and power users"
    return TableBlock(caption, ["question", *heads], rows, [],
                      "Behaviour comes from data, with 95 % intervals. Pain points, valued features, propositions, "
                      "jobs and discovery come from evidence only, with its number and the first ids. Two kinds of "
                      "source disagree when they lead with different answers and the shares of their answers differ "
                      "beyond chance (permutation of people, Holm over all cells with two sources in both grids).")


@shows
def validation(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> TableBlock:
    """Each check by people with its n, agreement and verdict."""
    names = segments.set_index("segment")["name"].to_dict()
    rows = [[r.check, names.get(r.group, r.group),
             *([HIDDEN, ""] if r.out else [_asked(r, fmt), fmt.estimate(r.estimate, r.low, r.high)]), r.verdict,
             r.finding, "" if r.out else _ids(r.evidence_ids, fmt)]
            for r in table.assign(out=hidden(table, "validation", fmt, untold(segments, fmt))).itertuples()]
    agreement = "agreement or share (95 % interval)"
    return TableBlock("Validation by people", ["check", "group", "n", agreement, "verdict", "finding", "evidence"],
                      rows, ["n", agreement],
                      "Coders: Krippendorff's α; coders and model: Cohen's κ; stated frequency: quadratic weighted κ; "
                      "within one group and for claims: a share. Fewer than ten people: too few; fewer than thirty: "
                      "tentative at most. Answers count with the weights of the survey; where it brings none, those of "
                      "everybody together with what brings each segment back to its size. Worth: as many people of "
                      f"equal weight would tell as much (Kish). {HIDDEN}: {fmt.few} people, or a number that would "
                      "give such a one away.")


@shows
def outside(ledger: pd.DataFrame, fmt: Format) -> TableBlock:
    """Everyone in and outside the segments."""
    numbers = ["customers", "of all customers", "of revenue", "growth", "probability"]
    inside = int(ledger.loc[ledger["state"] == "in segments", "n"].sum()) if inside_told(ledger, fmt) else 0
    rows = [[r["state"], r["reason"], *_ledger_cells(r, inside, len(numbers), fmt)]
            for r in suppress(ledger, "outside", fmt)]
    return TableBlock("Everyone, in and outside the segments", ["state", "why", *numbers], rows, numbers,
                      "In segments, unassigned, filtered and opted out add up to all customers of the sources; "
                      "ambiguous customers are counted inside, and so is noise: those far from everybody else in "
                      "their segment; potential ones beside. Growth: in number, since the "
                      "first day of the sizes over time, where the data reach back. Probability: how sure the segment "
                      f"is, on average. {HIDDEN}: fewer than {fmt.count(fmt.smallest)} customers, or a row that would "
                      "give such a one away.")


def _ledger_cells(row: dict, inside: int, cells: int, fmt: Format) -> list[str]:
    """The figures of a row of the ledger. ``inside``: how many are in segments, where their sizes tell it; else 0."""
    if row["suppressed"]:
        told = row["state"] == "in segments" and inside > 0 and not fmt.is_few(inside)
        return [fmt.people(inside) if told else HIDDEN, *[HIDDEN] * (cells - 1)]
    return [fmt.people(row["n"]), _share(row["share"], fmt), _share(row["revenue_share"], fmt),
            change(row, fmt) if pd.notna(row.get("growth")) else "", _sure(row, fmt)]


def _sure(row: dict, fmt: Format) -> str:
    sure = [row.get(f"probability{k}") for k in ("", "_low", "_high")]
    return "" if pd.isna(sure[0]) else fmt.estimate(*sure)


def _asked(row, fmt: Format) -> str:
    """How many were asked, and what that is worth where their answers are weighted."""
    size = getattr(row, "effective_n", float("nan"))
    return fmt.people(row.n) + (f", worth {fmt.number(size, 0)}" if pd.notna(size) and size < row.n - 0.5 else "")


def _share(value, fmt: Format) -> str:
    return fmt.share(value, 1) if pd.notna(value) else "not known"


def _answer(row, fmt: Format) -> str:
    if row.state not in ("evidence", "conflicting"):
        return row.answer
    return f"{row.answer} [{_ids(row.evidence_ids, fmt)}]"


def _ids(ids: str, fmt: Format) -> str:
    """The first evidence ids, and how many more there are."""
    every = [i for i in ids.split(",") if i]
    more = len(every) - IDS_SHOWN
    return ", ".join(every[:IDS_SHOWN]) + (f" and {fmt.count(more)} more" if more > 0 else "")
