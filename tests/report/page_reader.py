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
