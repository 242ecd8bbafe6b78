"""Reads a finished page as a tree, independently of the publish gate: elements, their attributes and their text."""

import re
from html.parser import HTMLParser

from lib.report.statements import NUMBER, _written, bare

VOID = {"meta", "img", "br", "hr", "input", "link", "col"}


class Node:
    def __init__(self, tag, attrs, parent):
        self.tag, self.attrs, self.parent, self.content = tag, dict(attrs), parent, []

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(c if isinstance(c, str) else c.text for c in self.content)).strip()

    @property
    def classes(self) -> list[str]:
        return (self.attrs.get("class") or "").split()


class Page(HTMLParser):
    """The page's nodes in document order."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("", {}, None)
        self.nodes: list[Node] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        node = Node(tag, attrs, self.here)
        self.here.content.append(node)
        self.nodes.append(node)
        if tag not in VOID:
            self.here = node

    def handle_endtag(self, tag):
        assert self.here.tag == tag, f"</{tag}> inside <{self.here.tag}>"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.content.append(data)

    def of(self, *tags) -> list[Node]:
        return [node for node in self.nodes if node.tag in tags]

    def having(self, *classes) -> list[Node]:
        return [node for node in self.nodes if set(classes) & set(node.classes)]


SAID = ("headline", "say", "segment", "card", "actions", "unknown")


def unexplained(html: str, summary: dict, fmt) -> list[str]:
    """Numbers in the sentences and cards of a page that summary.json does not hold, in any way of writing them."""
    page = Page(html)
    written, texts = _written(summary, fmt)
    from_text = {bare(n) for text in texts for n in NUMBER.findall(text)}
    shown = [*page.having(*SAID), *(p for node in page.having("answer") for p in node.content if isinstance(p, Node))]
    numbers = {number for node in shown for number in NUMBER.findall(node.text)}
    return sorted(number for number in numbers if bare(number) not in written | from_text)


CODE = re.compile(r"`[^`]*`|\b[a-z0-9]+(?:_[a-z0-9]+)+\b|\bq\d\d\b|\b\d{4}-\d{2}(?:-\d{2})?\b"
                  r"|\b(?!report\.xlsx)[a-z]{3,}(?:\.[a-z_]{3,})+\b")
KEY = re.compile(r"\([^()]* in the product file\)")  # behind what is needed, for whoever edits the file
FILE = re.compile(r"\S+/\S+")  # where a source lies


def code_like(text: str) -> list[str]:
    """What in a text reads as code: words joined by underscores or dots, backticks, item ids, days and months as
    computers write them. A key of the product file in parentheses, and the path of a file, are none."""
    return CODE.findall(FILE.sub("", KEY.sub("", text)))


def visible(html: str) -> list[str]:
    """Texts that a reader of a page sees or hears, one by one; not names of files, which stand as code, the colophon,
    and the page's title, by which files are sorted."""
    page = Page(html)
    shown = [node for node in page.nodes if not _apart(node)]
    return [node.attrs["alt"] for node in shown if node.attrs.get("alt")] + [
        text for node in shown for text in node.content if isinstance(text, str) and text.strip()]


def _apart(node) -> bool:
    while node is not None and node.tag:
        if node.tag in ("code", "pre", "style", "title", "footer", "head"):
            return True
        node = node.parent
    return False
