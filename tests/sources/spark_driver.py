"""One product from tables of Spark and from files, steps 1 to 4 in this process: `python spark_driver.py OUT.json`.

SEGMENTS_ROOT names a workspace with the products `spark` and `files`. Writes what the test asks: {lines: rows of the
largest raw table, taken: the most rows that one question took through pandas, questions: how many there were, texts:
cells of a typed table, facts: of that table}.
"""

import datetime as dt
import decimal
import json
import sys
from pathlib import Path

import pandas as pd

from lib import engine, sources
from lib.paths import ROOT
from lib.product import Product, load_product
from tests.conftest import MINIMAL
from tests.segments.small_driver import executed

STEPS = ("01_identify_basis", "02_collect", "03_analyze", "04_create_segments")
TYPED = """
SELECT '00042' AS customer, id AS order_no, at AS placed, CAST(amount AS DECIMAL(38, 9)) AS amount,
       CAST(at AS DATE) AS day, CAST(1.5 AS DOUBLE) AS weight, true AS gift,
       CAST('2026-03-29 00:30:00 UTC' AS TIMESTAMP) AS instant
FROM VALUES ('1', TIMESTAMP_NTZ '2026-02-01 10:20:30', '12345678901234567.89'),
            ('2', TIMESTAMP_NTZ '2026-02-02 00:00:00', '0.000000001') AS t(id, at, amount)
"""
ORDERS = {"customer_id": "customer", "order_id": "order_no", "ordered_at": "placed", "amount": "amount"}


def typed(spark) -> tuple[list, dict]:
    """The cells of a table of many types as the reader hands them on, and its facts."""
    spark.raw_sql(TYPED).createOrReplaceTempView("typed")
    listed = {"table": "typed", "columns": ORDERS | {"kind": "instant"}}
    product = Product.model_validate(MINIMAL | {"engine": URL, "sources": {"transactions": listed}})
    raw = sources.read(product)
    table = raw.tables["transactions"]
    frame = table.table.order_by("order_id").select(*ORDERS, "kind").to_pandas()
    return frame.values.tolist(), {"native": sorted(table.native), **raw.files[0]}


def put(spark, product: Product) -> int:
    """The files of the product as tables with types; the rows of the largest."""
    rows = []
    for name, source in load_product("files").sources.items():
        frame = pd.read_csv(ROOT / source.path, dtype={"customer_id": "str", "order_id": "str"})
        for column in {"on", "signup_date"} & set(frame):
            frame[column] = [dt.date.fromisoformat(d) for d in frame[column]]
        if "amount" in frame:
            frame["amount"] = [None if pd.isna(a) else decimal.Decimal(str(a)) for a in frame["amount"]]
        spark._session.createDataFrame(frame).createOrReplaceTempView(product.sources[name].table)
        rows.append(len(frame))
    return max(rows)


def watched() -> list[int]:
    """The rows of every table that Spark hands over as pandas, from now on."""
    from pyspark.sql.classic.dataframe import DataFrame

    seen, given = [], DataFrame.toPandas

    def counted(self):
        frame = given(self)
        seen.append(len(frame))
        return frame

    DataFrame.toPandas = counted
    return seen


if __name__ == "__main__":
    settings = load_product("spark")
    URL = settings.engine
    session = engine.connect(url=URL)
    texts, facts = typed(session)
    lines, taken = put(session, settings), watched()
    for product in ("spark", "files"):
        for step in STEPS:
            executed(step, {"product": product})
    made = {"texts": texts, "facts": facts, "lines": lines, "taken": max(taken), "questions": len(taken)}
    Path(sys.argv[1]).write_text(json.dumps(made, default=str), encoding="utf-8")
