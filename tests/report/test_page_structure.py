"""Pages that people with and without a screen, a printer or good eyes can read."""

import itertools
import re

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from lib.report.blocks import MIME, TEMPLATES, Absent, Sentence, TableBlock, render_block
from lib.report.cells import render
from lib.report.exporter import export_notebook
from lib.report.facts import Facts, data_facts
from lib.report.outline import Outline
from lib.report.page import refusal_page, report_page
from lib.report.portfolio import portfolio_page
from lib.report.style import canvas, heat_map
from lib.report.summary import summarise
from lib.report.words.analyze import together
from tests.report import example_product as example
from tests.report.page_reader import Page

ALL = ("report", "portfolio", "01_identify_basis", "06_monitor", "analyst", "analyst_06_monitor")
CSS = (TEMPLATES / "page.css").read_text()
# text colour and the grounds on which it stands
PAIRS = [(text, ground) for text in ("ink", "muted", "accent") for ground in ("bg", "surface", "band")] + [
    ("ink", "accent-soft"),
    ("accent", "accent-soft"),
    ("surface", "accent"),
    ("go", "go-soft"),
    ("caution", "caution-soft"),
    ("stop", "stop-soft"),
]


@pytest.mark.parametrize("name", ALL)
def test_a_page_is_whole(good, name):
    page = Page(good[name])
    levels = [int(node.tag[1]) for node in page.of("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.of("html")[0].attrs["lang"] == "en"
    assert page.of("title")[0].text.startswith("Segments - ")
    assert len(page.of("main")) == 1 and page.having("skip")[0].attrs["href"] == "#main"
    assert all(node.attrs.get("alt") for node in page.of("img"))
    assert not page.of("script", "link", "iframe")


def test_titles_say_product_date_and_step(good):
    assert Page(good["report"]).of("title")[0].text == "Segments - Meals & Co - 2026-06-30"
    assert (
        Page(good["01_identify_basis"]).of("title")[0].text
        == "Segments - Meals & Co - 2026-06-30 - 1 · Identify the basis"
    )


@pytest.mark.parametrize("name", ["report", "03_analyze"])
def test_contents_lead_to_every_section(good, name):
    page = Page(good[name])
    anchors = [node.attrs["id"] for node in page.nodes if "id" in node.attrs]
    assert len(anchors) == len(set(anchors))
    linked = [node.attrs["href"][1:] for node in page.of("a") if node.attrs["href"].startswith("#")]
    assert set(linked) <= set(anchors)
    assert {node.attrs["id"] for node in page.of("h2")} <= set(linked)


def test_tables_have_captions_scopes_and_right_aligned_numbers(good):
    page = Page(good["01_identify_basis"])
    ours = page.having("scroll")[0]
    assert next(n for n in page.nodes if n.tag == "caption").text == "What may divide customers"
    assert {n.attrs.get("scope") for n in page.of("th") if n.attrs} == {"col", "row"}
    assert [n.text for n in page.having("num")][:4] == ["Signal", "Interval", "31 %", "27 % to 35 %"]
    assert ours.attrs["tabindex"] == "0" and ours.attrs["aria-label"]


def test_the_report_answers_first(good):
    page = Page(good["report"])
    heads = [node.text for node in page.of("h2")]
    assert heads[:4] == ["The answer", "The segments", "What to do now", "What is not known"]
    assert heads[4] == "1 Identify the basis" and heads[-1] == "Promises and risks"
    assert [h for h in heads if h[:1].isdigit()] == [
        f"{n} {t}"
        for n, t in enumerate(("Identify the basis", "Collect", "Analyze", "Create segments", "Strategy", "Monitor"), 1)
    ]
    assert 3 <= len(page.having("answer")[0].content) // 2 <= 6
    assert len(page.having("segment")) == 4
    assert "Sample data." in page.having("banner")[0].text
    folds = [n.content[0].text for n in page.of("details")]
    assert folds == ["How this was computed", "How to read this"] * 6


@pytest.mark.parametrize("kind", ["good", "refused"])
def test_why_now_stands_above_the_answer(kind, request):
    nodes = Page(request.getfixturevalue(kind)["report"]).nodes
    reason = next(i for i, n in enumerate(nodes) if "pill" in n.attrs.get("class", "").split()
                  and n.text == "Why now: tailoring campaigns")
    assert reason < next(i for i, n in enumerate(nodes) if n.tag == "h2")


def test_one_colour_a_segment_on_cards_and_actions(good):
    page = Page(good["report"])
    cards = {
        n.content[1].text.split(" keep")[0].split(" target")[0].split(" not now")[0]: n.attrs["style"]
        for n in page.having("segment")
    }
    assert len(set(cards.values())) == 4
    for action in (n for n in page.of("li") if "style" in n.attrs):
        name = action.text.split(":")[0]
        assert action.attrs["style"] == cards.get(name, action.attrs["style"])


def test_a_refusal_says_why_what_is_needed_and_what_was_found(refused):
    page = Page(refused["report"])
    assert (
        page.having("headline")[0].text
        == "Not segmented, because 60 customers are too few for 4 variables (240 needed)."
    )
    assert [n.text for n in page.of("h2")][0] == "What to do now"
    assert page.of("h3")[0].text == "Needed: at least 240 customers who may be analysed"
    assert page.having("pill")[0].text == "Not segmented"
    assert not page.having("segment")
    assert [n.text for n in page.of("h2")][-3:] == ["1 Identify the basis", "2 Collect", "3 Analyze"]


def test_what_speaks_of_the_method_stands_behind_a_fold():
    told = TableBlock("What <a> forecast must pass", ["a"], [["b"]], tone="method").content()
    said = [Sentence("A finding.").content(), Sentence("How.", tone="method").content(), told]
    outputs = [nbformat.v4.new_output("display_data", {MIME: content}) for content in said]
    page = Page(render([nbformat.v4.new_code_cell("x", outputs=outputs)], Outline()))
    folds = page.of("details")
    assert [f.content[0].text for f in folds] == ["How this was computed", "What <a> forecast must pass"]
    assert "A finding." in page.root.text and not any("A finding." in f.text for f in folds)


def test_the_report_tells_the_finding_before_what_it_is_about():
    """A section of the report: heading, finding, and last, folded, what introduces it; one without a finding is no
    section. A notebook's own page keeps the order of its cells."""
    found = nbformat.v4.new_output("display_data", {MIME: Sentence("Half of them come back.").content()})
    cells = [nbformat.v4.new_markdown_cell("## Who stays?\n\nEach is followed.\n\nFrom the first day."),
             nbformat.v4.new_code_cell("x", outputs=[found]),
             nbformat.v4.new_markdown_cell("## Nothing to show\n\nWords."), nbformat.v4.new_code_cell("y")]
    report, page = (render(cells, Outline(), findings_first=first) for first in (True, False))
    assert report.index("Who stays?") < report.index("Half of them") < report.index("Each is followed.")
    fold = Page(report).of("details")
    assert len(fold) == 1 and "From the first day." in fold[0].text and "Nothing to show" not in report
    assert page.index("Each is followed.") < page.index("Half of them") and not Page(page).of("details")
    assert "Nothing to show" in page


def test_several_sentences_are_paragraphs():
    shown = render_block(together(Sentence("One."), Sentence("Two.")).content())
    assert [p.text for p in Page(shown).of("p")] == ["One.", "Two."] and len(Page(shown).having("say")) == 1


def test_headings_never_jump():
    outline = Outline(shift=1)
    outline.add("Step", 2)
    placed = outline.place("<h2>a</h2><h5>b</h5><h1>c</h1><h1>c</h1>")
    assert re.findall(r'<h(\d) id="([^"]+)"', placed) == [("3", "a"), ("4", "b"), ("2", "c"), ("2", "c-2")]


@pytest.mark.parametrize(
    ("locale", "lang"), [("de", "de"), ("en_GB", "en-GB"), ("pt-BR", "pt-BR"), ("xx_nowhere", "en")]
)
def test_the_language_is_the_products(locale, lang):
    assert Facts(product="a", name="A", as_of="2026-01-01", locale=locale).lang == lang


def test_a_number_and_its_per_cent_sign_stay_together():
    assert "31\u00a0%" in render_block(Sentence("31 % of them").content())
    row = render_block(TableBlock("t", ["a", "b"], [["x", "€743 → 100"]], ["b"]).content())
    assert "€743\u00a0→\u00a0100" in row


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palettes() -> dict[str, dict[str, str]]:
    """The colours of the page in light, in dark and on paper; dark and paper change some of the light ones."""
    light, dark, paper = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
    )
    return {"light": light, "dark": light | dark, "paper": light | paper}


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_contrast_is_enough_to_read(scheme):
    colours = palettes()[scheme]
    poor = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in PAIRS}
    assert not {pair: ratio for pair, ratio in poor.items() if ratio < 4.5}


def test_contrast_is_computed_as_published():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_text_colour_is_among_the_judged_pairs():
    used = set(re.findall(r"[ {;]color: var\(--([\w-]+)\)", CSS))
    assert used <= {text for text, _ in PAIRS}
    assert set(re.findall(r"background: var\(--([\w-]+)\)", CSS)) <= {g for _, g in PAIRS} | {"track", "c", "plate"}


def test_the_page_is_made_for_reading_and_printing():
    assert "font-size: 16px" in CSS and "max-width: 70ch" in CSS and "size: A4" in CSS
    assert "display: table-header-group" in CSS and "break-inside: avoid" in CSS
    assert "prefers-color-scheme: dark" in CSS


def test_a_draft_says_so_on_every_page():
    known, notebooks = example.facts(draft=True), example.notebooks()
    summary = summarise(example.artefacts(), known, notebooks)
    facts = data_facts(known, summary)
    pages = [report_page(summary, notebooks, facts), refusal_page(summary, notebooks, facts),
             *(export_notebook(nb, facts) for nb in notebooks.values()), portfolio_page([summary])]
    assert len(pages) == 9 and summary["draft"]
    assert all("DRAFT" in Page(html).having("banner")[0].text for html in pages)


def test_sections_without_an_answer_are_told_once():
    """One reason for several sections: one box that names them; another reason, or a finding, keeps its place."""
    nothing, other = Absent("nobody has ordered yet", "orders"), Absent("nobody wrote", "texts")
    shown = {"How often?": [nothing], "Who pays?": [nothing, nothing],
             "Who stays?": [Sentence("All do."), nothing, nothing], "What do they write?": [other],
             "Groups?": [nothing]}
    cells = []
    for heading, blocks in shown.items():
        outputs = [nbformat.v4.new_output("display_data", {MIME: block.content()}) for block in blocks]
        cells += [nbformat.v4.new_markdown_cell(f"## {heading}\n\nWhat this is."),
                  nbformat.v4.new_code_cell("", outputs=outputs)]
    html = render(cells, Outline())
    heads = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    assert heads == ["Not measured", "Who stays?", "What do they write?"]
    assert html.count("nobody has ordered yet") == 2 and html.count("nobody wrote") == 1
    assert "This concerns: How often?; Who pays?; Groups?" in html


def test_texts_on_a_heat_map_stand_out_from_every_colour():
    _, ax = canvas()
    values = pd.DataFrame(np.linspace(0, 1, 24).reshape(4, 6))
    heat_map(ax, values, values.round(2).astype(str).to_numpy())
    grounds = ax.collections[0].get_facecolors()
    poor = {text.get_text(): ratio for text, at in zip(ax.texts, grounds, strict=True)
            if (ratio := contrast(to_hex(text.get_color()), to_hex(at))) < 4.5}
    assert not poor and {to_hex(text.get_color()) for text in ax.texts} == {"#000000", "#ffffff"}


def test_what_stands_beside_a_figure_may_wrap_and_an_interval_may_not(good):
    summary = good["summary"]
    cards = [{**summary["first_screen"]["segments"][0], "facts": [
        ["Customers", "1,170", "with those who could not be placed"], ["Mean revenue", "€10", "(€9 to €11)"],
        ["Active", "49 %", "(44 to 54), n = 368"]]}]
    page = Page(report_page({**summary, "first_screen": {**summary["first_screen"], "segments": cards}}, {},
                            example.facts()))
    assert [n.text for n in page.having("beside")] == ["with those who could not be placed"]
    assert [n.text for n in page.having("interval")] == ["(€9 to €11)", "(44 to 54),"]
    assert "49 % (44 to 54), n = 368" in page.having("segment")[0].text


def test_tables_of_many_columns_are_set_closer():
    def classes(columns: int) -> set[str]:
        names = [f"c{i}" for i in range(columns)]
        return set(Page(render_block(TableBlock("t", names, [names]).content())).of("figure")[0].classes)
    assert [classes(n) & {"dense", "many"} for n in (6, 7, 9, 10)] == [set(), {"dense"}, {"dense"}, {"dense", "many"}]
