"""Keyed pseudonyms of ids (method.md §7): HMAC-SHA-256, 128 bits kept. The key never enters a query.

Ids leave the engine in Arrow batches and are normalised and keyed in Python: those of customers once, as a map that is
joined back; of orders and visits, which are too many for a map, row by row.
Pseudonymised data is still personal data.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Collection

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from lib.collect import reasons as why

BITS = 128
UNSEEN = {"Cf", "Cc"}  # Unicode categories of signs that nobody sees: zero-width, direction, control
DECIMAL = re.compile(r"(\d+)\.0+")  # what a column of numbers with one blank makes of whole numbers
MAPPING = pa.schema([("raw", pa.string()), ("key", pa.string()), ("id_repair", pa.string())])


def normalised(raw: str) -> str:
    """The id that counts: NFKC, without unseen signs and outer spaces, inner white space as one space.

    Case is kept: `a1` and `A1` may be two.
    """
    if raw.isascii() and raw.isprintable() and "  " not in raw:
        return raw.strip()
    text = unicodedata.normalize("NFKC", raw)
    return " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c) not in UNSEEN).split())


def pseudonym(raw: str, kind: str, key: bytes) -> str:
    """The pseudonym of an id, hex; the same text as customer and as order gives different ones."""
    return _of_normalised(normalised(raw), kind, key)


def _of_normalised(text: str, kind: str, key: bytes) -> str:
    message = f"{kind}\x1f{text}".encode()
    return hmac.digest(key, message, "sha256")[: BITS // 8].hex()


def keyed_in_engine(table: ir.Table, column: str, kind: str, key: bytes) -> ir.Table:
    """The table with the pseudonym of `column` as `{kind}_key`, and `id_repair`, made row by row in the engine.

    A map of distinct orders would be as large as the orders. The key stays in this process: the engine hands over
    batches of ids and gets pseudonyms back; equal ids of a batch are keyed once.
    """

    @ibis.udf.scalar.pyarrow(name="pseudonym_of")
    def pseudonyms(raws: str) -> str:
        return _each(raws, lambda raw: _of_normalised(text, kind, key) if (text := normalised(raw)) else "")

    @ibis.udf.scalar.pyarrow(name="normal_spelling_of")
    def spellings(raws: str) -> str:
        return _each(raws, normalised)

    raw = table[column]
    respelt = ibis.ifelse(raw.re_search(r"^[!-~]+$"), False, spellings(raw) != raw)
    found = table.mutate(**{f"{kind}_key": pseudonyms(raw).nullif("")},
                         new_repair=ibis.ifelse(respelt, ibis.literal(why.RESPELT), ibis.null("string")))
    return _with_repair(found, "id_repair" in table.columns)


def _each(raws: pa.Array, make) -> pa.Array:
    """What is made of each text of a batch, once for equal ones; missing stays missing."""
    texts = raws.to_pylist()
    made = {raw: make(raw) for raw in set(texts) if raw is not None}
    return pa.array([made.get(raw) for raw in texts], pa.string())


def keyed(raws: Collection[str], kind: str, key: bytes, whole: Collection[str] = ()) -> pa.Table:
    """Columns as MAPPING of distinct ids. `123.0` is read as `123` where that id is among ``whole``."""
    keys, repairs = [], []
    for raw in raws:
        text = normalised(raw)
        decimal = DECIMAL.fullmatch(text) if whole else None
        if decimal and decimal[1] in whole:
            keys.append(pseudonym(decimal[1], kind, key))
            repairs.append(why.DECIMAL_ID)
        else:
            keys.append(pseudonym(text, kind, key) if text else None)
            repairs.append(why.RESPELT if text != raw else None)
    return pa.table({"raw": list(raws), "key": keys, "id_repair": repairs}, schema=MAPPING)


def joined(table: ir.Table, column: str, ids: pa.Table, name: str) -> ir.Table:
    """The table with the pseudonym of `column` as `name`, and `id_repair` where the id was repaired."""
    keys = ibis.memtable(ids).rename({name: "key", "new_repair": "id_repair"})
    with_key = table.left_join(keys, table[column] == keys.raw).drop("raw")
    return _with_repair(with_key, "id_repair" in table.columns)


def _with_repair(table: ir.Table, repaired_before: bool) -> ir.Table:
    if not repaired_before:
        return table.rename(id_repair="new_repair")
    return table.mutate(id_repair=ibis.coalesce(table.id_repair, table.new_repair)).drop("new_repair")
