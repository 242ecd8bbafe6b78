"""The diagram of docs/architecture.md, drawn from what the code imports.

    python -m scripts.architecture > docs/architecture.svg

A box is a part of lib, or the notebooks; a line says that the upper one imports the lower one. Lines that follow from
others (a over b over c) are left out.
"""

from __future__ import annotations

import ast
import json
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = "notebooks"
BOX, HIGH, GAP, ROW, EDGE = 104, 34, 16, 92, 24  # widths, heights and distances of the drawing
COLOURS = {"step": "#d7e8f5", NOTEBOOKS: "#fbe3c8", "other": "#eeeeee"}
STEPS = ("basis", "collect", "analyze", "segments", "strategy", "monitor")


def parts_of(text: str) -> set[str]:
    """The parts of lib that a source imports."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = node.module == "lib"
            found |= {f"lib.{alias.name}" for alias in node.names} if whole else {node.module or ""}
    return {name.split(".")[1] for name in found if name.startswith("lib.")}


def imports() -> dict[str, set[str]]:
    """Each part of lib, and the notebooks: what of lib they import besides themselves."""
    found: dict[str, set[str]] = {NOTEBOOKS: set()}
    for path in sorted((ROOT / "lib").rglob("*.py")):
        part = path.relative_to(ROOT / "lib").parts[0].removesuffix(".py")
        if part != "__init__":
            found.setdefault(part, set()).update(parts_of(path.read_text(encoding="utf-8")) - {part})
    for path in sorted((ROOT / NOTEBOOKS).glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        found[NOTEBOOKS] |= parts_of(code)
    return found


def levels(graph: dict[str, set[str]]) -> dict[str, int]:
    """How high each part stands: 0 imports nothing, others one above the highest that they import.

    Raises ValueError where parts import one another in a circle.
    """
    found: dict[str, int] = {}

    def height(part: str, above: tuple[str, ...] = ()) -> int:
        if part in above:
            raise ValueError(" imports ".join((*above[above.index(part):], part)))
        if part not in found:
            found[part] = 1 + max((height(p, (*above, part)) for p in graph[part]), default=-1)
        return found[part]

    for part in graph:
        height(part)
    return found


def direct(graph: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The imports that do not follow from others."""
    def below(part: str) -> set[str]:
        return graph[part].union(*(below(p) for p in graph[part]))

    return sorted((part, other) for part in graph for other in graph[part]
                  if not any(other in below(p) for p in graph[part] if p != other))


def places(height: dict[str, int]) -> tuple[dict[str, tuple[float, float]], float, float]:
    """The upper left corner of each box, and the size of the drawing.

    The six steps have a row of their own, in the order of the method; each row is spread over the whole width.
    """
    heights = sorted({(level, part in STEPS) for part, level in height.items()}, reverse=True)
    rows = [sorted((p for p in height if (height[p], p in STEPS) == at), key=_order) for at in heights]
    wide = max(len(row) for row in rows) * (BOX + GAP) - GAP + 2 * EDGE
    at = {}
    for number, row in enumerate(rows):
        share = (wide - 2 * EDGE) / len(row)
        at |= {part: (EDGE + (i + 0.5) * share - BOX / 2, EDGE + number * ROW) for i, part in enumerate(row)}
    return at, wide, 2 * EDGE + (len(rows) - 1) * ROW + HIGH


def _order(part: str) -> tuple[int, str]:
    return (STEPS.index(part) if part in STEPS else -1, part)


def drawn() -> str:
    """The diagram as SVG."""
    graph = imports()
    at, wide, high = places(levels(graph))
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" role="img" '
             'font-family="sans-serif" font-size="14">',
             "<title>Parts of the workbench; a line says that the upper one imports the lower one</title>",
             f'<rect width="{wide:g}" height="{high:g}" fill="#ffffff"/>']
    for upper, lower in direct(graph):
        (x1, y1), (x2, y2) = at[upper], at[lower]
        lines.append(f'<line x1="{x1 + BOX / 2:g}" y1="{y1 + HIGH:g}" x2="{x2 + BOX / 2:g}" y2="{y2:g}" '
                     'stroke="#9a9a9a"/>')
    for part, (x, y) in at.items():
        fill = COLOURS.get("step" if part in STEPS else part, COLOURS["other"])
        lines += [f'<rect x="{x:g}" y="{y:g}" width="{BOX}" height="{HIGH}" rx="5" fill="{fill}" stroke="#555555"/>',
                  f'<text x="{x + BOX / 2:g}" y="{y + HIGH / 2 + 5:g}" text-anchor="middle">{escape(part)}</text>']
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    sys.stdout.write(drawn())
