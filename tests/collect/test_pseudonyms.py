"""Ids are keyed in the engine exactly as the definition says: HMAC-SHA-256 of the normalised id, 128 bits."""

import hashlib
import hmac
import unicodedata

import ibis
import pyarrow as pa

from lib.collect import reasons as why
from lib.collect.pseudonyms import keyed_in_engine

KEY = b"a key of good length"
IDS = ["A1", " A1", "A\u200b1", "Ａ1", "x y", "x  y", "\u200b", "é", "e\u0301", *(f"B{i}" for i in range(5000))]


def test_ids_are_keyed_in_the_engine_as_defined():
    table = ibis.duckdb.connect().create_table("t", pa.table({"id": [*IDS, *IDS, None]}))
    rows = keyed_in_engine(table, "id", "order", KEY).to_pyarrow().to_pylist()
    found = {row["id"]: row for row in rows}
    assert len(rows) == 2 * len(IDS) + 1 and found.pop(None) == {"id": None, "order_key": None, "id_repair": None}
    assert set(found) == set(IDS)
    for raw in IDS:
        text = " ".join(unicodedata.normalize("NFKC", raw.replace("\u200b", "")).split())
        expected = hmac.new(KEY, b"order\x1f" + text.encode(), hashlib.sha256).hexdigest()[:32] if text else None
        assert found[raw]["order_key"] == expected, raw
        assert found[raw]["id_repair"] == (why.RESPELT if text != raw else None), raw
