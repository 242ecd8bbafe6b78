"""Pictures, sentences and tables of notebook 03: what they say agrees with the tables they were given."""

import calendar as calendar_months
import datetime as dt
import itertools

import ibis
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import PathPatch
from matplotlib.transforms import Bbox

from lib.analyze.correlations import correlations
from lib.analyze.rfm import rfm_table, scoring
from lib.analyze.rhythm import natural_frequency, user_gaps
from lib.contracts import NotMeasured
from lib.contracts.labels import readable
from lib.report.blocks import Absent, Closing
from lib.report.figures import analyze as draw, staying as draw_staying, structure as draw_structure, value
from lib.report.numbers import Format
from lib.report.style import canvas, name_points
from lib.report.tables import analyze as tabulate
from lib.report.words import analyze as say, rfm as say_rfm, staying as say_staying, structure as say_structure

FMT = Format("en", "EUR")
ABSENT = NotMeasured("no such table", "such a table")


@pytest.fixture(scope="module")
def base():
    rng = np.random.default_rng(0)
    n = 300
    occasions = rng.geometric(0.2, n).astype(float)
    value = rng.lognormal(8, 1, n).round()
    return pd.DataFrame({"customer_key": [f"k{i:03d}" for i in range(n)], "recency_days": rng.integers(0, 300, n) * 1.0,
                         "n_occasions": occasions, "mean_occasion_value": value, "revenue": value * occasions,
                         "seen": 1.0})


@pytest.fixture
def choice():
    return {"claim": "reproducible", "k": 2, "family": "kmeans", "n": 500, "m": 500, "pairs": 100,
            "method": "k-means and Gaussian mixtures", "method_why": "all variables are amounts",
            "variables": ["x", "y"], "reason": "because", "runner_up": None,
            "atoms": [{"rule": "x = 0", "name": "x at 0", "n": 77}],
            "valleys": [{"pair": [0, 1], "p": 0.4, "bridged": False, "density": [1, 0.9, 1]},
                        {"pair": [0, 2], "p": 0.001, "bridged": False, "density": [1, 0.1, 1]},
                        {"pair": [1, 2], "p": 0.001, "bridged": True, "density": [1, 0.1, 1]}]}


def test_the_grid_names_the_largest_group_and_hides_small_cells(base):
    table = rfm_table(base)
    picture = draw.rfm_grid(table, FMT)
    sizes = table["group"].value_counts()
    assert picture.title.startswith(sizes.index[0]) and "n = 300" in picture.caption
    texts = [t.get_text() for t in picture.ax.texts]
    assert len(texts) == 25
    cells = table.groupby(["r", "f"]).size()
    shown = {(r, f): text.rpartition("\n")[2] for text, (r, f) in zip(
        texts, [(r, f) for r in range(5, 0, -1) for f in range(1, 6)], strict=True)}
    for at, said in shown.items():
        n = cells.get(at, 0)
        assert said == ("few" if 0 < n < 10 else said if said == "few" else str(n) if n else "")
    groups = table.groupby(["r", "f"])["group"].first()
    for group in sizes.index:  # no small cell is the only hidden one of a group: the group's size is published
        out = [at for at in shown if groups.get(at) == group and shown[at] == "few"]
        assert len(out) != 1 or sizes[group] < 10 or cells[out[0]] >= 10


def test_sentences_carry_every_number_unrounded(base):
    table = rfm_table(base)
    said = say_rfm.rfm_groups(table, FMT)
    top = table["group"].value_counts()
    assert said.values[f"{top.index[0]}_n"] == top.iloc[0]
    assert said.values[f"{top.index[0]}_share"] == top.iloc[0] / 300
    assert top.index[0] in said.text and FMT.share(top.iloc[0] / 300) in said.text
    assert "net value per occasion" in say_rfm.rfm_scoring(scoring(base), FMT).text
    said = say.base(base, 365, 14, FMT)
    assert said.values["n"] == 300 and said.values["active_n"] == 300


def test_sentences_joined_keep_their_numbers_and_leave_out_what_is_absent(base):
    first, second = say.base(base, 365, 14, FMT), say_rfm.rfm_scoring(scoring(base), FMT)
    joined = say.together(first, Absent("no such table"), second)
    assert joined.text == f"{first.text} {second.text}"
    assert list(joined.values.values()) == [first.values, second.values]
    assert say.together(Absent("nothing")).reason == "nothing"


def test_a_disagreement_with_step_1_is_said():
    def framework(*relevance):
        dimensions = ["breadth", "depth", "frequency"]
        return pd.DataFrame({"dimension": dimensions, "relevance": relevance, "chosen_by": "data"})

    clear, other = framework("Primary", "Tertiary", "Secondary"), framework("Secondary", "Tertiary", "Primary")
    none = framework(*["not separable"] * 3)
    assert "agrees" in say.framework_again(clear, clear, FMT).text
    said = say.framework_again(clear, other, FMT)
    assert said.tone == "caveat" and "there breadth tells most" in said.text and "here frequency" in said.text
    assert "no dimension of engagement leads" in say.framework_again(none, none, FMT).text


def test_a_base_in_which_nobody_came_back_has_a_picture_all_the_same():
    day = pd.date_range("2026-01-01", periods=30)
    days = ibis.memtable(pd.DataFrame({"customer_key": [f"k{i:02d}" for i in range(30)], "day": day}))
    found = natural_frequency(days, seed=1, as_of=dt.date(2026, 6, 30))
    picture = draw.rhythm(user_gaps(days), found, FMT)
    assert not found["second_day"] and picture.title == "No user came often enough to measure a rhythm"


def test_only_a_valley_without_a_ridge_counts(choice):
    picture = draw_structure.valleys(choice, FMT)
    assert "between 1 of 3 neighbouring pairs" in picture.title
    titles = [ax.get_title() for ax in picture.figure.axes if ax.get_visible()]
    assert titles == ["1 and 2: no valley", "1 and 3: valley", "2 and 3: no valley"]


@pytest.mark.parametrize(("level", "wording"), [("natural", "groups that exist in these data"),
                                                ("reproducible", "a cut that would come out the same again"),
                                                ("constructed", "a cut chosen because it is useful")])
def test_the_claim_level_is_said_in_plain_words(choice, level, wording):
    assert f"{level}: {wording}" in say_structure.claim(choice | {"claim": level}, FMT).text


def test_atoms_and_the_closing_words(choice):
    assert "77 customers with x at 0" in say_structure.atoms(choice, FMT).text
    closing = say_structure.closing(["features"], ABSENT, ABSENT, choice, FMT)
    assert isinstance(closing, Closing) and "reproducible" in closing.text and "not measured" in closing.text


@pytest.mark.parametrize("helper", [
    lambda: draw.rfm_grid(ABSENT, FMT), lambda: draw.lorenz(ABSENT, FMT), lambda: draw.user_types(ABSENT, ABSENT, FMT),
    lambda: draw_structure.stability_by_k(ABSENT, ABSENT, FMT), lambda: say.rhythm(ABSENT, FMT),
    lambda: say_structure.claim(ABSENT, FMT), lambda: tabulate.themes(ABSENT, FMT),
    lambda: value.calibration(ABSENT, FMT)])
def test_what_was_not_measured_is_shown_as_such(helper):
    shown = helper()
    assert isinstance(shown, Absent) and shown.reason == "no such table"


def test_each_pair_of_measures_has_one_cell_and_the_closest_is_named(base):
    pairs = correlations(base, pd.DataFrame({"variable": ["n_occasions", "revenue", "mean_occasion_value"]}))
    picture = draw_structure.alike(pairs, FMT)
    shown = sorted(float(t.get_text()) for t in picture.ax.texts if t.get_text())
    assert len(pairs) == 3 and shown == sorted(pairs["rho"].round(2))
    top = pairs.loc[pairs["rho"].abs().idxmax()]
    assert all(readable(top[side]) in picture.title for side in ("first", "second"))
    assert FMT.number(top["rho"]) in picture.title and picture.values["n"] == len(base)


def test_measures_of_few_rows_are_named_across():
    pairs = pd.DataFrame({"first": ["share_of_features_used"] * 2 + ["revenue"], "low": 0.8, "high": 0.9, "n": 401,
                          "second": ["revenue", "active_days", "active_days"], "rho": [0.87, -0.31, -0.24]})
    picture = draw_structure.alike(pairs, FMT)
    picture.figure.draw_without_rendering()
    named = [tick.get_window_extent() for tick in picture.ax.get_yticklabels()]
    assert len(named) == 2 and not named[0].overlaps(named[1])


@pytest.fixture
def moves():
    rows = [(p, "new", "current", 40) for p in (-1, 0)] + [(p, "new", "dormant", 160) for p in (-1, 0)]
    rows += [(p, "current", a, n) for p in (-1, 0) for a, n in (("current", 300), ("dormant", 100))]
    rows += [(p, "dormant", a, n) for p in (-1, 0) for a, n in (("resurrected", 5), ("dormant", 45))]
    return pd.DataFrame(rows, columns=["period", "before", "after", "n"])


def test_flows_are_said_with_interval_and_n_and_small_states_are_left_out(moves):
    said = say_staying.flows(moves, 14, FMT)
    assert "20 % (15 % to 26 %) of 200 new customers came back" in said.text
    assert "75 % (71 % to 79 %) of 400 current customers stayed" in said.text
    assert "dormant" not in said.text  # 50 customers: not a share within ten points
    few = say_staying.flows(moves.assign(n=1), 14, FMT)
    assert few.tone == "caveat"


def test_contracts_are_drawn_beside_retention_only_where_there_are_any(moves):
    cohorts = pd.DataFrame({"cohort": ["2025-01", "2025-02"], "age": 1, "n": [50, 60], "retained": [0.5, 0.4],
                            "low": 0.3, "high": 0.6})
    point = {"day": 365, "share": 0.8, "low": 0.7, "high": 0.9, "at_risk": 20}
    lasting = {"curve": [{**point, "day": 10, "share": 0.9}, point], "n": 99, "ended": 12, "one_year": point,
               "median_days": None}
    alone, both = (draw_staying.retention(cohorts, x, 30, FMT) for x in (ABSENT, lasting))
    assert "contracts" not in alone.caption and "12 contracts ended" in both.caption
    assert isinstance(draw_staying.retention(ABSENT, ABSENT, 30, FMT), Absent)
    long = pd.concat([cohorts.assign(age=age) for age in range(1, 25)])
    for beside in (ABSENT, lasting):
        drawn = draw_staying.retention(long, beside, 30, FMT)
        drawn.figure.draw_without_rendering()
        stretches = [tick.get_window_extent().padded(2) for tick in drawn.ax.get_xticklabels()]
        assert len(stretches) >= 6 and not any(a.overlaps(b) for a, b in itertools.pairwise(stretches))
    assert "80 % (70 % to 90 %) of 99 customers" in say_staying.survival(lasting, FMT).text
    states = moves.groupby(["period", "before"])["n"].sum().rename_axis(["period", "state"]).reset_index()
    states = pd.concat([states, pd.DataFrame({"period": [-1, 0], "state": "resurrected", "n": 5})])
    picture = draw_staying.lifecycle(states, moves, 14, FMT)
    assert "655 customers" in picture.caption
    assert picture.title == "605 customers were active in the last 14 days, 605 in the first of the 2 periods shown"
    flows = [line.get_linestyle() for line in picture.figure.axes[1].lines]
    assert len(set(flows)) == len(flows) > 1, "told apart on grey paper"


def test_who_began_before_the_data_does_not_count_as_retention():
    """Customers of the first cohort are survivors: they stay apart from those whose beginning was seen."""
    rows = [(c, a, n, share) for c, n, share in (("2025-01", 500, 0.9), ("2025-02", 100, 0.4), ("2025-03", 120, 0.2))
            for a in (1, 2, 3) if c != "2025-03" or a < 3]
    table = pd.DataFrame(rows, columns=["cohort", "age", "n", "retained"]).assign(low=0.0, high=1.0)
    said = say_staying.retention(table, 30, FMT)
    assert "Of 220 customers who began in view, 29 %" in said.text and "30 to 60 days after their first" in said.text
    assert "Of 100 seen for long enough, 40 %" in said.text and "against 40 %" in said.text  # the same cohort, not 29 %
    assert "Left out are 500 customers of the first cohort" in said.text
    calendar = pd.DataFrame([("2025-01", m, 500, 0.9) for m in ("2025-02", "2025-03", "2025-04")] + [
        ("2025-02", m, 100, 0.4) for m in ("2025-03", "2025-04")] + [("2025-03", "2025-04", 120, 0.2)],
        columns=["cohort", "month", "n", "retained"])
    picture = draw_staying.cohort_curves(table, calendar, 30, FMT)
    assert picture.title.startswith("29 % (23 % to 35 %) of customers who began in view were active in April 2025")
    assert draw_staying.retention(table, ABSENT, 30, FMT).title.startswith("29 % (23 % to 35 %) are active again")
    right = picture.figure.axes[1]
    months = [f"{calendar_months.month_abbr[m]} 2025" for m in (1, 2, 3, 4)]
    assert [tick.get_text() for tick in right.get_xticklabels()] == months[1:]
    rows = draw_staying.retention(table, ABSENT, 30, FMT).ax.get_yticklabels()
    assert [tick.get_text() for tick in rows] == months[:3]
    assert {line.get_label() for line in right.lines} == {"began in view", "there from the beginning"}
    assert len({line.get_linestyle() for line in right.lines}) == 2, "told apart on grey paper"
    alone = table[table["cohort"] == "2025-01"]
    assert "Left out" not in say_staying.retention(alone, 30, FMT).text


def test_box_plots_show_every_pair_and_mark_what_was_chosen(choice):
    scan = pd.DataFrame({"family": ["kmeans", "kmeans", "tied"], "k": [2, 3, 3], "stability": [0.9, 0.8, 0.5],
                         "stability_low": 0.4, "stability_high": 1.0, "chosen": [False, True, False]})
    pairs = np.linspace(0.2, 1, 101)
    found = choice | {"k": 3, "resampled": [{"family": f, "k": k, "ari": pairs.tolist()} for f, k in
                                            (("kmeans", 2), ("kmeans", 3), ("tied", 3))]}
    picture = draw_structure.stability_by_k(scan, found, FMT)
    boxes = [p for p in picture.ax.patches if hasattr(p, "get_path") and len(p.get_path().vertices) > 4]
    assert len(boxes) == 3
    edges = sorted(boxes[0].get_path().vertices[:4, 1])
    assert edges[0] == pytest.approx(0.4) and edges[-1] == pytest.approx(0.8)  # quarters of the pairs
    stars = [line for line in picture.ax.lines if line.get_marker() == "*"]
    assert len(stars) == 1 and stars[0].get_xdata()[0] == pytest.approx(3, abs=0.2)


def test_where_segments_come_from_is_drawn_without_flows_of_few(choice):
    flows = [(2, 0, 0, 300), (2, 1, 0, 200), (3, 0, 0, 300), (3, 1, 1, 120), (3, 2, 1, 75), (3, 2, 0, 5)]
    flows = [dict(zip(("k", "segment", "before", "n"), f, strict=True)) for f in flows]
    slsa = [{"k": 2, "segment": 0, "value": 1.0}, {"k": 2, "segment": 1, "value": 1.0},
            {"k": 3, "segment": 0, "value": 1.0}, {"k": 3, "segment": 1, "value": 1.0},
            {"k": 3, "segment": 2, "value": 0.66}]
    picture = draw_structure.across_k(choice | {"k": 3, "flows": flows, "slsa": slsa}, FMT)
    assert picture.title == "2 of the 3 segments come nearly whole from one of the coarser cut"
    assert len(picture.ax.containers) == 6  # one block for k = 1, two, three
    ribbons = [p for p in picture.ax.patches if isinstance(p, PathPatch)]
    assert len(ribbons) == 5  # the flow of five customers is not drawn
    assert draw_structure.across_k(choice | {"flows": [], "slsa": []}, FMT) is None


def test_value_is_told_beside_the_groups_and_never_of_few():
    def scored(dear, cheap):
        return pd.DataFrame({"group": ["At risk"] * (dear + cheap) + ["Loyal"] * 200,
                             "high_value": [True] * dear + [False] * (cheap + 200)})

    said = say_rfm.high_value(scored(30, 60), FMT)
    assert "30 of the 90 customers At risk, 33 % (24 % to 44 %), pay more than most" in said.text
    assert say_rfm.high_value(scored(5, 60), FMT) is None and say_rfm.high_value(scored(60, 5), FMT) is None
    told = say_rfm.rfm_groups(pd.DataFrame({"group": ["Loyal"] * 200 + ["At risk"] * 4 + ["Prospect"] * 50}), FMT).text
    assert "At risk" not in told and "50 never ordered" not in told  # it would give the four away


def test_names_of_points_never_cover_one_another():
    points = [(f"feature {i}", 0.1 + 0.001 * i, 0.3) for i in range(12)] + [("far away", 0.9, 0.9)]
    fig, ax = canvas()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    name_points(ax, points)
    fig.draw_without_rendering()
    boxes = [t.get_window_extent() for t in ax.texts]
    assert {"far away"} <= {t.get_text() for t in ax.texts} and 2 <= len(boxes) < 13
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_names_of_points_lie_on_no_mark():
    points = [("a name that is long enough", 0.4, 0.3), ("another", 0.62, 0.34), ("a third one", 0.66, 0.32)]
    fig, ax = canvas()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    name_points(ax, points, areas=[400] * 3)
    fig.draw_without_rendering()
    side = 20 * fig.dpi / 72
    corners = [ax.transData.transform(p[1:]) - side / 2 for p in points]
    marks, names = [Bbox.from_bounds(*c, side, side) for c in corners], [t.get_window_extent() for t in ax.texts]
    assert len(names) == 3 and not any(name.overlaps(mark) for name in names for mark in marks)


def test_the_rhythm_of_each_use_leaves_out_few_users():
    use = {"use": "cook", "n": 40, "median_gap": 7.0, "low": 6.0, "high": 8.0, "n_users": 90, "returned": 0.6,
           "returned_low": 0.5, "returned_high": 0.7}
    found = {"period_days": 14, "by_use": [use, use | {"use": "plan", "n": 5}, use | {"use": "rare", "n_users": 6}]}
    shown = tabulate.by_use(found, FMT)
    assert shown.rows == [["cook", "90", "60 % (50 % to 70 %)", "7 (6 to 8)"],
                          ["plan", "90", "60 % (50 % to 70 %)", "too few"]]
    assert tabulate.by_use(found | {"by_use": []}, FMT) is None


def test_features_are_drawn_by_reach_and_frequency():
    table = pd.DataFrame({"use": ["plan_week", "share"], "n": [90, 20], "n_active": 100, "reach": [0.9, 0.2],
                          "reach_low": [0.8, 0.1], "reach_high": [0.95, 0.3], "frequency": [1.0, 4.0],
                          "frequency_low": [0.8, 3.0], "frequency_high": [1.2, 5.0]})
    picture = draw.feature_matrix(table, 14, FMT)
    assert picture.title == "plan_week reaches most: 90 % (80 % to 95 %) of active customers"
    assert "n = 100" in picture.caption


def test_new_customers_too_few_to_tell_cannot_be_had_by_subtraction():
    """How many are active is said, and how many came from where: a single newcomer would be the rest."""
    table = pd.DataFrame([(p, state, n) for p in (-1, 0) for state, n in (
        ("current", 944), ("resurrected", 299), ("new", 1 if p == 0 else 20), ("dormant", 1225))],
        columns=["period", "state", "n"])
    said = say_staying.lifecycle(table, 7, FMT)
    assert "1,244 of 2,469" in said.text and said.text.count("few") == 2 and "few were new" in said.text
    assert not {"new"} & set(said.values) and not {944, 299} <= set(said.values.values())
    many = say_staying.lifecycle(table.assign(n=table["n"].replace(1, 20)), 7, FMT)
    assert "20 were new" in many.text and "few" not in many.text
