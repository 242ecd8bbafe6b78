"""The pages of docs/ and what stands in their code blocks."""

import re
import textwrap
from pathlib import Path

from lib.paths import ROOT

DOCS = ROOT / "docs"
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.M | re.S)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a page in that language, in their order."""
    return [textwrap.dedent(code) for _, kind, code in BLOCK.findall(page(name)) if kind == language]


def written() -> list[Path]:
    """The pages that people write; the others are printed, or stand elsewhere."""
    printed = {"product-file.md", "evidence.md", "contributing.md", "changelog.md", "data-dictionary.md"}
    return [p for p in sorted(DOCS.rglob("*.md")) if p.name not in printed]
