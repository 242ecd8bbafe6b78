"""The first screen speaks of the newest campaign: by its date, not by its name."""

import pytest

from lib.report import headline
from lib.report.numbers import Format


def row(campaign: str, ends_on: str, **more) -> dict:
    return {"campaign": campaign, "segment": "all", "outcome": "rate", "n_treated": 500, "n_control": 500,
            "uplift": 0.02, "low": 0.01, "high": 0.03, "verdict": "works", "ends_on": ends_on, **more}


def test_the_newest_campaign_is_the_one_that_ended_last():
    content = {"uplift": [row("autumn-2025", "2025-11-30"), row("spring-2026", "2026-05-31"),
                          row("winter-2025", "2026-01-15"), row("zulu-2026", "2026-06-30", uplift=None)]}
    said = headline._uplift(content, [], Format())
    assert said["values"]["campaign"] == "spring-2026" and "“spring 2026”" in said["text"]
    older = {"uplift": [{k: v for k, v in row(c, "").items() if k != "ends_on"} for c in ("a", "b")]}
    assert headline._uplift(older, [], Format())["values"]["campaign"] == "b"  # a summary without dates still speaks


@pytest.mark.parametrize("low, verdict, begins", [
    (0.01, "works", "Campaign “spring” changed the response rate: 2 points"),
    (-0.01, "underpowered", "Whether campaign “spring” changed the response rate cannot be told from so few: 2 points"),
    (-0.01, "no effect seen", "Campaign “spring” did not visibly change the response rate: 2 points")])
def test_a_campaign_moved_nothing_where_its_interval_holds_zero(low, verdict, begins):
    said = headline._uplift({"uplift": [row("spring", "2026-05-31", low=low, verdict=verdict)]}, [], Format())
    assert said["text"].startswith(begins) and said["text"].endswith(f", {verdict}.") == (verdict != "underpowered")
    assert "underpowered" not in said["text"]


def test_a_harm_in_a_segment_is_said_beside_the_effect_on_all():
    found = {"uplift": -0.17, "low": -0.3, "high": -0.04, "n_treated": 60, "n_control": 61}
    harmed = row("spring", "2026-05-31", segment="a", verdict="harms", **found)
    content = {"uplift": [row("spring", "2026-05-31"), harmed, {**harmed, "segment": "b", "verdict": "no effect seen"},
                          {**harmed, "segment": "c", "uplift": None}, {**harmed, "segment": "a", "outcome": "money"}]}
    segments = [{"segment": key, "name": name} for key, name in (("a", "Alpha"), ("b", "Beta"), ("c", "Gamma"))]
    said = headline._uplift(content, segments, Format())
    assert said["text"].endswith(". It harms Alpha: -17 points (-30 to -4), n = 121.")
    assert [v for k, v in said["values"].items() if k.startswith("harm a")] == pytest.approx([-17, -30, -4, 121])
    assert "harms" not in headline._uplift({"uplift": [row("spring", "2026-05-31")]}, segments, Format())["text"]


@pytest.mark.parametrize("reasons, said", [
    (("", "not among the targets"), "Start with Alpha: it comes first in 90 % of"),
    (("no test could see its aim", ""), "but nobody of it is contacted yet: no test could see its aim. The plan "
                                        "contacts Beta."),
    (("measured below its cost", "knocked out"), "the effect measured there does not earn its cost. The plan contacts "
                                                 "nobody.")])
def test_the_first_target_is_no_start_where_nobody_of_it_is_contacted(reasons, said):
    segments = [{"segment": "a", "name": "Alpha"}, {"segment": "b", "name": "Beta"}]
    content = {"targets": [{"segment": "a", "role": "target", "p_first": 0.9},
                           {"segment": "b", "role": "keep", "p_first": 0.1}],
               "budget": [{"segment": s, "reason": r} for s, r in zip("ab", reasons, strict=True)]}
    text = headline._target(content, segments, Format())["text"]
    assert said in text and text.startswith("Start with") == (not reasons[0])


def test_a_segment_without_a_rival_or_a_clear_lead_is_said_to_be_so():
    def said(*p_first: float | None) -> str:
        targets = [{"segment": f"s{i}", "role": "target", "p_first": p} for i, p in enumerate(p_first)]
        names = [{"segment": f"s{i}", "name": f"Segment {i}"} for i in range(len(p_first))]
        return headline._target({"targets": targets, "budget": []}, names, Format())["text"]

    assert said(1.0, None, None) == "Start with Segment 0: it is the only segment that passed the knock-outs."
    assert said(0.45, 0.55).startswith("Start with Segment 1: it comes first in ")
    assert said(0.45, 0.55).endswith(", so which is first depends on what counts most.")
    assert said(0.8, 0.2).endswith(" of the ways in which the criteria may be weighted.")
