"""Orders of two lines and refunds without their sale, counted by hand, in one part and in many."""

import ibis
import pandas as pd
import pytest

from lib.collect.doubts import money


def lines(seed: int, doubles: int, refunds: int) -> pd.DataFrame:
    """400 orders of one line; some have a second one, some were given back without a sale."""
    orders = [f"o{i}" for i in range(400)] + [f"o{i * 7}" for i in range(doubles)]
    table = pd.DataFrame({"order_key": orders, "amount": 500, "is_refund": False})
    back = pd.DataFrame({"order_key": [f"r{i}" for i in range(refunds)] + ["o1"], "amount": [-300] * refunds + [-900],
                         "is_refund": True})
    table = pd.concat([table, back]).sample(frac=1, random_state=seed)
    return table.assign(line=range(2, len(table) + 2), customer_key="k")


@pytest.mark.parametrize("at_once", [10**6, 50, 3])
@pytest.mark.parametrize("doubles", [0, 3, 40])
def test_orders_of_two_lines_whatever_the_parts(monkeypatch, at_once, doubles):
    monkeypatch.setattr(money, "AT_ONCE", at_once)
    table = lines(1, doubles, refunds=0)
    found = money._twice(ibis.memtable(table))
    sales = table[~table["is_refund"]].groupby("order_key")["line"].agg(["size", "max"])
    twice = sales[sales["size"] > 1]
    doubtful = 0 < len(twice) <= 0.01 * len(sales)
    assert found["rows_affected"] == (twice["size"].sum() if doubtful else 0)
    assert found["first_lines"] == (", ".join(map(str, sorted(twice["max"])[:5])) if doubtful else "")


@pytest.mark.parametrize("refunds", [0, 6])
def test_refunds_without_their_sale_and_larger_than_it(refunds):
    table = lines(2, 0, refunds)
    lone, large = money._refunds(ibis.memtable(table), {"refunds": refunds + 1})
    own = table.loc[table["order_key"].str.startswith("r"), "line"]
    assert lone["rows_affected"] == refunds
    assert lone["first_lines"] == ", ".join(map(str, sorted(own)[:5]))
    assert large["rows_affected"] == 1
    assert large["first_lines"] == str(table.loc[table["amount"] == -900, "line"].item())
