"""Where each segment went: more is said than the single moves tell, and still no small cell can be computed."""

import numpy as np
import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.monitor.migration import DORMANT, directed, matrix
from lib.report.figures.monitor import alluvial
from lib.report.figures.moves import ways
from lib.report.moves import OTHERS
from lib.report.numbers import Format
from lib.report.protect import Sum
from lib.report.suppress import directions, hidden
from lib.report.tables.monitor import ways as table_of
from lib.report.words.moves import by_segment
from tests.report.test_suppress import attacked

FMT, RANK = Format(), pd.Series({"a": 1, "b": 2, "c": 3, "d": 4})
SEGMENTS = pd.DataFrame({"segment": list("abcd"), "name": ["Alpha", "Beta", "Gamma", "Delta"], "rank": [1, 2, 3, 4],
                         "n": 300, "claim": "constructed", "size_open": False})
NOISE = pd.DataFrame([("a", "a", 0.97), ("a", "b", 0.02), ("a", DORMANT, 0.01), ("b", "a", 0.03), ("b", "b", 0.9),
                      ("b", "c", 0.05), ("b", "d", 0.02)], columns=["before", "now", "noise"])


def cells(*rows: tuple[str, str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["before", "now", "n"])
    whole = table.groupby("before")["n"].transform("sum")
    table = table.assign(n_before=whole, share=table["n"] / whole, low=0.0, high=1.0, noise=0.0, verdict="within noise")
    return directed(table, RANK, NOISE)


MEALS = cells(("a", "a", 233), ("a", DORMANT, 3), ("a", "b", 8), ("a", "c", 4), ("b", "b", 98), ("b", DORMANT, 83),
              ("b", "a", 9), ("c", "c", 432), ("c", "a", 2), ("c", "b", 1), ("c", DORMANT, 6), ("d", "d", 248),
              ("d", DORMANT, 6), (DORMANT, DORMANT, 1149), (DORMANT, "c", 12), (DORMANT, "d", 7))


def test_directions_follow_the_rank_and_chance_counts_moves_that_nobody_made():
    before = pd.Series(["a"] * 3 + ["b"] * 3 + ["d"], index=list("pqrstuv"))
    now = pd.Series(["a", "b", "b", "a", "b", "d", DORMANT, "c"], index=list("pqrstuvw"))
    table = directed(matrix(before, now, NOISE), RANK, NOISE).set_index(["before", "now"])
    assert table["direction"].to_dict() == {
        ("a", "a"): "stayed", ("a", "b"): "down", ("b", "a"): "up", ("b", "b"): "stayed", ("b", "d"): "down",
        ("d", DORMANT): "down", ("New", "c"): "new"}
    assert table.loc[("a", "a"), ["noise_up", "noise_down"]].tolist() == pytest.approx([0, 0.03])  # nobody went Dormant
    assert table.loc[("b", "b"), ["noise_up", "noise_down"]].tolist() == pytest.approx([0.03, 0.07])
    assert table.loc[("d", DORMANT), ["noise_up", "noise_down"]].isna().all()
    unknown = directed(matrix(before, now, NotMeasured("")), RANK, NotMeasured(""))
    assert unknown["noise_up"].isna().all() and directed(NotMeasured("x"), RANK, NOISE) == NotMeasured("x")


def test_a_segment_is_told_as_finely_as_it_may_be():
    told = directions(MEALS, FMT).set_index(["before", "went"])["n"].to_dict()
    assert told["a", "down"] == 15 and told["a", "stayed"] == 233
    assert told["b", "down"] == 83 and told["b", "stayed+up"] == 107 and len(told) == 4
    assert not hidden(MEALS, "migration", FMT)[5]  # 83 who fell asleep
    spread = cells(("a", "a", 200), ("a", "b", 8), ("b", "b", 150), ("b", "a", 6), ("b", "c", 7), ("c", "c", 99),
                   ("c", "a", 5), ("c", "b", 2))
    told = directions(spread, FMT)
    assert set(told["before"]) == {OTHERS} and told["segments"].eq(3).all() and told["n_before"].eq(477).all()
    rows = table_of(spread, SEGMENTS, FMT).rows  # no group is told beside it, so it is no rest
    assert {row[0] for row in rows} == {"All segments together"}
    assert "others together" not in by_segment(spread, SEGMENTS, FMT).text + ways(spread, SEGMENTS, FMT).title
    assert told.set_index("went")["n"].to_dict() == {"stayed": 449, "up": 13, "down": 15}
    few = directions(cells(("a", "a", 200), ("a", "b", 4), ("b", "b", 150), ("b", "a", 3)), FMT)
    assert few.empty


def known_sums(table: pd.DataFrame, told: pd.DataFrame) -> tuple[list[Sum], np.ndarray, np.ndarray]:
    """What a reader of the page knows, written anew: columns, totals of each way and of all known then, new customers,
    rows and classes that are told."""
    n = table["n"].to_numpy()

    def where(mask) -> tuple:
        return tuple(int(i) for i in np.flatnonzero(mask))

    apart = set(told["before"]) - {OTHERS}
    sums = [Sum(where(table["now"] == k)) for k in table["now"].unique() if n[table["now"] == k].sum() >= 10]
    sums += [Sum(where(table["before"] == k)) for k in apart]
    sums += [Sum(where(table["before"] == "New")), Sum(where(table["before"] != "New"))]
    sums += [Sum(where(way)) for w in ("up", "down", "stayed") if n[way := table["direction"] == w].sum() >= 10]
    extra = []
    for r in told.itertuples():
        mine = ~table["before"].isin({*apart, "New"}) if r.before == OTHERS else table["before"] == r.before
        sums.append(Sum(where(mine & table["direction"].isin(r.went.split("+"))), len(n) + len(extra)))
        extra.append(r.n)
    return sums, np.r_[n, extra].astype(int), np.r_[n < 10, np.zeros(len(extra), bool)]


@pytest.mark.parametrize("seed", range(3))
def test_no_small_move_can_be_computed_from_moves_and_directions_together(seed):
    rng = np.random.default_rng(seed)
    rows = [(b, k, int(rng.integers(60, 400) if b == k else rng.choice([2, 4, 7, 12, 30, 0])))
            for b in (*"abcd", DORMANT) for k in (*"abcd", DORMANT)]
    rows += [("New", k, int(n)) for k, n in zip("abcd", rng.integers(2, 40, 4), strict=True)]
    table = cells(*(r for r in rows if r[2]))
    told, mask = directions(table, FMT), hidden(table, "migration", FMT)
    assert mask[table["n"] < 10].all() and (told["n"] >= 10).all()
    sums, counts, small = known_sums(table, told)
    out = np.r_[mask, np.zeros(len(told), bool)]
    ranges = attacked(counts, sums, out)
    assert (ranges[small, 1] - ranges[small, 0] >= 10).all()
    assert len(told) or seed


def test_the_sentence_tells_what_is_beyond_chance_and_what_is_not_told():
    said = by_segment(MEALS, SEGMENTS, FMT)
    assert "Beta: 83 of 190 went down" in said.text and "chance moves 7 %" in said.text
    assert said.values["a.down.n"] == 15
    assert "Of 5 groups 3 are told nowhere" in said.text
    quiet = by_segment(cells(("a", "a", 300), ("a", "b", 10)), SEGMENTS, FMT)
    assert "In no segment did more move than chance moves" in quiet.text
    silent = by_segment(cells(("a", "a", 200), ("a", "b", 4), ("b", "b", 150), ("b", "a", 3)), SEGMENTS, FMT)
    assert silent.tone == "caveat" and "few" in silent.text


def test_pictures_tell_no_more_than_the_sentence_and_need_something_to_show():
    picture, table = ways(MEALS, SEGMENTS, FMT), table_of(MEALS, SEGMENTS, FMT)
    assert picture.title == "Beta: 44 % went down, beyond chance" and len(table.rows) == len(directions(MEALS, FMT))
    few = cells(("a", "a", 200), ("a", "b", 4), ("b", "b", 150), ("b", "a", 3))
    assert ways(few, SEGMENTS, FMT) is None and table_of(few, SEGMENTS, FMT) is None
    assert alluvial(few, SEGMENTS, FMT) is None


def test_new_customers_are_told_where_they_are_many():
    joined = pd.concat([MEALS.drop(columns=["direction", "noise_up", "noise_down"]), cells(
        ("New", "c", 60), ("New", "d", 45)).drop(columns=["direction", "noise_up", "noise_down"])], ignore_index=True)
    table = directed(joined, RANK, NOISE)
    assert not hidden(table, "migration", FMT)[-2:].any()
    few = table.assign(n=table["n"].mask(table["now"].eq("d") & table["before"].eq("New"), 4))
    assert hidden(few, "migration", FMT)[-2:].all()  # of 64 new ones 60 joined Gamma: the other 4 would be told


def test_blocks_of_the_alluvial_picture_are_as_high_as_the_moves_it_tells():
    """A gap, or the height of a block, would tell how many made a move that is hidden."""
    picture = alluvial(MEALS, SEGMENTS, FMT)
    told = MEALS[~hidden(MEALS, "migration", FMT)]
    whole, rest = MEALS["n"].sum(), MEALS["n"].sum() - told["n"].sum()
    heights = {x: sorted(round(p.get_height() * whole) for p in picture.figure.axes[0].patches
                         if hasattr(p, "get_height") and round(p.get_x() + p.get_width() / 2) == x) for x in (0, 1)}
    assert heights[0] == sorted([rest, *told.groupby("before")["n"].sum()])
    assert heights[1] == sorted([rest, *told.groupby("now")["n"].sum()])
    assert len(heights[0]) < MEALS["before"].nunique() + 1


def test_how_many_moved_is_in_no_title_where_they_are_few():
    table = cells(("a", "a", 300), ("b", "b", 250), ("c", "c", 200), ("a", "b", 3))
    picture = alluvial(table, SEGMENTS, FMT)
    assert picture is None or (picture.title == "Where 753 customers went" and picture.values == {"n": 753})
    many = alluvial(cells(("a", "a", 300), ("b", "b", 250), ("a", "b", 40)), SEGMENTS, FMT)
    assert many.title == "7 % of 590 customers are in another segment than before; chance alone moves 6 %"
