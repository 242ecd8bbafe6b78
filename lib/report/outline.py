"""Headings of a page: levels without jumps, anchors that are safe and unique, entries of the contents list."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.S)
TAG = re.compile(r"<[^>]+>")


@dataclass
class Outline:
    """What a page has been headed so far. The h1 is the page's own; everything else lies below it.

    ``shift`` moves headings down, for cells that stand inside a section of a larger page.
    """

    shift: int = 0
    level: int = 1
    entries: list[dict] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def add(self, text: str, level: int, *, listed: bool = True) -> str:
        """Registers a heading that a template writes; its anchor."""
        self.level = level
        anchor = self._anchor(text)
        if listed:
            self.entries.append({"text": text, "anchor": anchor, "depth": level - 2})
        return anchor

    def reserve(self, text: str, anchor: str) -> None:
        """Registers an h2 whose anchor is fixed."""
        self.level = 2
        self.taken.add(anchor)
        self.entries.append({"text": text, "anchor": anchor, "depth": 0})

    def place(self, cleaned: str) -> str:
        """Cleaned HTML of a prose cell with its headings renumbered and given anchors."""
        return HEADING.sub(self._place, cleaned)

    def _place(self, match: re.Match) -> str:
        level = min(max(int(match[1]) + self.shift, 2), self.level + 1, 6)
        anchor = self.add(plain(match[2]), level, listed=level <= 3)
        return f'<h{level} id="{anchor}">{match[2]}</h{level}>'

    def _anchor(self, text: str) -> str:
        stem = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "section"
        anchor, number = stem, 2
        while anchor in self.taken:
            anchor, number = f"{stem}-{number}", number + 1
        self.taken.add(anchor)
        return anchor


def plain(fragment: str) -> str:
    """The text of a cleaned HTML fragment."""
    return html.unescape(TAG.sub("", fragment)).strip()
