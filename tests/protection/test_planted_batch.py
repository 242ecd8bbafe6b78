"""A whole batch over inputs full of identifiers: pages, notebooks, artefacts, manifests, logs and errors hold none."""

import json

import pytest

from lib.collect.pseudonyms import pseudonym
from lib.run.order import STEPS
from tests.protection.planted_batch import BROKEN, KEY, WITHDRAWN, Planted
from tests.protection.search import leaks, strings_of

pytestmark = pytest.mark.full

FILES = {"transactions": "order_lines", "texts": "feedback_text"}  # where a source's file has another name
STOPS = ("error", "blocked")
GOES_ON = {"wrong-feature": "feature not in the list", "wrong-answer": "personal data in free text"}  # they do not stop
TABLES = "data/work/acme/2026-06-30"


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> tuple[Planted, dict[str, str]]:
    """The workspace after a check, a run and runs that fail; everything made or said, by name: raw text."""
    planted = Planted(tmp_path_factory.mktemp("batch")).make()
    inputs = {p for p in planted.root.rglob("*") if p.is_file()}
    said = planted.segments(("run", "acme", "--json"), ("check", "acme", *BROKEN, "--json"))
    said |= planted.segments(("run", "wrong-amount", "--json"))
    made = {p for p in planted.root.rglob("*") if p.is_file()} - inputs
    return planted, said | {str(p.relative_to(planted.root)): strings_of(p) for p in sorted(made)}


def test_more_than_500_of_every_kind_stand_in_every_input(batch):
    planted, _ = batch
    counts = {kind: len(texts) for kind, texts in planted.planted.items()}
    assert min(counts.values()) >= 8 and sum(counts[k] for k in planted.plant.kinds) >= 500, counts
    for name, path in planted.files().items():
        assert len(leaks(planted.planted, {name: planted.text_of(path)})[name]) >= 8, name


def test_all_six_notebooks_ran_and_the_report_is_there(batch):
    _, made = batch
    assert made["run acme code"] == "0", made["run acme stdout"] + made["run acme stderr"]
    assert json.loads(made["run acme stdout"])[0]["state"] == "published"
    for step in STEPS:
        assert f"reports/acme/2026-06-30/{step}.html" in made
        assert f"{TABLES}/notebooks/{step}.ipynb" in made
    assert "reports/acme/2026-06-30/report.html" in made and len(made) > 100


def test_each_mistake_is_told(batch):
    planted, made = batch
    assert made["run wrong-amount code"] == "2"
    checked = {c["product"]: c for c in json.loads(made["check acme stdout"])}
    assert set(checked) == {"acme", *BROKEN}
    for product, (source, _) in BROKEN.items():
        file = planted.files()[FILES.get(source, source)].name
        told = [f for f in checked[product]["findings"] if file in f["where"]]
        assert any(f["what"].startswith(GOES_ON[product]) if product in GOES_ON else f["severity"] in STOPS
                   for f in told), product
    assert not any("Traceback" in said for name, said in made.items() if name.endswith(("stdout", "stderr")))


def test_none_of_them_is_in_anything_that_was_made_or_said(batch):
    planted, made = batch
    found = leaks(planted.planted, made)
    assert not found, {name: sorted({kind for kind, _ in held}) for name, held in found.items()}


def test_who_withdrew_is_in_no_table_even_by_pseudonym(batch):
    planted, made = batch
    gone = {pseudonym(i, "customer", KEY.encode()) for i in list(planted.ids.values())[:WITHDRAWN]}
    rest = {pseudonym(i, "customer", KEY.encode()) for i in list(planted.ids.values())[WITHDRAWN:]}
    tables = {name: said for name, said in made.items() if name.startswith(TABLES) and "barred" not in name}
    assert sum(key in tables[f"{TABLES}/customers.parquet"] for key in rest) > 200
    assert not {name for name, said in tables.items() if any(key in said for key in gone)}


def test_the_search_would_find_one(batch):
    planted, made = batch
    for kind, texts in planted.planted.items():
        for shown in (texts[1], texts[1].upper()):
            found = leaks({kind: texts}, {"x": f"see {shown}, there"})
            assert (kind, texts[1]) in found["x"]
    phone = next(t for t in planted.planted["phone"] if " " in t)
    assert leaks(planted.planted, {"x": phone.replace(" ", "")})["x"]
