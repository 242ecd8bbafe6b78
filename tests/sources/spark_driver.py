"""Tables of a Spark with a catalog on disk, as those of a warehouse: `python spark_driver.py OUT.json`.

SEGMENTS_ROOT names a workspace with the products `spark` and `files`, SPARK_CONF_DIR the session. The rows of the files
become tables with types. Writes {lines: rows of the largest, texts: cells of a typed table as the reader hands them on,
facts: of that table}. `watched` and `told` are for the notebooks that read these tables.
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

QUESTIONS = "questions.json"  # in the workspace: the rows that each question took through pandas
TYPED = """
SELECT '00042' AS customer, id AS order_no, at AS placed, CAST(amount AS DECIMAL(38, 9)) AS amount,
       CAST(at AS DATE) AS day, CAST(1.5 AS DOUBLE) AS weight, true AS gift,
       CAST('2026-03-29 00:30:00 UTC' AS TIMESTAMP) AS instant
FROM VALUES ('1', TIMESTAMP_NTZ '2026-02-01 10:20:30', '12345678901234567.89'),
            ('2', TIMESTAMP_NTZ '2026-02-02 00:00:00', '0.000000001') AS t(id, at, amount)
"""
ORDERS = {"customer_id": "customer", "order_id": "order_no", "ordered_at": "placed", "amount": "amount"}


def typed(spark, url: str) -> tuple[list, dict]:
    """The cells of a table of many types as the reader hands them on, and its facts."""
    spark.raw_sql(TYPED).createOrReplaceTempView("typed")
    listed = {"table": "typed", "columns": ORDERS | {"kind": "instant"}}
    product = Product.model_validate(MINIMAL | {"engine": url, "sources": {"transactions": listed}})
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
        spark._session.createDataFrame(frame).write.saveAsTable(product.sources[name].table)
        rows.append(len(frame))
    return max(rows)


def watched(product: str) -> list[int]:
    """The rows of every table that Spark hands over as pandas, from now on."""
    seen: list[int] = []
    if product != "spark":
        return seen
    from pyspark.sql.classic.dataframe import DataFrame

    given = DataFrame.toPandas

    def counted(self):
        frame = given(self)
        seen.append(len(frame))
        return frame

    DataFrame.toPandas = counted
    return seen


def told(seen: list[int]) -> None:
    """Keep what was seen in the workspace."""
    if seen:
        (ROOT / QUESTIONS).write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    settings = load_product("spark")
    session = engine.connect(url=settings.engine)
    texts, facts = typed(session, settings.engine)
    made = {"texts": texts, "facts": facts, "lines": put(session, settings)}
    Path(sys.argv[1]).write_text(json.dumps(made, default=str), encoding="utf-8")
