"""Suppressed cells cannot be computed: an attack of its own, in whole numbers, on everything that is published."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from lib.report.earlier import hidden_before
from lib.report.numbers import Format
from lib.report.suppress import Sum, hidden, inside_told, protect, suppress

SMALLEST = 10
FMT = Format(smallest=SMALLEST)
NO_END = 100_000
TABLES = int(os.environ.get("SUPPRESSION_TABLES", "40"))


def attacked(counts, sums, mask, rounding=1) -> np.ndarray:
    """The least and the most that each cell can be, in whole numbers: every published cell is as printed, to its
    rounding, and every sum holds. Written apart from the code it attacks."""
    counts, half = np.asarray(counts, float), (rounding - 1) / 2
    system = np.zeros((len(sums), len(counts)))
    low, high = np.zeros(len(sums)), np.zeros(len(sums))
    for row, one in enumerate(sums):
        system[row, list(one.parts)] = 1
        if one.total is None:
            whole = rounding * np.rint(counts[list(one.parts)].sum() / rounding)
            low[row], high[row] = whole - half, whole + half
        else:
            system[row, one.total] = -1
    printed = rounding * np.rint(counts / rounding)
    bounds = Bounds(np.where(mask, 0, np.maximum(printed - half, 0)), np.where(mask, NO_END, printed + half))
    ranges = np.full((len(counts), 2), [0, np.inf])
    for cell in np.flatnonzero(mask):
        for end, sign in enumerate((1, -1)):
            aim = np.zeros(len(counts))
            aim[cell] = sign
            found = milp(aim, constraints=LinearConstraint(system, low, high) if len(sums) else (), bounds=bounds,
                         integrality=np.ones(len(counts)))
            assert found.status == 0, f"what is published must have an answer: {found.message}"
            ranges[cell, end] = np.rint(sign * found.fun)
    return ranges


def body(rng, shape) -> np.ndarray:
    """Counts as segments have them: most large, some small, some none."""
    return np.where(rng.random(shape) < 0.25, rng.integers(0, SMALLEST, shape), rng.negative_binomial(1, 0.02, shape))


def one_way(rng):
    parts = body(rng, rng.integers(2, 9))
    return np.append(parts, parts.sum()), [Sum(tuple(range(len(parts))), len(parts))]


def two_way(rng):
    rows, columns = rng.integers(2, 6, 2)
    inner = body(rng, (rows, columns))
    whole = np.zeros((rows + 1, columns + 1), int)
    whole[:-1, :-1], whole[:-1, -1] = inner, inner.sum(1)
    whole[-1] = whole[:-1].sum(0)
    at = np.arange(whole.size).reshape(whole.shape)
    return whole.ravel(), [*(Sum(tuple(r[:-1]), r[-1]) for r in at), *(Sum(tuple(c[:-1]), c[-1]) for c in at.T)]


def hierarchy(rng):
    """Regions of countries of a whole."""
    counts, sums, tops = [], [], []
    for _ in range(rng.integers(2, 5)):
        leaves = body(rng, rng.integers(2, 5))
        place = len(counts)
        counts += [*leaves, leaves.sum()]
        sums.append(Sum(tuple(range(place, place + len(leaves))), place + len(leaves)))
        tops.append(place + len(leaves))
    counts.append(sum(counts[i] for i in tops))
    return np.array(counts), [*sums, Sum(tuple(tops), len(counts) - 1)]


def suppression_promise(n: int, seed: int) -> dict:
    """n random tables of every kind, every third over two months: how many small cells an attack narrows down.

    {tables, small, hidden, recovered, narrow}: recovered cells are known exactly, narrow ones to less than the
    smallest cell.
    """
    rng, told = np.random.default_rng(seed), dict.fromkeys(("tables", "small", "hidden", "recovered", "narrow"), 0)
    for number in range(n):
        counts, sums = (one_way, two_way, hierarchy)[number % 3](rng)
        rounding = 5 if number % 4 == 3 else 1
        before = protect(counts, sums, SMALLEST, rounding=rounding)
        months = [(counts, before)]
        if number % 3 == 2:
            later = _a_month_later(rng, counts, sums)
            months.append((later, protect(later, sums, SMALLEST, always=before, rounding=rounding)))
            assert (months[1][1] | ~before).all(), "what was hidden stays hidden"
        for month, mask in months:
            told["tables"] += 1
            told["small"] += int(((month > 0) & (month < SMALLEST)).sum())
            _tell(told, month, sums, mask, rounding)
    return told


def _tell(told, counts, sums, mask, rounding) -> None:
    few = (counts > 0) & (counts < SMALLEST)
    assert not (few & ~mask).any()
    ranges = attacked(counts, sums, mask, rounding)
    widths = np.subtract(*ranges[few][:, ::-1].T) if few.any() else np.array([])
    told["hidden"] += int(mask.sum())
    told["recovered"] += int((widths == 0).sum())
    told["narrow"] += int((widths < SMALLEST).sum())


def _a_month_later(rng, counts, sums) -> np.ndarray:
    """The same table with a few people more or less in the cells that are no totals."""
    later = counts.copy()
    totals = {s.total for s in sums}
    for i in (i for i in range(len(counts)) if i not in totals):
        later[i] = max(0, counts[i] + rng.integers(-3, 4))
    for one in sums:
        later[one.total] = later[list(one.parts)].sum()
    return later


def test_no_suppressed_cell_can_be_recovered():
    told = suppression_promise(TABLES, seed=20260630)
    assert told["small"] > TABLES and told["hidden"] > told["small"] / 2
    assert told["recovered"] == 0 and told["narrow"] == 0, told


def test_the_attack_would_find_what_is_left_open():
    """Hiding the small cells alone, or with one other in a two-way table, gives them away."""
    counts, sums = np.array([3, 40, 50, 93]), [Sum((0, 1, 2), 3)]
    assert attacked(counts, sums, np.array([True, False, False, False]))[0].tolist() == [3, 3]
    mask = protect(counts, sums)
    assert mask.tolist() == [True, True, False, False]
    assert attacked(counts, sums, mask)[0].tolist() == [0, 43]


@pytest.mark.parametrize(("counts", "sums", "hides"), [
    ([20, 30, 50], [Sum((0, 1), 2)], []), ([0, 30, 30], [Sum((0, 1), 2)], []), ([3, 4, 50], [], [0, 1]),
    ([5, 6, 90, 101], [Sum((0, 1, 2), 3)], [0, 1]), ([2, 2, 90, 94], [Sum((0, 1, 2), 3)], [0, 1, 2])])
def test_no_more_is_hidden_than_needed(counts, sums, hides):
    assert np.flatnonzero(protect(counts, sums)).tolist() == hides


def ledger(**changed) -> pd.DataFrame:
    rows = {"in segments": 900, "unassigned": 40, "opted out": 4, "ambiguous": 12, "potential": 30} | changed
    return pd.DataFrame({"state": list(rows), "reason": "", "n": list(rows.values()), "share": 0.1,
                         "revenue_share": 0.1})


def test_what_stands_beside_the_total_protects_nothing():
    """Ambiguous customers are counted inside: hiding them would leave the opted-out ones computable. Nor does who was
    analysed, whose number is said from step 1 on; and no share of all tells how many all are."""
    rows = {r["state"]: r for r in suppress(ledger(), "outside", FMT)}
    assert {s for s, r in rows.items() if r["suppressed"]} == {"opted out", "unassigned", "in segments"}
    assert rows["opted out"]["n"] is None and rows["ambiguous"]["n"] == 12
    assert {r["share"] for r in rows.values()} == {None}
    more = {r["state"]: r for r in suppress(ledger(filtered=30), "outside", FMT)}
    assert {s for s, r in more.items() if r["suppressed"]} == {"opted out", "filtered"}
    assert more["in segments"]["share"] == 0.1


def test_few_who_could_not_be_placed_are_not_the_rest_of_all_who_were_analysed():
    rows = {r["state"]: r for r in suppress(ledger(unassigned=4, filtered=30), "outside", FMT)}
    assert {s for s, r in rows.items() if r["suppressed"]} == {"opted out", "filtered", "unassigned", "in segments"}
    assert not inside_told(ledger(unassigned=4), FMT) and inside_told(ledger(unassigned=0), FMT)


def test_rows_hidden_in_the_report_before_stay_hidden():
    first = suppress(ledger(), "outside", FMT)
    before = hidden_before({"outside": first})
    grown = ledger(**{"opted out": 11})
    now = {r["state"]: r for r in suppress(grown, "outside", replace(FMT, before=before))}
    assert {k: set(v) for k, v in before.items()} == {
        "outside": {("opted out", ""), ("unassigned", ""), ("in segments", "")}}
    assert not any(r["suppressed"] for r in suppress(grown, "outside", FMT))
    assert now["opted out"]["suppressed"] and now["unassigned"]["suppressed"]
    assert hidden_before(None) == hidden_before({"outside": {"not_measured": "no data"}}) == {}


def test_both_sides_of_a_crosstab_are_guarded():
    """A group of another scheme has a published size, too: its column is a sum like the segment's row."""
    frame = pd.DataFrame([{"segment": s, "scheme": "rfm", "group": g, "n": n} for s, row in zip(
        "abc", ([5, 60, 70], [80, 90, 55], [66, 77, 88]), strict=True) for g, n in zip("xyz", row, strict=True)])
    out = hidden(frame, "crosstab", FMT).reshape(3, 3)
    assert out[0, 0] and out.sum() == 4 and (out.sum(0)[out.any(0)] == 2).all() and (out.sum(1)[out.any(1)] == 2).all()


def test_a_group_of_one_hides_another_group_and_not_every_cell():
    """One prospect beside 147 who are new: neither size is told, so neither column is a sum that tells the other."""
    counts = np.array([[422, 23, 114, 0, 0], [205, 35, 122, 15, 0], [110, 896, 138, 132, 0], [60, 160, 75, 0, 1]])
    types = ("Core", "Dormant", "Casual", "New", "Prospect")
    frame = pd.DataFrame([{"segment": s, "scheme": "user_types", "group": g, "n": n} for s, row in zip(
        "abcd", counts, strict=True) for g, n in zip(types, row, strict=True)])
    out = hidden(frame, "crosstab", FMT).reshape(counts.shape)
    assert out[:, 3][counts[:, 3] > 0].all() and out[3, 4]
    assert not out[2, 1] and counts[~out].sum() > 0.7 * counts.sum(), "most people are told"
    at = np.arange(counts.size).reshape(counts.shape)
    known = [Sum(tuple(row)) for row in at] + [Sum(tuple(column)) for column in at.T[:3]]
    few = ((counts > 0) & (counts < SMALLEST)).ravel()
    ranges = attacked(counts.ravel(), [*known, Sum(tuple(at[:, 3:].ravel()))], out.ravel())
    assert (np.subtract(*ranges[few][:, ::-1].T) >= SMALLEST).all()


def kpis_active(now: dict, size: int) -> pd.DataFrame:
    """How many of a segment of one size were active, now; a third before."""
    return pd.DataFrame([{"segment": s, "measure": m, "before": b, "now": v, "n": size} for s, n in now.items()
                         for m, b, v in (("customers", float(size), float(size)), ("active", 1 / 3, n / size))])


def test_a_rate_of_few_of_many_is_no_kpi():
    table = kpis_active({"a": 150, "b": 120, "c": 3, "d": 90}, 300)
    rows = [r for r in suppress(table, "kpis", FMT) if r["measure"] == "active"]
    assert [r["suppressed"] for r in rows].count(True) == 2 and rows[2]["now"] is None
    assert not any(r["suppressed"] for r in suppress(table, "kpis", FMT) if r["measure"] == "customers")
    nobody = kpis_active({"a": 150, "b": 120, "c": 0, "d": 300}, 300)
    assert not any(r["suppressed"] for r in suppress(nobody, "kpis", FMT))


def effects(*arms: tuple[str, int, int], p: float = 0.5) -> pd.DataFrame:
    """Two outcomes of one campaign: arms of its segments, and of all who were assigned."""
    one = pd.DataFrame(arms, columns=["segment", "n_treated", "n_control"]).assign(campaign="c", uplift=0.1, p=p)
    return pd.concat([one.assign(outcome=outcome) for outcome in ("rate", "money")], ignore_index=True)


def test_small_arms_of_a_campaign_are_hidden_with_what_all_assigned_would_tell():
    """All but 7 of those held out are in three segments; the smallest other goes with them, in every outcome."""
    frame = effects(("all", 600, 257), ("a", 400, 100), ("b", 50, 90), ("c", 60, 60), ("d", 90, 7))
    rows = suppress(frame, "uplift", FMT)
    hid = {(r["segment"], r["outcome"]) for r in rows if r["suppressed"]}
    assert hid == {(s, o) for s in "cd" for o in ("rate", "money")}
    assert all(r["n_treated"] is None and r["n_control"] is None and r["uplift"] is None for r in rows
               if r["suppressed"])
    both = effects(("all", 209, 205), ("a", 62, 59), ("b", 57, 52), ("c", 42, 50), ("d", 43, 41), ("e", 5, 3))
    assert {r["segment"] for r in suppress(both, "uplift", FMT) if r["suppressed"]} == {"c", "e"}  # one for both arms
    clear = frame.assign(p=frame["p"].mask(frame["segment"] == "c", 0.01))  # what readers came for stays
    assert {r["segment"] for r in suppress(clear, "uplift", FMT) if r["suppressed"]} == {"b", "d"}


def test_few_assigned_who_are_in_no_segment_are_told_by_no_arm():
    rows = suppress(effects(("all", 504, 200), ("a", 400, 100), ("b", 100, 100)), "uplift", FMT)
    assert {r["segment"] for r in rows if r["suppressed"]} == {"b"}
    assert not any(r["suppressed"] for r in suppress(effects(("all", 540, 230), ("a", 400, 100), ("b", 100, 100)),
                                                     "uplift", FMT))


def kpi_rows(before: dict, now: dict) -> pd.DataFrame:
    """Number of customers and one mean of each segment, then and now."""
    rows = [[{"segment": s, "measure": "customers", "before": float(before[s]), "now": float(n), "n": n},
             {"segment": s, "measure": "depth", "before": 2.0, "now": 3.0, "n": n}] for s, n in now.items()]
    return pd.DataFrame([row for both in rows for row in both])


@pytest.mark.parametrize(("before", "now", "out"), [
    ({"a": 400, "b": 300, "c": 200}, {"a": 390, "b": 310, "c": 200}, set()),
    ({"a": 400, "b": 300, "c": 200}, {"a": 590, "b": 303, "c": 7}, {"c", "b"}),
    ({"a": 400, "b": 493, "c": 7}, {"a": 390, "b": 310, "c": 200}, {"c"})])
def test_a_segment_of_few_then_or_now_tells_no_measure(before, now, out):
    """Its number of customers is a measure too; now, the smallest other number would give it away."""
    rows = suppress(kpi_rows(before, now), "kpis", FMT)
    hid = {r["segment"] for r in rows if r["suppressed"]}
    assert out <= hid and (not out) == (not hid)
    assert all(r["now"] is None and r["before"] is None and r["n"] is None for r in rows if r["suppressed"])
    shown = {r["segment"]: r["before"] for r in rows if r["measure"] == "customers" and not r["suppressed"]}
    assert not out or len(before) - len(shown) >= 2, "one number alone would follow from all customers then"


def _checks(rng) -> tuple[pd.DataFrame, dict]:
    """Checks by people of five segments and three user types, and how many of each were asked."""
    asked = rng.choice([0, 3, 8, 9, 11, 14, 40, 90], 5)
    coded, types = rng.choice([0, 2, 7, 12, 20, 35], 5), rng.choice([0, 4, 9, 15, 33], 3)
    sizes = asked + rng.choice([2, 9, 30, 200], 5)
    named = [f"segment-{i}" for i in range(5)]
    rows = [("stated and observed frequency", "all", asked.sum(), 0.5), ("coders and model", "all", coded.sum(), 0.5)]
    rows += [("stated and observed frequency", s, n, 0.7) for s, n in zip(named, asked, strict=True)]
    rows += [("coders and model", s, n, 0.7) for s, n in zip(named, coded, strict=True)]
    rows += [("coders and model", t, n, 0.7) for t, n in zip(("Casual", "Core", "Power"), types, strict=True)]
    rows += [("response rate", s, n, a / n) for s, n, a in zip(named, sizes, asked, strict=True)]
    table = pd.DataFrame(rows, columns=["check", "group", "n", "estimate"]).assign(
        effective_n=np.nan, low=0.1, high=0.9, verdict="tentative", evidence_ids="a,b,c", finding="")
    return table, dict(zip(named, asked, strict=True))


def test_who_was_asked_in_a_segment_cannot_be_had_from_any_other_number():
    for seed in range(60):
        table, asked = _checks(np.random.default_rng(seed))
        rows = pd.DataFrame(suppress(table, "validation", FMT))
        shown = rows[~rows["suppressed"]]
        assert not shown["n"].between(1, 9).any() and (rows.loc[rows["suppressed"], "evidence_ids"] == "").all()
        rates = shown[shown["check"] == "response rate"]
        answered = (rates["n"].astype(float) * rates["estimate"].astype(float)).round()
        assert not answered.between(1, 9).any() and not (rates["n"].astype(float) - answered).between(1, 9).any()
        stated = shown[shown["check"].str.startswith("stated") & (shown["group"] != "all")]["group"]
        unknown = sum(n for s, n in asked.items() if s not in {*stated, *rates["group"]})  # all that is left to guess
        few = [s for s, n in asked.items() if 0 < n < 10]
        assert not few or unknown >= 10 or sum(asked.values()) < 10, (seed, asked)


def test_a_size_that_the_table_of_segments_hides_is_not_told_by_a_response_rate():
    for seed in range(60):
        table, _ = _checks(np.random.default_rng(seed))
        sizes = table[table["check"] == "response rate"].sort_values("group")
        segments = pd.DataFrame({"segment": sizes["group"], "n": sizes["n"]})
        gone = set(segments.loc[hidden(segments, "segments", FMT), "segment"])
        rates = [r for r in suppress(table, "validation", FMT) if r["check"] == "response rate"]
        assert gone <= {r["group"] for r in rates if r["suppressed"]}


def test_whatever_readers_came_for_no_small_cell_is_told():
    rng = np.random.default_rng(8)
    for _ in range(8):
        counts, sums = two_way(rng)
        mask = protect(counts, sums, SMALLEST, last=rng.random(len(counts)) < 0.6)
        ranges, small = attacked(counts, sums, mask), (counts > 0) & (counts < SMALLEST)
        open_ = (ranges[:, 1] - ranges[:, 0] < SMALLEST) & small
        assert not open_.any() or mask.all() or not (counts[~mask] > 0).any()


def test_what_few_did_next_is_not_told_nor_what_would_tell_it():
    """Of one segment three were known a period earlier, and how many were known then is said."""
    segments = pd.DataFrame({"segment": list("abc"), "n": [300, 200, 90], "n_next": [280, 150, 3],
                             "share": [0.5, 0.3, 0.2], "next_active": [0.5, 0.4, 1 / 3],
                             "next_low": [0.4, 0.3, 0.1], "next_high": [0.6, 0.5, 0.8]})
    rows = suppress(segments, "segments", FMT)
    assert [r["n"] for r in rows] == [300, 200, 90] and not any(r["suppressed"] for r in rows)
    told = pd.DataFrame(rows)[["n_next", "next_active", "next_low", "next_high"]].notna().all(axis=1)
    assert told.tolist() == [True, False, False]
    enough = suppress(segments.assign(n_next=[280, 150, 30]), "segments", FMT)
    assert all(r["next_active"] is not None and r["n_next"] for r in enough)
