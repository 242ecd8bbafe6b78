"""Pages for analysts: the figures of the usual pages, and beside them code, parameters, versions and numbers."""

import nbformat.v4 as nbf
import pytest

from lib.report.analyst import analyst_index, analyst_page
from lib.report.safety import LARGEST_PAGE, check_page
from tests.report import example_product as example
from tests.report.page_reader import Page

STEP = "03_analyze"


def code(html: str) -> list[str]:
    return [node.text for node in Page(html).of("code")]


def shown(html: str) -> list[str]:
    """Tables and pictures of a page, in order, without those that only analysts see."""
    page = Page(html)
    return [node.attrs.get("src") or node.text for node in page.of("img", "caption") if node.text != "As computed"]


def test_figures_and_tables_are_those_of_the_usual_page(good):
    assert shown(good[f"analyst_{STEP}"]) == shown(good[STEP]) and len(shown(good[STEP])) >= 2
    check_page(good[f"analyst_{STEP}"])
    assert len(good[f"analyst_{STEP}"].encode()) < len(good[STEP].encode()) + 40_000 < LARGEST_PAGE


def test_every_code_cell_is_folded_in_and_none_is_on_the_usual_pages(good):
    nb = example.notebooks()[STEP]
    sources = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    assert [text for text in code(good[f"analyst_{STEP}"]) if text in sources] == sources
    for node in Page(good[f"analyst_{STEP}"]).having("code"):
        assert node.tag == "details" and "open" not in node.attrs
    for name in ("report", STEP):
        assert not set(code(good[name])) & set(sources) and "analyst.html" not in good[name]


def test_prints_warnings_and_errors_stay_behind(good):
    for hidden in ("/home/secret", "rows 800"):
        assert hidden not in good["analyst_01_identify_basis"]


def test_the_numbers_of_a_sentence_stand_unrounded(good):
    said = [s for s in good["summary"]["statements"] if s["step"] == STEP]
    text = Page(good[f"analyst_{STEP}"]).root.text
    numbers = [v for s in said for v in s["values"].values() if isinstance(v, float)]
    assert numbers and all(f"{v:,.6f}".rstrip("0").rstrip(".") in text for v in numbers)


def test_a_number_that_was_taken_out_is_not_told():
    said = [{"step": STEP, "kind": "sentence", "text": "Few moved", "values": {"n": None, "of": [None, {"x": 0.5}]}}]
    rows = [n.text for n in Page(analyst_page(example.notebooks()[STEP], example.facts(), said)).of("tr")]
    assert [row for row in rows if row.startswith("Few moved")] == [
        "Few moved n not measured", "Few moved of 1 not measured", "Few moved of 2 x 0.5"]


def test_the_run_is_told_with_parameters_versions_durations_and_warnings(good):
    text = Page(good["analyst"]).root.text
    for part in ("by hand", "seed of the product file 7", "Python 3.11.7", "pandas 3.1.1", "asked for with --cold",
                 "01_identify_basis done, gone on with 20 2 2 FutureWarning", "02_collect not run",
                 "data/acme/orders.csv 20,000 1,234,567"):
        assert part in text
    links = {n.attrs["href"] for n in Page(good["analyst"]).of("a") if "analyst" in n.attrs["href"]}
    assert links == {"analyst.html", *(f"{step}.analyst.html" for step in example.notebooks())}


def test_the_slowest_cells_come_first():
    nb = nbf.new_notebook(cells=[nbf.new_code_cell(f"step_{n}()", metadata={"papermill": {"duration": seconds}})
                                 for n, seconds in enumerate((0.2, 7.25, 1.0))])
    html = analyst_index(example.facts(), example.manifest(), {STEP: nb})
    rows = [n.text for n in Page(html).of("tr") if n.text.startswith(STEP) and "step_" in n.text]
    assert rows == [f"{STEP} 2 7.2 step_1()", f"{STEP} 3 1 step_2()", f"{STEP} 1 0.2 step_0()"]


@pytest.mark.parametrize("source", ["</code></pre></details><script>x</script>", "a < b && c > d", "x = '\u202e'"])
def test_code_is_only_text(source):
    html = analyst_page(nbf.new_notebook(cells=[nbf.new_code_cell(source)]), example.facts(), [])
    check_page(html)
    assert code(html)[-1] == source.replace("\u202e", "")
