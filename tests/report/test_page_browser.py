"""The pages in a real browser: nothing is fetched, nothing runs, nothing is wider than a phone.

A measuring page on a local server frames each page at several widths and writes what it finds as text; the pages
themselves run nothing.
"""

import html as html_text
import json
import re
import subprocess

import pytest

from lib.report.blocks import Card, Cards, TableBlock
from lib.report.exporter import export_notebook
from lib.report.facts import data_facts
from tests.report import example_product as example
from tests.report.chromium import QUIET

pytestmark = pytest.mark.full
MEASURE = """<!doctype html><meta charset="utf-8"><body><script>
const widths = WIDTHS, results = {};
for (const width of widths) {
const frame = document.createElement("iframe");
frame.style = `border:0;height:2000px;width:${width}px`; frame.src = "page.html";
frame.onload = () => {
  const doc = frame.contentDocument, view = frame.contentWindow;
  const lum = c => {
    const [r, g, b] = c.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const c = rgb(view.getComputedStyle(node).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  let least = 99;
  for (const node of doc.querySelectorAll("body *")) {
    if (![...node.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [lum(rgb(view.getComputedStyle(node).color).slice(0, 3)), lum(ground(node))];
    least = Math.min(least, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
  }
  const links = [...doc.querySelectorAll('a[href^="#"]')];
  results[width] = {
    wide: doc.documentElement.scrollWidth, contrast: least, title: doc.title, scripts: doc.scripts.length,
    pictures: [...doc.images].every(i => i.naturalWidth > 100), images: doc.images.length,
    size: parseFloat(view.getComputedStyle(doc.body).fontSize),
    captions: Math.max(0, ...[...doc.querySelectorAll(".scroll caption span")].map(
      s => s.getBoundingClientRect().right - s.closest(".scroll").getBoundingClientRect().right)),
    bursting: [...doc.querySelectorAll(".segment, .card")].filter(c => c.scrollWidth > c.clientWidth).length,
    lines: Math.max(0, ...[...doc.querySelectorAll("td")].map(
      c => c.clientHeight / parseFloat(view.getComputedStyle(c).lineHeight))),
    dead: links.filter(a => !doc.getElementById(a.hash.slice(1))).length,
  };
  if (Object.keys(results).length === widths.length) document.title = "FOUND" + JSON.stringify(results) + "END";
};
document.body.append(frame);
}
</script>"""


def dom(browser: str, profile, port: int, path: str) -> str:
    """The page's document after loading. Hosts of the hostile texts are this machine's server: each request is seen."""
    rules = f"--host-resolver-rules=MAP *.example:80 127.0.0.1:{port}, MAP *.example:443 127.0.0.1:{port}"
    done = subprocess.run(
        [browser, *QUIET, f"--user-data-dir={profile}", rules, "--virtual-time-budget=4000", "--dump-dom",
         f"http://127.0.0.1:{port}/{path}"], capture_output=True, text=True, timeout=60)
    return done.stdout


def measured(browser: str, served, html: str, *widths: int) -> dict:
    """What the browser made of a page, by width."""
    port, folder, _ = served
    (folder / "page.html").write_text(html, encoding="utf-8")
    (folder / "measure.html").write_text(MEASURE.replace("WIDTHS", str(list(widths))))
    shown = dom(browser, folder / "profile", port, "measure.html")
    found = html_text.unescape(re.search(r"FOUND(\{.*\})END", shown, re.S)[1])
    return {int(width): result for width, result in json.loads(found).items()}


@pytest.mark.parametrize("name", ["report", "portfolio", "01_identify_basis"])
def test_a_page_fits_reads_and_leads(browser, served, good, name):
    for width, found in measured(browser, served, good[name], 360, 768, 1440).items():
        assert found["wide"] <= width
        assert found["contrast"] >= 4.5
        assert found["size"] == 16
        assert found["pictures"] and (found["images"] > 0) == (name != "portfolio")
        assert found["dead"] == 0 and found["scripts"] == 0
        assert found["captions"] <= 0 and found["bursting"] == 0


@pytest.fixture
def crowded(good) -> str:
    """A page with a table of twelve columns, the last of many words, and cards with long amounts."""
    heads = ["segment", *(f"measure {i}" for i in range(10)), "finding"]
    row = ["Top spenders, high basket", *["12 % (10 % to 14 %)"] * 10, "against all others worth more and active again"]
    table = TableBlock("A caption that is longer than a phone is wide, as those of findings are", heads, [row] * 3,
                       heads[1:11])
    facts = [["revenue each", "CHF 11,999 (CHF 10,916 to CHF 13,083)"], ["core value", "one place; no meetings"]]
    cards = Cards([Card(f"Segment {i}", "", facts=facts) for i in range(4)])
    book = example.notebooks()["04_create_segments"]
    book.cells += [example._cell("crowded()", [], example._shown(block)) for block in (table, cards)]
    return export_notebook(book, data_facts(example.facts(), good["summary"]))


def test_captions_and_cards_stay_within_a_narrow_page_and_words_have_room(browser, served, crowded):
    for width, found in measured(browser, served, crowded, 360, 768, 1440).items():
        assert found["wide"] <= width and found["captions"] <= 0 and found["bursting"] == 0
        assert found["lines"] < 9, width


@pytest.mark.parametrize("name", ["report", "01_identify_basis", "portfolio"])
def test_hostile_text_runs_nothing_and_asks_for_nothing(browser, served, attacked, name):
    found = measured(browser, served, attacked[name], 360)[360]
    assert found["title"].startswith("Segments - ")
    assert found["scripts"] == 0
    assert found["wide"] <= 360
    assert set(served[2]) <= {"/measure.html", "/page.html", "/favicon.ico"}


def test_the_measurement_sees_a_request_and_a_script(browser, served, good):
    """What the tests above rest on: a live page is caught."""
    live = "<!doctype html><title>a</title><img src='http://tracker.example/p.png'><script>document.title='pwned'</script>"
    found = measured(browser, served, live, 360)[360]
    assert found["title"] == "pwned" and found["scripts"] == 1
    assert "/p.png" in served[2]
