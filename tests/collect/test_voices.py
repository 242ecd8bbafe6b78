"""Evidence: one row a statement, stable ids, free text masked, campaigns without a look ahead."""

import math

import pytest

from lib.collect.masking import known_ids, masked
from lib.contracts import ARTEFACTS, NotMeasured
from tests.collect.collect_cases import ORDERS, key, rows_of, states

ACTIVE = ORDERS + "".join(f"C{i}00;o{i};2026-01-01;5;x\n" for i in range(1, 6))
SURVEY = """customer;wave;at;pain;q1;q2
C100;w1;2026-03-01;price;5;1
C100;w1;2026-04-01;speed;4;2
C200;w1;2026-03-01;;99;3
C900;w1;2026-03-01;price;1;1
"""
INTERVIEWS = """id;customer;at;consent;transcript;pain;coder_1;coder_2
i1;C100;2026-05-01;yes;"Call me on +49 30 1234567,
or write to ann@example.org; I am C100";price;Core;Power
i2;C200;2026-05-01;no;secret;price;Core;Core
i3;;2026-05-02;ja;Nobody knows me;speed;;Core
"""
DECLARED = {"reversed_items": ["q2"], "not_answered": ["99"], "answered_again": "latest"}


@pytest.fixture
def found(collected):
    return collected({"transactions": ACTIVE, "survey": SURVEY, "interviews": INTERVIEWS,
                      "texts": "customer;at;text\nC100;2026-05-03;see https://example.org/x?id=1 please\n"},
                     sources_of={"survey": DECLARED})


def test_one_row_for_each_statement(found):
    voice = ARTEFACTS["voice"].check(found.tables["voice"])
    said = voice.groupby(["kind", "topic"]).size().to_dict()
    assert said == {("survey", "pain_point"): 2, ("interview", "pain_point"): 2, ("interview", "user_type"): 3,
                    ("interview", "text"): 2, ("text", "text"): 1}
    assert set(voice.loc[voice["topic"] == "user_type", "speaker"]) == {"coder_1", "coder_2"}
    assert "secret" not in " ".join(voice["text"])
    assert voice["evidence_id"].is_unique and voice["evidence_id"].str.fullmatch(r"[SIT]-\d{4}").all()


def test_free_text_is_masked(found):
    text = " ".join(found.tables["voice"]["text"])
    assert not any(leak in text for leak in ("1234567", "ann@", "https", "C100"))
    assert all(mask in text for mask in ("[phone number]", "[e-mail address]", "[link]", "[id]"))


@pytest.mark.parametrize(("text", "expected"), [
    ("mail a.b+c@mail.example.com now", "mail [e-mail address] now"), ("0151-2345 6789", "[number]"),
    ("IBAN DE89 3704 0044 0532 0130 00.", "IBAN [IBAN]."), ("www.example.org/a", "[link]"),
    ("we are 12 people, since 2024, and pay 1,200", "we are 12 people, since 2024, and pay 1,200"),
    ("order AB-77 of K0001", "order AB-77 of [id]")])
def test_masks(text, expected):
    assert masked(text, known_ids(["K0001", "team"])) == expected


def test_survey_items_are_turned_and_the_latest_answer_counts(found):
    survey = ARTEFACTS["survey"].check(found.tables["survey"]).set_index("customer_key")
    first = survey.loc[key("C100")]
    assert (first["q1"], first["q2"]) == (4, 4)  # reversed on 1-5: 6 - 2
    assert survey["q1"].isna().sum() == 1  # 99 is no answer
    assert states(found, "survey")["excluded", "a later answer of the same wave"] == 1


def test_evidence_ids_do_not_depend_on_row_order(found, collected):
    lines = INTERVIEWS.split("\n", 1)
    turned = lines[0] + "\ni3;;2026-05-02;ja;Nobody knows me;speed;;Core\n" + lines[1].replace(
        "i3;;2026-05-02;ja;Nobody knows me;speed;;Core\n", "")
    again = collected({"transactions": ACTIVE, "survey": SURVEY, "interviews": turned},
                      sources_of={"survey": DECLARED})
    first, second = (f.tables["voice"].query("kind != 'text'").reset_index(drop=True) for f in (found, again))
    assert first.equals(second)


def test_campaigns_know_nothing_that_lies_ahead(collected):
    found = collected({
        "transactions": ACTIVE,
        "campaigns": "id;from;to;cost\nold;2026-01-01;2026-02-01;0.4\nnow;2026-06-01;2026-07-30;1\n"
                     "next;2026-08-01;2026-09-01;1\n",
        "assignments": "id;customer;arm;at\nold;C100;Treated;2026-01-01\nold;C200;control;2026-01-01\n"
                       "old;C300;control;2026-01-01\nold;C300;treated;2026-01-01\nnow;C100;treated;2026-06-01\n"
                       "next;C100;treated;2026-08-01\n",
        "outcomes": "id;customer;spend\nold;C100;12.5\nold;C500;3\nnow;C100;9\n"},
        sources_of={"assignments": {"quarantine_limit": 1.0}})
    treatments = ARTEFACTS["treatments"].check(found.tables["treatments"])
    got = {(r.campaign, r.customer_key): (r.arm, r.spend) for r in treatments.fillna(-1).itertuples()}
    assert got == {("old", key("C100")): ("treated", 1250), ("old", key("C200")): ("control", -1),
                   ("now", key("C100")): ("treated", -1)}
    assert found.tables["campaigns"]["campaign"].tolist() == ["now", "old"]
    assert found.tables["campaigns"]["cost_per_contact"].tolist() == [100, 40]
    assert states(found, "assignments")["quarantined", "two rows that contradict each other"] == 2


def test_the_planned_share_of_treated_is_kept_and_one_that_is_none_is_set_aside(collected):
    columns = {"campaign": "id", "starts_on": "from", "ends_on": "to", "treated_share": "treated"}
    found = collected({
        "transactions": ACTIVE,
        "campaigns": "id;from;to;treated\na;2026-01-01;2026-02-01;0.9\nb;2026-01-01;2026-02-01;90\n"
                     "c;2026-01-01;2026-02-01;\n"},
        sources_of={"campaigns": {"columns": columns, "quarantine_limit": 1.0}})
    table = ARTEFACTS["campaigns"].check(found.tables["campaigns"]).set_index("campaign")
    assert table["treated_share"]["a"] == 0.9 and math.isnan(table["treated_share"]["c"]) and "b" not in table.index
    assert states(found, "campaigns")["quarantined", "treated_share: not between 0 and 1"] == 1


def test_what_is_absent_is_said(collected):
    found = collected({"transactions": ACTIVE})
    absent = {name for name, table in found.tables.items() if isinstance(table, NotMeasured)}
    assert absent == {"events", "catalogue", "survey", "voice", "campaigns", "treatments", "consents"}
    assert {a["source"] for a in found.collected["absent"]} >= {"events", "survey", "consent"}
    assert len(rows_of(found.tables["customers"])) == 5


def test_who_did_not_answer_is_counted_and_nothing_is_filled_in(found):
    heard = found.collected["voices"]
    base = len(found.tables["customers"])
    assert base == 5  # C900 answered and never ordered: a respondent, no customer
    assert {k: heard["survey"][k] for k in ("respondents", "in_base", "outside", "base")} == {
        "respondents": 3, "in_base": 2, "outside": 1, "base": base}
    assert heard["survey"]["by_activity"] == [{"group": "1", "n": 5, "answered": 2}]
    assert len(found.tables["survey"]) == 3 and heard["interviews"] == {"held": 2, "people": 1}
    assert heard["texts"] == {"messages": 1, "writers": 1, "masked": 1}


def test_every_file_adds_up(found):
    for facts in found.collected["sources"]:
        assert facts["rows"] == sum(facts[s] for s in ("kept", "repaired", "quarantined", "excluded"))


def test_weighted_shares_rest_on_the_effective_number_of_respondents(collected):
    answers = "customer;wave;pain;w\n" + "".join(f"C{i}00;w1;{'price' if i < 3 else 'time'};{w}\n"
                                                  for i, w in enumerate((3, 1, 1, 1, 2), 1))
    columns = {"customer_id": "customer", "wave": "wave", "pain": "pain", "weight": "w"}
    found = collected({"transactions": ACTIVE, "survey": answers}, sources_of={"survey": {"columns": columns}})
    given = {a["code"]: a for a in found.collected["voices"]["survey"]["answers"]}
    assert given["price"]["share"] == pytest.approx(4 / 8) and given["price"]["n"] == 2
    assert given["price"]["effective_n"] == pytest.approx(8**2 / (9 + 1 + 1 + 1 + 4))
    assert found.tables["survey"]["weight"].sum() == 8
    assert given["price"]["low"] < 0.2 and given["price"]["high"] > 0.8  # as wide as for four people


def test_empty_and_free_columns_leave_the_survey_table(collected):
    said = "customer;at;q1;q2;why\n" + "".join(
        f"C{i}00;2026-03-01;{i};;because of reason {i} and Frau Wolkenstein\n" for i in range(1, 6))
    columns = {"customer_id": "customer", "answered_at": "at", "q1": "q1", "q2": "q2", "why": "why"}
    found = collected({"transactions": ACTIVE, "survey": said}, sources_of={"survey": {"columns": columns}})
    assert list(found.tables["survey"]) == ["customer_key", "wave", "answered_on", "q1", "in_base"]
    dropped = {d["column"]: d["reason"] for d in found.collected["dropped_columns"]}
    assert "no answer" in dropped["q2"] and "free text" in dropped["why"]
    texts = found.tables["voice"].query("topic == 'text'")["text"]
    assert len(texts) == 5 and not texts.str.contains("Wolkenstein").any()


def test_a_scale_of_its_own_is_turned_on_that_scale(collected):
    answers = "customer;at;pain;q1;q2\nC100;2026-03-01;x;7;2\nC200;2026-03-01;x;1;5\n"
    found = collected({"transactions": ACTIVE, "survey": answers},
                      sources_of={"survey": {"scales": {"q1": [1, 7]}, "reversed_items": ["q1", "q2"], "columns": {
                          "customer_id": "customer", "answered_at": "at", "pain": "pain", "q1": "q1", "q2": "q2"}}})
    survey = found.tables["survey"].set_index("customer_key")
    assert survey.loc[key("C100"), ["q1", "q2"]].tolist() == [1, 4]
    assert survey.loc[key("C200"), ["q1", "q2"]].tolist() == [7, 1]


def test_codes_that_several_gave_are_words_of_the_survey_and_no_names(collected):
    given = ["weniger Platz am Ort"] * 4 + ["Hilfe durch Thandiwe", "Hilfe durch Julia"]
    rows = "".join(f"C{i}00;w1;2026-03-01;{code};;\n" for i, code in enumerate(given, 1))
    active = ORDERS + "".join(f"C{i}00;o{i};2026-01-01;5;x\n" for i in range(1, 7))
    found = collected({"transactions": active, "survey": "customer;wave;at;pain;q1;q2\n" + rows})
    assert sorted(set(found.tables["voice"]["code"])) == ["Hilfe durch [name]", "weniger Platz am Ort"]
