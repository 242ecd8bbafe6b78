"""`segments check`: everything that is wrong in one go, worst first, each with place and fix; and the verdict."""

import ast
import json
from pathlib import Path

import nbformat
import pytest

from lib.paths import NOTEBOOKS
from lib.product import Product
from lib.run import ready
from lib.run.check import check
from lib.run.findings import BLOCKED, HEADINGS, MUST_FIX, NO_GO, READY, Checked, Finding, fix_of, worst
from tests.catalogue import clean


def product(minimal: dict, folder: Path, files: dict[str, str], **changes) -> Product:
    """A product over files of the catalogue's clean tables, some of them spoiled."""
    for table, content in files.items():
        (folder / f"{table}.csv").write_text(content, encoding="utf-8")
    listed = {t: {"path": f"{t}.csv", "delimiter": ";", "columns": clean.COLUMNS[t]} for t in files}
    icps = [{"name": n, "who": f"city = '{n}'", "source": "x"} for n in ("Ulm", "Bonn")]
    return Product.model_validate(minimal | {"sources": listed, "icps": icps} | changes)


def test_every_source_with_a_mistake_is_named_not_only_the_first(minimal, tmp_path):
    spoiled = {"transactions": clean.text("transactions"), "customers": "",
               "events": clean.text("events").replace(";at", ";when"),
               "survey": clean.with_cell("survey", {5: {"answered_at": "soon"}, 6: {"answered_at": "later"}})}
    found = check(product(minimal, tmp_path, spoiled), tmp_path)
    errors = [f for f in found.findings if f.severity == "error"]
    assert found.exit_code == MUST_FIX and len(errors) == 3
    told = [f"{f.what} {f.where} {f.fix}" for f in errors]
    assert "empty" in told[0] and "customers.csv" in told[0]
    assert "'at'" in told[1] and "events.csv" in told[1] and "column map" in told[1]
    assert "survey" in told[2] and "5" in told[2] and "3 errors to fix" in found.verdict
    assert all(f.fix for f in errors)


def test_rows_set_aside_are_listed_with_their_lines_count_and_fix(minimal, tmp_path):
    files = {"transactions": clean.with_cell("transactions", {7: {"amount": "ten"}}),
             "customers": clean.text("customers")}
    found = check(product(minimal, tmp_path, files), tmp_path)
    aside = next(f for f in found.findings if f.severity == "quarantined")
    assert "amount" in aside.what and "transactions.csv" in aside.where
    assert (aside.rows, aside.lines) == (1, "7") and "decimal" in aside.fix


def test_blank_decisions_make_it_a_draft(minimal, tmp_path):
    protection = minimal["data_protection"] | {"owner": "", "retention_days": 0}
    settings = product(minimal, tmp_path, {"transactions": clean.text("transactions")}, data_protection=protection)
    found = check(settings, tmp_path)
    assert {f.where for f in found.findings if f.severity == "decide"} == {
        "data_protection.owner", "data_protection.retention_days"}


def test_a_playbook_that_is_not_there_is_found_before_the_run(minimal, tmp_path):
    """Not after four steps, in the fifth, as a missing file of nobody's."""
    settings = product(minimal, tmp_path, {"transactions": ""},
                       strategy={"playbook": "products/playbook_of_nobody.yml", "channels": ["email"]})
    (error,) = [f for f in check(settings, tmp_path).findings if f.what.startswith("strategy.playbook")]
    assert (error.severity, error.where) == ("error", "products/playbook_of_nobody.yml")
    assert "no such file" in error.what and error.fix


def test_a_blocking_decision_is_an_error_and_the_rest_is_still_read(minimal, tmp_path):
    settings = product(minimal, tmp_path, {"transactions": clean.text("transactions"), "customers": ""}, as_of="")
    found = check(settings, tmp_path)
    assert found.exit_code == MUST_FIX
    assert {"as_of", "customers.csv"} == {f.where for f in found.findings if f.severity == "error"}


def test_a_base_that_is_too_small_is_no_go_with_the_number_needed(minimal, tmp_path):
    files = {t: clean.text(t, clean.rows(t)[:60]) for t in ("transactions", "customers")}
    found = check(product(minimal, tmp_path, files), tmp_path)
    assert found.exit_code == NO_GO
    assert any("customers" in f.what and "needed" in f.fix for f in found.findings if f.severity == "no-go")


def test_worst_first_in_text_and_in_json():
    found = Checked("acme", [], [Finding(s, f"what {s}", "where", "do it", 3, "2, 3") for s in reversed(HEADINGS)])
    said = [found.text().index(f"what {s}") for s in HEADINGS]
    assert said == sorted(said)
    listed = json.loads(json.dumps(found.as_dict()))
    assert [f["severity"] for f in listed["findings"]] == list(HEADINGS)
    assert found.text().splitlines()[-1] == found.verdict


@pytest.mark.parametrize(("severities", "code", "said"), [
    ([], READY, "acme: ready"), (["warning", "repaired"], READY, "acme: ready"), (["decide"], READY, "DRAFT"),
    (["no-go", "decide"], NO_GO, "will not be segmented"), (["blocked", "no-go"], BLOCKED, "data protection"),
    (["error", "blocked"], MUST_FIX, "1 error to fix")])
def test_the_verdict_and_its_exit_code(severities, code, said):
    found = Checked("acme", [], [Finding(s, "x") for s in severities])
    assert found.exit_code == code and said in found.verdict


def test_of_several_products_the_worst_counts():
    of = [Checked("a", [], [Finding(s, "x")]) for s in ("no-go", "blocked", "warning")]
    assert worst(of) == BLOCKED and worst(of[2:]) == READY


def test_every_rule_of_typing_has_a_fix():
    for rule in ("at: not a date as declared", "amount: not an amount as declared", "q: not a whole number",
                 "customer_id: missing", "nps: out of range", "id not among the customers"):
        assert fix_of(rule), rule


def calls(code: str) -> dict[str, list[list[str]]]:
    """Keyword arguments of every call that makes readiness, by the function's name."""
    found: dict[str, list[list[str]]] = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found.setdefault(node.func.attr, []).append(sorted(k.arg or "**" for k in node.keywords))
    return found


def test_readiness_is_computed_as_the_notebook_does():
    book = nbformat.read(NOTEBOOKS / "01_identify_basis.ipynb", as_version=4)
    there = calls("\n".join(c.source for c in book.cells if c.cell_type == "code"))
    here = calls(Path(ready.__file__).read_text(encoding="utf-8"))
    shared = {"natural_frequency", "customer_features", "features_before", "candidate_bases", "choose_variables",
              "measure_base", "cost_against_value", "readiness"}
    assert shared <= set(here)
    assert {name: sorted(here[name]) for name in shared} == {name: sorted(there[name]) for name in shared}
