"""Rows that were set aside, each with its reason: kept to be corrected at the source, and never part of a report.

A row keeps its place, its customer's pseudonym and those of its cells that name nobody, masked; ids, free text, names
and attributes that the basis does not need are left out. Of customers who may not be analysed only the place of the row
and the reason stay.
"""

from __future__ import annotations

import json
import re

import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.collect.masking import Mask
from lib.collect.names import NAME_COLUMN
from lib.collect.tables import CLEANING, KEPT_AS
from lib.collect.typed import IDS
from lib.contracts.raw import RawTable

COLUMNS = ["source", "file", "line", "reason", "customer_key", "row"]
LEFT_OUT = {*IDS, "interview_id", "text_id", "transcript", "text"}
LONGEST = 200  # signs of a cell that are kept
# a broken date or amount is what the row was set aside for; other numbers of seven digits are masked
PLAIN = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})"
                   r"(?:[ T]\d{1,2}:\d{2}[\d:.]{0,10}(?:Z|[+-]\d\d:?\d\d)?)?"
                   r"|[+-]?(?:0|[1-9]\d{0,8})[.,]\d{1,4}|[+-]?[1-9]\d{0,2}(?:[., ']\d{3})+[.,]\d{1,2}")


def quarantined(states: dict[str, ir.Table], raw: dict[str, RawTable], columns: dict[str, list[str]],
                mask: Mask, books: pd.DataFrame, barred: pd.DataFrame) -> pd.DataFrame:
    """One row for each quarantined row of every source; columns as the contract `quarantine`.

    ``columns`` are the kept columns by source; ``mask`` masks what personal data a cell may hold. Only sources of which
    the ``books`` know such rows are asked. ``barred`` has who left, and for what: {customer_key, barred_for}.
    """
    aside = set(books.loc[books["state"] == "quarantined", "source"])
    parts = [part for name, table in raw.items() if name in aside for part in (
        _rows(name, states[name], table, columns[name], mask), _unsplit(name, table))]
    frame = pd.concat([pd.DataFrame(columns=COLUMNS), *parts], ignore_index=True)[COLUMNS]
    gone = barred.loc[~barred["barred_for"].isin(why.OF_A_ROW), "customer_key"]
    frame.loc[frame["customer_key"].isin(gone), ["customer_key", "row"]] = [None, "{}"]
    frame = frame.astype(dict.fromkeys(COLUMNS, "str") | {"line": "int64"})
    return frame.sort_values(["source", "file", "line", "reason"], ignore_index=True)


def _rows(name: str, states: ir.Table, raw: RawTable, columns: list[str], mask: Mask) -> pd.DataFrame:
    aside = states.filter(states.state == "quarantined")
    key = {"customer_key": aside.customer_key} if "customer_key" in aside.columns else {}
    aside = aside.select("reason", _at="file", _on="line", **key)
    cells = [c for c in raw.columns if c not in LEFT_OUT and not NAME_COLUMN.search(c)
             and (KEPT_AS.get(c, c) in columns or c in CLEANING)]
    texts = raw.table.select("_file", "_line", **{f"cell__{c}": raw.table[c] for c in cells})
    rows = aside.inner_join(texts, [aside._at == texts._file, aside._on == texts._line]).to_pandas()
    kept = [_as_json(values, cells, mask) for values in rows[[f"cell__{c}" for c in cells]].itertuples(index=False)]
    told = rows.get("customer_key", pd.Series(None, index=rows.index, dtype="str"))
    return pd.DataFrame({"source": name, "file": rows["_at"], "line": rows["_on"], "reason": rows["reason"],
                         "customer_key": told, "row": kept})


def _as_json(values, cells: list[str], mask: Mask) -> str:
    known = {c: v if PLAIN.fullmatch(v) else mask(v[:LONGEST]) for c, v in zip(cells, values, strict=True)
             if isinstance(v, str)}
    return json.dumps(known, ensure_ascii=False)


def _unsplit(name: str, raw: RawTable) -> pd.DataFrame:
    """Lines that have no columns: only where they are."""
    return pd.DataFrame({"source": name, "file": raw.rejected["file"], "line": raw.rejected["line"],
                         "reason": why.FIELDS, "customer_key": None, "row": "{}"})
