"""How few could not be placed follows from nothing that is published: not from sizes, shares, cross-tables, profiles or
sentences, of the segments or of the search for groups. Attacked with all of it at once."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from lib.analyze.rfm import NAMES, rfm_table
from lib.analyze.structure import search
from lib.contracts.labels import OUTSIDE
from lib.report import inside
from lib.report.figures import segments as figures
from lib.report.suppress import suppress
from lib.report.tables import segments as tables
from lib.report.words import structure
from lib.segments.lead import candidates, choose_lead
from lib.segments.profile import groups
from lib.segments.schemes import candidate_models, placement
from tests.segments.page_four import FMT, computed, said

TABLES = ("segments", "sizes", "crosstab", "profile", "groups")
FEW = 4


@pytest.fixture(scope="module")
def made(another_base, cuts):
    """Step 4 on customers of whom four have no value to be placed by; with the search of step 3."""
    base = another_base()
    lost = base.index[base["group"] == "lost"]
    uneven = [*range(30), *range(200, 217)]  # no two segments of one size: a number found is the one looked for
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
    return computed(models["clusters"], models, placed, before, found, lead, icp, collected) | {"choice": choice}


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
                           "markers": tables.markers(made["profile"], segments, FMT),
                           "groups": tables.groups(groups(made["members"]), segments, FMT),
                           "crossed": figures.crosstab(made["crosstab"], segments, "rfm", FMT),
                           "searched": structure.claim(made["choice"], FMT),
                           "k": structure.atoms(made["choice"], FMT)}
    for name, block in blocks.items():
        content = {k: v for k, v in block.content().items() if k != "png"}
        numbers = {int(m.replace(",", "")) for m in re.findall(r"(?<![\d.])\d[\d,]*(?![\d.])", str(content))
                   if m.replace(",", "").isdigit()}
        assert not numbers & secret, name
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
