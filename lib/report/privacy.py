"""The privacy gate: every text that leaves is searched for direct identifiers, ids as the sources write them, and
pseudonyms.

Ids are looked for without being kept: the words of the text become pseudonyms with the product's key, and those are
looked up among the pseudonyms of the run. Words that could be counts or plain words are left out of that, and nobody
finds everything: a short number is an id only behind "customer no." and the like, a word of letters only where it has
two capitals or is all that a cell holds, and is no word of the product file or of our own texts.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from lib.personal import find

PSEUDONYM = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])")
WORD = re.compile(r"\w(?:[\w.@+/:#-]*\w)?")
PART = re.compile(r"\w+")
NAME = re.compile(r"[^\W\d_a-z][\w'’-]+(?: [^\W\d_a-z][\w'’-]+){1,2}")
# a number of fewer digits is a count everywhere but behind these
MARKED = re.compile(r"(?i)\b(?:customer|client|user|order|invoice|account|kunden?|bestell\w*|rechnungs?)[ _.-]{0,2}"
                    r"(?:id|key|no|nr|number|nummer|#)[ .:=#]{0,3}(\d{1,6})(?![\d]|[.,]\d)")
EVIDENCE = re.compile(r"[SIT]-\d{4,}")  # our own numbers of statements
SHORTEST, SHORTEST_NUMBER = 4, 7  # signs of an id with letters; digits of one without
LONGEST = 64
LETTERS = re.compile(rf"[^\W\d_]{{{SHORTEST},{LONGEST}}}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
AN_ID = "id of a customer, user or order"
PICTURE = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/\s]+={0,2}")
PICTURES = ("image/png", "image/jpeg", "png")  # keys of notebooks and blocks


@dataclass(frozen=True)
class Searched:
    """What is looked for: national forms of ``regions``; not what the product file itself ``declares`` (the address of
    the owner); and ids, where ``known`` says which of some words are ids of the run. Words of letters only that are
    ``ordinary`` are no ids."""

    regions: tuple[str, ...] = ()
    declared: frozenset[str] = frozenset()
    known: Callable[[Collection[str]], Collection[str]] = lambda words: ()
    ordinary: frozenset[str] = frozenset()


def found_in(pages: dict[str, list[str]], searched: Searched, *, pseudonyms: bool = True) -> dict[str, list[str]]:
    """Kinds of what must not leave, by page; pages with none are left out. ``pages``: the texts of each, by name.

    ``pseudonyms``: whether a pseudonym is a finding, too.
    """
    words = {page: set().union(*map(_words, texts)) - searched.ordinary for page, texts in pages.items()}
    ids = set(searched.known(set().union(*words.values()))) if words else set()
    found = {page: _kinds(set(texts), searched, pseudonyms) | ({AN_ID} if words[page] & ids else set())
             for page, texts in pages.items()}
    return {page: sorted(kinds) for page, kinds in found.items() if kinds}


def ordinary_in(texts: Iterable[str]) -> frozenset[str]:
    """The words of letters only in these texts."""
    return frozenset(word for text in texts for word in PART.findall(text) if word.isalpha())


def declared_in(content, regions: tuple[str, ...]) -> frozenset[str]:
    """Identifiers that stand in a declaration, as they are written there: they are public by decision."""
    return frozenset(text[f.start:f.end] for text in strings(content) for f in find(text, regions))


def strings(content) -> Iterator[str]:
    """Every text in plain JSON values, keys too; numbers are figures, and pictures no text."""
    if isinstance(content, str):
        yield html.unescape(PICTURE.sub("", content))
    elif isinstance(content, dict):
        for key, value in content.items():
            yield str(key)
            if key not in PICTURES:
                yield from strings(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from strings(value)


def texts_of(name: str, content: str) -> list[str]:
    """The texts of a file: what a page shows or says in attributes, the strings of JSON, else its lines."""
    if name.endswith(".html"):
        reader = _Texts()
        reader.feed(content)
        reader.close()
        return reader.texts
    if name.endswith((".json", ".ipynb")):
        return [line for text in strings(_without_cell_ids(json.loads(content))) for line in text.splitlines()]
    return content.splitlines()


def _without_cell_ids(content):
    """The same notebook: ids of cells are drawn at random when a cell is made, and one in 400 reads like a phone."""
    if not isinstance(content, dict) or "nbformat" not in content:
        return content
    return {**content, "cells": [{k: v for k, v in cell.items() if k != "id"} for cell in content["cells"]]}


class _Texts(HTMLParser):
    """Texts and attribute values of a page, one by one: the cells of a table are no text of one piece."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    def handle_data(self, data):
        self.texts.append(data)

    def handle_starttag(self, tag, attrs):
        self.texts += [PICTURE.sub("", value) for _, value in attrs if value]

    def handle_comment(self, data):
        self.texts.append(data)


def _kinds(texts: Iterable[str], searched: Searched, pseudonyms: bool) -> set[str]:
    bare = [MOMENT.sub(" ", text) for text in texts]
    found = {f.kind for text in bare for f in find(text, searched.regions)
             if text[f.start:f.end] not in searched.declared}
    return found | ({"pseudonym"} if pseudonyms and any(PSEUDONYM.search(t) for t in texts) else set())


def _words(text: str) -> set[str]:
    """What of a text could be an id: words with a digit or a sign in them, capitalised words together, the whole."""
    words = {m[0] for m in WORD.finditer(text)} | {m[0] for m in PART.finditer(text)}
    words |= {text.strip()} if len(text) <= LONGEST else set()
    likely = {w for w in words if SHORTEST <= len(w) <= LONGEST and _could_be_id(w)}
    likely |= {alone for alone in [text.strip()] if LETTERS.fullmatch(alone)}
    return likely | {m[0] for m in NAME.finditer(text)} | {m[1] for m in MARKED.finditer(text)}


def _could_be_id(word: str) -> bool:
    if word.isdigit():
        return len(word) >= SHORTEST_NUMBER
    if word.isalpha():
        return sum(c.isupper() for c in word) > 1
    return (any(c.isdigit() for c in word) or bool(re.search(r"\w[_.@+/#:-]\w", word))) and not EVIDENCE.fullmatch(word)
