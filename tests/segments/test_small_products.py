"""Small products whole, from raw files through all six notebooks: each gives a page that reads well, or a refusal."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from lib.paths import ROOT
from lib.report.numbers import Format
from lib.report.safety import check_page
from tests.report.page_reader import unexplained
from tests.segments import small_driver
from tests.segments.small_bases import BASES, write

UNREADABLE = re.compile(r"\bnan\b|: None\b|\bis None\b|\(None\b|\bNaT\b|Traceback|[Cc]luster \d|[Ss]egment \d|"
                        r"\b0 segments\b")
SEGMENTED = ("small", "two", "alike", "missing", "one-period")
QUICK = ("missing", "identical")  # the others cost half a minute of processor each
EVERY = [pytest.param(name, marks=() if name in QUICK else pytest.mark.full) for name in BASES]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What came of a base, run once and when first asked for."""
    root, found = tmp_path_factory.mktemp("small"), {}
    (root / "notebooks").symlink_to(ROOT / "notebooks")
    (root / "products").mkdir()
    shutil.copy(ROOT / "products" / "playbook.yml", root / "products")

    def of(name: str) -> dict:
        if name not in found:
            write(name, root)
            done = subprocess.run([sys.executable, small_driver.__file__, name], capture_output=True, text=True,
                                  env=os.environ | {"SEGMENTS_ROOT": str(root), "PYTHONPATH": str(ROOT)},
                                  stdin=subprocess.DEVNULL)
            assert done.returncode == 0, done.stderr[-3000:]
            found[name] = json.loads((root / f"{name}.json").read_text(encoding="utf-8"))
        return found[name]

    return of


def only(*names: str) -> list:
    """Those of the bases, each with its mark."""
    return [p for p in EVERY if p.values[0] in names]


@pytest.mark.parametrize("name", EVERY)
def test_each_is_a_page_that_reads_well_or_a_refusal_with_what_is_needed(told, name):
    made = told(name)
    if made["refused"]:
        assert made["needed"] and made["summary"]["verdict"] == "no-go"
        assert made["steps"] == ["01_identify_basis", "02_collect", "03_analyze"]
        assert "Not segmented, because" in made["page"]
    else:
        assert len(made["steps"]) == 6
    for text in made["texts"]:
        assert not UNREADABLE.search(text), text
    check_page(made["page"])
    assert not unexplained(made["page"], made["summary"], Format())


@pytest.mark.parametrize("name", only(*SEGMENTED))
def test_segments_have_names_that_a_marketer_reads_and_add_up(told, name):
    made = told(name)
    rows = made["summary"]["segments"]
    names = [r["name"] for r in rows]
    assert len(set(names)) == len(names) >= 2 and not re.search(r"\d", " ".join(names))
    assert all(r["rule"] and r["name_rule"] for r in rows)
    shown = sum(r["n"] or 0 for r in rows)
    whole = made["summary"]["data"]["n_customers"]
    hidden = any(r["suppressed"] for r in rows)
    assert shown + made["outside"] <= whole and (hidden or shown + made["outside"] == whole)
    assert made["summary"]["first_screen"]["headline"]["text"].startswith(f"{len(rows)} segments ")


@pytest.mark.parametrize("name", only("identical"))
def test_customers_who_are_all_alike_are_refused(told, name):
    assert told(name)["refused"], "nothing varies, so there is nothing to divide by"


@pytest.mark.parametrize("name", only("one-feature"))
def test_days_of_use_alone_carry_clusters_only_by_two_measures_of_them(told, name):
    """Nothing but days and their depth is recorded: of one measure there is no cluster."""
    made = told(name)
    searched = made["summary"]["structure_choice"].get("variables", [])
    assert made["refused"] or made["summary"]["lead"]["lead"] != "clusters" or len(set(searched)) >= 2


@pytest.mark.parametrize("name", only("two"))
def test_two_groups_and_no_third_are_found(told, name):
    lead = told(name)["summary"]["lead"]
    assert (lead["lead"], lead["k"], lead["claim"]) == ("clusters", 2, "natural")


@pytest.mark.parametrize("name", only("alike"))
def test_one_cloud_is_never_called_groups_that_exist(told, name):
    assert told(name)["summary"]["lead"]["claim"] != "natural"


@pytest.mark.parametrize("name", only("small"))
def test_an_override_says_its_reason_and_few_customers_are_not_counted(told, name):
    made = told(name)
    assert "the sales team asks for it" in made["summary"]["lead"]["lead_rule"]
    few = {r["name"]: r for r in made["summary"]["segments"]}["Dormant users"]
    assert few["suppressed"] and few["n"] is None and few["share"] is None
    assert sum(r["suppressed"] for r in made["summary"]["segments"]) == 2


@pytest.mark.parametrize("name", only("missing"))
def test_who_never_paid_is_counted_outside_or_divided_without_a_basket(told, name):
    made = told(name)
    rows = made["summary"]["outside"]
    lost = sum(r["n"] for r in rows if r["state"] == "unassigned" and r["n"])
    assert lost == made["outside"] or 0 < made["outside"] < 10


@pytest.mark.parametrize("name", only("one-period"))
def test_with_one_period_each_question_says_what_is_missing_and_when_it_can_be_answered(told, name):
    """The first day of data is 17 May, a review period 30 days: two of them have passed on 15 July."""
    made = told(name)
    assert not made["refused"] and isinstance(made["summary"]["segments"], list)
    for section in ("migration", "drift", "drift_history"):
        assert made["summary"][section]["needed"] == "a run for 2026-07-15 or later, when two periods can be compared"
    assert not made["summary"]["change"] and "sources.campaigns" in made["summary"]["uplift"]["needed"]
    then = [r for r in made["summary"]["kpis"] if r["before"] is not None]
    assert not then and all(r["target"] is None for r in made["summary"]["kpis"])
    said = " ".join(made["texts"])
    assert "Nothing is held against an earlier day yet: the data hold less than 30 days" in said
    assert "Not measured in this run: drift in what makes the segments" in said
    assert "The history holds 1 run. A second one, on 30 July 2026 or later, can be compared with it." in said
    assert "judged by the next run, on 30 July 2026 or later" in said


@pytest.mark.parametrize("name", only("one"))
def test_a_base_in_which_every_way_to_divide_holds_one_group_is_refused(told, name):
    made = told(name)
    assert made["refused"] and "fewer than 2 columns are usable to divide customers" in made["refused"][0]
    assert not isinstance(made["summary"]["segments"], list), "no segment is made of everybody"
