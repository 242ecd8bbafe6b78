"""What leaves the engine is the same on DuckDB and on Spark, to the last bit (extra `spark`)."""

import ibis
import pandas as pd
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

pytestmark = pytest.mark.full
PERIOD = 14
GIVEN = {"critical_event": "order", "period_days": PERIOD, "attributes": ("region",)}


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """Turns a DataFrame into an Ibis table on a Spark of two local processors."""
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.memory": "1g",
                "spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "UTC",
                "spark.sql.execution.arrow.pyspark.enabled": "true",
                "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse"))}
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    backend = ibis.pyspark.connect(session)

    def table(frame: pd.DataFrame):
        return backend.create_table(ibis.util.gen_name("t"), frame)

    yield table
    session.stop()


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
def test_spark_says_the_same(asked, engine, spark, orders, events, customers, as_of):
    here = ASKED[asked](engine(orders), engine(events), customers, as_of)
    there = ASKED[asked](spark(orders), spark(events), customers, as_of)
    if isinstance(here, pd.DataFrame):
        pd.testing.assert_frame_equal(here, there, check_exact=True)
    else:
        assert here == there
