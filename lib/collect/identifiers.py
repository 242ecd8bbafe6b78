"""Direct identifiers in mapped columns that must not hold any: attributes, categories, names of campaigns, codes.

An attribute that holds them more than now and then is not kept; elsewhere the single cell is masked. Both are counted.
Ids have rules of their own (`lib.collect.ids`), and so has free text (`lib.collect.evidence`). Looked at are the
distinct values that could be one, found in the engine; columns that are not mapped are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect.evidence import MEAN_WORDS
from lib.collect.found import found_at
from lib.collect.named import may_tell, named
from lib.collect.typed import IDS
from lib.contracts import INPUTS, Blocked
from lib.contracts.counts import number_of
from lib.contracts.raw import Raw, RawTable, Rules
from lib.personal import find, masked, regions_of

FREE = {*IDS, "interview_id", "text_id", "transcript", "text"}  # masked or replaced elsewhere
JOINS = {"campaign"}  # keys: two that are masked alike would be one
SOME, FEW = 0.01, 3  # [ours] from this share of rows, and as many rows, an attribute is about identifiers
MOST = 0.1  # [ours] of a column of the contract: from here it is mapped to the wrong thing
NUMBERS = 0.5  # [ours] of a column of numbers: one in ten numbers of a card's length passes its checksum
SHORT = 7  # digits; shorter numbers are counts as often as ids
# what an identifier needs at least, as the engine can tell it: an @, a link, six digits close together, an IP
COULD_BE = (r"[@＠]|%40|[\[(]\s?at\s?[\])]|://|(\d\D{0,3}){5}\d|\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f]{4}:[0-9A-Fa-f:]*:"
            r"|[A-Za-z]{6}\w{9}[A-Za-z]")
IS_NONE = r"^[+-]?\d{1,6}([.,]\d+)?$|^\d{4}-\d{2}-\d{2}([ T].*)?$"
# in a column of numbers or dates of the contract: a card, an account or a phone passes for a number
NUMBER_COULD_BE = r"^\s*(\+?0\d{6,}|\d[\d -]{11,})\s*$"
NUMBER = r"^[+-]?\d+([.,]\d+)?$"
PLURALS = {"e-mail address": "e-mail addresses", "address with a user": "addresses with a user", "IP address":
           "IP addresses", "phone number": "phone numbers", "card number": "card numbers", "IBAN": "IBANs",
           "national id": "national ids"}
OF_CUSTOMERS = "ids of customers"


@dataclass(frozen=True)
class Screened:
    """The sources without direct identifiers; columns that were left out ({table, column, reason}); and rows of the
    quality table."""

    raw: Raw
    dropped: tuple[dict, ...] = ()
    notes: tuple[dict, ...] = ()


@dataclass(frozen=True)
class _Held:
    """What a column holds: ``values`` maps a cell to its mask; ``rows`` have one, the first at ``where``."""

    column: str
    what: str
    values: dict[str, str]
    rows: int
    where: str

    @property
    def lines(self) -> str:
        return re.split(r", lines? ", self.where)[-1]


def screened(raw: Raw, rules: Rules, ids: frozenset[str] = frozenset()) -> Screened:
    """Every source, screened. ``ids`` are customers' ids as they are written.

    Raises Blocked where a column that the contract names holds identifiers in a tenth of its rows, or where one is
    the key of a campaign.
    """
    regions = regions_of(rules.timezone, rules.currency)
    long = frozenset(i for i in ids if not i.isdigit() or len(i) >= SHORT)
    tables, dropped, notes = {}, [], []
    for name, table in raw.tables.items():
        tables[name] = table
        for held in _held(name, table, regions, long):
            own = held.column not in {c.name for c in INPUTS[name].columns}
            gone = own and (not held.values or held.rows >= max(FEW, SOME * table.rows))
            if not gone:
                _check_cells(name, held, own, table.rows)
            tables[name] = _without(tables[name], held.column) if gone else _with_masks(tables[name], held)
            dropped += [{"table": name, "column": held.column, "reason": f"holds {held.what}"}] if gone else []
            notes.append(_note(name, held, gone))
    return Screened(replace(raw, tables=tables), tuple(dropped), tuple(notes))


def _held(name: str, raw: RawTable, regions: tuple[str, ...], ids: frozenset[str]) -> Iterator[_Held]:
    """Columns with identifiers: all of an attribute whose name says it (no masks), else the cells that hold one."""
    kinds = {c.name: c.dtype for c in INPUTS[name].columns}
    for column in (c for c in raw.columns if c not in FREE and kinds.get(c, "text") in ("text", "int", "float")):
        filled = raw.table[column].strip().length() > 0
        if column not in kinds and may_tell(column) and (
                said := named(column, _distinct(raw.table, column, filled), raw.rows)):
            yield _Held(column, said, {}, *_at(raw.table.filter(filled), column))
            continue
        number = kinds.get(column) in ("int", "float")
        could_be = NUMBER_COULD_BE if number else COULD_BE
        values = _cells(raw.table, column, could_be, regions, frozenset() if number else ids)
        if values and not _is_free(name, raw.table, column):
            marked = ibis.memtable(pd.DataFrame({"cell": list(values)}))
            count, where = _at(raw.table.semi_join(marked, [(column, "cell")]), column)
            if number or count >= NUMBERS * raw.rows or not _is_number(raw.table, column):
                yield _Held(column, _kinds(values, regions), values, count, where)


def _cells(table: ir.Table, column: str, could_be: str, regions: tuple[str, ...], ids: frozenset[str]
           ) -> dict[str, str]:
    """Distinct values that hold an identifier, each with its mask."""
    text = table[column]
    suspects = _distinct(table, column, text.re_search(could_be) & ~text.re_search(IS_NONE))
    found = {v: masked(v, regions) for v in suspects if find(v, regions)}
    if ids:
        known = ibis.memtable(pd.DataFrame({"id": sorted(ids)}))
        exact = table.select(v=text).distinct().semi_join(known, [("v", "id")])
        found |= dict.fromkeys(exact.v.to_pyarrow().to_pylist(), "[id]")
    return found


def _distinct(table: ir.Table, column: str, only: ir.BooleanValue) -> list[str]:
    return table.filter(only).select(v=column).distinct().order_by("v").v.to_pyarrow().to_pylist()


def _at(rows: ir.Table, column: str) -> tuple[int, str]:
    return found_at(rows.select(file="_file", line="_line"), column)


def _is_number(table: ir.Table, column: str) -> bool:
    text = table[column].strip()
    other = table.filter((text.length() > 0) & ~text.re_search(NUMBER))
    return not int(other.count().execute())


def _is_free(name: str, table: ir.Table, column: str) -> bool:
    """Whether people wrote sentences in it: they are masked as evidence, and no table of answers holds them."""
    if name not in ("survey", "interviews"):
        return False
    words = table[column].strip().re_split(r"\s+").length().mean().execute()
    return not pd.isna(words) and words > MEAN_WORDS


def _kinds(values: dict[str, str], regions: tuple[str, ...]) -> str:
    """The kinds of what was found, in the plural: "e-mail addresses and phone numbers"."""
    kinds = {PLURALS[f.kind] for v, mask in values.items() if mask != "[id]" for f in find(v, regions)}
    return " and ".join(sorted(kinds | ({OF_CUSTOMERS} if "[id]" in values.values() else set())))


def _check_cells(name: str, held: _Held, own: bool, rows: int) -> None:
    wrong = held.column in JOINS or held.rows >= max(FEW, MOST * rows)
    if wrong and not own:
        cells = number_of(held.rows, f"cell of {held.column} holds", f"cells of {held.column} hold")
        raise Blocked(f"{name}: {cells} {held.what}", where=held.where,
                      fix="map a column without them, or export codes instead")


def _without(raw: RawTable, column: str) -> RawTable:
    return replace(raw, table=raw.table.drop(column), columns=tuple(c for c in raw.columns if c != column))


def _with_masks(raw: RawTable, held: _Held) -> RawTable:
    pairs = ibis.memtable(pd.DataFrame({"cell__": list(held.values), "mask__": list(held.values.values())}))
    known = raw.table.left_join(pairs, raw.table[held.column] == pairs["cell__"])
    table = known.mutate(**{held.column: ibis.coalesce(known["mask__"], known[held.column])})
    return replace(raw, table=table.drop("cell__", "mask__"))


def _note(name: str, held: _Held, gone: bool) -> dict:
    done = ("warning", "the column is not kept") if gone else ("repaired", "masked in the cells; the rest is kept")
    return {"source": name, "rule": f"{held.column}: holds {held.what}", "severity": done[0],
            "rows_affected": held.rows, "first_lines": held.lines, "meaning": done[1]}
