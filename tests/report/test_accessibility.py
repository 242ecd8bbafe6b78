"""The pages for people who use a keyboard, a screen reader, or another colour scheme: axe-core and the order of focus.

axe-core comes from npm (`make browser`; tests/report/axe). The page's own policy is taken out for that check only: it
forbids every script, and axe is one. It runs from the file, so the page still asks for nothing.
"""

import html as html_text
import json
import re
import subprocess

import pytest

from lib.paths import ROOT
from tests.report.chromium import QUIET, Counting
from tests.report.hostile import EVERY
from tests.report.sinks import Product

pytestmark = pytest.mark.full
AXE = ROOT / "build/axe/node_modules/axe-core/axe.min.js"
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
PAGES = ("report", "refused", "portfolio", "01_identify_basis", "04_create_segments", "analyst",
         "analyst_01_identify_basis")
CHECK = """<script>AXE</script><script>
addEventListener("load", () => axe.run(document, {resultTypes: ["violations"]}).then(found => {
  const told = found.violations.map(v => [v.id, v.impact, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))]);
  const order = [...document.querySelectorAll("a[href], summary, button, input, select, textarea, [tabindex]")]
    .filter(n => n.checkVisibility()).map(n => [n.tabIndex, n.className, Math.round(n.getBoundingClientRect().top)]);
  document.title = "FOUND" + JSON.stringify({told, order, passes: found.passes.length,
    dark: matchMedia("(prefers-color-scheme: dark)").matches}) + "END";
}));
</script></body>"""


def loaded(browser, folder, address: str, budget: int, *options: str) -> str:
    """The document as the browser has it when that many milliseconds of the page's own time are over."""
    command = [browser, *QUIET, f"--user-data-dir={folder / 'profile'}", *options, f"--virtual-time-budget={budget}",
               "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=300).stdout


def looked_at(browser, served, html: str, *, dark: bool = False, width: int = 1280) -> dict:
    """What axe says of a page, and its elements that take the focus: tab index, class and height on the page."""
    if not AXE.is_file():
        pytest.fail("axe-core is not installed: `make browser` installs it", pytrace=False)
    port, folder, _ = served
    live = POLICY.sub("", html).replace("</body>", CHECK.replace("AXE", AXE.read_text(encoding="utf-8")))
    (folder / "page.html").write_text(live, encoding="utf-8")
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    shown = loaded(browser, folder, f"http://127.0.0.1:{port}/page.html", 20_000, scheme, f"--window-size={width},900")
    title = re.search(r"<title>FOUND(\{.*?\})END</title>", shown, re.S)
    assert title, shown[-500:]
    return json.loads(html_text.unescape(title[1]))


def page_of(name: str, good: dict, refused: dict) -> str:
    return refused["report"] if name == "refused" else good[name]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser, served, good, refused, name, dark):
    """No violation of any of its rules, contrast among them, in either colour scheme."""
    found = looked_at(browser, served, page_of(name, good, refused), dark=dark)
    assert found["dark"] == dark and found["passes"] > 10
    assert found["told"] == []


def test_axe_sees_what_is_wrong(browser, served, good):
    wrong = good["portfolio"].replace("</main>", '<img src="data:image/png;base64,AAAA"><a href="#main"></a>'
                                                 '<p style="color:#bbb;background:#fff">pale</p></main>')
    rules = {rule for rule, *_ in looked_at(browser, served, wrong)["told"]}
    assert {"image-alt", "link-name", "color-contrast"} <= rules


@pytest.mark.parametrize("width", [500, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_goes_from_top_to_bottom(browser, served, good, refused, name, width):
    """First the link that skips to the content; no tab index changes the order; it is that of the eye."""
    order = looked_at(browser, served, page_of(name, good, refused), width=width)["order"]
    assert order[0][1] == "skip"
    assert {index for index, *_ in order} == {0}
    heights = [top for _, name, top in order[1:]]
    backwards = [(a, b) for a, b in zip(heights, heights[1:], strict=False) if b < a - 60]
    assert not backwards or width > 900, "on a phone nothing stands beside anything"
    assert len(backwards) <= 1, "the contents beside the text are the one column"


FRAMES = """<!doctype html><meta charset="utf-8"><body><script>
const found = []; let left = COUNT;
for (let i = 0; i < COUNT; i++) {
  const frame = document.createElement("iframe"); frame.src = `p${i}.html`;
  frame.onload = () => {
    found.push([i, frame.contentDocument.title, frame.contentDocument.scripts.length]);
    if (!--left) document.title = "FOUND" + JSON.stringify(found) + "END";
  };
  document.body.append(frame);
}
</script>"""


def test_none_of_the_payloads_lives_in_any_sink(browser, served):
    """Every payload in every sink of the report, each page loaded: no script, no request, no other title."""
    port, folder, _ = served
    product = Product()
    for i, payload in enumerate(EVERY):
        (folder / f"p{i}.html").write_text(product.attacked(payload)[0]["report"], encoding="utf-8",
                                           errors="surrogatepass")
    (folder / "all.html").write_text(FRAMES.replace("COUNT", str(len(EVERY))))
    rules = f"--host-resolver-rules=MAP *.example:80 127.0.0.1:{port}, MAP *.example:443 127.0.0.1:{port}"
    shown = loaded(browser, folder, f"http://127.0.0.1:{port}/all.html", 60_000, rules)
    found = json.loads(html_text.unescape(re.search(r"FOUND(\[.*?\])END", shown, re.S)[1]))
    assert len(found) == len(EVERY) >= 60
    assert all(title.startswith("Segments - ") and scripts == 0 for _, title, scripts in found)
    assert {path for path in Counting.asked if not re.fullmatch(r"/p\d+\.html", path)} <= {"/all.html", "/favicon.ico"}
