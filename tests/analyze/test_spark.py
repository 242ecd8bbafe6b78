"""What leaves the engine is the same on DuckDB and on Spark, to the last bit, and segments are (extra `spark`)."""

import ibis
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lib.analyze import (
    activity,
    engagement,
    features,
    lifecycle,
    orders as order_lines,
    retention,
    rhythm,
    survival,
    user_types,
    uses,
)
from lib.analyze.value import history
from lib.contracts.labels import OUTSIDE
from lib.run.score import Applied, asked_of, placed, schema_of
from lib.segments.model import assign, column_kinds
from lib.segments.sql import sql, translated
from lib.sources.handed import Handed, opened, refuse_existing, write
from tests.segments.kinds import KINDS, customers as random_customers

pytestmark = pytest.mark.full
PERIOD = 14
GIVEN = {"critical_event": "order", "period_days": PERIOD, "attributes": ("region",)}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A Spark of two local processors."""
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.memory": "1g",
                "spark.driver.host": "127.0.0.1",
                "spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "UTC",
                "spark.sql.execution.arrow.pyspark.enabled": "true",
                "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse"))}
    started = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def spark(session):
    """Turns a DataFrame into an Ibis table on Spark."""
    backend = ibis.pyspark.connect(session)

    def table(frame: pd.DataFrame):
        return backend.create_table(ibis.util.gen_name("t"), frame)

    return table


def _days(t, e, as_of):
    return activity.active_days(t, e, critical_event="order", as_of=as_of)


def _types(t, e, customers, as_of):
    days = _days(t, e, as_of)
    known = features.customer_features(t, e, customers, as_of=as_of, **GIVEN)
    return user_types.user_types(days, known, rhythm.user_gaps(days), as_of=as_of, seed=1)[0]


ASKED = {
    "features": lambda t, e, c, day: features.customer_features(t, e, c, as_of=day, **GIVEN),
    "features before": lambda t, e, c, day: features.features_before(t, e, c, as_of=day, **GIVEN),
    "gaps": lambda t, e, c, day: rhythm.user_gaps(_days(t, e, day)),
    "rhythm": lambda t, e, c, day: rhythm.natural_frequency(
        _days(t, e, day), seed=1, as_of=day, by_use=activity.use_days(t, e, as_of=day)),
    "engagement": lambda t, e, c, day: engagement.by_period(
        t, e, as_of=day, period_days=PERIOD, breadth="feature", depth="value", frequency="cook"),
    "user types": _types,
    "lifecycle": lambda t, e, c, day: lifecycle.lifecycle(_days(t, e, day), as_of=day, period_days=PERIOD),
    "flows": lambda t, e, c, day: lifecycle.flows(_days(t, e, day), as_of=day, period_days=PERIOD),
    "power curve": lambda t, e, c, day: lifecycle.power_curve(_days(t, e, day), as_of=day),
    "retention": lambda t, e, c, day: retention.cohort_table(_days(t, e, day), as_of=day, period_days=PERIOD),
    "retention by calendar": lambda t, e, c, day: retention.by_calendar(_days(t, e, day), as_of=day),
    "uses": lambda t, e, c, day: uses.feature_matrix(activity.use_days(t, e, as_of=day), as_of=day, period_days=PERIOD),
    "contracts": lambda t, e, c, day: survival.contracts(t, c, as_of=day),
    "refunds": lambda t, e, c, day: order_lines.unmatched_refunds(t, as_of=day),
    "histories": lambda t, e, c, day: history.histories(t, as_of=day),
}


@pytest.mark.parametrize("asked", ASKED)
def test_spark_says_the_same(asked, engine, spark, mark, orders, events, customers, as_of):
    orders = mark(engine(orders))  # lines of both kinds: those taken as they are, and those joined by order
    here = ASKED[asked](engine(orders), engine(events), customers, as_of)
    there = ASKED[asked](spark(orders), spark(events), customers, as_of)
    if isinstance(here, pd.DataFrame):
        pd.testing.assert_frame_equal(here, there, check_exact=True)
    else:
        assert here == there


@pytest.fixture
def on_spark(session, tmp_path):
    """Puts an Arrow table into a view `features` on Spark: through Parquet, so that nulls stay apart from NaN."""

    def put(table):
        pq.write_table(table, tmp_path / "features.parquet")
        session.read.parquet(str(tmp_path / "features.parquet")).createOrReplaceTempView("features")

    return put


@pytest.mark.parametrize("kind", KINDS)
def test_spark_places_random_customers_as_the_python_does(kind, session, on_spark):
    model = KINDS[kind]()
    table = random_customers(50_000, model, seed=7)
    on_spark(table.select(["customer_key", *model["columns"]]))
    ours, theirs = assign(table.to_pandas(), model), session.sql(translated(sql(model), "spark")).toPandas()
    theirs = theirs.sort_values("customer_key", ignore_index=True)
    assert (theirs["customer_key"] == ours["customer_key"]).all()
    assert (theirs["segment"] != ours["segment"]).sum() == 0
    np.testing.assert_allclose(theirs["probability"].astype(float), ours["probability"], rtol=1e-9, equal_nan=True)
    assert (theirs["ambiguous"] == ours["ambiguous"]).all()
    assert set(ours["segment"]) == {s["segment"] for s in model["segments"]} | {OUTSIDE}


def test_segments_score_places_a_table_of_spark_where_it_is_and_writes_there(session, monkeypatch):
    """As the command does it, within the one session of these tests."""
    backend = ibis.pyspark.connect(session)
    monkeypatch.setattr(type(backend), "disconnect", lambda self: None)
    model = KINDS["mixed"]()
    people = random_customers(5_000, model, seed=3)
    backend.create_table("people", people)
    source, target = Handed("pyspark://", "people").checked(), Handed("pyspark://", "found", "--to").checked()
    refuse_existing(target, replace=False)
    backend, rows = opened(source)
    counts: dict = {}
    asked = asked_of(rows, column_kinds(model), "customer_key", "people")
    write(target, placed(backend, asked, Applied(model, sql(model), "v1", _Store()), "id", counts), schema_of("id"),
          replace=False)
    found = session.table("found").toPandas().set_index("id")["segment"].sort_index()
    assert found.to_dict() == assign(people.to_pandas(), model).set_index("customer_key")["segment"].to_dict()
    assert counts == found.value_counts().to_dict() and len(counts) > 3


class _Store:
    """No last day."""

    retention_days = 0
