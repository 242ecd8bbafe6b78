"""The privacy gate: what names a person stops a run, whichever file it stands in; what pages are full of does not."""

import datetime as dt
import hashlib
import hmac
import json
import re

import pandas as pd
import pytest
from openpyxl import Workbook

from lib.contracts import Blocked
from lib.product import Product
from lib.report.privacy import Searched, found_in
from lib.run import folder as module, portfolio
from lib.run.folder import RunFolder
from lib.run.gate import check_run
from lib.run.manifest import code_version
from lib.run.outcome import Stopped, unexpected
from tests.conftest import MINIMAL

KEY = b"a key that only this test knows, long enough"
IDS = {"customer_key": ("customer", ["C-00017", "AB1234", "48151623", "0042", "Ødger Bjørnsen", "x.y@web.de"]),
       "order_key": ("order", ["RE-2026/0815", "90071992547"]), "user_key": ("user", ["u_77a"])}


def keyed(kind: str, raw: str) -> str:
    """The pseudonym, computed as method.md §7 says it and not by our code."""
    return hmac.new(KEY, f"{kind}\x1f{raw}".encode(), hashlib.sha256).hexdigest()[:32]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "RUNS", tmp_path / ".runs")
    monkeypatch.setenv("SEGMENTS_KEY", KEY.decode())
    made = RunFolder.create("acme", "2026-06-30")
    for column, (kind, raws) in IDS.items():
        pd.DataFrame({column: [keyed(kind, r) for r in raws]}).to_parquet(made.artefacts / f"{column}.parquet")
    (made.pages / "report.html").write_text("<p>1,204 customers, 62 % (58–66) active; S-0001, T-0002</p>")
    return made


@pytest.fixture
def product():
    return Product.model_validate(MINIMAL | {"public_data": False, "data_protection": {
        "owner": "CRM team, crm@acme.example", "purpose": "p", "lawful_basis": "contract", "retention_days": 999}})


PLACES = ["pages/report.html", "pages/summary.json", "pages/run.json", "pages/report.xlsx",
          "notebooks/02_collect.ipynb",
          "work/acme/2026-06-30/collected.json", "work/acme/2026-06-30/rules_sql.sql", "processing_register.yaml"]


def put(run: RunFolder, place: str, text: str) -> None:
    path = run.path / place
    if path.suffix == ".xlsx":
        book = Workbook()
        book.create_sheet("Second").append(["n", f"see {text}.", 48151623])
        book.save(path)
        return
    content = {".html": f"<table><tr><td>n</td><td>{text}</td></tr></table>",
               ".ipynb": json.dumps({"cells": [{"outputs": [{"text": [f"see {text}\n"]}]}]})}
    other = json.dumps({"a": [{"b": f"see {text}."}]}, ensure_ascii=False)
    path.write_text(content.get(path.suffix, other), encoding="utf-8")


PLANTED = [
    ("max.muster@web.de", "e-mail address"), ("+49 171 1234567", "phone number"),
    ("DE89 3704 0044 0532 0130 00", "IBAN"), ("customer C-00017", "id of a customer"), ("AB1234", "id of a customer"),
    ("48151623", "id of a customer"), ("customer no. 0042", "id of a customer"), ("by Ødger Bjørnsen", "id of"),
    ("RE-2026/0815", "id of"), ("u_77a", "id of"), ("«C-00017»", "id of"), ("order=90071992547;", "id of")]


@pytest.mark.parametrize(("place", "text", "kind"), [(place, *one) for i, one in enumerate(PLANTED)
                                                     for place in PLACES[i % 3::3]])
def test_a_planted_identifier_stops_the_run_wherever_it_stands(run, product, place, text, kind):
    put(run, place, text)
    with pytest.raises(Blocked) as stopped:
        check_run(run, product)
    said = str(stopped.value)
    assert place.rsplit("/", 1)[-1] in said and kind in said and "privacy gate" in said
    assert not any(part in said for part in (text, *sum((r for _, r in IDS.values()), [])))


@pytest.mark.parametrize("place", ["pages/report.html", "pages/summary.json"])
def test_a_pseudonym_is_not_published(run, product, place):
    put(run, place, keyed("customer", "C-00017"))
    with pytest.raises(Blocked, match="pseudonym"):
        check_run(run, product)


@pytest.mark.parametrize("text", [
    "42", "0042 customers", "1,204", "4815 1623 of n", "mail crm@acme.example", "segment AB12345", "C-0001", "S-0001",
    "code " + "a1" * 32, "run 20260701T081500-1a2b3c4d", "2026-06-30 08:15", "2026-11-23T20:11:03.324951",
    "order 17 of 20", "customer 0042,5"])
def test_counts_dates_hashes_and_declared_addresses_pass(run, product, text):
    for place in PLACES:
        put(run, place, text)
    check_run(run, product)


BARRED = ["ANNA", "McFlurry", "anton", "X-77", "Question"]


@pytest.fixture
def barred(run):
    pd.DataFrame({"customer_key": [keyed("customer", r) for r in BARRED]}).to_parquet(run.artefacts / "barred.parquet")
    return run


@pytest.mark.parametrize("place", PLACES[:4])
@pytest.mark.parametrize("text", ["ANNA", "for McFlurry", "the ids X-77 and others", "(ANNA)"])
def test_who_left_before_features_is_named_nowhere(barred, product, place, text):
    put(barred, place, text)
    with pytest.raises(Blocked, match="id of a customer"):
        check_run(barred, product)


def test_a_plain_word_is_an_id_only_where_it_is_all_of_a_cell(barred, product):
    put(barred, "pages/report.html", "anton likes it")
    check_run(barred, product)
    put(barred, "pages/report.html", "anton")
    with pytest.raises(Blocked, match="id of a customer"):
        check_run(barred, product)


def test_words_of_the_product_file_and_of_our_own_texts_are_no_ids(barred, product):
    put(barred, "pages/report.html", "Question")  # stands in the notebooks, too
    named = product.model_copy(update={"why_now": "a campaign for ANNA"})
    check_run(barred, named)
    put(barred, "pages/summary.json", "ANNA")
    check_run(barred, named)
    with pytest.raises(Blocked):
        check_run(barred, product)


def test_who_was_erased_is_named_nowhere(run, product, tmp_path, monkeypatch):
    gone = hmac.new(KEY, b"erased\x1f" + keyed("customer", "Z-9001").encode(), hashlib.sha256).hexdigest()[:32]
    monkeypatch.setattr("lib.sources.erased.WORK", tmp_path)
    (tmp_path / product.id).mkdir()
    (tmp_path / product.id / "erased.json").write_text(json.dumps({"key_id": "k", "marks": [gone], "rerun": []}))
    put(run, "pages/report.html", "customer Z-9001")
    with pytest.raises(Blocked, match="id of a customer"):
        check_run(run, product)


def test_the_page_of_all_products_passes_the_gate_too(tmp_path, monkeypatch):
    monkeypatch.setattr(portfolio, "REPORTS", tmp_path)
    (tmp_path / "acme/2026-06-30").mkdir(parents=True)
    told = {"product": "acme", "name": "Acme", "as_of": "2026-06-30", "verdict": "go", "sample": False,
            "first_screen": {"headline": {"text": "4 segments of 1,204 customers."}}}
    summary = tmp_path / "acme/2026-06-30/summary.json"
    summary.write_text(json.dumps(told))
    portfolio.write_portfolio()
    before = (tmp_path / "index.html").read_text()
    summary.write_text(json.dumps(told | {"name": "Acme of max.muster@web.de"}))
    with pytest.raises(Blocked, match="e-mail address") as stopped:
        portfolio.write_portfolio()
    assert (tmp_path / "index.html").read_text() == before and "muster" not in str(stopped.value)


def test_figures_of_json_are_no_ids(run, product):
    """Money in minor units is as long as an id; a number is a figure, a text may be an id."""
    (run.pages / "summary.json").write_text(json.dumps({"revenue": 48151623}))
    check_run(run, product)
    (run.pages / "summary.json").write_text(json.dumps({"customer": "48151623"}))
    with pytest.raises(Blocked):
        check_run(run, product)


@pytest.mark.parametrize("drawn", ["09358501", "06834199"])
def test_the_random_id_of_a_cell_is_no_phone_number(run, product, drawn):
    cell = {"id": drawn, "cell_type": "code", "source": "1", "outputs": []}
    book = {"nbformat": 4, "nbformat_minor": 5, "cells": [cell]}
    path = run.notebooks / "01_identify_basis.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    check_run(run, product)
    path.write_text(json.dumps(book | {"cells": [cell | {"source": f"call {drawn}"}]}), encoding="utf-8")
    with pytest.raises(Blocked, match="phone number"):
        check_run(run, product)


def test_the_commit_is_named_by_all_its_digits():
    """So many never read like a phone number, and seven do, once in 400 commits."""
    assert re.search(r"(^|g)[0-9a-f]{40}(-dirty)?$", code_version())


def test_pictures_are_no_texts(run, product):
    picture = "iVBORw0KGgo" + "AB12CD34+/" * 400
    (run.pages / "report.html").write_text(f'<img alt="x" src="data:image/png;base64,{picture}">')
    (run.notebooks / "03_analyze.ipynb").write_text(json.dumps({"outputs": [{"data": {
        "image/png": picture, "text/html": f'<img src="data:image/png;base64,{picture}">'}}]}))
    check_run(run, product)


def test_a_run_that_read_nobody_needs_no_key(run, product, monkeypatch):
    monkeypatch.delenv("SEGMENTS_KEY")
    for path in run.artefacts.glob("*.parquet"):
        path.unlink()
    check_run(run, product)


def test_causes_do_not_quote_values():
    assert unexpected("KeyError", "'C-00017'").cause == "KeyError: '…'"
    assert unexpected("ValueError", "could not convert 'max muster' in column 'city'").cause.endswith(
        "convert '…' in column 'city'")
    assert "web.de" not in Stopped("failed", "ValueError", "bad amount max@web.de").cause


def test_no_run_is_taken_for_a_phone_number_whenever_it_begins(tmp_path, monkeypatch):
    """After midnight a time begins with 00, as a number abroad does: 0039 89641213 is one of Italy."""
    assert found_in({"run.json": ['"run_id": "20261129T003934-89641213"']}, Searched())
    monkeypatch.setattr(module, "RUNS", tmp_path)
    for second in [*range(0, 3_600, 5), *range(3_600, 86_400, 300)]:
        moment = dt.datetime.fromtimestamp(second, dt.UTC).strftime("20261129T%H%M%S")
        monkeypatch.setattr(module.time, "strftime", lambda *_, moment=moment: moment)
        run_id = RunFolder.create("acme", "2026-06-30").run_id
        assert re.fullmatch(rf"{moment}-[a-z]{{8}}", run_id)
        assert not found_in({"run.json": [f'"run_id": "{run_id}"']}, Searched())
