"""The publish gate: a finished page is parsed, and nothing leaves that is not on the list of what pages may hold.

It allows; it does not look for what is bad. Whatever a template, a cleaner or a cell let through, an element,
attribute, address or style that our own templates never write stops the page.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
LARGEST_PAGE = 1_500_000  # bytes; goes by mail (design.md §8)

ELEMENTS = frozenset({
    "html", "head", "meta", "title", "style", "body", "main", "nav", "header", "footer", "section", "article", "div",
    "span", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "a", "strong", "em", "b", "i",
    "code", "pre", "small", "sub", "sup", "br", "hr", "blockquote", "figure", "figcaption", "img", "table", "caption",
    "thead", "tbody", "tr", "th", "td", "details", "summary",
})
ATTRIBUTES = frozenset({
    "lang", "charset", "name", "content", "http-equiv", "class", "id", "href", "src", "alt", "style", "scope", "role",
    "aria-label", "aria-hidden", "tabindex", "width",
})
METAS = {"viewport", "color-scheme"}
ANCHOR = r"#[\w.:-]+"
NAME = r"[A-Za-z0-9_-][\w.-]*"
OWN_PAGE = re.compile(rf"{ANCHOR}|(?:\.\./){{0,3}}(?:{NAME}/)*{NAME}\.(?:html|json|xlsx)(?:{ANCHOR})?", re.ASCII)
PNG = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/]+={0,2}")
INLINE_STYLE = re.compile(r"--c:#[0-9a-fA-F]{6}|--w:\d{1,3}(?:\.\d{1,2})?%")
LIVE_CSS = re.compile(r"url\s*\(|@import|expression\s*\(|image-set|\\|<|-moz-binding|behavior\s*:", re.I)
VOID = frozenset({"meta", "img", "br", "hr"})


class UnsafePage(Exception):
    """A page that must not be published; says the first thing that it may not hold."""


def check_page(html: str) -> None:
    """Raises UnsafePage when the page could run, load or send anything, or is too large to mail.

    A page must carry our content security policy, and hold only the elements, attributes, relative links to
    our own pages, embedded images and styles that our templates write.
    """
    size = len(html.encode("utf-8"))
    if size > LARGEST_PAGE:
        raise UnsafePage(f"the page has {size:,} bytes, more than {LARGEST_PAGE:,}")
    gate = _Gate()
    gate.feed(html)
    gate.close()
    gate.finish()


class _Gate(HTMLParser):
    """Reads a page from its first to its last tag; raises on the first that is not allowed."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.inside: list[str] = []
        self.policies = 0

    def handle_starttag(self, tag, attrs):
        if tag not in ELEMENTS:
            raise UnsafePage(f"an element <{_short(tag)}>")
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            raise UnsafePage(f"an attribute given twice on <{tag}>")
        for name, value in attrs:
            _check_attribute(tag, name, value or "")
        if tag == "meta":
            self._check_meta(dict(attrs))
        if tag not in VOID:
            self.inside.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            raise UnsafePage(f"<{tag}/> closed in its own tag")

    def handle_endtag(self, tag):
        if not self.inside or self.inside[-1] != tag:
            raise UnsafePage(f"</{_short(tag)}> where {self.inside[-1:] or ['nothing']} is open")
        self.inside.pop()

    def handle_data(self, data):
        if self.inside and self.inside[-1] == "style" and (found := LIVE_CSS.search(data)):
            raise UnsafePage(f"a style with {found[0]!r}")

    def handle_comment(self, data):
        raise UnsafePage("a comment")

    def handle_decl(self, decl):
        if decl != "doctype html":
            raise UnsafePage("a declaration other than the document type")

    def handle_pi(self, data):
        raise UnsafePage("a processing instruction")

    def unknown_decl(self, data):
        raise UnsafePage("an unknown declaration")

    def finish(self) -> None:
        if self.policies != 1:
            raise UnsafePage("no content security policy, or more than one")
        if self.inside:
            raise UnsafePage(f"<{self.inside[-1]}> left open")

    def _check_meta(self, attrs: dict) -> None:
        if "http-equiv" in attrs:
            if attrs["http-equiv"] != "Content-Security-Policy" or attrs.get("content") != POLICY:
                raise UnsafePage("a meta element that is not our policy")
            self.policies += 1
        elif "charset" not in attrs and attrs.get("name") not in METAS:
            raise UnsafePage("a meta element of another kind")


def _check_attribute(tag: str, name: str, value: str) -> None:
    if name not in ATTRIBUTES:
        raise UnsafePage(f"an attribute {_short(name)!r} on <{tag}>")
    if name == "href" and (tag != "a" or not OWN_PAGE.fullmatch(value)):
        raise UnsafePage(f"an address {_short(value)!r} on <{tag}>")
    if name == "src" and (tag != "img" or not PNG.fullmatch(value)):
        raise UnsafePage(f"a source {_short(value)!r} on <{tag}>")
    if name == "style" and not INLINE_STYLE.fullmatch(value):
        raise UnsafePage(f"a style {_short(value)!r} on <{tag}>")
    if name in ("charset", "http-equiv", "content") and tag != "meta":
        raise UnsafePage(f"an attribute {name!r} on <{tag}>")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
