"""Counts of people in blocks: none below the product's smallest cell; rounded ones, and shares from these, if asked."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.text import Text

from lib.analyze.rfm import rfm_table
from lib.report.blocks import Picture, plain_text
from lib.report.earlier import hidden_before
from lib.report.figures import analyze as analyze_figures, segments as segment_figures, staying, structure
from lib.report.numbers import Format
from lib.report.rounding import published
from lib.report.suppress import suppress
from lib.report.tables import (
    analyze as analyze_tables,
    collect as collect_tables,
    profiles as profile_tables,
    segments as segment_tables,
)
from lib.report.words import (
    analyze as analyze_words,
    collect as collect_words,
    growing,
    rfm as rfm_words,
    segments as segment_words,
    staying as staying_words,
)
from lib.stats import wilson
from tests.report import test_plan_blocks as plan

SMALLEST, STEP = 20, 5
FEW = (11, 13, 17, 19)  # people that only a smallest cell of ten lets through
PEOPLE = re.compile(r"\bn = (\d[\d,]*)(?! segment)|of (\d[\d,]*) customers|"
                    r"(\d[\d,]*) (?:of \d[\d,]* )?(?:customers|buyers|users|people|are treated|held out)")


def segments(*sizes: int) -> pd.DataFrame:
    n = np.array(sizes)
    low, high = wilson(n, n.sum())
    return pd.DataFrame({
        "segment": list("abcd")[:len(n)], "name": ["Alpha", "Beta", "Gamma", "Delta"][:len(n)],
        "rank": range(1, len(n) + 1), "n": n, "share": n / n.sum(), "share_low": low, "share_high": high,
        "revenue_share": 1 / len(n), "revenue_share_low": 0.8 / len(n), "revenue_share_high": 1.2 / len(n),
        "mean_value": 3100.0, "value_low": 3000.0, "value_high": 3200.0,
        "money_hidden": False,
        "next_active": 0.5, "next_low": 0.4, "next_high": 0.6, "n_next": 2 * (n // 2), "joined": False,
        "slsw": 0.9, "rule": "r", "rule_accuracy": 0.9,
        "rule_low": 0.8, "rule_high": 0.95,
        "name_rule": "x", "claim": "natural"})


def customers(n: int, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    occasions = rng.geometric(0.2, n).astype(float)
    value = rng.lognormal(8, 1, n).round()
    return pd.DataFrame({"customer_key": [f"k{i:04d}" for i in range(n)],
                         "recency_days": rng.integers(0, 300, n) * 1.0, "n_occasions": occasions,
                         "mean_occasion_value": value, "revenue": value * occasions,
                         "seen": np.where(np.arange(n) % 3, 1.0, 0.0)})


def types(*sizes: int) -> dict:
    low, high = wilson(np.array(sizes), sum(sizes))
    rows = [{"user_type": t, "n": n, "share": n / sum(sizes), "low": float(a), "high": float(b)} for t, n, a, b in zip(
        ("Casual", "Core", "Power", "New", "Dormant", "Prospect"), sizes, low, high, strict=True)]
    return {"n": sum(sizes), "period_days": 7.0, "sizes": rows, "cuts": [{"value": 1.0}]}


def cohorts(*sizes: int) -> pd.DataFrame:
    return pd.DataFrame({"cohort": [f"2026-0{i}" for i, _ in enumerate(sizes, 1)], "age": 1, "n": sizes,
                         "retained": [round(n * 0.4) / n for n in sizes]})


def monthly(*sizes: int) -> pd.DataFrame:
    table = cohorts(*sizes).assign(month="2026-06")
    return table.drop(columns="age")


def came(*sizes: int) -> dict:
    """Two segments, of which the second falls into what is left."""
    flows = [{"k": 2, "segment": i, "before": 0, "n": n} for i, n in enumerate((sizes[0], sum(sizes[1:])))]
    flows += [{"k": 4, "segment": i, "before": min(i, 1), "n": n} for i, n in enumerate(sizes)]
    return {"k": 4, "n": sum(sizes), "flows": flows,
            "slsa": [{"k": 4, "segment": i, "value": 1.0} for i in range(len(sizes))]}


def rhythm(*sizes: int) -> dict:
    return {"period_days": 14, "by_use": [
        {"use": f"use {i}", "n": n, "median_gap": 9.5, "low": 9.1, "high": 9.9, "n_users": n, "returned": 0.5,
         "returned_low": 0.4, "returned_high": 0.6} for i, n in enumerate(sizes)]}


def blocks(sizes: tuple[int, ...], fmt: Format) -> dict:
    """Blocks of notebooks 02 to 06 on groups of these sizes."""
    table, crossed = segments(*sizes), pd.DataFrame({
        "segment": np.repeat(list("abcd")[:len(sizes)], 2), "scheme": "icp", "group": ["x", "y"] * len(sizes),
        "n": [part for n in sizes for part in (n - n // 3, n // 3)]})
    crossed["share"] = crossed["n"] / np.repeat(sizes, 2)
    ledger = pd.DataFrame({"state": ["in segments", "unassigned", "ambiguous", "potential"],
                           "reason": ["placed", "no value", "near", "asked"], "n": [sum(sizes), *sizes[-3:]],
                           "share": 0.1, "revenue_share": 0.1})
    left = {"protection": dict(zip(("erased", "minor", "opted out"), sizes, strict=False)), "n_customers": sum(sizes)}
    quality = pd.DataFrame({"rule": ["erased"], "meaning": ["asked to be forgotten"]})
    asked = pd.DataFrame(columns=["check", "group", "verdict", "n"])
    days = pd.DataFrame({"as_of": "2026-05-31", "segment": table["segment"], "n": table["n"], "share": 0.5, "low": 0.4,
                         "high": 0.6, "growth": 0.1, "growth_low": 0.0, "growth_high": 0.2})
    days = pd.concat([days, days.assign(as_of="2026-06-30")], ignore_index=True)
    rfm, known = rfm_table(customers(sum(sizes))), customers(sum(sizes))
    cuts = types(*sizes, 0, 0)
    return plan.blocks(fmt) | {
        "bars": segment_figures.sizes(table, fmt), "cards of segments": segment_words.cards(table, asked, days, fmt),
        "growth": growing.growth(days, table, fmt), "grown": profile_tables.growth(days, table, fmt),
        "over time": segment_figures.over_time(days, table, fmt),
        "rules": segment_tables.rules(table, fmt), "value": segment_words.value(table, fmt),
        "ledger": segment_tables.outside(ledger, fmt), "outside": segment_words.outside(ledger, table, fmt),
        "crossed": segment_figures.crosstab(crossed, table, "icp", fmt),
        "left": collect_words.protection(left, fmt.smallest, fmt),
        "reasons": collect_tables.protection(left, quality, fmt.smallest, fmt),
        "grid": analyze_figures.rfm_grid(rfm, fmt), "groups": rfm_words.rfm_groups(rfm, fmt),
        "types": analyze_figures.user_types(cuts, plan.NOTHING, fmt), "typed": analyze_words.user_types(cuts, fmt),
        "base": analyze_words.base(known, 365, 7.0, fmt), "features": analyze_tables.features(known, fmt),
        "cohorts": staying.retention(cohorts(*sizes), plan.NOTHING, 30, fmt),
        "curves": staying.cohort_curves(cohorts(*sizes), monthly(*sizes), 30, fmt),
        "stay": staying_words.retention(cohorts(*sizes), 30, fmt), "dear": rfm_words.high_value(rfm, fmt),
        "flows": structure.across_k(came(*sizes), fmt), "use": analyze_tables.by_use(rhythm(*sizes), fmt)}


def texts(block) -> list[str]:
    """Every text of a block, those drawn into a picture too, but not the marks of its axes; none of an absent one."""
    if block is None:
        return []
    if not isinstance(block, Picture):
        return plain_text(block.content()).split("\n")
    ticks = {t for ax in block.figure.axes for axis in (ax.xaxis, ax.yaxis) for t in axis.findobj(Text)
             if t.get_text().replace(".", "").isdigit()}
    return [block.title, block.alt, block.caption,
            *(t.get_text() for t in block.figure.findobj(Text) if t not in ticks)]


def odd(monkeypatch) -> None:
    """Sizes in the tables of notebooks 05 and 06 that are no multiples of five."""
    monkeypatch.setattr(plan, "SEGMENTS", plan.SEGMENTS.assign(n=[503, 304]))
    monkeypatch.setattr(plan, "BUDGET", plan.BUDGET.assign(contacts=[202, 0]))
    monkeypatch.setattr(plan, "EXPERIMENTS", plan.EXPERIMENTS.assign(
        n_available=[404, 0], n_treated=[202, 0], n_control=[202, 0]))
    monkeypatch.setattr(plan, "UPLIFT", plan.UPLIFT.assign(
        n_treated=[402, 251, 251, 23], n_control=[401, 252, 252, 24]))
    monkeypatch.setattr(plan, "CHECKS", plan.CHECKS.assign(n_treated=[402, 91], n_control=[401, 0]))
    moved = plan.MIGRATION.assign(n=[403, 61, 233, 13, 11, 17, 42, 23])
    of = moved.groupby("before")["n"].transform("sum")
    monkeypatch.setattr(plan, "MIGRATION", moved.assign(n_before=of, share=moved["n"] / of))


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def few_shown(shown: dict) -> list:
    """Texts in which a number stands that is a count of few people, and the values that give one away."""
    alone = re.compile(rf"(?<![\d.,<])(?<!< )\b(?:{'|'.join(map(str, FEW))})\b(?![\d.,]*\d|\s*%| pp|:)")
    found = [(name, t) for name, block in shown.items() for t in texts(block) if alone.search(t)]
    return found + [(name, k) for name, block in shown.items() for k, v in getattr(block, "values", {}).items()
                    if isinstance(v, int | np.integer) and v in FEW]


def test_a_size_that_the_report_before_hid_stays_hidden_on_the_page():
    """Sizes of few people that have grown since: what they were before, and are now, is said in no block."""
    grown = {"113", "117", "38", "75", "39", "78"}  # the two smallest segments, and their parts in the other scheme
    names = ("bars", "cards of segments", "rules", "value", "crossed", "types", "typed")
    first, now = segments(617, 301, 19, 7), (617, 301, 113, 117)
    then = {"segments": suppress(first, "segments", Format())}
    then["user_type_cuts"] = {"sizes": suppress(pd.DataFrame(types(617, 301, 19, 7, 0, 0)["sizes"]), "user_type_cuts",
                                                Format())}
    then["crosstab"] = [{"segment": s, "scheme": "icp", "group": g, "suppressed": s in "cd"}
                        for s in "abcd" for g in "xy"]
    told = {k: " ".join(texts(b)) for k, b in blocks(now, Format()).items() if k in names}
    kept = {k: " ".join(texts(b)) for k, b in blocks(now, Format(before=hidden_before(then))).items() if k in names}
    assert any(re.findall(r"\d+", told[k]) and grown & set(re.findall(r"\d+", told[k])) for k in names)
    assert {k: grown & set(re.findall(r"\d+", text)) for k, text in kept.items()} == dict.fromkeys(names, set())


def test_no_block_shows_fewer_people_than_the_product_allows(monkeypatch):
    odd(monkeypatch)
    sizes = (617, 301, 19, 17)
    assert few_shown(blocks(sizes, Format())), "a smallest cell of ten shows them: the search can find them"
    assert not few_shown(blocks(sizes, Format(smallest=SMALLEST)))


def test_every_count_of_people_is_a_multiple_of_five(monkeypatch):
    odd(monkeypatch)

    def counted(fmt: Format) -> list:
        return [(name, int(next(filter(None, m)).replace(",", "")), text) for name, block in blocks(
            (617, 303, 152, 78), fmt).items() for text in texts(block) for m in PEOPLE.findall(text)]

    exact, rounded = counted(Format()), counted(Format(rounding=STEP))
    assert sum(n % STEP > 0 for _, n, _ in exact) >= 15 and len(rounded) >= 30
    assert not [(name, n, text) for name, n, text in rounded if n % STEP and f"fewer than {n} " not in text.lower()]


def test_shares_are_those_of_the_rounded_counts():
    fmt, exact = Format(rounding=STEP), segments(617, 303, 152, 78)
    table = published(exact, fmt)
    assert table["n"].tolist() == [615, 305, 150, 80] and exact["n"].tolist() == [617, 303, 152, 78]
    assert table["share"].to_numpy() == pytest.approx(np.array([615, 305, 150, 80]) / 1150)
    assert table["share_low"].to_numpy() == pytest.approx(wilson(table["n"].to_numpy(), 1150)[0])
    kept = published(cohorts(123, 51), fmt)
    assert (kept["n"] * kept["retained"]).to_numpy() == pytest.approx([50, 20]) and kept["n"].tolist() == [125, 50]
    means = published(pd.DataFrame({"n": [123], "share": [0.123456]}), fmt)  # a weighted share is no share of a count
    assert means["share"].tolist() == [0.123456] and means["n"].tolist() == [125]
    told = published(pd.DataFrame({"n": [123], "reach": ["some behaviour"]}), fmt)  # words under the same name
    assert told["reach"].tolist() == ["some behaviour"] and told["n"].tolist() == [125]


@pytest.mark.parametrize("smallest", [3, 10, 12, 20])
def test_rounding_makes_nobody_few_and_no_few_many(smallest):
    fmt = Format(smallest=smallest, rounding=STEP)
    for n in range(200):
        shown = fmt.people(n)
        assert (shown == f"< {smallest}") == (0 < n < smallest)
        if n == 0 or n >= smallest:
            assert int(shown) % STEP == 0 and abs(int(shown) - n) < STEP and (int(shown) >= smallest or n == 0)
    hidden = suppress(published(pd.DataFrame({"group": list("ab"), "n": [smallest - 1, 400]}), fmt), "rfm_groups",
                      fmt)
    assert hidden[0]["n"] is None and json.dumps(hidden)
