"""Audiences: consent or nothing, every customer accounted for, and no cell that a spreadsheet would run."""

import csv
import io
import zipfile

import pandas as pd
import pytest
from openpyxl import load_workbook

from lib.contracts import ARTEFACTS, NotMeasured, UserError
from lib.report.numbers import Format
from lib.report.words import handover as words
from lib.strategy.audiences import available, counts, eligibility, eligible, machine_rows, reader_rows, with_arms
from lib.strategy.files import PATTERNS, audience_files, left_out, machine_csv, workbook
from lib.strategy.plan import withheld
from tests.strategy.conftest import key

PLAN = {"campaign": "acme-1", "expires_on": "2026-07-30"}
STARTS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u00a0=", "\ufeff=", "\u200b=", "\uff1d", "\u202e=",
          "\u2060="]
BODIES = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")']
PAYLOADS = [start + body for start in STARTS for body in BODIES]
LEGITIMATE = ["+49 30 1234567", "-5.20", "@handle", "O'Brien, \"Jo\"", "Müller; Söhne", "00123", "1e5", "a\nb"]


@pytest.fixture
def consents() -> pd.DataFrame:
    rows = [(key(0), "email", "granted"), (key(0), "marketing", "objected"), (key(1), "email", "granted"),
            (key(2), "marketing", "granted"), (key(2), "push", "withdrawn"), (key(3), "marketing", "granted"),
            (key(4), "push", "granted"), (key(5), "analytics", "granted")]
    return pd.DataFrame(rows, columns=["customer_key", "channel", "status"])


def test_opt_out_wins_and_no_record_is_no_consent(assignments, consents):
    strategies = pd.DataFrame({"segment": ["steady"], "channel": ["push"]})
    customers = pd.DataFrame({"customer_key": [key(4)], "age": [15.0]})
    people = eligibility(assignments, customers, consents, strategies, minimum_age=16)
    found = people.set_index("customer_key")["reason"]
    assert [found[key(i)] for i in range(6)] == [
        "opted out", "no consent recorded", "opted out", "eligible", "under the minimum age", "no consent recorded"]


def test_without_consents_nothing_is_assumed(assignments, plan):
    people = eligibility(assignments, pd.DataFrame(), NotMeasured("no table of consents"), plan, minimum_age=16)
    assert isinstance(people, NotMeasured)
    assert isinstance(audience_files(machine_rows(people, plan=PLAN), pd.DataFrame()), NotMeasured)
    table = counts(people, assignments, plan)
    ARTEFACTS["audiences"].check(table)
    assert table["n"].sum() == len(assignments)
    told = {"exported": {"files": False, "reason": withheld(people, draft=False)}}
    said = words.audiences(table, told, 0, True, Format("en", "EUR"))
    assert said.text == "No audience was exported: no table of consents." and said.tone == "caveat"


def test_every_customer_is_in_one_reason(assignments, plan, facts):
    audience, machine = _exported(assignments, plan)
    table = counts(audience, assignments, plan)
    assert table["n"].sum() == len(assignments)
    assert table.loc[table["reason"] == "exported", "n"].sum() == len(machine) == 300


def test_a_draft_exports_nothing(assignments, plan):
    audience, machine = _exported(assignments, plan, held_back="no audience was exported: drafts")
    assert machine.empty
    assert (audience["reason"] == "no audience was exported: drafts").sum() == 300


def test_the_machine_file_is_rfc_4180(assignments, plan, facts):
    _, machine = _exported(assignments, plan)
    files = audience_files(machine, reader_rows(machine, facts, plan))
    content = files["steady-push.csv"]
    assert content.count(b"\r\n") == 301 and b"\n" not in content.replace(b"\r\n", b"")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
    assert {r["arm"] for r in rows} == {"treated", "control"}
    assert left_out(machine) == 0


@pytest.mark.parametrize("column", list(PATTERNS))
def test_no_payload_passes_a_machine_column(column):
    good = {"customer_key": key(1), "campaign": "acme-1", "segment": "steady", "channel": "push", "arm": "treated",
            "stratum": "", "expires_on": "2026-07-30"}
    rows = pd.DataFrame([{**good, column: p} for p in PAYLOADS] + [good])
    content, refused = machine_csv(rows)
    assert len(PAYLOADS) >= 40 and refused == len(PAYLOADS)
    assert content.count(b"\r\n") == 2


def test_a_column_without_a_pattern_never_leaves():
    with pytest.raises(ValueError, match="email"):
        machine_csv(pd.DataFrame({"email": ["x"]}))


def test_every_column_of_the_machine_file_has_a_pattern(assignments, plan):
    _, machine = _exported(assignments, plan)
    assert list(machine) == list(PATTERNS)
    content, refused = machine_csv(machine)
    back = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
    assert refused == 0 and back.equals(machine.astype("str"))  # no legitimate value is changed


def test_no_payload_is_live_in_any_column_that_a_reader_gets_and_no_value_changes(assignments, plan, facts):
    _, machine = _exported(assignments, plan)
    columns = list(reader_rows(machine, facts, plan))
    assert {"name", "message", "offer", "expires_on"} <= set(columns)
    values = PAYLOADS + LEGITIMATE
    content = workbook(pd.DataFrame(dict.fromkeys(columns, values)))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        xml = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xml"))
    assert "<f>" not in xml and "<f " not in xml and "<hyperlink" not in xml and "<externalLink" not in xml
    sheet = load_workbook(io.BytesIO(content)).active
    assert [c.value for c in sheet[1]] == columns
    for column in sheet.iter_cols(min_row=2):
        _as_written(column, values)


def test_headers_are_text_too():
    sheet = load_workbook(io.BytesIO(workbook(pd.DataFrame({"=1+1": ["x"]})))).active
    assert (sheet["A1"].data_type, sheet["A1"].value) == ("s", "=1+1")


def _as_written(cells, values):
    assert {c.data_type for c in cells} == {"s"}
    assert [c.value for c in cells[-len(LEGITIMATE):]] == LEGITIMATE
    assert [c.value for c in cells] == [v.replace("\r", "\n") for v in values]


def test_a_channel_that_is_no_file_name_is_refused():
    machine = pd.DataFrame({"segment": ["steady"], "channel": ["../../x"], "arm": ["treated"]})
    with pytest.raises(UserError, match="channel"):
        audience_files(machine, machine)


def test_available_counts_the_eligible(assignments, consents):
    strategies = pd.DataFrame({"segment": ["steady", "rare"], "channel": ["email", "email"]})
    people = eligibility(assignments, pd.DataFrame(), consents, strategies, minimum_age=16)
    assert available(people).to_dict() == {"rare": 0, "steady": 3}


def _exported(assignments, plan, held_back=""):
    consents = pd.DataFrame({"customer_key": assignments["customer_key"], "channel": "marketing", "status": "granted"})
    people = eligibility(assignments, pd.DataFrame(), consents, plan, minimum_age=16)
    arms = pd.Series("not drawn", index=eligible(people).index)
    first = people.index[people["segment"] == "steady"][:300]
    arms[first] = ["treated"] * 200 + ["control"] * 100
    strata = pd.Series("2", index=people["customer_key"][:100])
    audience = with_arms(people, arms, strata, held_back=held_back)
    return audience, machine_rows(audience, plan=PLAN)
