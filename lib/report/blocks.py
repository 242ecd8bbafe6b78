"""What a notebook cell may show: a sentence, a table, a picture, cards, or the reason why there is none.

Each block renders itself for JupyterLab and carries its content as data (`MIME`), from which the exporter
builds the page through an autoescaping template. Text from customers or product files is therefore never
HTML, and the page never trusts a cell's own HTML.
"""

from __future__ import annotations

import base64
import functools
import io
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lib.contracts import NotMeasured
from lib.report.numbers import Format
from lib.report.png import PICTURE_DPI, embedded, indexed, shown_width
from lib.report.rounding import published
from lib.report.style import BASE, RC, label

MIME = "application/vnd.segments.block+json"
TEMPLATES = Path(__file__).parent / "templates"
# Control characters but tab and line feed; embeddings, overrides and isolates of bidirectional text; lone surrogates.
REORDERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e"
                      r"\u2060-\u2069\ufeff\ud800-\udfff]")
TOGETHER = re.compile(r"(?<=\d) (?=%)|(?<=\bn) (?==)|(?<=\bn =) (?=\d)"
                      r"|(?<=\d) (?=→)|(?<=→) (?=\d)")  # 12 %, n = 12 and 7 → 12 stay on one line
INTERVAL = re.compile(r"(\([^()]* to [^()]*\),?)")
COLOUR = re.compile("#[0-9a-fA-F]{6}")
LONGEST = (300, 2000, 2000)  # signs of a figure's title, alt text and caption: a name may have thousands


class Block:
    """Base of everything that a cell may show."""

    kind = "block"

    def content(self) -> dict:
        return {"kind": self.kind, **asdict(self)}

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        content = self.content()
        return {MIME: content, "text/html": render_block(content), "text/plain": plain_text(content)}


@dataclass
class Sentence(Block):
    """Sentences computed from the data. ``values`` holds every number in them, unrounded, by name; ``paragraphs`` their
    text once more where it is several."""

    text: str
    values: dict = field(default_factory=dict)
    tone: str = "finding"  # finding | caveat | decision | method
    paragraphs: list[str] = field(default_factory=list)
    kind = "sentence"


@dataclass
class TableBlock(Block):
    """A table for readers: rounded, with units; ``numeric`` names the columns to align right.

    Of tone `method` it stands behind a fold on the pages.
    """

    caption: str
    columns: list[str]
    rows: list[list[str]]
    numeric: list[str] = field(default_factory=list)
    note: str = ""
    values: dict = field(default_factory=dict)
    tone: str = "finding"  # finding | method
    kind = "table"


@dataclass
class Card:
    """One card: a title, one large figure, a few label-value pairs, a foot line; ``colour`` is the segment's."""

    title: str
    figure: str = ""
    label: str = ""
    facts: list[list[str]] = field(default_factory=list)
    text: str = ""
    foot: str = ""
    colour: str = ""


@dataclass
class Cards(Block):
    """Cards in a row. ``values`` holds every number on them, unrounded, by name."""

    cards: list[Card]
    values: dict = field(default_factory=dict)
    kind = "cards"


class Picture(Block):
    """A figure whose title says the finding, whose alt text says the figure, with n and source in its caption.

    ``ax`` stays open to tests: labels, bar heights and lines can be asked for. ``values`` holds the numbers of
    its title and caption, unrounded, by name.
    """

    kind = "picture"

    def __init__(self, ax, *, title: str, alt: str, caption: str, values: dict | None = None):
        self.ax, self.values = ax, values or {}
        self.title, self.alt, self.caption = (label(t, n) for t, n in zip((title, alt, caption), LONGEST, strict=True))

    @property
    def figure(self):
        return self.ax.figure

    def content(self) -> dict:
        return {"kind": self.kind, "title": self.title, "alt": self.alt, "caption": self.caption,
                "values": self.values, "png": self._png()}

    def _png(self) -> str:
        import matplotlib
        from matplotlib import pyplot
        from matplotlib.text import Text

        stream = io.BytesIO()
        for text in self.figure.findobj(Text):
            text.set_parse_math(False)  # a name with $ in it is a name
        with matplotlib.rc_context(RC):
            self.figure.savefig(stream, format="png", dpi=PICTURE_DPI, bbox_inches="tight", metadata={"Software": None})
        pyplot.close(self.figure)
        return base64.b64encode(indexed(stream.getvalue())).decode()


@dataclass
class Closing(Block):
    """The last word of a notebook: what was decided, what was written, what to open next.

    Carries the id of the run, so that a batch can prove that this notebook was run to its end.
    """

    text: str
    step: str
    wrote: list[str]
    next_step: str = ""
    exported: list[str] = field(default_factory=list)  # audience files
    run: str = field(default_factory=lambda: os.environ.get("SEGMENTS_RUN_ID", ""))
    kind = "closing"


@dataclass
class Absent(Block):
    """Why something is not shown, and what would change that."""

    reason: str
    needed: str = ""
    kind = "absent"


def shows(helper):
    """A figure, table or sentence helper that shows the reason when an argument was not measured.

    Where a format is among the arguments, the others count people as exactly as that says.
    """

    @functools.wraps(helper)
    def shown(*args, **kwargs):
        fmt = next((a for a in (*args, *kwargs.values()) if isinstance(a, Format)), Format())
        for value in (*args, *kwargs.values()):
            if isinstance(value, NotMeasured):
                return Absent(fmt.dated(value.reason), fmt.dated(value.needed))
        return helper(*(published(a, fmt) for a in args), **{k: published(v, fmt) for k, v in kwargs.items()})

    return shown


def once(*blocks: Block | None) -> list[Block]:
    """The blocks in their order, without those that have nothing to show; the same absence is said once."""
    told = [b for b in blocks if b is not None]
    return [b for i, b in enumerate(told) if not (isinstance(b, Absent) and b in told[:i])]


@functools.cache
def environment() -> Environment:
    """The one template environment: everything escaped, nothing undefined."""
    env = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True, finalize=safe_text)
    env.filters.update(colour=safe_colour, sentence=full_stop, width=shown_width, figures=unbroken,
                       halves=halves, embedded=embedded)
    return env


def safe_text(value):
    """Text that shows as it was written: without control characters and without marks that reorder a line."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return TOGETHER.sub("\u00a0", REORDERS.sub("", value))
    return value


def halves(text: str, longest: int = 220) -> tuple[str, str]:
    """What a card says at once, and what it folds away: a long text is split after its first sentence."""
    if len(text) <= longest:
        return text, ""
    first, stop, rest = text.partition(". ")
    return (first + ".", rest) if stop and len(first) < longest else ("", text)


def unbroken(text: str) -> list[str]:
    """The parts of a cell of figures: every second one is an interval, which stays on one line."""
    return INTERVAL.split(str(text))


def safe_colour(value: str) -> str:
    """A colour that may stand in a style attribute: `#rrggbb`, else the colour of no segment."""
    return value if COLOUR.fullmatch(value or "") else BASE


def full_stop(text: str) -> str:
    """A sentence part, ended."""
    text = str(text).rstrip()
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def render_block(content: dict, level: int = 4) -> str:
    """HTML of one block's content; all of its text escaped. ``level`` is that of the headings inside it."""
    return environment().get_template("block.html").render(block=content, level=level)


def plain_text(content: dict) -> str:
    """The block for a terminal or a log."""
    match content["kind"]:
        case "sentence" | "closing":
            return content["text"]
        case "table":
            return "\n".join(["  ".join(content["columns"]), *("  ".join(row) for row in content["rows"])])
        case "cards":
            return "\n".join(card_text(card) for card in content["cards"])
        case "absent":
            return f"Not measured: {content['reason']}"
        case _:
            return content["title"]


def card_text(card: dict) -> str:
    """Everything that a card says, in one line."""
    facts = [f"{label} {value}" for label, value in card["facts"]]
    parts = [f"{card['figure']} {card['label']}".strip(), card["text"], *facts, card["foot"]]
    return f"{card['title']}: " + "; ".join(part for part in parts if part)
