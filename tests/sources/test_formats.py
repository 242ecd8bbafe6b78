"""Undeclared formats: found where one reading alone fits every value, refused where two do, and said so."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lib import collect, sources
from lib.contracts import UserError
from lib.product import Product

COLUMNS = {"customer_id": "who", "order_id": "id", "ordered_at": "day", "amount": "sum"}


@pytest.fixture
def read(minimal, tmp_path):
    def run(days, sums=None, **source):
        sums = sums or ["1.50"] * len(days)
        lines = [f"K{i}|A{i}|{d}|{s}" for i, (d, s) in enumerate(zip(days, sums, strict=True))]
        (tmp_path / "o.csv").write_text("\n".join(["who|id|day|sum", *lines]) + "\n")
        listed = {"path": "o.csv", "delimiter": "|", "columns": COLUMNS, **source}
        product = Product.model_validate(minimal | {"sources": {"transactions": listed}})
        return product, sources.read(product, root=tmp_path)

    return run


def written(raw, column):
    return raw.tables["transactions"].written.get(column, {})


@pytest.mark.parametrize(
    ("days", "pattern"),
    [
        (["31.12.2025", "01.02.2026"], "%d.%m.%Y"),
        (["31/12/2025", "01/02/2026"], "%d/%m/%Y"),
        (["12/31/2025", "01/02/2026"], "%m/%d/%Y"),
        (["2025/12/31 10:00"], "%Y/%m/%d"),
        (["20251231"], "%Y%m%d"),
        (["31 Dec 2025"], "%d %b %Y"),
        (["May 3, 2026"], "%b %d, %Y"),
        (["2025-12-31", "31.12.2025"], ""),
        (["2025-12-31T10:00:00Z"], ""),
        (["05/05/2026"], "%d/%m/%Y"),
        (["45292"], ""),
        (["1735689600"], ""),
    ],
)
def test_dates(read, days, pattern):
    assert written(read(days)[1], "ordered_at").get("dates", "") == pattern


def test_dates_that_two_formats_fit_must_be_declared(read):
    with pytest.raises(UserError, match="3 dates fit more than one format") as refusal:
        read(["01/02/2026", "03/04/2026", "05/06/2026"])
    assert "lines 2, 3, 4" in refusal.value.where and "'day'" in refusal.value.where
    assert '"%d/%m/%Y" or "%m/%d/%Y"' in refusal.value.fix
    assert not written(read(["01/02/2026"], dates="%m/%d/%Y")[1], "ordered_at")


@pytest.mark.parametrize(
    ("sums", "found"),
    [
        (["1,5", "1.234,50"], {"decimal": ",", "thousands": "."}),
        (["0,125", "3"], {"decimal": ",", "thousands": ""}),
        (["1,234.50", "7"], {"decimal": ".", "thousands": ","}),
        (["1.5", "2"], {}),
        (["1", "2"], {}),
        (["1.5", "1,5"], {}),
        (["1.234.567", "2,5"], {"decimal": ",", "thousands": "."}),
    ],
)
def test_numbers(read, sums, found):
    assert written(read(["2026-01-01"] * len(sums), sums)[1], "amount") == found


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        (["1,234", "5"], "1,234 may mean"),
        (["1'234.50"], "thousands sign"),
        (["5 €"], "currency sign"),
        (["(3.00)"], "brackets"),
    ],
)
def test_numbers_that_must_be_declared(read, sums, said):
    with pytest.raises(UserError, match=said):
        read(["2026-01-01"] * len(sums), sums)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.dates(dt.date(2024, 1, 1), dt.date(2026, 6, 30)), st.integers(0, 10**9)), min_size=2, max_size=30
    )
)
def test_what_was_found_gives_the_same_values_as_what_was_declared(read, rows):
    days, cents = (
        [f"{d:%d.%m.%Y}" for d, _ in rows],
        [f"{c / 100:,.2f}".translate(str.maketrans(",.", ".,")) for _, c in rows],
    )
    declared = {"dates": "%d.%m.%Y", "decimal": ",", "thousands": "."}
    tables = [
        collect.collect(raw, sources.rules(p)).tables["transactions"].order_by("order_key").to_pandas()
        for p, raw in (read(days, cents), read(days, cents, **declared))
    ]
    assert tables[0].equals(tables[1]) and tables[0]["amount"].sum() == sum(c for _, c in rows)
