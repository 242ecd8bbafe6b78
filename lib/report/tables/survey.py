"""Tables of notebook 03 about surveys: items of each scale, and latent classes of answers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import TableBlock, shows
from lib.report.numbers import Format
from lib.report.words.typing import NOBODY_ASKED, asked


@shows
def scales(table: pd.DataFrame, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> TableBlock:
    """How each item, as it was asked, goes with the rest of its scale."""
    called = _scales(table, questions)
    rows = [[called[r.scale], asked(r.item, questions), fmt.people(r.n),
             "not measured" if pd.isna(r.item_rest) else fmt.number(r.item_rest)] for r in table.itertuples()]
    columns = ["scale", "item", "n", "item-rest correlation"]
    return TableBlock("Items of the survey's scales", columns, rows, columns[2:],
                      "Items whose names differ in a number only are read as one scale; items worded against it were "
                      "turned. n: respondents who answered all of its items.")


def _scales(table: pd.DataFrame, questions: Mapping[str, str]) -> dict[str, str]:
    """What each scale is called, by its name in the product file: that name, or its number where its items were asked
    in words, beside which the name would be code."""
    first = table.drop_duplicates("scale")
    return {r.scale: str(number) if r.item in questions else readable(r.scale)
            for number, r in enumerate(first.itertuples(), 1)}


@shows
def classes(found: dict, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> TableBlock:
    """Each latent class with its size and the answers that set it apart."""
    rows = []
    for number, c in enumerate(found["classes"], 1):
        marks = [f"{asked(m['item'], questions)}: {m['answer']} ({fmt.share(m['share'])} against "
                 f"{fmt.share(m['overall'])})" for m in c["marks"]]
        few = fmt.is_few(c["n"])
        rows.append([f"class {number}", fmt.few if few else fmt.people(c["n"]),
                     "" if few else fmt.estimate(c["share"], c["low"], c["high"], fmt.share),
                     "" if few else "; ".join(marks)])
    columns = ["class", "n", "share (95 % interval)", "answers that set it apart"]
    return TableBlock("Classes of answers", columns, rows, columns[1:3],
                      "Latent classes: within one, the items are answered independently. Respondents are counted in "
                      "their likeliest class; classes are numbered by size.")

