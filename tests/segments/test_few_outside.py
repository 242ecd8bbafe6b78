"""How few could not be placed follows from nothing that is published: not from sizes, shares, cross-tables, profiles or
sentences, of the segments or of the search for groups. Attacked with all of it at once, both where few are counted with
a segment, and where they are not and a size is hidden."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from lib.analyze.rfm import NAMES, rfm_table
from lib.analyze.structure import search
from lib.contracts import NotMeasured
from lib.contracts.labels import OUTSIDE
from lib.report import inside
from lib.report.figures import segments as figures
from lib.report.suppress import suppress
from lib.report.tables import profiles, segments as tables
from lib.report.words import structure
from lib.segments.grid import build_grid
from lib.segments.lead import candidates, choose_lead
from lib.segments.model import assign, counted
from lib.segments.profile import groups, profile
from lib.segments.schemes import candidate_models, placement
from tests.segments.page_four import FMT, computed, said

TABLES = ("segments", "sizes", "crosstab", "profile", "groups")
FEW = 4
NONE = NotMeasured("not part of this test")


@pytest.fixture(scope="module")
def given(another_base, cuts):
    """What step 4 computes from: customers of whom four have no value to be placed by; with the search of step 3."""
    base = another_base()
    lost = base.index[base["group"] == "lost"]
    # no two segments of one size: a number found is the one looked for
    uneven = [*range(30), *range(200, 217), *range(600, 609)]
    features = base.drop(index=[*lost[FEW:], *uneven]).drop(columns="group")
    features = features.sort_values("customer_key", ignore_index=True)
    asked = ["frequency", "mean_occasion_value", "recency_days", "n_occasions"]
    choice = search(features.set_index("customer_key")[asked], largest_k=4, smallest=40, seed=5, pairs=4)[1]
    kind = np.select([features["frequency"] < 1, features["frequency"] < 10], ["Casual", "Core"], "Power")
    types = pd.DataFrame({"customer_key": features["customer_key"], "user_type": kind})
    placed = placement(features, user_types=types)
    models = candidate_models(placed, choice=choice, rfm=rfm_table(features), cuts=cuts, icps=[], rfm_names=NAMES,
                              as_of="2026-06-30")
    before = placed.assign(next_active=1.0 * (placed["frequency"] > 5), next_revenue=placed["revenue"])
    found = candidates(models, placed, before, seed=1)
    icp = pd.Series("(none)", index=placed["customer_key"])
    collected = {"protection": {"opted out": 42}, "n_customers": len(placed)}
    lead = choose_lead(found, business="b2c")
    return (models["clusters"], models, placed, before, found, lead, icp, collected), choice


@pytest.fixture(scope="module")
def made(given):
    """Step 4 where they stay without a segment."""
    return computed(*given[0]) | {"choice": given[1]}


@pytest.fixture(scope="module")
def joined(given):
    """Step 4 as the notebook makes it: they are counted with a segment."""
    return computed(*given[0], smallest=FMT.smallest) | {"choice": given[1]}


def sizes_told(tables_of: dict, names: dict) -> dict[str, int]:
    """What an attacker reads off: the size of a segment from its own row, day, group, row of a cross-table, profile."""
    told = {r["segment"]: r["n"] for r in tables_of["segments"] if r["n"] is not None}
    last = max(r["as_of"] for r in tables_of["sizes"])
    told |= {r["segment"]: r["n"] for r in tables_of["sizes"] if r["as_of"] == last and r["n"] is not None}
    told |= {r["segment"]: round(r["n"] / r["share"]) for r in tables_of["crosstab"] if r["n"]}
    told |= {names[r["group"]]: r["n"] for r in tables_of["groups"] if r["n"] is not None and r["group"] in names}
    for row in tables_of["profile"]:  # no value of tenure is missing
        told |= {row["segment"]: row["n"]} if row["variable"] == "tenure_days" and row["n"] is not None else {}
    return told


def numbers_of(block) -> set[int]:
    content = {k: v for k, v in block.content().items() if k != "png"}
    return {int(m.replace(",", "")) for m in re.findall(r"(?<![\d.])\d[\d,]*(?![\d.])", str(content))
            if m.replace(",", "").isdigit()}


def published(made: dict, gone: set[str], by_name: set[str]) -> dict:
    whole = {**{name: made[name] for name in TABLES[:-1]}, "groups": groups(made["members"])}
    return {name: suppress(table, name, FMT, by_name if name == "groups" else gone) for name, table in whole.items()}


def test_not_from_any_table(made):
    segments, base = made["segments"], len(made["members"])
    names = dict(zip(segments["name"], segments["segment"], strict=True))
    gone = inside.untold(segments, FMT)
    told = sizes_told(published(made, gone, inside.names_untold(segments, FMT)), names)
    assert OUTSIDE in gone and len(gone) == 2
    assert not set(told) & (gone - {OUTSIDE}), "the size that covers it is told nowhere"
    assert base - sum(told.values()) >= FEW + 10, "what the sizes leave open is wide"


def test_the_attack_finds_it_where_nothing_is_done(made):
    segments = made["segments"]
    names = dict(zip(segments["name"], segments["segment"], strict=True))
    open_ = {name: table.to_dict("records") for name, table in
             {**{n: made[n] for n in TABLES[:-1]}, "groups": groups(made["members"])}.items()}
    assert len(made["members"]) - sum(v for k, v in sizes_told(open_, names).items() if k != OUTSIDE) == FEW


def test_not_from_any_sentence_card_or_figure(made):
    """Neither how many are in segments, nor how large the one is that covers it, in a text or among its values."""
    segments = made["segments"]
    whole = int(segments["n"].sum())
    (cover,) = inside.untold(segments, FMT) - {OUTSIDE}
    secret = {whole, int(segments.set_index("segment")["n"][cover])}
    blocks = said(made) | {"rules": tables.rules(segments, FMT), "ledger": tables.outside(made["ledger"], FMT),
                           "markers": profiles.markers(made["profile"], segments, FMT),
                           "groups": tables.groups(groups(made["members"]), segments, FMT),
                           "crossed": figures.crosstab(made["crosstab"], segments, "rfm", FMT),
                           "searched": structure.claim(made["choice"], FMT),
                           "k": structure.atoms(made["choice"], FMT)}
    for name, block in blocks.items():
        assert not numbers_of(block) & secret, name
    pyplot.close("all")


def test_the_search_does_not_tell_it(made):
    """Four lack a value: beside those on an atom and all customers, the number searched would tell."""
    choice, base = made["choice"], len(made["members"])
    how_many, counted = inside.searched(choice, FMT)
    assert how_many.startswith("about") and counted["n"] % 100 == 0
    assert base - choice["n"] - sum(a["n"] for a in choice["atoms"]) == FEW
    assert inside.searched(choice | {"left_out": {"missing": 40}}, FMT) == (FMT.people(choice["n"]), {"n": choice["n"]})


def test_the_card_of_the_segment_that_covers_it_tells_both_together(made):
    segments = made["segments"]
    (cover,) = inside.untold(segments, FMT) - {OUTSIDE}
    (both,) = inside.with_rest(segments, FMT).values()
    own = segments.set_index("segment").loc[cover]
    assert both["n"] == own["n"] + FEW and own["claim"] != "constructed"
    card = next(c for c in said(made)["cards"].cards if c.title == own["name"])
    assert card.figure == FMT.people(both["n"]) and inside.WITH_REST in card.label
    pyplot.close("all")


def test_many_outside_hide_nothing(made):
    segments = made["segments"].assign(share=lambda t: t["n"] / (t["n"].sum() + 40))
    assert inside.untold(segments, FMT) == set() and inside.with_rest(segments, FMT) == {}
    assert inside.said(segments, FMT)[1] == {"n": segments["n"].sum()}


def test_few_are_counted_with_the_largest_segment_and_every_size_is_told(made, joined):
    before, segments = made["segments"].set_index("segment"), joined["segments"].set_index("segment")
    (into,) = segments.index[segments["joined"]]
    grown = segments["n"] - before["n"].reindex(segments.index)
    assert grown[into] == FEW and not grown.drop(into).any() and segments["claim"][into] != "constructed"
    assert before["n"][before["claim"] != "constructed"].idxmax() == into
    assert not inside.untold(joined["segments"], FMT) and segments["n"].sum() == len(joined["members"])
    assert segments["share"].sum() == pytest.approx(1) and OUTSIDE not in set(joined["members"]["segment"])
    card = next(c for c in said(joined)["cards"].cards if c.title == segments["name"][into])
    assert card.figure == FMT.people(segments["n"][into]) and inside.WITH_REST in card.label
    assert segments["name"][into] in said(joined)["outside"].text
    pyplot.close("all")


def test_where_few_are_counted_with_a_segment_no_table_tells_how_many(made, joined):
    """Neither the segment's own size nor how many were placed: not as a count, nor behind a share of whole people."""
    (into,) = joined["segments"].loc[joined["segments"]["joined"], "segment"]
    own = int(made["segments"].set_index("segment")["n"][into])
    secret = {own, int(made["segments"]["n"].sum()), FEW}
    tables_of = {name: joined[name] for name in TABLES[:-1]} | {"groups": groups(joined["members"])}
    for name, table in tables_of.items():
        rows = pd.DataFrame(suppress(table, name, FMT))
        counts = rows["n"].dropna().astype(int)
        assert not set(counts) & secret, name
    lacked = joined["profile"][joined["profile"]["variable"] == "mean_occasion_value"]
    assert into not in set(lacked["segment"]) and len(lacked) == len(joined["segments"]) - 1


def test_what_hardly_anybody_answered_is_still_told_of_the_segment_that_few_join(given):
    """An item of a survey is lacked for another reason than what they could not be placed by."""
    (model, _, placed, *_), _ = given
    answered = placed.assign(item=np.where(np.arange(len(placed)) % 5, np.nan, 1.0 * (np.arange(len(placed)) % 2)))
    told = counted(answered, model, smallest=10)
    (into,) = told.loc[told["probability"].isna(), "segment"].unique()
    found = profile(answered, told, model["columns"]).set_index(["segment", "variable"])["n"]
    assert (into, "item") in found.index and (into, "mean_occasion_value") not in found.index


def test_what_all_others_of_the_segment_share_tells_nothing_of_the_few_who_join(given):
    """On the atom of one-time buyers all bought once: a mean of 1.2 would tell what those few bought."""
    (model, _, placed, *_), _ = given
    group, k = model["solution"]["atom_groups"][0], model["solution"]["k"]
    fewer = model["solution"] | {"atom_groups": [group | {"n": group["n"] - 20}, *model["solution"]["atom_groups"][1:]]}
    told = counted(placed, model | {"solution": fewer}, smallest=10)
    into, few = model["cluster_segments"][k], told["probability"].isna()
    assert (told.loc[few, "segment"] == into).all() and few.sum() == FEW
    assert (placed.loc[placed["customer_key"].isin(told.loc[few, "customer_key"]), "n_occasions"] > 1).all()
    found = profile(placed, told, model["columns"]).set_index(["segment", "variable"])["mean"]
    assert (into, "n_occasions") not in found.index and (into, "tenure_days") in found.index
    grid = build_grid(placed.rename(columns={"n_occasions": "n_orders"}), told, voice=NONE, uses=NONE, gaps=NONE,
                      framework=NONE, fmt=FMT, seed=1)
    cell = grid[(grid["column"] == into) & (grid["row"] == "usage characteristics")]["answer"].item()
    assert "orders 1 (1 to 1)" in cell


def test_where_few_are_counted_with_a_segment_no_block_tells_how_many(made, joined):
    segments = joined["segments"]
    (into,) = segments.loc[segments["joined"], "segment"]
    secret = {int(made["segments"]["n"].sum()), int(made["segments"].set_index("segment")["n"][into])}
    blocks = said(joined) | {"rules": tables.rules(segments, FMT), "ledger": tables.outside(joined["ledger"], FMT),
                             "markers": profiles.markers(joined["profile"], segments, FMT),
                             "groups": tables.groups(groups(joined["members"]), segments, FMT),
                             "crossed": figures.crosstab(joined["crosstab"], segments, "rfm", FMT)}
    for name, block in blocks.items():
        assert not numbers_of(block) & secret, name
    pyplot.close("all")


def test_many_without_a_segment_and_those_who_meet_no_rule_join_none(given):
    (model, _, placed, *_), _ = given
    assert counted(placed, model, smallest=FEW).equals(assign(placed, model)), "four are not fewer than four"
    rules = model | {"solution": {}, "cluster_segments": [], "rules": [
        {"segment": "some", "when": [[{"column": "frequency", "op": ">", "value": placed["frequency"].min()}]]}]}
    assert (counted(placed, rules, smallest=10)["segment"] == OUTSIDE).sum() == 1


def test_a_segment_that_step_three_counts_is_not_joined(given):
    """On an atom step 3 tells how many sit; with ten more who lack a value there, it does not."""
    (model, _, placed, *_), _ = given
    on_atom = model["cluster_segments"][model["solution"]["k"]]
    assert (counted(placed, model, smallest=10)["segment"] == on_atom).sum() == (
        assign(placed, model)["segment"] == on_atom).sum()
    group = model["solution"]["atom_groups"][0]
    fewer = model["solution"] | {"atom_groups": [group | {"n": group["n"] - 20}, *model["solution"]["atom_groups"][1:]]}
    joined = counted(placed, model | {"solution": fewer}, smallest=10)
    assert (joined["segment"] == on_atom).sum() == (assign(placed, model)["segment"] == on_atom).sum() + FEW
