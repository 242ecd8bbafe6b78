"""Several currencies: refused without rates; with them converted exactly, by the rate of the day, and counted."""

import datetime as dt
import hashlib
from decimal import ROUND_HALF_UP, Decimal

import pytest

from lib.contracts import UserError
from tests.collect.collect_cases import rows_of, states

COLUMNS = {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount",
           "currency": "currency"}
LINES = [("EUR", "2026-01-01", "10.00"), ("USD", "2026-01-31", "0.05"), ("usd", "2026-02-01", "1234567.89"),
         ("JPY", "2026-03-01", "1999"), ("KWD", "2026-03-02", "1.234"), ("USD", "2026-06-30", "19.99")]
RATES = "currency,rate,from\nUSD,0.91,\nUSD,0.923456789,2026-02-01\nJPY,0.006123,\nKWD,2.9871,2026-01-01\n"


def orders(lines) -> str:
    return "customer;order;at;amount;currency\n" + "".join(
        f"{i % 3};o{i};{day};{amount};{code}\n" for i, (code, day, amount) in enumerate(lines))


def expected(code: str, day: str, amount: str) -> int:
    rate = Decimal(1)
    for line in RATES.splitlines()[1:]:
        name, text, since = line.split(",")
        if name == code.upper() and (not since or dt.date.fromisoformat(since) <= dt.date.fromisoformat(day)):
            rate = Decimal(text)
    return int((Decimal(amount) * rate * 100).quantize(Decimal(1), ROUND_HALF_UP))


def run(collected, tmp_path, lines, content=RATES, **more):
    (tmp_path / "rates.csv").write_text(content, encoding="utf-8")
    return collected({"transactions": orders(lines)}, sources_of={
        "transactions": {"columns": COLUMNS, "rates": "rates.csv", "quarantine_limit": 1.0} | more})


def test_lists_of_rates_and_codes_are_recorded_once_a_file(collected, tmp_path):
    (tmp_path / "codes.csv").write_text("code,name\n0,a\n1,b\n2,c\no0,first\n", encoding="utf-8")
    look = {"path": "./codes.csv", "key": "code", "value": "name"}
    found = run(collected, tmp_path, LINES, lookups={"order_id": look, "customer_id": look})
    texts = {name: (tmp_path / name).read_bytes() for name in ("codes.csv", "rates.csv")}
    assert found.collected["lists"] == [
        {"source": "transactions", "file": name, "sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)}
        for name, text in texts.items()]
    assert [file["file"] for file in found.collected["sources"]] == ["transactions.csv"]
    assert found.collected["n_customers"] == 3


def test_amounts_are_converted_exactly_by_the_rate_of_the_day(collected, tmp_path):
    found = run(collected, tmp_path, LINES)
    got = rows_of(found.tables["transactions"]).sort_values(["ordered_at", "amount"])["amount"].tolist()
    assert got == [expected(*line) for line in LINES]
    converted = "amount: converted to the product's currency"
    assert states(found, "transactions") == {("kept", ""): 1, ("repaired", converted): 5}
    total = found.ledger[(found.ledger["source"] == "transactions") & (found.ledger["state"] == "in")]
    assert total["amount"].item() == sum(expected(*line) for line in LINES)


@pytest.mark.parametrize("line", [("CHF", "2026-01-01", "5"), ("", "2026-01-01", "5"), ("KWD", "2025-12-31", "5")])
def test_a_currency_without_a_rate_on_the_day_is_refused_with_its_line(collected, tmp_path, line):
    with pytest.raises(UserError) as refusal:
        run(collected, tmp_path, [*LINES, line])
    assert "1 row is" in refusal.value.what and "transactions.csv, column currency, line 8" in refusal.value.where
    assert "rates" in refusal.value.fix


@pytest.mark.parametrize(("rates", "said"), [
    ("currency,rate\nUSD,0,9\n", "plain number"), ("currency,rate\nUSD,-1\n", "plain number"), ("USD,0.9\n", "columns"),
    ("currency,rate\nUSD,inf\n", "plain number"), ("currency,rate\nUSD,0.12345678901\n", "plain number"),
    ("currency,rate\nDollar,0.9\n", "ISO code"), ("currency,rate,from\nUSD,0.9,1.2.2026\n", "no date"),
    ("currency,rate\nUSD,0.9\nUSD,0.8\n", "two rates"), ("", "columns"), ("currency,rate\nUSD,nan\n", "plain number")])
def test_a_file_of_rates_that_cannot_be_meant_is_refused(collected, tmp_path, rates, said):
    with pytest.raises(UserError, match=said) as refusal:
        run(collected, tmp_path, LINES, rates)
    assert "rates.csv" in refusal.value.where and refusal.value.fix


def test_rates_outside_the_folder_and_rates_without_a_currency_are_refused(collected, tmp_path):
    with pytest.raises(UserError, match="leads out"):
        run(collected, tmp_path, LINES, rates="../rates.csv")
    without = {k: v for k, v in COLUMNS.items() if k != "currency"}
    with pytest.raises(UserError, match="need the columns"):
        run(collected, tmp_path, LINES, columns=without)


def test_an_amount_too_large_to_be_exact_is_set_aside(collected, tmp_path):
    found = run(collected, tmp_path, [*LINES, ("USD", "2026-01-01", "9" * 14), ("EUR", "2026-01-01", "9" * 30)])
    assert states(found, "transactions")["quarantined", "amount: not an amount as declared"] == 2
