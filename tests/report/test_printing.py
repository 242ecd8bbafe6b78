"""The pages on paper, printed by a real browser: every figure on one sheet, every table within its edges."""

import base64
import itertools
import re
import subprocess
import zlib

import pytest

from lib.report.blocks import TableBlock
from lib.report.exporter import export_notebook
from lib.report.facts import data_facts
from tests.report import example_product as example
from tests.report.chromium import QUIET
from tests.report.test_page_browser import measured

pytestmark = pytest.mark.full
PAPER = 680  # pixels between the margins of an A4 sheet
CSS = re.compile(r"(?<=<style>).*?(?=</style>)", re.S)
# paint that puts a picture on a sheet: `/X7 Do`
IMAGE = re.compile(rb"/Subtype\s*/Image\b")
DRAWN = re.compile(rb"/(\w+) Do\b")


def unlike(html: str) -> str:
    """The page with no two pictures alike, so that each is one of its own on paper: zeros after the end of a PNG."""
    count = itertools.count(1)
    return re.sub(r"(?<=data:image/png;base64,)[A-Za-z0-9+/=]+",
                  lambda found: base64.b64encode(base64.b64decode(found[0]) + b"\0" * next(count)).decode(), html)


def printed(browser: str, served, html: str) -> bytes:
    port, folder, _ = served
    (folder / "page.html").write_text(unlike(html), encoding="utf-8")
    made = folder / "page.pdf"
    subprocess.run([browser, *QUIET, f"--user-data-dir={folder / 'profile'}", "--no-pdf-header-footer",
                    f"--print-to-pdf={made}", f"http://127.0.0.1:{port}/page.html"], capture_output=True, timeout=120,
                   check=True)
    return made.read_bytes()


def objects(pdf: bytes) -> dict[int, bytes]:
    return {int(number): body for number, body in re.findall(rb"(?<!\d)(\d+) 0 obj\b(.*?)endobj", pdf, re.S)}


def sheets(pdf: bytes) -> list[list[int]]:
    """For every sheet the pictures that it shows, as numbers of their objects."""
    known, found = objects(pdf), []
    for body in known.values():
        if re.search(rb"/Type\s*/Page\b", body):
            named = {name: int(number) for block in re.findall(rb"/XObject\s*<<(.*?)>>", body, re.S)
                     for name, number in re.findall(rb"/(\w+)\s+(\d+) 0 R", block)}
            painted = set(DRAWN.findall(content(body, known)))
            found.append(sorted(n for name, n in named.items() if name in painted and IMAGE.search(known[n][:300])))
    return found


def content(page: bytes, known: dict[int, bytes]) -> bytes:
    """What a page paints, unpacked."""
    number = int(re.search(rb"/Contents\s+(\d+) 0 R", page)[1])
    stream = re.search(rb"stream\r?\n(.*?)\r?\nendstream", known[number], re.S)[1]
    return zlib.decompress(stream) if b"/FlateDecode" in known[number] else stream


def figures_on(pdf: bytes) -> tuple[int, int]:
    """(pictures shown, pictures shown on more than one sheet)."""
    shown = [picture for sheet in sheets(pdf) for picture in sheet]
    return len(set(shown)), sum(shown.count(picture) > 1 for picture in set(shown))


@pytest.mark.parametrize("name", ["report", "04_create_segments"])
def test_no_figure_is_split_between_two_sheets(browser, served, good, name):
    pictures, split = figures_on(printed(browser, served, good[name]))
    assert pictures == good[name].count("<img ") and split == 0


def test_the_print_shows_a_figure_that_is_split(browser, served, good):
    """What the test above rests on: without the rule that keeps them lower than a sheet, figures fall apart."""
    tall = ".plate img { height: 400mm; max-height: none; object-fit: fill }</style>"
    loose = good["report"].replace("</style>", tall)
    assert figures_on(printed(browser, served, loose))[1] > 0


def on_paper(html: str) -> str:
    """The page with the rules for paper wherever it is shown."""
    return CSS.sub(lambda rules: rules[0].replace("@media print", "@media all"), html)


@pytest.fixture
def pages(good) -> dict:
    """The example's pages, one of them with a table of twelve columns, some of long words."""
    heads = ["segment", *(f"measure {i} of the customers" for i in range(9)), "verdict", "what it was drawn by"]
    row = ["Top spenders, high basket", *["€1,234 (€1,100 to €1,368)"] * 9, "too small", "quarters of earlier use"]
    wide = TableBlock("Twelve columns", heads, [row] * 30, heads[1:10])
    book = example.notebooks()["04_create_segments"]
    book.cells.append(example._cell("wide()", [], example._shown(wide)))
    return {**good, "wide": export_notebook(book, data_facts(example.facts(), good["summary"]))}


@pytest.mark.parametrize("name", ["report", "01_identify_basis", "04_create_segments", "portfolio", "wide"])
def test_no_table_is_cut_at_the_edge_of_the_sheet(browser, served, pages, name):
    """On a page as wide as paper nothing scrolls and nothing reaches beyond it."""
    assert measured(browser, served, on_paper(pages[name]), PAPER)[PAPER]["wide"] <= PAPER


def test_the_measure_of_paper_shows_a_table_that_is_cut(browser, served, pages):
    """What the test above rests on: with cells that may not wrap the same table is too wide."""
    stiff = on_paper(pages["wide"]).replace("</style>", "td, th { white-space: nowrap !important }</style>")
    assert measured(browser, served, stiff, PAPER)[PAPER]["wide"] > PAPER
