"""Rows 55 to 67: orders twice, refunds, nothing paid, prices, infinities, outliers, currencies, a whale, exact sums."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from tests.catalogue import clean
from tests.catalogue.case import Case

T = "transactions"
REFUNDS = {"sold_as": "negative refunds"}
ROWS = clean.rows(T)


def cells(changes: dict[int, dict[str, str]]) -> str:
    return clean.with_cell(T, changes)


def amounts(give) -> str:
    """The clean file with amounts by number of row."""
    return cells({n + 2: {"amount": give(n)} for n in range(clean.ROWS[T])})


def wider(header: str, more) -> str:
    """The clean file with one column more, by number of row."""
    return f"{clean.header(T)};{header}\n" + "".join(f"{row};{more(i)}\n" for i, row in enumerate(ROWS))


def also(**columns: str) -> dict:
    return {"columns": clean.COLUMNS[T] | columns}


def ids(give) -> str:
    return wider("tid", give)


def price(number: int) -> str:
    """The unit price of a clean row."""
    _, _, _, amount, _, items = ROWS[number].split(";")
    return f"{float(amount) / int(items):.4f}"


def parquet(amount: list[float], name: str = "amount") -> bytes:
    values = map(list, zip(*(r.split(";") for r in ROWS), strict=True))
    columns = dict(zip(clean.COLUMNS[T].values(), values, strict=True))
    columns["at"] = pa.array([f"{t}:00" for t in columns["at"]]).cast(pa.timestamp("us"))
    columns |= {"amount": [float(a) for a in columns["amount"]], "items": [float(i) for i in columns["items"]]}
    columns[name] = amount + columns[name][len(amount):]
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


MAPPED = also(transaction_id="tid")
DUPLICATES = [
    Case(55, T, "an equal line", "R", clean.with_rows(T, ROWS[5]), "equal to an earlier row", 1, "122"),
    Case(55, T, "one id, equal content", "R", ids(lambda i: f"L{i}") + f"{ROWS[5]};L5\n", "equal to an earlier row", 1,
         "122", source=MAPPED),
    Case(55, T, "one id, equal content, where equal lines are real", "R", ids(lambda i: f"L{i}") + f"{ROWS[5]};L5\n",
         "equal to an earlier row", 1, "122", source=MAPPED | {"equal_rows": "keep"}),
    Case(55, T, "one id, another amount", "E", ids(lambda i: "L5" if i == 9 else f"L{i}"), "share a transaction id", 2,
         "lines 7, 11", "transaction_id", "one row", source=MAPPED),
    Case(55, T, "one order id, another amount", "W", clean.with_rows(T, ROWS[5].replace(";15.50;", ";99.50;")),
         "order id twice with different content", 2, "122"),
    Case(55, T, "one order under two customers", "Q", clean.with_rows(T, ROWS[5].replace("K0005", "K0006")),
         "one order under two customers", 2, "7, 122", source={"quarantine_limit": 0.02})]
DUPLICATES += [Case(55, t, "an equal line", "R", clean.with_rows(t, clean.rows(t)[5]), "equal to an earlier row", 1,
                    str(clean.ROWS[t] + 2))
               for t in ("events", "interviews", "texts", "assignments", "outcomes", "consent")]

SIGNS = [
    Case(56, T, "a negative amount", "E", cells({6: {"amount": "-3.50"}}), "1 amount is negative", 1, "line 6",
         "amount", "sold_as"),
    Case(56, T, "many negative amounts", "E", amounts(lambda i: f"{-1 - i}.00"), "120 amounts are negative", 120,
         "lines 2, 3, 4, 5, 6", "amount", "sold_as"),
    Case(56, T, "a negative amount where the sign is elsewhere", "E", cells({6: {"amount": "-3.50"}}),
         "no column is mapped", source={"sold_as": "kind"}, where="sources.transactions", fix="map"),
    Case(56, "campaigns", "a negative cost", "Q", clean.with_cell("campaigns", {4: {"cost_per_contact": "-0.5"}}),
         "^cost_per_contact: negative", 1, "4", source={"quarantine_limit": 0.5}),
    Case(56, "campaigns", "a campaign that costs nothing", "=", clean.with_cell(
        "campaigns", {4: {"cost_per_contact": "0"}})),
    Case(56, "campaigns", "more negative costs than may be set aside", "E", clean.with_cell(
        "campaigns", {3: {"cost_per_contact": "-1"}, 4: {"cost_per_contact": "-0.5"}}),
         "cost_per_contact: negative", 2, "3, 4", "cost_per_contact"),
    Case(57, T, "a refund without its sale", "W", clean.with_rows(T, "K0003;Z1;2026-05-05 10:00;-3.50;tea;1"),
         "refund without its sale", 1, "122", source=REFUNDS),
    Case(57, T, "a refund larger than its sale", "W", clean.with_rows(T, "K0003;A0003;2026-05-05 10:00;-30.50;tea;1"),
         "refund larger than its sale", 1, "122", source=REFUNDS),
    Case(57, T, "a refund of its sale", "=", clean.with_rows(T, "K0003;A0003;2026-05-05 10:00;-13.50;tea;1"),
         source=REFUNDS),
    Case(57, T, "without order ids, more back than bought", "W",
         clean.with_rows(T, "K0003;A0003;2026-05-05 10:00;-30.50;tea;1"), "refund larger than its sale", 1, "122",
         source=REFUNDS | {"columns": {k: v for k, v in clean.COLUMNS[T].items() if k != "order_id"}}),
    Case(58, T, "free orders", "W", cells({n: {"amount": "0.00"} for n in (4, 8, 90)}), "amount: zero", 3, "4, 8, 90"),
    Case(58, T, "no items", "W", cells({8: {"quantity": "0"}}), "quantity: zero or below", 1, "8"),
    Case(58, T, "items below zero", "W", cells({9: {"quantity": "-2"}}), "quantity: zero or below", 1, "9")]

PRICED = also(price="price")
PRICES = [
    Case(59, T, "price times quantity is the amount", "=", wider("price", price), source=PRICED),
    Case(59, T, "one price is another's", "W", wider("price", lambda i: "99.00" if i == 7 else price(i)),
         "quantity times price is not the amount", 1, "9", source=PRICED),
    Case(63, T, "half of the amounts are gross", "W",
         wider("price", lambda i: f"{float(price(i)) / (1.19 if i % 2 else 1):.4f}"),
         "quantity times price is not the amount", 60, "3, 5, 7, 9, 11", source=PRICED),
    Case(63, T, "the tax changes on a day", "W",
         wider("price", lambda i: f"{float(price(i)) / (1.07 if i < 20 else 1):.4f}"),
         "quantity times price is not the amount", 20, "2, 3, 4, 5, 6", source=PRICED)]

INFINITE = [Case(60, T, f"an amount of {name}", "Q", cells({8: {"amount": a}}), "amount: not an amount", 1, "8")
            for name, a in (("inf", "inf"), ("minus inf", "-inf"), ("1e999", "1e999"), ("NaN", "NaN"),
                            ("forty nines", "9" * 40))]
INFINITE += [Case(60, T, "many infinite amounts", "E", cells({n: {"amount": "inf"} for n in (8, 9)}), "not an amount",
                  2, "lines 8, 9", "amount", "quarantine_limit"),
             Case(60, T, "an amount beyond counting", "E", cells({8: {"amount": "99999999999999"}}),
                  "more than can be counted exactly", 1, "line 8", "amount", "unit"),
             Case(60, T, "infinite items", "Q", cells({8: {"quantity": "inf"}}), "quantity: not a number", 1, "8"),
             Case(60, T, "an infinite amount in Parquet", "Q", parquet([1.5, float("inf")]), "amount: not an amount", 1,
                  "2", name="t.parquet"),
             Case(60, T, "infinite items in Parquet", "Q", parquet([1.0, float("inf")], "items"),
                  "quantity: not a number", 1, "2", name="t.parquet"),
             Case(60, "events", "infinite minutes", "Q", clean.with_cell("events", {8: {"value": "1e999"}}),
                  "value: not a number", 1, "8"),
             Case(60, "outcomes", "an infinite spend", "Q", clean.with_cell("outcomes", {8: {"spend": "-inf"}}),
                  "spend: not an amount", 1, "8")]

ABSURD = [
    Case(61, T, "cents for euros", "W", cells({8: {"amount": "1450"}, 30: {"amount": "1150"}}),
         "amount far from all others", 2, "8, 30"),
    Case(61, T, "euros for cents", "W", cells({8: {"amount": "0.12"}}), "amount far from all others", 1, "8"),
    Case(61, T, "ten times the others is no slip", "=", cells({8: {"amount": "120.00"}}))]

OWN = also(currency="currency")
RATES = {"rates.csv": b"currency,rate,from\nUSD,0.92,\nUSD,0.93,2026-04-01\n"}
WITH_RATES = OWN | {"rates": "rates.csv"}
CURRENCIES = [
    Case(62, T, "the product's own currency", "=", wider("currency", lambda i: "EUR"), source=OWN),
    Case(62, T, "two currencies", "E", wider("currency", lambda i: "USD" if i in (4, 9) else "EUR"),
         "are not in EUR", 2, "lines 6, 11", "currency", "rates", source=OWN),
    Case(62, T, "a missing currency", "E", wider("currency", lambda i: "" if i == 4 else "EUR"), "in no currency", 1,
         "line 6", "currency", "rates", source=OWN),
    Case(62, T, "two currencies and a file of rates", "R", wider("currency", lambda i: "USD" if i in (4, 9) else "EUR"),
         "converted to the product's currency", 2, "6, 11", source=WITH_RATES, more=RATES),
    Case(62, T, "a currency without a rate", "E", wider("currency", lambda i: "CHF" if i == 4 else "EUR"),
         "has no rate", 1, "line 6", "currency", "rates", source=WITH_RATES, more=RATES),
    Case(62, T, "a missing currency beside rates", "E", wider("currency", lambda i: "" if i == 4 else "EUR"),
         "in no currency", 1, "line 6", "currency", "rates", source=WITH_RATES, more=RATES)]

SPREAD = [
    Case(64, T, "one customer with 99 % of the money", "W",
         clean.with_rows(T, *(f"K0003;W{i:04d};2026-05-05 10:{i % 60:02d};{150 + i % 90}.00;tea;1"
                              for i in range(999))),
         "one customer with most of the money", 1000, "5"),
    Case(65, T, "all amounts equal", "W", amounts(lambda i: "9.90"), "all amounts equal", 120),
    Case(66, T, "ties at the edges of fifths", "=", amounts(lambda i: f"{10 + i // 30}.00")),
    Case(67, T, "ten times 0.1", "=", amounts(lambda i: "0.1" if i % 2 else "0.2"))]

CASES = [*DUPLICATES, *SIGNS, *PRICES, *INFINITE, *ABSURD, *CURRENCIES, *SPREAD]
