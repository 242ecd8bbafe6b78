"""Generated frames: whatever the dirt, every row and every cent is accounted for; what must change nothing does not.

FRAMES sets how many frames are drawn (CI: a few hundred; `make evidence`: ten thousand).
"""

import os
import random
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from lib import collect, sources
from lib.contracts import UserError
from tests.collect.collect_cases import states
from tests.collect.frames import AMOUNTS, DAYS, SHAPES, Frame, answers, collected, frames, money, run_frames, verify

FRAMES = int(os.environ.get("FRAMES", "200"))
PARTS = 8  # of which `make test` draws one
FEW = settings(max_examples=max(5, FRAMES // 40), deadline=None, derandomize=True, database=None,
               phases=[Phase.generate],  # a frame takes a second: making a failing one smaller would take an hour
               suppress_health_check=list(HealthCheck))
READ = 1 / 3  # of the frames at least: who refuses everything loses nothing either
NOT_SAID = ["first_lines"]  # of the quality table: line numbers move with the lines


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.full) for part in range(1, PARTS))])
def test_every_row_and_every_cent_of_any_frame_is_accounted_for(part):
    counts = run_frames(FRAMES // PARTS, seed=part)
    assert not counts["wrong"], counts["wrong"]
    assert counts["frames"] >= FRAMES // PARTS * 0.9 and counts["accepted"] >= counts["frames"] * READ, counts


@st.composite
def plain_frames(draw) -> Frame:
    """Frames whose dirt has no letter case, width or zero in its ids: these can be renamed and shuffled at will."""
    who = st.sampled_from([f"{n:04d}" for n in range(1000, 1030)] + [""])
    row = st.tuples(who, st.sampled_from([f"o{i}" for i in range(40)] + [""]),
                    st.sampled_from([*DAYS, "2026-07-03", "2026-02-30"]),
                    st.sampled_from([*AMOUNTS, "inf", "1O.5"]), st.sampled_from(["1", "2", "x"]))
    people = st.lists(st.tuples(who, st.sampled_from(DAYS), st.sampled_from(["1970", "2015", "1850"]),
                                st.sampled_from(["Ulm", "Bonn"])), min_size=5, max_size=30, unique_by=lambda r: r[0])
    tables = {"transactions": draw(st.lists(row, min_size=5, max_size=50))}
    if draw(st.booleans()):
        tables["customers"] = draw(people)
    return Frame(tables)


def run(frame: Frame, **more):
    """The frame collected, or the refusal's words without its place."""
    try:
        return collected(frame, **more)
    except UserError as refusal:
        return re.sub(r"\d+", "", refusal.what)


def same_books(first, second) -> bool:
    if isinstance(first, str) or isinstance(second, str):
        return first == second
    both = (first, second)
    rows = [f.quality.drop(columns=NOT_SAID).sort_values(["source", "rule"], ignore_index=True) for f in both]
    books = [f.ledger.sort_values(["source", "state", "reason"], ignore_index=True) for f in both]
    return rows[0].equals(rows[1]) and books[0].equals(books[1])


@FEW
@given(frames(), st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(frame, seed):
    turned = Frame({n: random.Random(seed).sample(rows, len(rows)) for n, rows in frame.tables.items()})
    first, second = run(frame), run(turned)
    assert same_books(first, second)
    if not isinstance(first, str):
        assert_same(answers(first), answers(second))


@FEW
@given(frames(), st.integers(0, 99))
def test_the_order_of_columns_changes_nothing(frame, seed):
    order = {n: random.Random(seed).sample(range(len(SHAPES[n])), len(SHAPES[n])) for n in frame.tables}
    tables = {n: [tuple(row[i] for i in order[n]) for row in rows] for n, rows in frame.tables.items()}
    header = {n: {list(SHAPES[n])[i]: list(SHAPES[n].values())[i] for i in order[n]} for n in frame.tables}
    first, second = run(frame), run(Frame(tables, header))
    assert isinstance(first, str) == isinstance(second, str)
    if not isinstance(first, str):
        assert_same(answers(first), answers(second))
        kept = [{k: n for k, n in states(f, "transactions").items() if k[0] != "quarantined"} for f in (first, second)]
        assert kept[0] == kept[1]  # of several faults the first column's is named


@FEW
@given(plain_frames(), st.integers(0, 99))
def test_other_ids_change_only_pseudonyms(frame, seed):
    every = sorted({row[0] for rows in frame.tables.values() for row in rows} - {""})
    new = dict(zip(every, random.Random(seed).sample(range(2000, 9000), len(every)), strict=True)) | {"": ""}
    renamed = Frame({n: [(str(new[row[0]]), *row[1:]) for row in rows] for n, rows in frame.tables.items()})
    first, second = run(frame), run(renamed)
    assert same_books(first, second)
    if not isinstance(first, str):
        lines = [answers(f)["transactions"].drop(columns=["customer_key"]) for f in (first, second)]
        by = ["ordered_at", "amount", "quantity"]
        kept = [t[[c for c in t if not c.endswith("_key")]].sort_values(by, ignore_index=True) for t in lines]
        pd.testing.assert_frame_equal(*kept)


@FEW
@given(plain_frames())
def test_money_scaled_by_a_hundred_scales_the_books(frame):
    def scaled(text: str) -> str:
        return f"{Decimal(text) * 100:f}" if re.fullmatch(r"[+-]?\d+(\.\d+)?", text) else text

    lines = [(*r[:3], re.sub(r"(\.\d\d)\d+$", r"\1", r[3]), r[4]) for r in frame.tables["transactions"]]  # whole cents
    exact = Frame(frame.tables | {"transactions": lines})
    tables = frame.tables | {"transactions": [(*r[:3], scaled(r[3]), r[4]) for r in lines]}
    first, second = run(exact), run(Frame(tables))
    assert isinstance(first, str) == isinstance(second, str)
    if not isinstance(first, str):
        by = ["source", "state", "reason"]
        books = [f.ledger.sort_values(by, ignore_index=True) for f in (first, second)]
        pd.testing.assert_frame_equal(books[0].drop(columns="amount"), books[1].drop(columns="amount"))
        np.testing.assert_array_equal(books[0]["amount"] * 100, books[1]["amount"])
        assert Decimal(collect.reconcile(second.ledger)["amount"]) == money(exact) * 100


@FEW
@given(plain_frames())
def test_every_line_twice_is_read_once(frame):
    twice = Frame(frame.tables | {"transactions": [row for row in frame.tables["transactions"] for _ in range(2)]})
    first, second = run(frame), run(twice)
    assert isinstance(first, str) == isinstance(second, str)
    if not isinstance(first, str):
        verify(twice, second)
        assert_same(answers(first), answers(second))


def test_one_file_given_twice_is_refused(shop, tmp_path):
    settings_, root = shop({"transactions": "customer;order;at;amount\n1;a;2026-01-01;5\n"}, sources_of={
        "transactions": {"path": "orders"}})
    (tmp_path / "orders").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "orders" / name).write_bytes((tmp_path / "transactions.csv").read_bytes())
    with pytest.raises(UserError, match="twice|same"):
        sources.read(settings_, root=root)


def assert_same(first: dict, second: dict) -> None:
    for name, table in first.items():
        if isinstance(table, pd.DataFrame):
            pd.testing.assert_frame_equal(table, second[name], obj=name, check_like=True)
        else:
            assert second[name] is None, name
