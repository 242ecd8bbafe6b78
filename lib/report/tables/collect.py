"""Tables of notebook 02: what was read, where every row went, what each rule found, which columns go on."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts.counts import nearly_all
from lib.report.blocks import Absent, TableBlock, shows
from lib.report.numbers import Format

STATES = ("in", "kept", "repaired", "quarantined", "excluded")
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
def ledger(ledger: pd.DataFrame, fmt: Format) -> TableBlock:
    """Rows in and where they went, by source; and the money on order lines."""
    wide = ledger.pivot_table(index="source", columns="state", values="rows", aggfunc="sum", fill_value=0, sort=False)
    wide = wide.reindex(columns=list(STATES), fill_value=0)
    lines = ledger.dropna(subset=["amount"])
    money = lines.pivot_table(index="source", columns="state", values="amount", aggfunc="sum")
    rows = [[source, *(fmt.count(n) for n in counts)] for source, *counts in wide.itertuples()]
    rows += [[f"{source}, money", *(fmt.money(amounts.get(s, 0.0), exact=True) for s in STATES)]
             for source, amounts in money.iterrows()]
    return TableBlock("Every row accounted for", ["source", *STATES], rows, list(STATES),
                      "In = kept + repaired + quarantined + excluded, for rows and to the smallest coin. "
                      "An unreadable amount counts as no money.")


@shows
def files(collected: dict, fmt: Format) -> TableBlock:
    """Rows in and where they went, by file."""
    rows = [[s["source"], s["file"], fmt.count(s["rows"]), *(fmt.count(s[state]) for state in STATES[1:])]
            for s in collected["sources"]]
    return TableBlock("Every file accounted for", ["source", "file", *STATES], rows, list(STATES),
                      "In = kept + repaired + quarantined + excluded, for every file.")


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


@shows
def quality(quality: pd.DataFrame, collected: dict, smallest: int, fmt: Format) -> TableBlock:
    """Every rule that found something, worst first, with the first lines; passed rules are counted in the note.

    Rows of people who left for data protection are shown from ``smallest`` on.
    """
    found = quality[quality["severity"] != "pass"]
    order = found["severity"].map(WORST_FIRST)
    found = found.assign(order=order).sort_values(["order", "rows_affected"], ascending=[True, False], kind="stable")
    people = set(collected["protection"])
    rows = [[r.source, r.rule, r.severity, _few(r, people, smallest, fmt), fmt.count(r.rows_in),
             "" if r.rule in people else r.first_lines, r.meaning] for r in found.itertuples()]
    passed = int((quality["severity"] == "pass").sum())
    return TableBlock("What the rules found", ["source", "rule", "then", "rows", "of", "first lines", "meaning"], rows,
                      ["rows", "of"], f"{fmt.count(passed)} further rules were checked and nothing broke them.")


@shows
def columns(collected: dict) -> TableBlock:
    """The columns that go on, by table, and those that do not, with the reason."""
    dropped = {table: [] for table in collected["kept_columns"]}
    for column in collected["dropped_columns"]:
        dropped[column["table"]].append(f"{column['column']} ({column['reason']})")
    rows = [[table, ", ".join(kept), "; ".join(dropped[table])] for table, kept in collected["kept_columns"].items()]
    return TableBlock("Columns kept", ["table", "kept", "not kept"], rows, [],
                      "Columns that are not mapped in the product file were never read.")


def told_apart(counts: dict[str, int], smallest: int) -> tuple[dict[str, int], int]:
    """(reasons that may be told apart, customers who left for all others): no small number follows by subtraction."""
    left = {k: n for k, n in sorted(counts.items(), key=lambda kn: -kn[1]) if n}
    told = {k: n for k, n in left.items() if n >= smallest}
    rest = sum(left.values()) - sum(told.values())
    if 0 < rest < smallest and told:
        rest += told.pop(list(told)[-1])
    return told, rest


def _few(row, people: set[str], smallest: int, fmt: Format) -> str:
    few = row.rule in people and row.rows_affected < smallest
    return f"fewer than {fmt.count(smallest)}" if few else fmt.count(row.rows_affected)


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
