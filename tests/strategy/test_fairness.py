"""Selection rates by protected group: planted differences are seen, none are invented, small cells stay hidden."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lib.contracts import ARTEFACTS, NotMeasured
from lib.report.figures import strategy as figures
from lib.report.numbers import Format
from lib.report.rounding import published
from lib.report.suppress import hidden, suppress
from lib.report.words import fairness as words
from lib.stats import rate_ratio, wilson
from lib.strategy.fairness import association, groups, selection_rates

FMT = Format()


def base(n: int = 2000, seed: int = 1, *, share=(0.5, 0.5)) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers in two segments; `share` is the share of group f and of group m that is in the first."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["f", "m"], n, p=[0.55, 0.45])
    first = rng.random(n) < np.where(group == "f", *share)
    keys = [f"{i:032x}" for i in range(n)]
    return (pd.DataFrame({"customer_key": keys, "segment": np.where(first, "one", "two")}),
            pd.DataFrame({"customer_key": keys, "gender": group}))


def in_files(assigned: pd.DataFrame, chosen) -> pd.DataFrame:
    return assigned.assign(reason=np.where(chosen, "exported", "opted out"))


def test_rates_are_those_of_a_cross_table():
    assigned, told = base(share=(0.3, 0.5))
    table = selection_rates(assigned, told, in_files(assigned, assigned["segment"] == "one"))
    ARTEFACTS["fairness"].check(table)
    counts = pd.crosstab(told["gender"], assigned["segment"])
    rows = table[table["kind"] == "segment"].set_index(["selection", "group"])
    for segment in ("one", "two"):
        for group in ("f", "m"):
            row = rows.loc[(segment, group)]
            assert (row["n"], row["n_group"]) == (counts.loc[group, segment], counts.loc[group].sum())
            assert (row["low"], row["high"]) == pytest.approx(wilson(row["n"], row["n_group"]))
    exact = stats.fisher_exact([counts["one"], counts["two"]]).pvalue
    assert rows.loc[("one", "f"), "p"] == pytest.approx(min(4 * exact, 1))  # Holm: two segments, one file, any file
    assert rows.loc[("one", "f"), "ratio"] == pytest.approx((counts.loc["f", "one"] / counts.loc["f"].sum())
                                                            / (counts.loc["m", "one"] / counts.loc["m"].sum()))


def test_a_planted_difference_is_below_the_line_and_none_is_invented():
    assigned, told = base(share=(0.3, 0.5))
    table = selection_rates(assigned, told, NotMeasured("no consents"))
    found = table.set_index(["selection", "group"])["verdict"]
    assert found["one", "f"] == "below the line" and set(table["kind"]) == {"segment"}
    facts = pd.DataFrame({"segment": ["one", "two"], "name": ["First", "Second"], "n": [1000, 1000]})
    said = words.screened(table, association(table), facts, FMT)
    assert said.tone == "caveat" and "f in segment First" in said.text
    alarms = 0
    for seed in range(100):
        assigned, told = base(400, seed, share=(0.2, 0.2))
        alarms += (selection_rates(assigned, told, NotMeasured(""))["verdict"] == "below the line").any()
    assert alarms <= 9  # 5 % of 100, and three standard errors less one


def test_small_differences_and_few_people_are_called_so():
    assigned, told = base(300, 3, share=(0.02, 0.03))
    table = selection_rates(assigned, told, NotMeasured("")).set_index(["selection", "group"])
    assert table.loc[("one", "f"), "verdict"] == "too few to tell" and np.isnan(table.loc[("one", "f"), "p"])


def test_katz_interval_covers():
    rng, inside = np.random.default_rng(5), 0
    for _ in range(600):
        a, b = rng.binomial(800, 0.12), rng.binomial(500, 0.2)
        _, low, high = rate_ratio(a, 800, b, 500)
        inside += low <= 0.6 <= high
    assert 0.93 <= inside / 600 <= 0.97
    assert rate_ratio(0, 10, 5, 10)[0] == 0 and np.isnan(rate_ratio(1, 10, 0, 10)[0])


def test_small_groups_are_counted_with_the_next_larger_and_ages_in_bands():
    told = pd.Series(["f"] * 500 + ["m"] * 400 + ["x"] * 8 + [None] * 3)
    assert groups(told, "gender").value_counts().to_dict() == {"f": 500, "m or x or not known": 411}
    ages = pd.Series([20.0, 29, 30, 44, 45, 59, 60, 90] * 50)
    assert groups(ages, "age").value_counts().to_dict() == {
        "under 30": 100, "30 to 44": 100, "45 to 59": 100, "60 and over": 100}
    assigned, _ = base(100)
    same = pd.DataFrame({"customer_key": assigned["customer_key"], "gender": "f"})
    assert isinstance(selection_rates(assigned, same, NotMeasured("")), NotMeasured)


def test_who_did_not_say_is_counted_and_not_compared():
    """Of those who did not say, nobody is in the first segment: no group is thereby left out."""
    assigned, told = base(share=(0.3, 0.3))
    silent = (assigned["segment"] == "two") & (np.arange(2000) % 2 == 0)
    table = selection_rates(assigned, told.assign(gender=told["gender"].mask(silent)), NotMeasured(""))
    rows = table.set_index(["selection", "group"])
    assert rows.loc[("one", "not known"), ["n", "verdict"]].tolist() == [0, "not compared"]
    assert rows.loc[[("one", "f"), ("one", "m")], "verdict"].eq("above the line").all()
    assert rows.loc["one", "n"].sum() == (assigned["segment"] == "one").sum()
    facts = pd.DataFrame({"segment": ["one", "two"], "name": ["First", "Second"], "n": [1000, 1000]})
    assert words.rates(table, facts, FMT).rows[0][-1] == "above the line"


def test_files_and_their_rest_add_up_to_the_segments():
    assigned, told = base()
    table = selection_rates(assigned, told, in_files(assigned, np.arange(2000) % 3 == 0))
    n = table.set_index(["kind", "selection", "group"])["n"]
    for segment in ("one", "two"):
        assert n["audience", segment].add(n["rest", segment]).equals(n["segment", segment])
    assert n["audience", "(any)"].equals(n["audience", "one"].add(n["audience", "two"]))


def test_few_of_a_group_hide_the_whole_selection_and_what_would_tell_it():
    """All but 4 women of the first segment are in its file: the file, its rest and a third row would tell the 4."""
    assigned, told = base()
    women = assigned[(told["gender"] == "f") & (assigned["segment"] == "one")].index
    chosen = assigned.index.isin(women[4:]) | ((told["gender"] == "m") & (np.arange(2000) % 2 == 0)).to_numpy()
    table = selection_rates(assigned, told, in_files(assigned, chosen & (assigned["segment"] == "one").to_numpy()))
    out = pd.Series(hidden(table, "fairness", FMT), index=pd.MultiIndex.from_frame(table[["kind", "selection"]]))
    assert out["rest", "one"].all() and (out["audience", "one"].all() or out["segment", "one"].all())
    records = suppress(table, "fairness", FMT)
    for record in records:
        if record["suppressed"]:
            assert record["n"] is None and record["rate"] is None and record["ratio"] is None and record["p"] is None
    facts = pd.DataFrame({"segment": ["one", "two"], "name": ["First", "Second"], "n": [1000, 1000]})
    shown = words.rates(table, facts, FMT)
    assert any(row[2] == "few" for row in shown.rows)


def test_rates_follow_rounded_counts():
    assigned, told = base()
    table = published(selection_rates(assigned, told, NotMeasured("")), Format(rounding=5))
    assert (table["n"] % 5 == 0).all() and (table["n_group"] % 5 == 0).all()
    assert table["rate"].tolist() == pytest.approx((table["n"] / table["n_group"]).tolist())
    top = table.groupby("selection")["rate"].transform("max")
    assert table["ratio"].tolist() == pytest.approx((table["rate"] / top).tolist())


def test_the_picture_draws_what_may_be_told_and_nothing_of_few():
    """All but 4 women of the first segment are in its file: neither the file nor the segment is drawn then."""
    assigned, told = base(share=(0.3, 0.5))
    facts = pd.DataFrame({"segment": ["one", "two"], "name": ["First", "Second"], "n": [1000, 1000]})
    whole = figures.selection_rates(selection_rates(assigned, told, NotMeasured("")), facts, FMT)
    assert whole.values["selections"] == 2 and whole.values["below"] == 2  # .3 of .5, and .5 of .7
    women = assigned[(told["gender"] == "f") & (assigned["segment"] == "one")].index
    table = selection_rates(assigned, told, in_files(assigned, assigned.index.isin(women[4:])))
    out = hidden(table, "fairness", FMT)
    drawn = figures.selection_rates(table, facts, FMT)
    compared = words.compared(table.assign(out=out))
    assert drawn.values["selections"] == compared[~compared["out"]].drop_duplicates(figures.ONE).shape[0] < 4
    assert "not drawn" in drawn.caption
    lines = sum(len(line.get_xdata()) == 2 for line in drawn.ax.lines)
    assert lines == 2 * drawn.values["selections"] + drawn.values["selections"]  # two groups, and the dotted line
    assert figures.selection_rates(table.assign(n=3), facts, FMT) is None  # a picture of nothing is none


def test_a_stand_in_is_said_in_words():
    row = {"attribute": "gender", "n": 800, "groups": 2, "association": 0.3, "association_low": 0.2,
           "association_high": 0.4, "p": 0.001, "columns": "depth", "auc": 0.8, "auc_low": 0.75, "auc_high": 0.85,
           "verdict": "stands in for it"}
    said = words.stand_ins(pd.DataFrame([row]), FMT)
    assert said.tone == "caveat" and "0.8 (0.75 to 0.85)" in said.text and "stands in for it" in said.text
    quiet = words.stand_ins(pd.DataFrame([row | {"auc_low": 0.45, "verdict": "no better than chance"}]), FMT)
    assert quiet.tone == "finding"
