"""The proposal as a commented product file: every value with its reason, every open decision marked."""

from __future__ import annotations

import datetime as dt
import json
import re
import textwrap

import yaml

from lib.propose.proposal import BLANK
from lib.propose.said import Proposal, Said, SourceProposal

WIDTH = 110
HELPFUL = {
    "customers": "attributes such as region or plan; without them only behaviour can divide customers",
    "consent": "without it no audience file is ever written",
}
INTRO = """{name}: proposed from the files in {folder}/. Every key: docs/product-file.md
Read it from top to bottom. `guess` and `likely` say how sure a value is; `decide` marks what only you can know.
As long as a decision is blank or a profile is a draft, reports say DRAFT and no audience is exported.
Then: make check NAME={id}, or: segments check {id}"""


def product_file(proposal: Proposal, folder: str) -> str:
    """The text of the product file."""
    top = proposal.top
    lines = [*_comment(INTRO.format(name=top["name"].value, folder=folder, id=top["id"].value)), ""]
    lines += [line for key, said in top.items() for line in _entry(key, said)]
    lines += [
        "",
        "data_protection:",
        *(
            line
            for key, what in BLANK.items()
            for line in _entry(key, Said(0 if key == "retention_days" else "", what, "decide"), 2)
        ),
        *(line for key, said in proposal.protection.items() for line in _entry(key, said, 2)),
    ]
    lines += ["", "sources:", *(line for source in proposal.sources for line in _source(source))]
    lines += _unused(proposal.unused) + _absent(proposal)
    lines += [
        "",
        *_comment(
            "At least two profiles, looked up in the data. These are drafts taken from the data: an ideal customer "
            "is your choice, not a frequency."
        ),
        "icps:" if proposal.icps else "icps: []",
    ]
    lines += [line for profile in proposal.icps for line in _profile(profile)]
    lines += ["", "bases:", *(line for key, said in proposal.bases.items() for line in _entry(key, said, 2))]
    if proposal.engagement:
        lines += [
            "",
            "engagement:",
            *(line for key, said in proposal.engagement.items() for line in _entry(key, said, 2)),
        ]
    return "\n".join(lines) + "\n"


def _source(source: SourceProposal) -> list[str]:
    lines = [f"  {source.name}: # {source.why}", f"    path: {scalar(source.file)}"]
    lines += [line for key, said in source.settings.items() for line in _entry(key, said, 4)]
    lines.append("    columns:")
    lines += [line for name, said in source.columns.items() for line in _entry(name, said, 6)]
    lines += [line for header, why in source.left for line in _comment(f"not mapped: {header} ({why})", 6)]
    return lines + [line for hint in source.hints for line in _comment(hint, 4)]


def _profile(profile: dict[str, Said]) -> list[str]:
    lines = [line for key, said in profile.items() for line in _entry(key, said, 4)]
    first = next(i for i, line in enumerate(lines) if not line.lstrip().startswith("#"))
    return [line if i != first else "  - " + line[4:] for i, line in enumerate(lines)]


def _unused(unused: list[tuple[str, str]]) -> list[str]:
    return [line for file, why in unused for line in _comment(f"not used: {file} ({why})", 2)]


def _absent(proposal: Proposal) -> list[str]:
    """What is not there and would help most."""
    there = {s.name for s in proposal.sources}
    return [
        line for name, why in HELPFUL.items() if name not in there for line in _comment(f"not there: {name} ({why})", 2)
    ]


def _entry(key: str, said: Said, indent: int = 0) -> list[str]:
    """`key: value  # reason`; a long reason stands above."""
    line = f"{' ' * indent}{key}: {scalar(said.value)}"
    comment = _one_line(said.comment)
    if not comment:
        return [line]
    if len(line) + len(comment) + 3 <= WIDTH:
        return [f"{line} # {comment}"]
    return [*_comment(comment, indent), line]


def _comment(text: str, indent: int = 0) -> list[str]:
    start = " " * indent + "# "
    return [
        line
        for part in text.split("\n")
        for line in textwrap.wrap(
            _one_line(part),
            WIDTH,
            initial_indent=start,
            subsequent_indent=start,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _one_line(text: str) -> str:
    """Headers come from files: nothing in them may end a comment's line."""
    return "".join(ch if ch.isprintable() else " " for ch in text)


def scalar(value) -> str:
    """A value as YAML reads it back: plain where that is safe, else quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, dt.date)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_inner(v) for v in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}: {_inner(v)}' for k, v in value.items())}}}"
    plain = re.fullmatch(r"[^\W\d_][\w ./()&-]*", value) and not value.endswith(" ") and yaml.safe_load(value) == value
    return value if plain else json.dumps(value, ensure_ascii=False)


def _inner(value) -> str:
    text = scalar(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and set(text) & set(",[]{}#:") else text
