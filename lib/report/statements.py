"""Every sentence, card and figure title that a page says, with its numbers, for summary.json; and the check that
no number is said that is not in them."""

from __future__ import annotations

import re

from lib.report.blocks import card_text
from lib.report.cells import blocks, shown, story
from lib.report.numbers import Format

NUMBER = re.compile(r"(?<![\w#])[-−]?\d[\d.,\u00a0\u202f'’]*\d|(?<![\w#])[-−]?\d")
DATES = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b|\b\d{4}-?Q[1-4]\b"  # 2026-06-30, 2026-06, 2026Q2
                   r"|\b\d{1,2}\.? \w+ \d{4}\b|\b\d{1,4}[./]\d{1,2}[./]\d{1,4}\b")  # 30 June 2026, 30.6.2026


def statements(notebooks: dict) -> list[dict]:
    """Statements of the notebooks' story cells, in order: step, kind, text and values."""
    return [statement(step, content) for step, nb in sorted(notebooks.items()) for content in blocks(story(nb))
            if content["kind"] != "table"]


def tables(notebooks: dict) -> list[dict]:
    """Tables of all pages, in order: step, caption, columns, rows and note, as shown; and which columns are numbers."""
    kept = ("caption", "columns", "rows", "numeric", "note")
    return [{"step": step, **{key: content[key] for key in kept}} for step, nb in sorted(notebooks.items())
            for content in blocks(shown(nb)) if content["kind"] == "table"]


def statement(step: str, content: dict) -> dict:
    """One block as a statement."""
    return {"step": step, "kind": content["kind"], "text": _text(content), "values": content.get("values") or {}}


def numbers_in(text: str) -> list[str]:
    """The numbers of a text, as they are written there."""
    return NUMBER.findall(text)


def _text(content: dict) -> str:
    match content["kind"]:
        case "cards":
            return "\n".join(card_text(card) for card in content["cards"])
        case "picture":
            return f"{content['title']}\n{content['caption']}"
        case "absent":
            return " ".join(part for part in (content["reason"], content["needed"]) if part)
        case _:
            return content["text"]


def untraced(said: dict, fmt: Format) -> list[str]:
    """Numbers in a statement's text that none of its values gives, in any way in which numbers are written.

    Dates, and numbers inside names among the values, are not numbers of the statement.
    """
    written, names = _written(said["values"], fmt)
    text = said["text"]
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    text = DATES.sub(" ", text)
    return [number for number in numbers_in(text) if bare(number) not in written]


def _written(values, fmt: Format) -> tuple[set[str], set[str]]:
    """Every way in which these values may be written, as bare numbers, and the texts among them."""
    written, names = set(), set()
    for value in _leaves(values):
        if isinstance(value, str):
            names.add(value)
        elif value is not None and not isinstance(value, bool):
            for text in ways(value, fmt):
                written.update(bare(number) for number in numbers_in(text))
    return written, names - {""}


def ways(value, fmt: Format) -> list[str]:
    """How a number may be written: as a number, a share or its rest, money, a count; with and without its sign."""
    signed = (value, abs(value))
    digits = range(5)
    return [text for v in signed for text in (
        *(fmt.number(v, d) for d in digits), *(fmt.share(v, d) for d in digits), *(fmt.share(1 - v, d) for d in digits),
        fmt.money(v), fmt.money(v, compact=True), fmt.count(v), fmt.p_value(v))]


def _leaves(values):
    if isinstance(values, dict):
        values = list(values.values())
    if not isinstance(values, list | tuple):
        yield values
        return
    for value in values:
        yield from _leaves(value)


def bare(number: str) -> str:
    """A number without sign and grouping marks that differ between ways of writing it."""
    return re.sub(r"[\u00a0\u202f'’−-]", "", number)
