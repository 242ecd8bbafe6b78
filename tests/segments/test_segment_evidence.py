"""Lead, rules, profiles, distinctness, prediction, grid, agreement, validation and the ledger, on planted data."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats as sps
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score
from statsmodels.stats.proportion import proportion_confint

from lib.contracts import ARTEFACTS, ContractError, NotMeasured, UserError
from lib.report.numbers import Format
from lib.report.tables.profiles import markers
from lib.report.words import segments as words
from lib.segments.agreement import alpha_interval, cohen_kappa, kappa_interval, krippendorff_alpha
from lib.segments.conditions import holds, in_words
from lib.segments.distinct import distinct, held_out, overall
from lib.segments.evidence import NONE
from lib.segments.grid import ROWS, _median, build_grid
from lib.segments.growth import sizes
from lib.segments.lead import candidates, choose_lead
from lib.segments.match import keep_names, with_lead
from lib.segments.model import OUTSIDE, assign, assignment_table
from lib.segments.outside import COUNTED, outside_ledger, reconcile
from lib.segments.prediction import next_by_segment, prediction
from lib.segments.profile import BEHAVIOUR, crossed_schemes, crosstab, groups, made_columns, profile, segment_table
from lib.segments.rules import rule_cards
from lib.segments.validation import confusion_table, validate

FMT = Format()
COLLECTED = {"protection": {"opted out": 12, "minors": 3, "note": "text"}, "n_customers": 820}
ABSENT = NotMeasured("no survey and no interviews", "a survey")


@pytest.fixture(scope="module")
def model(models):
    return models["clusters"]


@pytest.fixture(scope="module")
def assigned(model, placed):
    return assign(placed, model)


@pytest.fixture(scope="module")
def cards(placed, assigned, model):
    return rule_cards(placed, assigned, model, money=FMT.money)


@pytest.fixture(scope="module")
def segments(placed, assigned, model, cards, before):
    return segment_table(placed, assigned, model, cards, next_by_segment(before, assign(before, model)))


@pytest.fixture(scope="module")
def voice(planted):
    """Deep users name price, sources on the rare ones disagree, steady ones are hardly heard."""
    rows = []
    for group, kind, code, n in (("deep", "survey", "price", 30), ("deep", "survey", "slow", 10),
                                 ("rare", "survey", "price", 8), ("rare", "interview", "taste", 5)):
        for key in planted.loc[planted["group"] == group, "customer_key"].head(n):
            rows.append({"evidence_id": f"{kind}:{len(rows)}", "customer_key": key, "kind": kind, "topic": "pain_point",
                         "code": code, "speaker": "respondent", "text": ""})
    for group, said, n in (("deep", "Core", 40), ("rare", "Power", 35), ("steady", "Power", 5)):
        for i, key in enumerate(planted.loc[planted["group"] == group, "customer_key"].head(n)):
            rows += [{"evidence_id": f"interview:{group}{i}:{coder}", "customer_key": key, "kind": "interview",
                      "topic": "user_type", "code": said, "speaker": coder, "text": ""}
                     for coder in ("coder_1", "coder_2")]
    return pd.DataFrame(rows).assign(said_on=pd.NaT)


def test_krippendorff_alpha_of_the_published_example():
    """Krippendorff (2011), four observers and twelve units: nominal .743, ordinal .815, interval .849."""
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    units = pd.DataFrame({"a": a, "b": b, "c": c, "d": d})
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(units, level="ordinal") == pytest.approx(0.815, abs=5e-4)
    assert krippendorff_alpha(units, level="interval") == pytest.approx(0.849, abs=5e-4)
    assert np.isnan(krippendorff_alpha([["x", "x"], ["x", "x"]]))


def test_kappa_by_hand_and_against_an_independent_implementation():
    """20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed .70, expected .50, κ .40."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    for weights in ("", "linear", "quadratic"):
        assert cohen_kappa(a, b, weights=weights) == pytest.approx(cohen_kappa_score(a, b, weights=weights or None))


def test_shuffled_labels_give_an_interval_with_zero():
    rng = np.random.default_rng(2)
    first = rng.choice(["a", "b", "c"], 150)
    _, low, high = kappa_interval(first, rng.permutation(first), seed=1)
    assert low < 0 < high
    _, low, high = alpha_interval(np.column_stack([first, rng.permutation(first)]), seed=1)
    assert low < 0 < high


def test_lead_follows_the_rule_unless_evidence_is_stronger(found, lead):
    claim = found.set_index("scheme").loc["clusters", "claim"]
    assert claim in ("natural", "reproducible") and lead["lead"] == "clusters" and lead["spoke"] == "evidence"
    clusters = found.set_index("scheme").loc["clusters"]  # steady, deep and rare have a plan each; once buy like steady
    assert clusters["pairs"] == 6 and clusters["distinct"] >= 5 / 6
    level = found.assign(claim="constructed", gain=0.1, low=0.05, high=0.15, available=True)
    assert choose_lead(level, business="b2c")["lead"] == "icp"
    assert choose_lead(level, business="b2b")["lead"] == "clusters"
    worthless = level.assign(low=level["low"].where(level["scheme"] != "icp", -0.1))
    assert choose_lead(worthless, business="b2c")["lead"] == "clusters"
    launched = choose_lead(worthless, business="b2b", stage="new")
    assert launched["lead"] == "icp" and "being launched" in launched["rule"]
    blurred = level.assign(pairs=6, distinct=np.where(level["scheme"] == "rfm", 1.0, 0.5))
    told = choose_lead(blurred, business="b2b")
    assert told["lead"] == "rfm" and "differ on what did not make them" in told["rule"]
    close = blurred.assign(distinct=blurred["distinct"].clip(upper=0.7))
    assert choose_lead(close, business="b2b")["lead"] == "clusters"
    chosen = choose_lead(level, business="b2b", override="user_types", reason="the CRM knows them")
    assert chosen["lead"] == "user_types" and "the CRM knows them" in chosen["rule"]
    with pytest.raises(UserError):
        choose_lead(level, business="b2b", override="user_types")
    assert not choose_lead(level.assign(available=False), business="b2b")
    types, firm = level["scheme"] == "user_types", level["scheme"] == "clusters"
    outdone = level.assign(claim=np.where(firm, "natural", "constructed"), low=np.where(types, 0.5, 0.05),
                           high=np.where(types, 0.9, 0.15))
    told = choose_lead(outdone, business="b2b")
    assert told["lead"] == "clusters" and told["rule"].endswith(
        "; user types explain more of the next period, but their claim level is weaker (constructed against natural)")
    assert "explain more" not in choose_lead(level, business="b2b")["rule"]


def test_without_clusters_rule_based_segments_lead(models, placed, before):
    without = {**models, "clusters": ABSENT, "icp": ABSENT}
    lead = choose_lead(candidates(without, placed, before, seed=1), business="b2b", lead_basis="behaviour")
    assert lead["lead"] in ("user_types", "rfm") and "cannot lead" in lead["rule"]


def test_rule_cards_apply_as_accurately_as_they_say(placed, assigned, cards, model):
    assert set(cards["segment"]) == {s["segment"] for s in model["segments"]}
    once = cards.set_index("segment").loc["one-time-buyers"]
    assert once["accuracy"] == 1.0 and once["rule"] == "days with an order exactly 1"
    learned = cards[cards["segment"] != "one-time-buyers"]
    assert (learned["accuracy"] > 0.95).all()
    types = {"rules": [{"segment": "x", "when": [[{"column": "frequency", "op": "<", "value": 1.0}]]}],
             "segments": [{"segment": "x"}], "columns": ["frequency"], "solution": {}}
    member = placed["frequency"] < 2
    labels = placed[["customer_key"]].assign(segment=np.where(member, "x", "y"))
    accuracy = rule_cards(placed, labels, types)["accuracy"].iloc[0]
    assert accuracy == pytest.approx(balanced_accuracy_score(member, placed["frequency"] < 1), abs=0.0005)


def test_rules_are_said_with_money_and_shares():
    when = [[{"column": "revenue", "op": ">=", "value": 12_300.0}, {"column": "breadth", "op": "<", "value": 0.25}]]
    assert in_words(when, FMT.money) == "revenue at least €123, share of features used below 25 %"
    both = [[{"column": "age", "op": ">", "value": 20.5}, {"column": "age", "op": "<=", "value": 30.5}]]
    assert in_words(both) == "age above 20.5 and at most 30.5"


@pytest.mark.parametrize("op", ["<", "<=", ">", ">="])
def test_a_bound_between_two_counts_is_said_as_the_count_it_allows(op):
    """Days are whole: nobody has 111.5 of them. What is said allows the same days as the rule."""
    days = pd.DataFrame({"active_days": np.arange(100.0, 125.0)})
    said = in_words([[{"column": "active_days", "op": op, "value": 111.5}]])
    bound, number = said.removeprefix("active days ").rsplit(" ", 1)
    spoken = {"at least": days["active_days"] >= int(number), "at most": days["active_days"] <= int(number)}[bound]
    assert (spoken == holds(days, [[{"column": "active_days", "op": op, "value": 111.5}]])).all()


def test_a_column_of_nothing_and_something_is_said_as_such():
    assert in_words([[{"column": "seen", "op": ">", "value": 0.5}]]) == "something done in the window"
    assert in_words([[{"column": "seen", "op": "<=", "value": 0.5}]]) == "nothing done in the window"


def test_segment_table_holds_its_contract_and_adds_up(segments, placed, assigned):
    checked = ARTEFACTS["segments"].check(segments)
    inside = assigned[assigned["segment"] != OUTSIDE]
    assert checked["n"].sum() == len(inside)
    revenue = placed.set_index("customer_key")["revenue"]
    assert checked["revenue"].sum() == pytest.approx(revenue[inside["customer_key"]].sum())
    ordered = checked.sort_values("rank")
    assert ordered["mean_value"].is_monotonic_decreasing
    assert ordered["rank"].tolist() == list(range(1, len(ordered) + 1))
    first = ordered.iloc[0]
    values = revenue[assigned.loc[assigned["segment"] == first["segment"], "customer_key"]]
    low, high = sps.t.interval(0.95, len(values) - 1, values.mean(), sps.sem(values))
    assert (first["value_low"], first["value_high"]) == (pytest.approx(low), pytest.approx(high))


def test_profile_says_what_made_the_segments(placed, assigned, model):
    table = ARTEFACTS["profile"].check(profile(placed, assigned, made_columns(model)))
    made = table[table["made_segments"]]["variable"].unique()
    assert set(model["columns"]) < set(made) <= BEHAVIOUR  # what is behaviour beside them is no finding either
    plan = table[(table["variable"] == "plan=pro")].set_index("segment")
    truth = pd.crosstab(assigned["segment"].to_numpy(), placed["plan"] == "pro", normalize="index")[True]
    assert plan["mean"].to_dict() == pytest.approx(truth[plan.index].to_dict())
    assert plan.loc[plan["mean"].idxmax(), "marker"]
    assert not table[table["variable"].str.startswith("region=")]["marker"].any()


def test_distinct_by_the_plan_that_was_held_out_and_not_by_chance(placed, assigned, model, before):
    descriptors = held_out(placed, made_columns(model))
    assert set(descriptors) == {"customer_key", "tenure_days", "region", "plan"}
    table = ARTEFACTS["distinct"].check(distinct(assigned, descriptors))
    k = assigned.loc[assigned["segment"] != OUTSIDE, "segment"].nunique()
    assert len(table) == k * (k - 1) / 2
    sizes = assigned["segment"].value_counts()  # nobody lacks a plan
    assert table["n"].tolist() == [sizes[r.first] + sizes[r.second] for r in table.itertuples()]
    alike = table[table["verdict"] == "merge candidate"]  # planted: both on the basic plan
    assert len(alike) == 1 and "one-time-buyers" in set(alike[["first", "second"]].iloc[0])
    assert set(table.loc[table["verdict"] == "distinct", "variable"]) == {"plan"}
    chance = distinct(assigned, descriptors.drop(columns="plan"))
    assert (chance["verdict"] == "merge candidate").all()
    ranked = overall(assigned, descriptors)
    assert ranked["variable"].iloc[0] == "plan" and ranked["p_adjusted"].iloc[0] < 1e-6
    later = distinct(assigned, descriptors.drop(columns="plan"), next_by_segment(before, assign(before, model)))
    assert "next_active" in set(later["variable"]) | set(later["variable"].dropna())
    few = next_by_segment(before, assign(before, model))
    few = few.drop(few.index[few["segment"] == "one-time-buyers"][4:])  # four then: no pair says how many were known
    known = distinct(assigned, descriptors, few).set_index("variable")["n"]
    assert known[known.index.str.startswith("next")].isna().all() and known[~known.index.str.startswith("next")].all()


def test_prediction_gains_what_was_planted_and_nothing_from_chance(before, model):
    found = prediction(before, assign(before, model), seed=1, outcome="next_active")
    assert found["low"] > 0.1 and found["low"] < found["gain"] < found["high"]
    rng = np.random.default_rng(5)
    chance = assign(before, model).assign(segment=rng.choice(["a", "b", "c"], len(before)))
    nothing = prediction(before, chance, seed=1, outcome="next_active")
    assert nothing["low"] <= 0 and nothing["verdict"] != found["verdict"]
    assert not prediction(before.head(20), chance.head(20), seed=1)
    assert prediction(ABSENT, chance, seed=1) is ABSENT


def grid_of(placed, assigned, voice):
    uses = pd.DataFrame({"customer_key": placed["customer_key"], "use": "cook", "days": 3.0, "recency_days": 4.0})
    gaps = pd.DataFrame({"customer_key": placed["customer_key"], "median_gap": 7.0})
    framework = pd.DataFrame({"dimension": ["frequency"], "relevance": ["Primary"]})
    return build_grid(placed, assigned, voice=voice, uses=uses, gaps=gaps, framework=framework, fmt=FMT, seed=1)


def test_grid_without_voice_says_so_in_every_human_cell(placed, assigned):
    grid = ARTEFACTS["grid"].check(grid_of(placed, assigned, ABSENT))
    human = grid[grid["row"].isin(["pain points", "valued features", "CVP being utilised", "JTBD of the persona",
                                   "discovery"])]
    assert (human["answer"] == NONE).all() and (human["state"] == "no evidence").all() and (human["n"] == 0).all()
    assert set(grid.loc[grid["scheme"] == "user_types", "column"]) == {"Casual", "Core", "Power"}
    assert grid.groupby(["scheme", "column"]).size().eq(len(ROWS)).all()
    assert "every 7 days (7 to 7)" in grid[grid["row"] == "natural frequency"]["answer"].iloc[0]


def test_grid_counts_evidence_and_shows_conflict(placed, assigned, voice, planted):
    grid = grid_of(placed, assigned, voice)
    pains = grid[(grid["row"] == "pain points") & (grid["scheme"] == "segments")].set_index("column")
    where = assigned.set_index("customer_key")["segment"]
    deep = where[planted.loc[planted["group"] == "deep", "customer_key"]].mode()[0]
    rare = where[planted.loc[planted["group"] == "rare", "customer_key"]].mode()[0]
    assert pains.loc[deep, "n"] == 40 and pains.loc[deep, "answer"].startswith("price 30 of 40")
    assert len(pains.loc[deep, "evidence_ids"].split(",")) == 40
    assert pains.loc[rare, "state"] == "conflicting" and "taste" in pains.loc[rare, "answer"]
    assert (grid[grid["row"] == "discovery"]["answer"] == NONE).all()


def test_grid_tells_no_use_and_no_rhythm_of_few(placed, assigned):
    """In one segment nine customers know `rare` and nine have a rhythm, in another ten."""
    first, second = sorted(set(assigned["segment"]) - {OUTSIDE})[:2]
    keys = [assigned.loc[assigned["segment"] == s, "customer_key"].head(n) for s, n in ((first, 9), (second, 10))]
    some = pd.DataFrame({"customer_key": pd.concat(keys), "use": "rare", "days": 3, "recency_days": 5.0})
    every = pd.DataFrame({"customer_key": placed["customer_key"], "use": "common", "days": 3, "recency_days": 5.0})
    gaps = some[["customer_key"]].assign(median_gap=7.0)
    grid = build_grid(placed, assigned, voice=ABSENT, uses=pd.concat([every, some], ignore_index=True), gaps=gaps,
                      framework=ABSENT, fmt=FMT, seed=1)
    told = grid[grid["scheme"] == "segments"].set_index(["column", "row"])["answer"]
    for row in ("usage characteristics", "recency of use case"):
        assert "rare" not in told[first, row] and "rare" in told[second, row] and "common" in told[first, row]
    assert "fewer than 10 customers have three gaps" in told[first, "natural frequency"]
    assert told[second, "natural frequency"].startswith("every 7 days")


def test_every_measured_figure_of_the_grid_has_its_interval(placed, assigned):
    """Behind a share of uses stands Wilson's, behind a median order statistics; all but few is no share."""
    rng = np.random.default_rng(2)
    keys = placed["customer_key"].to_numpy()
    uses = pd.concat([pd.DataFrame({"customer_key": keys[:-6], "use": "often", "days": 3, "recency_days": 5.0}),
                      pd.DataFrame({"customer_key": keys[::2], "use": "half", "days": 3,
                                    "recency_days": rng.gamma(2, 30, len(keys[::2]))})], ignore_index=True)
    grid = build_grid(placed.drop(columns="user_type"), assigned.assign(segment="all"), voice=ABSENT, uses=uses,
                      gaps=ABSENT, framework=ABSENT, fmt=FMT, seed=1).set_index("row")["answer"]
    low, high = proportion_confint(len(keys[::2]), len(keys), method="wilson")
    half = f"half 50 % {FMT.interval(low, high, FMT.share)}"
    assert f"most used: often nearly all, {half}" in grid["usage characteristics"]
    assert "often: 5 days ago (5 to 5), median of" in grid["recency of use case"]
    assert " % (100 % to 100 %) of all revenue" in grid["monetary / AOV / revenue"]


def test_card_grid_and_markers_say_that_a_segment_spent_nothing(placed, assigned, model, models, cards, segments,
                                                                        icp):
    """Nobody of one segment spent anything: no amount of 0 stands there as if it had been measured; another did."""
    first, second = segments["segment"].iloc[:2]
    members = set(assigned.loc[assigned["segment"] == first, "customer_key"])
    idle = placed.assign(revenue=placed["revenue"].mask(placed["customer_key"].isin(members), 0.0))
    grid = grid_of(idle, assigned, ABSENT).query("scheme == 'segments' and row == 'monetary / AOV / revenue'")
    said = grid.set_index("column")["answer"]
    assert said[first] == "revenue: none in the window" and FMT.money(0) not in " ".join(said)
    assert "none" not in said[second] and " of all revenue" in said[second]
    table = segment_table(idle, assigned, model, cards)
    checked = validate(assignment_table(assigned, placed, models), placed, voice=ABSENT, survey=ABSENT, icps=[],
                       icp=icp, period_days=7, seed=1)
    days = sizes(assigned, {}, as_of=dt.date(2026, 6, 30))
    shown = {card.title: dict(card.facts) for card in words.cards(table, checked, days, FMT).cards}
    name = table.set_index("segment")["name"]
    assert shown[name[first]]["revenue"] == "none in the window" and "revenue each" not in shown[name[first]]
    assert "revenue each" in shown[name[second]]
    marks = markers(profile(idle, assigned, ["recency_days"]).query("variable == 'revenue'"), table, FMT).rows
    assert next(row[2] for row in marks if row[0] == name[first]) == "none in the window"


def test_intervals_of_medians_hold_the_median_as_often_as_they_say():
    rng, true = np.random.default_rng(5), sps.gamma(2, scale=30).median()
    found = np.array([_median(pd.Series(rng.gamma(2, 30, n))) for n in rng.integers(10, 200, 2000)])
    inside = (found[:, 1] <= true) & (true <= found[:, 2])
    assert 0.94 <= inside.mean() <= 0.99, "an interval of order statistics holds at least what it says"


def test_grid_of_a_product_without_amounts_or_uses(placed, assigned):
    bare = placed[["customer_key", "frequency", "user_type"]]
    none = NotMeasured("no table of events", "events")
    grid = build_grid(bare, assigned, voice=none, uses=none, gaps=none, framework=none, fmt=FMT, seed=1)
    money = grid[grid["row"] == "monetary / AOV / revenue"]
    assert money["answer"].str.startswith("not measured").all() and (money["state"] == "no evidence").all()


def everyone(assigned, placed):
    return assigned.merge(placed[["customer_key", "user_type"]], on="customer_key")


def test_validation_without_anybody_asked_is_pending(assigned, placed):
    table = validate(everyone(assigned, placed), placed, voice=ABSENT, survey=ABSENT, icps=[], icp=ABSENT,
                     period_days=7, seed=1)
    assert ARTEFACTS["validation"].check(table)["verdict"].tolist() == ["validation pending"]


def test_validation_contradicts_where_people_say_otherwise(assigned, placed, voice, planted):
    table = validate(everyone(assigned, placed), placed, voice=voice, survey=ABSENT, icps=[], icp=ABSENT,
                     period_days=7, seed=1)
    table = ARTEFACTS["validation"].check(table).set_index(["check", "group"])
    assert table.loc[("coders agree", "all"), "estimate"] == pytest.approx(1.0)
    where = assigned.set_index("customer_key")["segment"]
    segment = where.groupby(planted.set_index("customer_key")["group"]).agg(lambda s: s.mode()[0])
    assert table.loc[("coders and model", segment["deep"]), "verdict"] == "validated"
    assert table.loc[("coders and model", segment["rare"]), "verdict"] == "contradicted"
    assert table.loc[("coders and model", segment["steady"]), "verdict"] == "too few"
    assert len(table.loc[("coders and model", segment["rare"]), "evidence_ids"].split(",")) == 70
    confusion = confusion_table(voice, everyone(assigned, placed))
    assert confusion["n"].sum() == 80
    block = words.confusion(confusion, FMT)
    assert "80 people" in block.text and "coders heard Power, the model says Core (35)" in block.text


def test_stated_frequency_against_observed(assigned, placed):
    gap = 7 / placed["frequency"]
    words = np.select([gap < np.sqrt(7), gap < np.sqrt(7 * 30), gap < np.sqrt(30 * 90)], ["Daily", "weekly", "monthly"],
                      "rarely")
    survey = pd.DataFrame({"customer_key": placed["customer_key"], "wave": "1", "stated_frequency": words})
    table = validate(everyone(assigned, placed), placed, voice=ABSENT, survey=survey.head(300), icps=[], icp=ABSENT,
                     period_days=7, seed=1).set_index(["check", "group"])
    found = table.loc[("stated and observed frequency", "all")]
    assert found["estimate"] == pytest.approx(1.0) and found["verdict"] == "validated"
    rates = table.loc["response rate"]
    assert rates["n"].sum() == (assigned["segment"] != OUTSIDE).sum()


def test_claims_of_profiles_are_supported_or_contradicted_by_ids(assigned, placed, voice, planted):
    icp = pd.Series(np.where(planted["group"] == "deep", "Pros", "(none)"), index=planted["customer_key"])
    icps = [{"name": "Pros", "pains": ["Price", "slow", "taste"], "jobs": ["eat well"], "found_in": []}]
    table = validate(everyone(assigned, placed), placed, voice=voice, survey=ABSENT, icps=icps, icp=icp, period_days=7,
                     seed=1).set_index("check")
    assert table.loc["claim: pain point “Price”", "verdict"] == "supported"
    assert len(table.loc["claim: pain point “Price”", "evidence_ids"].split(",")) == 30
    assert table.loc["claim: pain point “slow”", "verdict"] == "untested"
    assert table.loc["claim: pain point “taste”", "verdict"] == "contradicted"
    assert table.loc["claim: job to be done “eat well”", "verdict"] == "too few"


def test_ledger_reconciles_to_the_last_customer(assigned, placed, model, icp):
    known = placed["customer_key"].iloc[0]
    survey = pd.DataFrame({"customer_key": ["s1", "s2", known], "in_base": [False, False, True]})
    ledger = outside_ledger(assigned, placed, model, collected=COLLECTED, survey=survey, icp=icp)
    ARTEFACTS["outside"].check(ledger)
    assert ledger.loc[ledger["state"].isin(COUNTED), "n"].sum() == len(placed) + 15
    assert reconcile(ledger, COLLECTED)["found"] == len(placed) + 15
    unassigned = ledger[ledger["state"] == "unassigned"]
    assert unassigned["n"].tolist() == [20] and "basket value" in unassigned["reason"].iloc[0]
    assert ledger.set_index("reason").loc["answered the survey, not among the customers", "n"] == 2
    with pytest.raises(ContractError):
        reconcile(ledger, COLLECTED | {"n_customers": len(placed) + 1})


def test_crosstab_adds_up_to_the_segments(assigned, placed, model, models):
    members = ARTEFACTS["assignments"].check(assignment_table(assigned, placed, models))
    table = ARTEFACTS["crosstab"].check(crosstab(members, model))
    assert set(table["scheme"]) == {"user_types", "rfm", "icp"}
    for _, own in table.groupby("scheme"):
        assert own.groupby("segment")["n"].sum().to_dict() == assigned["segment"].value_counts().to_dict()
    assert "icp" not in set(crosstab(members, models["icp"])["scheme"])
    by_type = assignment_table(assign(placed, models["user_types"]), placed, models)
    crossed = crosstab(by_type, models["user_types"])
    assert crossed_schemes(crossed) == ["rfm", "icp", "clusters"]  # clusters are crossed where they do not lead
    every = ARTEFACTS["groups"].check(groups(members))
    assert set(every["scheme"]) == {"user_types", "rfm", "icp", "clusters"}
    assert (every.groupby("scheme")["n"].sum() == len(members)).all()
    without = assignment_table(assigned, placed.drop(columns=["user_type", "icp"]), {"rfm": ABSENT})
    assert crosstab(ARTEFACTS["assignments"].check(without), model).empty


@pytest.mark.parametrize("scheme", ["clusters", "rfm"])
def test_the_table_of_groups_calls_the_lead_as_its_cards_do_after_a_refit(placed, models, scheme):
    """A model of last month had other keys and names for the same members: all tables of the refit speak of those."""
    fitted = models[scheme]
    called = {s["segment"]: f"Kept {chr(65 + i)}" for i, s in enumerate(fitted["segments"])}
    before = {**fitted, "as_of": "2026-05-31", "segments": [
        s | {"segment": f"old-{s['segment']}", "name": called[s["segment"]]} for s in fitted["segments"]]}
    now = assign(placed, fitted)
    then = now.assign(segment=np.where(now["segment"] == OUTSIDE, OUTSIDE, "old-" + now["segment"]))
    made = keep_names(fitted, now, before, then)
    members = assignment_table(assign(placed, made), placed, with_lead(models, made))
    own = groups(members).query("scheme == @scheme and group != '(not placed)'").set_index("group")["n"]
    assert own.to_dict() == now.loc[now["segment"] != OUTSIDE, "segment"].map(called).value_counts().to_dict()
    assert set(crosstab(members, made)["segment"]) - {OUTSIDE} == set(then["segment"]) - {OUTSIDE}
    others = groups(members).query("scheme != @scheme").reset_index(drop=True)
    plain = groups(assignment_table(now, placed, models)).query("scheme != @scheme").reset_index(drop=True)
    pd.testing.assert_frame_equal(others, plain)


def test_edge_bases_give_sensible_tables():
    """One segment, everybody identical, nothing known: no crash, and nothing claimed."""
    same = pd.DataFrame({"customer_key": [f"{i}" for i in range(40)], "frequency": 2.0, "revenue": 100.0, "plan": None})
    one = {"lead": "user_types", "segments": [{"segment": "all", "name": "All", "name_rule": "", "claim": "constructed",
                                               "slsw": None}], "columns": ["frequency"], "solution": {},
           "cluster_segments": [],
           "rules": [{"segment": "all", "when": [[{"column": "frequency", "op": ">", "value": 0.0}]]}]}
    assigned = assign(same, one)
    cards = rule_cards(same, assigned, one)
    table = ARTEFACTS["segments"].check(segment_table(same, assigned, one, cards))
    assert table["n"].tolist() == [40]
    assert distinct(assigned, same[["customer_key", "plan"]]).empty
    ARTEFACTS["profile"].check(profile(same, assigned, ["frequency"]))
