"""Text from customers or product files never becomes live HTML, and what could be live is never published."""

import nbformat.v4 as nbf
import pytest

from lib.report.blocks import MIME, Picture, safe_colour
from lib.report.cells import prose, table
from lib.report.exporter import export_notebook
from lib.report.png import PICTURE_DPI
from lib.report.safety import LARGEST_PAGE, UnsafePage, check_page
from lib.report.style import canvas
from tests.report.hostile import PAYLOADS
from tests.report.page_reader import Page

PAGES = ("report", "portfolio", "01_identify_basis", "04_create_segments", "analyst", "analyst_03_analyze")
ATTACKS = (
    "<script>x</script>",
    "<SCRIPT>x</SCRIPT>",
    "<img src=x>",
    '<img src="https://x.example/p.png">',
    "<p onclick='x'>a</p>",
    "<a href='javascript:x'>a</a>",
    "<a href='https://x.example'>a</a>",
    "<a href='//x.example'>a</a>",
    "<a href='data:text/html,x'>a</a>",
    "<a href='\\\\x\\y.html'>a</a>",
    "<a href='file:///x.html'>a</a>",
    "<a href='/etc/x.html'>a</a>",
    "<iframe></iframe>",
    "<form></form>",
    "<object></object>",
    "<embed>",
    "<base href='x.html'>",
    "<link rel=stylesheet href=x.html>",
    "<meta http-equiv=refresh content=0>",
    "<meta name=referrer content=x>",
    "<svg><circle></circle></svg>",
    "<math></math>",
    "<style>a{background:url(x)}</style>",
    "<style>@import 'x';</style>",
    "<style>a{background:u\\72l(x)}</style>",
    "<p style='background:url(x)'>a</p>",
    "<p style='--c:red;position:fixed'>a</p>",
    "<!-- x -->",
    "<![CDATA[x]]>",
    "<?php x ?>",
    "<p>open",
    "</p>",
    "<p/>",
    "<video src=x></video>",
    "<template></template>",
    "<noscript></noscript>",
    "<input>",
    "<button></button>",
    "<img alt='' src='data:image/svg+xml;base64,AAAA'>",
    "<p id=a id=b>x</p>",
    "<p srcdoc=x>a</p>",
    "<p xlink:href=x>a</p>",
)


@pytest.mark.parametrize("name", PAGES)
def test_no_text_changes_what_a_page_is_made_of(good, attacked, name):
    def bones(html):
        """Elements with the names of their attributes; long texts may be folded, which changes no meaning."""
        nodes = [node for node in Page(html).nodes if node.tag not in ("details", "summary")]
        return [(node.tag, sorted(set(node.attrs) - {"id", "href"})) for node in nodes]

    assert bones(attacked[name]) == bones(good[name])
    check_page(attacked[name])


def test_every_payload_was_used(attacked):
    whole = "".join(html for name, html in attacked.items() if name != "summary")
    for payload in ("&lt;script&gt;document.title", "&lt;svg onload=", "{{ 7 * 7 }}", "x" * 80, "日本語 🍲"):
        assert payload in whole
    assert len(PAYLOADS) >= 20
    assert not set("\u202e\u202c\u2066\x00\x07") & set(whole)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_gate_stops(good, attack):
    with pytest.raises(UnsafePage):
        check_page(good["01_identify_basis"].replace("</main>", f"{attack}</main>"))


def test_the_gate_wants_the_policy_once_and_a_size_for_mail(good):
    page = good["report"]
    check_page(page)
    for changed in (
        page.replace("img-src data:", "img-src *"),
        page.replace('http-equiv="Content', 'name="Content'),
        page.replace("</main>", "x" * LARGEST_PAGE + "</main>"),
        page.replace("<!doctype html>", "<!doctype html SYSTEM 'x'>"),
    ):
        with pytest.raises(UnsafePage):
            check_page(changed)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_prose_and_tables_pass_an_allow_list(payload):
    for cleaned in (
        prose(f"## {payload}\n\n{payload}\n\n- {payload}"),
        table(f"<table><tr><td>{payload}</td></tr></table>"),
    ):
        nodes = Page(f"<main>{cleaned}</main>").nodes
        assert not {
            "script",
            "img",
            "svg",
            "style",
            "iframe",
            "form",
            "input",
            "base",
            "meta",
            "object",
            "embed",
            "math",
        } & {node.tag for node in nodes}
        assert not any(
            node.attrs for node in nodes if "short" not in node.classes and node.tag not in ("figure", "div")
        )


def test_a_cell_shows_nothing_but_blocks_tables_and_pictures(good):
    page = good["01_identify_basis"]
    for hidden in ("FutureWarning", "/home/secret", "import lib", "rows 800", "say()", "product: str"):
        assert hidden not in page
    outputs = [
        nbf.new_output("display_data", data={kind: "<script>LIVE</script>LIVE"})
        for kind in (
            "application/javascript",
            "text/markdown",
            "text/latex",
            "image/svg+xml",
            "application/vnd.jupyter.widget-view+json",
            "text/html",
        )
    ]
    outputs.append(nbf.new_output("error", ename="LIVE", evalue="LIVE", traceback=["LIVE"]))
    outputs.append(nbf.new_output("display_data", data={"image/png": "TElWRQ=="}))
    page = export_notebook(
        nbf.new_notebook(cells=[nbf.new_code_cell("x", outputs=outputs)]),
        {"product": "a", "name": "A", "as_of": "2026-01-01"},
    )
    assert "LIVE" not in page
    assert "TElWRQ" not in page


def test_a_block_is_made_again_from_its_data():
    output = nbf.new_output(
        "display_data",
        data={
            MIME: {"kind": "sentence", "text": "told", "tone": "finding", "values": {}},
            "text/html": "<b>FORGED</b>",
        },
    )
    page = export_notebook(
        nbf.new_notebook(cells=[nbf.new_code_cell("x", outputs=[output])]),
        {"product": "a", "name": "A", "as_of": "2026-01-01"},
    )
    assert "told" in page
    assert "FORGED" not in page


@pytest.mark.parametrize("name", ["$\\undefined$", "cost $5 and $6", "$" + "{" * 400, "100 % _x_^2"])
def test_no_name_breaks_a_figure(name):
    _, ax = canvas()
    ax.barh([name, "other"], [1, 2])
    ax.set(title=name, xlabel=name)
    ax.text(1, 0, name)
    assert Picture(ax, title=name, alt=name, caption=name).content()["png"].startswith("iVBOR")
    assert PICTURE_DPI >= 150


@pytest.mark.parametrize("value", ["red", "#12345", "#1234567", "#12345;x", "url(x)", "", None])
def test_a_colour_is_a_colour(value):
    assert safe_colour(value) == safe_colour("")
    assert safe_colour("#0072B2") == "#0072B2"
