"""Every row counted once and money to the cent, whatever the dirt; and the same answer for the same content."""

import random
from decimal import Decimal

import pytest

from lib import collect, engine
from lib.contracts import ContractError, UserError
from tests.collect.collect_cases import CUSTOMERS, ORDERS, key, rows_of, states

AMOUNTS = {"sources_of": {"transactions": {
    "sold_as": "negative refunds", "quarantine_limit": 1.0, "nulls": ["", "k.A."], "exclude_ids": ["T1"]}}}


def dirty_orders(seed: int) -> tuple[str, dict, Decimal]:
    """Random lines, and what must become of each by the rules in words: counts of states, sum of readable money."""
    rng = random.Random(seed)
    lines, fate, money, seen = [], {}, Decimal(0), set()
    for i in range(300):
        who = rng.choice(["1", "2", "3", "4", "T1", "X9", ""])
        amount = rng.choice(["10.5", "-3.25", "0.1", "1000000.07", "1O.5", "k.A.", "12.345"])
        day = rng.choice(["2026-06-30", "2026-06-30 23:59:59", "2026-07-01", "2026-06-30T23:30:00Z", "2026-02-30",
                          "2020-01-01", "2025-05-05"])
        line = f"{who};o{i};{day};{amount};x"
        copies = 2 if rng.random() < 0.1 else 1
        lines += [line] * copies
        readable = amount not in ("1O.5", "k.A.")
        cents = Decimal(amount).quantize(Decimal("0.01"), "ROUND_HALF_UP") * 100 if readable else Decimal(0)
        money += cents * copies
        for copy in range(copies):
            if amount == "1O.5" or day == "2026-02-30" or not who:
                state = "quarantined"
            elif copy or who in ("T1", "X9") or day in ("2026-07-01", "2026-06-30T23:30:00Z", "2020-01-01"):
                state = "excluded"  # 23:30 UTC is the next day in Berlin
            else:
                state = "repaired" if amount == "12.345" else "kept"
            fate[state] = fate.get(state, 0) + 1
        seen.add(line)
    return ORDERS + "\n".join(lines) + "\n", fate, money


@pytest.mark.parametrize("seed", range(4))
def test_every_row_and_every_cent_is_accounted_for(collected, seed):
    text, fate, money = dirty_orders(seed)
    people = CUSTOMERS + "".join(f"{i};2020-01-01;1980;;A\n" for i in range(1, 5))
    found = collected({"transactions": text, "customers": people}, **AMOUNTS)
    ledger = found.ledger[found.ledger["source"] == "transactions"]
    by_state = ledger[ledger["state"] != "in"].groupby("state")["rows"].sum().to_dict()
    assert by_state == fate
    total = ledger[ledger["state"] == "in"].iloc[0]
    assert total["rows"] == text.count("\n") - 1 == sum(fate.values())
    assert Decimal(total["amount"]) == money == Decimal(ledger.loc[ledger["state"] != "in", "amount"].sum())
    assert collect.reconcile(found.ledger)["rows"] == total["rows"] + 4
    assert collect.check(found)
    kept = ledger[ledger["state"].isin(["kept", "repaired"])]
    assert rows_of(found.tables["transactions"])["amount"].sum() == kept["amount"].sum()


def test_books_that_do_not_add_up_are_refused(collected):
    found = collected({"transactions": ORDERS + "1;a;2026-01-01;5;x\n"})
    broken = found.ledger.assign(rows=found.ledger["rows"] + (found.ledger["state"] == "kept"))
    with pytest.raises(ContractError, match="transactions"):
        collect.reconcile(broken)


def test_more_bad_rows_than_allowed_stop_the_run(collected):
    lines = [f"1;o{i};2026-01-01;{'x' if i == 7 else 5};x\n" for i in range(50)]
    with pytest.raises(UserError) as refusal:
        collected({"transactions": ORDERS + "".join(lines)})
    assert "1 of 50" in refusal.value.what and "amount" in refusal.value.what
    assert "line 9" in refusal.value.where and "quarantine_limit" in refusal.value.fix


def test_row_order_changes_nothing_and_new_ids_change_only_pseudonyms(collected, tmp_path):
    text, *_ = dirty_orders(1)
    header, *lines = text.splitlines()
    shuffled = "\n".join([header, *random.Random(5).sample(lines, len(lines))]) + "\n"
    other_ids = ["Z" + line if line.split(";")[0] not in ("", "T1") else line for line in lines]
    renamed = "\n".join([header, *other_ids]) + "\n"
    first, second, third = (collected({"transactions": t}, **AMOUNTS) for t in (text, shuffled, renamed))
    as_arrow = [engine.materialise(f.tables)["transactions"] for f in (first, second, third)]
    assert as_arrow[0].equals(as_arrow[1])
    assert sorted(as_arrow[0]["amount"].to_pylist(), key=str) == sorted(as_arrow[2]["amount"].to_pylist(), key=str)
    assert states(first, "transactions") == states(second, "transactions") == states(third, "transactions")
    assert not set(as_arrow[0]["customer_key"].to_pylist()) & set(as_arrow[2]["customer_key"].to_pylist())


def test_nothing_after_the_as_of_date_is_read(collected):
    before = ORDERS + "1;a;2026-06-30 23:59:59;5;x\n"
    after = before + "".join(f"{i};z{i};2026-07-01;9;x\n" for i in range(9))
    first, second = collected({"transactions": before}), collected({"transactions": after})
    for name, table in engine.materialise(first.tables).items():
        other = engine.materialise(second.tables)[name]
        assert table.equals(other) if hasattr(table, "equals") else table == other, name


def test_ids_become_keyed_pseudonyms(collected):
    text = ORDERS + "7;7;2026-01-01;5;x\n \u200b7 ;8;2026-01-02;5;x\n７;9;2026-01-03;5;x\n07;10;2026-01-03;5;x\n"
    found = collected({"transactions": text})
    table = rows_of(found.tables["transactions"])
    assert set(table["customer_key"]) == {key("7"), key("07")}
    assert key("7", "order") in set(table["order_key"]) and key("7") != key("7", "order")
    assert states(found, "transactions")["repaired", "id respelt: spaces or Unicode form"] == 2


def test_times_come_to_the_products_zone(collected):
    text = ORDERS + "".join(f"1;o{i};{t};1;x\n" for i, t in enumerate(
        ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-01-15T12:00:00-05:00", "2026-01-15T12:00"]))
    table = rows_of(collected({"transactions": text}).tables["transactions"]).sort_values("order_key")
    # Berlin is UTC+1, from 01:00 UTC on 29 March UTC+2
    expected = {"2026-03-29 01:30:00", "2026-03-29 03:30:00", "2026-01-15 18:00:00", "2026-01-15 12:00:00"}
    assert {str(t) for t in table["ordered_at"]} == expected


@pytest.mark.parametrize(("rows", "more", "said"), [
    ("1;a;2026-01-01;-5;x\n", {}, "negative"),
    ("1;a;2026-01-01;5;x\n", {"sold_as": "kind"}, "no column is mapped"),
    ("1;a;2026-01-01;5;x\n", {"void_kinds": ["x"]}, "no column is mapped to `kind`"),
    ("1;a;2026-01-01;5;USD\n", {"columns": {"customer_id": "customer", "ordered_at": "at", "amount": "amount",
                                            "currency": "kind"}}, "not in EUR"),
])
def test_money_that_is_not_declared_is_refused(collected, rows, more, said):
    with pytest.raises(UserError, match=said):
        collected({"transactions": ORDERS + rows}, sources_of={"transactions": more})


def test_refunds_marked_by_kind_become_negative(collected):
    columns = {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount", "kind": "kind"}
    found = collected({"transactions": ORDERS + "1;a;01.02.2026;1.234,50;sale\n1;b;02.02.2026;34,5;back\n"},
                      sources_of={"transactions": {"sold_as": "kind", "refund_kinds": ["back"], "columns": columns,
                                                   "decimal": ",", "thousands": ".", "dates": "%d.%m.%Y"}})
    table = rows_of(found.tables["transactions"]).sort_values("ordered_at")
    assert table["amount"].tolist() == [123450, -3450] and table["is_refund"].tolist() == [False, True]
    lone = found.quality[found.quality["rule"] == "refund without its sale"].iloc[0]
    assert (lone["severity"], lone["rows_affected"]) == ("warning", 1)


def test_what_was_not_sold_is_no_money_and_is_counted(collected):
    columns = {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount", "kind": "kind"}
    rows = "1;a;2026-01-01;10;paid\n1;b;2026-01-02;20;failed\n2;c;2026-01-03;-7;failed\n2;d;2026-01-04;5;back\n"
    found = collected({"transactions": ORDERS + rows}, sources_of={"transactions": {
        "sold_as": "kind", "refund_kinds": ["back"], "void_kinds": ["failed"], "columns": columns}})
    assert sorted(rows_of(found.tables["transactions"])["amount"]) == [-500, 1000]
    assert states(found, "transactions")["excluded", "of a kind declared as not sold"] == 2
    rule = found.quality[found.quality["rule"] == "of a kind declared as not sold"].iloc[0]
    assert (rule["severity"], rule["rows_affected"]) == ("excluded", 2)
    # a row below zero in which nothing was sold asks for no rule about refunds
    lone = collected({"transactions": ORDERS + rows.replace("2;d;2026-01-04;5;back\n", "")}, sources_of={
        "transactions": {"void_kinds": ["failed"], "columns": columns}})
    assert rows_of(lone.tables["transactions"])["amount"].tolist() == [1000]


def test_equal_lines_may_be_declared_real_and_other_columns_tell_lines_apart(collected):
    twice = ORDERS + "1;a;2026-01-01;5;tea\n1;a;2026-01-01;5;tea\n1;a;2026-01-01;5;cup\n"
    removed = collected({"transactions": twice})
    kept = collected({"transactions": twice}, sources_of={"transactions": {"equal_rows": "keep"}})
    assert states(removed, "transactions") == {("kept", ""): 2, ("excluded", "equal to an earlier row"): 1}
    assert states(kept, "transactions") == {("kept", ""): 3}


def test_one_order_under_two_customers_is_quarantined(collected):
    text = ORDERS + "1;a;2026-01-01;5;x\n2;a;2026-01-01;6;x\n1;b;2026-01-02;5;x\n"
    found = collected({"transactions": text}, sources_of={"transactions": {"quarantine_limit": 1.0}})
    assert states(found, "transactions") == {("kept", ""): 1, ("quarantined", "one order under two customers"): 2}
