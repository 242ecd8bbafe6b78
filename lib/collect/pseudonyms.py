"""Keyed pseudonyms of ids (method.md §7): HMAC-SHA-256, 128 bits kept. The key never enters a query.

Distinct ids leave the engine as Arrow batches, are normalised and keyed in Python, and are joined back.
Pseudonymised data is still personal data.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir
import pyarrow as pa

BITS = 128
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
MAPPING = pa.schema([("raw", pa.string()), ("key", pa.string()), ("respelt", pa.bool_())])


def normalised(raw: str) -> str:
    """The id that counts: NFKC, without invisible signs and outer spaces. Case is kept: `a1` and `A1` may be two."""
    return unicodedata.normalize("NFKC", raw).translate(INVISIBLE).strip()


def pseudonym(raw: str, kind: str, key: bytes) -> str:
    """The pseudonym of an id, hex; the same text as customer and as order gives different ones."""
    message = f"{kind}\x1f{normalised(raw)}".encode()
    return hmac.digest(key, message, "sha256")[: BITS // 8].hex()


def mapping(columns: Iterable[ir.StringColumn], kind: str, key: bytes) -> pa.Table:
    """Every distinct id of some columns: raw, key, and whether it was respelt. Ids that are empty are left out."""
    distinct = [column.name("raw").as_table().filter(lambda t: t.raw.notnull()).distinct() for column in columns]
    union = ibis.union(*distinct, distinct=True) if len(distinct) > 1 else distinct[0]
    tables = [_keyed(batch.column(0).to_pylist(), kind, key) for batch in union.to_pyarrow_batches()]
    return pa.concat_tables(tables) if tables else MAPPING.empty_table()


def joined(table: ir.Table, column: str, ids: pa.Table, name: str) -> ir.Table:
    """The table with the pseudonym of `column` as `name`, and `respelt` where the id was normalised."""
    keys = ibis.memtable(ids).rename({name: "key", "respelt_id": "respelt"})
    with_key = table.left_join(keys, table[column] == keys.raw).drop("raw")
    if "respelt" not in table.columns:
        return with_key.rename(respelt="respelt_id")
    either = (with_key.respelt.fill_null(False) | with_key.respelt_id.fill_null(False)).name("respelt")
    return with_key.mutate(either).drop("respelt_id")


def _keyed(raws: list[str], kind: str, key: bytes) -> pa.Table:
    keys = [pseudonym(raw, kind, key) if normalised(raw) else None for raw in raws]
    return pa.table({"raw": raws, "key": keys, "respelt": [normalised(raw) != raw for raw in raws]}, schema=MAPPING)
