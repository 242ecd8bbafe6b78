"""Keyed pseudonyms of ids (method.md §7): HMAC-SHA-256, 128 bits kept. The key never enters a query.

Distinct ids leave the engine in Arrow batches, are normalised and keyed in Python, and are joined back.
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


def keyed_in_engine(column: ir.StringColumn, kind: str, key: bytes) -> ir.Table:
    """Every distinct id of a column as MAPPING, made and kept in the engine: orders are too many for memory.

    The key stays in this process: the engine hands over batches of ids and gets pseudonyms back.
    """

    @ibis.udf.scalar.pyarrow(name="pseudonym_of")
    def pseudonyms(raws: str) -> str:
        texts = [normalised(raw) for raw in raws.to_pylist()]
        return pa.array([_of_normalised(t, kind, key) if t else "" for t in texts], pa.string())

    @ibis.udf.scalar.pyarrow(name="normal_spelling_of")
    def spellings(raws: str) -> str:
        return pa.array([normalised(raw) for raw in raws.to_pylist()], pa.string())

    distinct = column.name("raw").as_table().filter(lambda t: t.raw.notnull()).distinct()
    plain = distinct.raw.re_search(r"^[!-~]+$")
    respelt = ibis.ifelse(plain, False, spellings(distinct.raw) != distinct.raw)
    repair = ibis.ifelse(respelt, ibis.literal(why.RESPELT), ibis.null("string"))
    return distinct.mutate(key=pseudonyms(distinct.raw).nullif(""), id_repair=repair).cache()


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


def joined(table: ir.Table, column: str, ids: pa.Table | ir.Table, name: str) -> ir.Table:
    """The table with the pseudonym of `column` as `name`, and `id_repair` where the id was repaired."""
    keys = (ibis.memtable(ids) if isinstance(ids, pa.Table) else ids).rename({name: "key", "new_repair": "id_repair"})
    with_key = table.left_join(keys, table[column] == keys.raw).drop("raw")
    if "id_repair" not in table.columns:
        return with_key.rename(id_repair="new_repair")
    return with_key.mutate(id_repair=ibis.coalesce(with_key.id_repair, with_key.new_repair)).drop("new_repair")
