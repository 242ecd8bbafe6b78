"""Tables of the typing questionnaire: the questions with points for each answer, and how well they place whom."""

from __future__ import annotations

import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import Absent, TableBlock, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden

HIDDEN = "few"
START = "to begin with"


@shows
def questionnaire(found: dict, segments: pd.DataFrame, questions: dict, fmt: Format) -> TableBlock | Absent:
    """Each answer with its points for each segment."""
    if not found["items"]:
        return Absent("no few questions place respondents better than calling everybody the largest segment",
                      "items that tell the segments apart")
    names = segments.sort_values("rank").set_index("segment")["name"]
    order = [s for s in names.index if s in found["start"]]
    numbered = {item["item"]: f"Q{place + 1}" for place, item in enumerate(found["items"])}
    rows = [[START, "", *[fmt.count(found["start"][s]) for s in order]]]
    rows += [[numbered[row["item"]], row["answer"], *[fmt.count(row["points"][s]) for s in order]]
             for row in found["points"]]
    heads = [names[s] for s in order]
    asked = "; ".join(f"{q}: {questions.get(item, readable(item))}" for item, q in numbered.items())
    return TableBlock("A questionnaire that places somebody", ["question", "answer", *heads], rows, heads,
                      f"{asked}. Add up the points of the answers, with those to begin with: the segment with most "
                      "points wins. A question that was not answered gives none.")


@shows
def placed(found: dict, segments: pd.DataFrame, fmt: Format) -> TableBlock:
    """Per segment, how many answered and how many of them the questions place rightly."""
    table = pd.DataFrame(found["segments"])
    table["out"] = hidden(table, "typing", fmt)
    table = segments[["segment", "name", "rank"]].merge(table, on="segment", validate="one_to_one").sort_values("rank")
    rows = [[r.name, HIDDEN if r.out else fmt.people(r.n), _right(r, fmt)] for r in table.itertuples()]
    return TableBlock("How well the questions place whom", ["segment", "respondents", "placed rightly (95 % interval)"],
                      rows, ["respondents", "placed rightly (95 % interval)"],
                      "Cross-validated. Segments in which too few answered cannot be told by questions.")


def _right(row, fmt: Format) -> str:
    if pd.isna(row.accuracy):
        return "too few answered"
    return HIDDEN if row.out else fmt.estimate(row.accuracy, row.low, row.high, fmt.share)
