"""What of an executed notebook reaches a page: our own prose, our blocks, tables and pictures; nothing else.

Code, prints, warnings, errors, widgets, scripts and foreign HTML stay behind. HTML that a cell made is trusted
nowhere: prose and tables pass an allow-list, blocks are rendered again from their data.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from functools import cache
from html import escape

import nh3

from lib.report.blocks import MIME, render_block, safe_text
from lib.report.outline import HEADING, Outline, plain
from lib.report.safety import OWN_PAGE

TABLE = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
PROSE = TABLE | {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "ul", "ol", "li", "strong", "em", "b", "i",
                 "code", "pre", "blockquote", "a", "sub", "sup"}
QUESTION = re.compile(r"<strong>Question:?</strong>[:.]?\s*(.*?)(?=<br>|<strong>|</p>|$)", re.S)
NOT_MEASURED = "Not measured"
METHOD = "How this was computed"
READING = "How to read this"
CODE = {"parameters": "Parameters as declared", "injected-parameters": "Parameters of this run", "setup": "Set-up",
        "checks": "Checks", "save": "Save"}
NUMBERED = re.compile(r"^\s*(\d{1,2})\s*[·.:\-–]\s*(.+)$", re.S)


def tags(cell) -> list[str]:
    return cell.get("metadata", {}).get("tags", [])


def shown(nb) -> list:
    """Cells that a page may show: all but those tagged to be removed."""
    return [cell for cell in nb.cells if not {"remove-cell", "injected-parameters"} & set(tags(cell))]


def story(nb) -> list:
    """Cells meant for the stakeholders' page."""
    return [cell for cell in nb.cells if "story" in tags(cell)]


def blocks(cells: list) -> list[dict]:
    """Contents of the blocks that these cells showed, in order."""
    found = []
    for cell in cells:
        for output in cell.get("outputs", []):
            if MIME in (data := output.get("data", {})):
                found.append(data[MIME])
    return found


def title(nb) -> dict:
    """Number, title and question of a notebook, from its first heading and the cell it stands in."""
    for cell in nb.cells:
        cleaned = prose(cell.source) if cell.cell_type == "markdown" else ""
        if heading := HEADING.search(cleaned):
            text = plain(heading[2])
            number, name = m.groups() if (m := NUMBERED.match(text)) else ("", text)
            asked = QUESTION.search(cleaned)
            return {"number": number.lstrip("0"), "title": name, "question": plain(asked[1]) if asked else ""}
    return {"number": "", "title": "Notebook", "question": ""}


def without_title(cells: list) -> list:
    """The cells after the one that holds the notebook's title."""
    for place, cell in enumerate(cells):
        if cell.cell_type == "markdown" and HEADING.search(prose(cell.source)):
            return cells[place + 1:]
    return cells


def render(cells: list, outline: Outline, *, findings_first: bool = False) -> str:
    """HTML of the cells; what speaks of the method stands behind a fold.

    Sections that can say nothing but one and the same reason are told once, by their headings; within a section, too,
    a reason is told once. With ``findings_first`` what introduces a section stands folded at its end, and a section
    that shows nothing is left out.
    """
    one = _findings_first if findings_first else _once
    sections = _sections(cells)
    reasons = [_reasons(section) for section in sections]
    pieces, told = [], []
    for section, reason in zip(sections, reasons, strict=True):
        if not reason or reasons.count(reason) == 1:
            pieces += one(section, outline)
        elif reason not in told:
            told.append(reason)
            alike = [_heading(s) for s, r in zip(sections, reasons, strict=True) if r == reason]
            pieces.append(outline.place(f"<h2>{NOT_MEASURED}</h2>"))
            pieces += [render_block(dict(absence) | {"concerns": [h for h in alike if h]}) for absence in reason]
    return "\n".join(pieces)


def render_all(cells: list, outline: Outline) -> str:
    """HTML of the cells one by one, each with its code folded above what it shows."""
    return "\n".join(piece for cell in cells for piece in (*_code(cell), *_pieces(cell, outline)))


def _code(cell):
    """The code of a cell behind a fold, named by what the cell is for and how long it took."""
    if cell.cell_type == "code" and cell.source.strip():
        name = next((CODE[tag] for tag in tags(cell) if tag in CODE), "Code")
        seconds = cell.get("metadata", {}).get("papermill", {}).get("duration")
        took = "" if seconds is None else f" · {seconds:.1f} s"
        yield (f'<details class="code"><summary>{name}{took}</summary><pre><code>{escape(safe_text(cell.source))}'
               "</code></pre></details>")


def prose(source: str) -> str:
    """Our own markdown as HTML that passed the allow-list: no scripts, images or addresses but our own pages."""
    return nh3.clean(_markdown()(safe_text(source)), tags=set(PROSE), attributes={"a": {"href"}}, link_rel=None,
                     url_schemes=set(), attribute_filter=_own_address)


def table(html: str) -> str:
    """A plain table display, through the allow-list; empty when there is no table in it."""
    cleaned = nh3.clean(safe_text(html), tags=set(TABLE), attributes={}, link_rel=None, url_schemes=set(),
                        clean_content_tags={"script", "style"})
    bare = re.search(r"<table>.*</table>", cleaned, re.S)
    if not bare:
        return ""
    plain_one = bare[0].replace("<th></th>", "<td></td>")  # pandas leaves a corner without a name: it heads nothing
    return ('<figure class="table"><div class="scroll" tabindex="0" role="group" aria-label="Table">'
            f"{plain_one}</div></figure>")


@cache
def _markdown():
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath  # slow import

    return lambda text: MarkdownWithMath(renderer=IPythonRenderer(escape=True, exclude_anchor_links=True)).render(text)


def _own_address(element: str, attribute: str, value: str) -> str | None:
    return value if OWN_PAGE.fullmatch(value) else None


def _findings_first(section: list, outline: Outline) -> list[str]:
    """A section as a reader in a hurry wants it: its heading, what was found, then what that is and how it is made."""
    code = [cell for cell in section if cell.cell_type == "code"]
    if not code:
        return list(_once(section, outline))
    if not any(cell.get("outputs") for cell in code):
        return []
    written = "\n".join(prose(cell.source) for cell in section if cell.cell_type == "markdown")
    heading, explained = HEADING.search(written), HEADING.sub("", written, count=1).strip()
    head = [outline.place(heading[0])] if heading else []
    found = list(_once(code, outline))
    explained = "" if _reasons(section) else explained
    fold = f'<details class="method"><summary>{READING}</summary>{outline.place(explained)}</details>'
    return [*head, *found, *([fold] if explained else [])]


def _sections(cells: list) -> list[list]:
    """The cells by section: each begins at a heading."""
    sections: list[list] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and HEADING.search(prose(cell.source)):
            sections.append([])
        sections[-1].append(cell)
    return [section for section in sections if section]


def _reasons(section: list) -> tuple:
    """Why a section shows nothing at all, each reason once; empty where it shows something, or never does."""
    outputs = [o.get("data", {}) for cell in section if "remove-output" not in tags(cell)
               for o in cell.get("outputs", [])]
    said = [data.get(MIME, {"kind": "other"}) for data in outputs if data]
    if any(block["kind"] != "absent" for block in said):
        return ()
    return tuple(dict.fromkeys(tuple(sorted(block.items())) for block in said))


def _heading(section: list) -> str:
    found = HEADING.search(prose(section[0].source)) if section[0].cell_type == "markdown" else None
    return plain(found[2]) if found else ""


def _once(section: list, outline: Outline):
    """The pieces of a section, each reason for silence once."""
    told = set()
    for piece in (piece for cell in section for piece in _pieces(cell, outline)):
        if piece not in told:
            yield piece
        told |= {piece} if 'class="absent"' in piece else set()


def _pieces(cell, outline: Outline):
    if cell.cell_type == "markdown":
        yield outline.place(prose(cell.source))
    elif cell.cell_type == "code" and "remove-output" not in tags(cell):
        for output in cell.get("outputs", []):
            yield _output(output, cell, outline.level + 1)


def _output(output, cell, level: int) -> str:
    data = output.get("data", {})
    if MIME in data:
        html = render_block(data[MIME], min(level, 6))
        if data[MIME].get("tone") != "method":
            return html
        name = escape(data[MIME].get("caption") or METHOD)
        return f'<details class="method"><summary>{name}</summary>{html}</details>'
    if "image/png" in data:
        alts = (output.get("metadata", {}).get("image/png", {}), output.get("metadata", {}), cell.get("metadata", {}))
        alt = next((a["alt"] for a in alts if isinstance(a, dict) and a.get("alt")), "A figure that was not described")
        return _picture(data["image/png"], alt)
    return table(data["text/html"]) if "text/html" in data else ""


def _picture(png: str, alt: str) -> str:
    try:
        if not b64decode(png, validate=False).startswith(b"\x89PNG"):
            return ""
    except binascii.Error:
        return ""
    content = {"kind": "picture", "title": "", "alt": alt, "caption": "", "png": png}
    return render_block(content)
