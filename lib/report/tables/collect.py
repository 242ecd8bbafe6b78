"""Tables of notebook 02: what was read, where every row went, what each rule found, which columns go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from lib.contracts.counts import nearly_all
from lib.contracts.labels import readable
from lib.report.blocks import Absent, TableBlock, shows
from lib.report.books import PEOPLE, STATES as LEFT, hidden_reasons, hidden_states, told_apart
from lib.report.numbers import Format
from lib.report.words.typing import NOBODY_ASKED, asked

STATES = ("in", *LEFT)
FEW = "few"
FEW_SAID = (f" {FEW}: of {', '.join(PEOPLE[:-1])} and {PEOPLE[-1]} each row is a person; too few are not counted, nor "
            "what would give them away.")
WORST_FIRST = {"quarantined": 0, "warning": 1, "excluded": 2, "repaired": 3, "pass": 4}
TOPICS = {"pain_point": "pain point", "jtbd": "job to be done", "valued_feature": "feature valued most",
          "cvp": "core value named", "frequency": "how often, as stated"}
MOST_ANSWERS = 5  # of a question


@shows
def sources(collected: dict, as_of: dt.date, fmt: Format) -> TableBlock:
    """Every file with its rows, its newest day and the share of customers it knows."""
    rows = [[s["source"], s["file"], fmt.count(s["rows"]), _newest(s, fmt), _age(s, as_of, fmt),
             _known(s, collected["n_customers"], fmt)] for s in collected["sources"]]
    numbers = ["rows", "older than as-of by", "customers known"]
    return TableBlock("What was read", ["source", "file", "rows", "newest day", *numbers[1:]], rows, numbers,
                      f"Customers known: of the {fmt.people(collected['n_customers'])} who may be analysed. "
                      "The hash of every file is kept beside the data.")


@shows
def absent(collected: dict) -> TableBlock:
    """The sources that the product does not have, and what each would allow."""
    rows = [[a["source"], a["would_allow"]] for a in collected["absent"]]
    return TableBlock("What was not there" if rows else "Nothing was missing: every kind of source is there",
                      ["source", "would allow"], rows)


@shows
def ledger(ledger: pd.DataFrame, collected: dict, fmt: Format) -> TableBlock:
    """Rows in and where they went, by source; and the money on order lines."""
    out = _by_file(collected, fmt)
    gone = {(source, state) for source, own in out.groupby(_files(collected)["source"]) for state in LEFT
            if own[state].any()}
    wide = ledger.pivot_table(index="source", columns="state", values="rows", aggfunc="sum", fill_value=0, sort=False)
    wide = wide.reindex(columns=list(STATES), fill_value=0)
    lines = ledger.dropna(subset=["amount"])
    money = lines.pivot_table(index="source", columns="state", values="amount", aggfunc="sum")
    rows = [[source, *(FEW if (source, state) in gone else fmt.count(n)
                       for state, n in zip(STATES, counts, strict=True))] for source, *counts in wide.itertuples()]
    rows += [[f"{source}, money", *(fmt.money(amounts.get(s, 0.0), exact=True) for s in STATES)]
             for source, amounts in money.iterrows()]
    return TableBlock("Every row accounted for", ["source", *STATES], rows, list(STATES),
                      "In = kept + repaired + quarantined + excluded, for rows and to the smallest coin. "
                      "An unreadable amount counts as no money." + FEW_SAID * bool(gone))


@shows
def files(collected: dict, fmt: Format) -> TableBlock:
    """Rows in and where they went, by file."""
    out = _by_file(collected, fmt)
    rows = [[s["source"], s["file"], fmt.count(s["rows"]),
             *(FEW if out.at[i, state] else fmt.count(s[state]) for state in LEFT)]
            for i, s in enumerate(collected["sources"])]
    return TableBlock("Every file accounted for", ["source", "file", *STATES], rows, list(STATES),
                      "In = kept + repaired + quarantined + excluded, for every file."
                      + FEW_SAID * bool(out.to_numpy().any()))


def _files(collected: dict) -> pd.DataFrame:
    return pd.DataFrame(collected["sources"], columns=["source", *LEFT])


def _by_file(collected: dict, fmt: Format) -> pd.DataFrame:
    """Which states of which file are not counted."""
    return hidden_states(_files(collected), fmt.smallest)


@shows
def protection(collected: dict, quality: pd.DataFrame, smallest: int, fmt: Format) -> TableBlock:
    """Why customers left before any feature was computed; reasons of few customers are added up, and not told apart."""
    told, rest = told_apart(collected["protection"], smallest)
    meanings = quality.drop_duplicates("rule").set_index("rule")["meaning"]
    rows = [[reason, fmt.people(n), meanings.get(reason, "")] for reason, n in told.items()]
    if rest:
        few = f"fewer than {fmt.count(smallest)}" if rest < smallest else fmt.people(rest)
        rows.append(["other reasons" if told else "any reason", few, "each too rare to be told apart"])
    none = [reason for reason, n in collected["protection"].items() if not n]
    return TableBlock("Who left, and why" if rows else "Nobody had to leave", ["reason", "customers", "meaning"], rows,
                      ["customers"], f"Nobody left for: {', '.join(none)}." if none else "")


@shows
def answers(collected: dict, smallest: int, fmt: Format) -> TableBlock | Absent:
    """What respondents named most, with shares and intervals; answers of few are not shown."""
    survey = collected["voices"]["survey"]
    given = [a for a in survey["answers"] if a["n"] >= smallest] if survey else []
    if not given:
        return Absent("no coded answer was given often enough to be shown", "a survey with coded questions")
    rows = [[TOPICS[a["question"]], a["code"], fmt.people(a["n"]),
             fmt.estimate(a["share"], a["low"], a["high"], fmt.share)] for question in TOPICS
            for a in sorted((g for g in given if g["question"] == question), key=lambda g: -g["share"])[:MOST_ANSWERS]]
    how = (f"Shares are weighted; with these weights {fmt.counted(survey['rows'], 'row')} tell as much as "
           f"{fmt.number(survey['effective_n'], 0)} of equal weight (Kish), and intervals rest on that."
           if survey["weighted"] else "The survey brings no weights: every respondent counts alike.")
    return TableBlock("What respondents named most", ["question", "answer", "respondents", "share"], rows,
                      ["respondents", "share"], f"Each respondent's latest answer, of those who answered the question; "
                                                f"95 % intervals. {how} Answers of fewer than {fmt.count(smallest)} "
                                                "respondents are not shown.")


def rule_words(rule: str) -> str:
    """A rule that begins with the name of a column, with its label instead."""
    column, colon, rest = rule.partition(": ")
    return f"{readable(column)}: {rest}" if colon and column.isidentifier() else rule


@shows
def quality(quality: pd.DataFrame, collected: dict, smallest: int, fmt: Format) -> TableBlock:
    """Every rule that found something, worst first, with the first lines; passed rules are counted in the note.

    Rows that tell of people are shown from ``smallest`` on, and where they give nobody else away.
    """
    found = quality[quality["severity"] != "pass"].reset_index(drop=True)
    left = found.rename(columns={"severity": "state", "rule": "reason", "rows_affected": "rows"})
    found = found.assign(few=hidden_reasons(left, collected["protection"], smallest))
    order = found["severity"].map(WORST_FIRST)
    found = found.assign(order=order).sort_values(["order", "rows_affected"], ascending=[True, False], kind="stable")
    people = set(collected["protection"])
    rows = [[r.source, rule_words(r.rule), r.severity, FEW if r.few else fmt.count(r.rows_affected),
             fmt.count(r.rows_in), "" if r.rule in people else r.first_lines, fmt.dated(r.meaning)]
            for r in found.itertuples()]
    passed = int((quality["severity"] == "pass").sum())
    return TableBlock("What the rules found", ["source", "rule", "then", "rows", "of", "first lines", "meaning"], rows,
                      ["rows", "of"], f"{fmt.count(passed)} further rules were checked and nothing broke them."
                      + f" {FEW}: fewer than {fmt.count(smallest)} people, or what would give such a number away."
                      * bool(found["few"].any()))


@shows
def columns(collected: dict, questions: Mapping[str, str] = NOBODY_ASKED) -> TableBlock:
    """The columns that go on, by table, and those that do not, with the reason; items of a survey as asked."""
    dropped = {table: [] for table in collected["kept_columns"]}
    for column in collected["dropped_columns"]:
        dropped[column["table"]].append(f"{asked(column['column'], questions)} ({column['reason']})")
    rows = [[table, ", ".join(asked(c, questions) for c in kept), "; ".join(dropped[table])]
            for table, kept in collected["kept_columns"].items()]
    return TableBlock("Columns kept", ["table", "kept", "not kept"], rows, [],
                      "Columns that are not mapped in the product file were never read.")


def _newest(source: dict, fmt: Format) -> str:
    return fmt.date(dt.date.fromisoformat(source["newest"])) if source["newest"] else "no dates"


def _age(source: dict, as_of: dt.date, fmt: Format) -> str:
    return fmt.days((as_of - dt.date.fromisoformat(source["newest"])).days) if source["newest"] else ""


def _known(source: dict, everyone: int, fmt: Format) -> str:
    if source["coverage"] is None:
        return ""
    if fmt.is_few(source["customers"]):
        return fmt.few  # with a share it could be reckoned
    known = nearly_all(source["customers"], everyone, fmt.smallest)
    return f"{fmt.people(known)} ({fmt.share(source['coverage'])})"
