"""The diagram of docs/architecture.md, drawn from what the code imports.

    python -m scripts.architecture > docs/architecture.svg

A box is a part of lib, or the notebooks; a line says that the upper one imports the lower one. Lines that follow from
others (a over b over c) are left out. The six steps stand in one frame, since none imports another: a line to or from
it is one of some of them. A line that passes a row has a place of its own there, so that none runs behind a box.
"""

from __future__ import annotations

import ast
import json
import sys
from html import escape
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = "notebooks"
BOX, HIGH, GAP, LANE, ROW, EDGE = 104, 34, 18, 14, 56, 20  # widths, heights and distances of the drawing
COLOURS = {"step": "#d7e8f5", NOTEBOOKS: "#fbe3c8", "other": "#eeeeee"}
STEPS = ("basis", "collect", "analyze", "segments", "strategy", "monitor")
FRAME, ACROSS = "the six steps", 3  # their boxes in one frame, so many side by side
SWEEPS = 24  # over the rows, in which boxes and lines move to where they belong


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


def framed(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The graph with the six steps as one part."""
    found: dict[str, set[str]] = {}
    for part, others in graph.items():
        own = FRAME if part in STEPS else part
        found.setdefault(own, set()).update({FRAME if other in STEPS else other for other in others} - {own})
    return found


def chains(graph: dict[str, set[str]], height: dict[str, int]) -> list[list[str]]:
    """Each line from the upper part to the lower one, with a place in every row that it passes."""
    pairs = sorted({tuple(FRAME if part in STEPS else part for part in pair) for pair in direct(graph)})
    return [[upper, *(f"{upper} > {lower} at {level}" for level in range(height[upper] - 1, height[lower], -1)), lower]
            for upper, lower in pairs]


def rows_of(lines: list[list[str]], height: dict[str, int]) -> list[list[str]]:
    """Boxes and places by row, from the top, ordered so that lines cross seldom (barycentres, Sugiyama 1981)."""
    at = height | {place: height[line[0]] - i for line in lines for i, place in enumerate(line) if place not in height}
    rows = [sorted(p for p in at if at[p] == level) for level in range(max(at.values()), -1, -1)]
    for sweep in range(SWEEPS):
        spots = {p: (i + 0.5) / len(row) for row in rows for i, p in enumerate(row)}
        for row in rows[1:] if sweep % 2 == 0 else rows[-2::-1]:
            towards = {p: _mean([spots[q] for q in _beside(p, lines, up=sweep % 2 == 0)], spots[p]) for p in row}
            row.sort(key=lambda p, towards=towards: (towards[p], p))
            spots |= {p: (i + 0.5) / len(row) for i, p in enumerate(row)}
    return rows


def centres(rows: list[list[str]], lines: list[list[str]]) -> dict[str, float]:
    """Where the middle of each box and place stands: near what it is joined to, none over another."""
    at = {p: 100.0 * i for row in rows for i, p in enumerate(row)}
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = [_mean([at[q] for up in (True, False) for q in _beside(p, lines, up=up)], at[p]) for p in row]
            found = wanted[:1]
            for before, p, x in zip(row, row[1:], wanted[1:], strict=False):
                found.append(max(x, found[-1] + (_width(before) + _width(p)) / 2 + GAP))
            drift = sum(found) / len(row) - sum(wanted) / len(row)
            at |= {p: x - drift for p, x in zip(row, found, strict=True)}
    left = min(at[p] - _width(p) / 2 for p in at)
    return {p: x - left + EDGE for p, x in at.items()}


def _beside(place: str, lines: list[list[str]], *, up: bool) -> list[str]:
    """What a box or place is joined to in the row above it, or below."""
    pairs = [pair for line in lines for pair in pairwise(line)]
    return [a for a, b in pairs if b == place] if up else [b for a, b in pairs if a == place]


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _width(place: str) -> float:
    return LANE if " > " in place else ACROSS * (BOX + GAP) + GAP if place == FRAME else BOX


def _high(row: list[str]) -> float:
    return -(-len(STEPS) // ACROSS) * (HIGH + GAP) + 2 * GAP if FRAME in row else HIGH


def drawn() -> str:
    """The diagram as SVG."""
    graph = imports()
    lines = chains(graph, height := levels(framed(graph)))
    rows = rows_of(lines, height)
    at, y, top = centres(rows, lines), float(EDGE), {}
    for row in rows:
        top |= {p: (y, y + _high(row)) for p in row}
        y += _high(row) + ROW
    wide, high = max(at[p] + _width(p) / 2 for p in at) + EDGE, y - ROW + EDGE
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" role="img" '
           'font-family="sans-serif" font-size="14">',
           "<title>Parts of the workbench; a line says that the upper one imports the lower one</title>",
           f'<rect width="{wide:.0f}" height="{high:.0f}" fill="#ffffff"/>']
    svg += [f'<path d="{_path(line, lines, at, top)}" fill="none" stroke="#7f8894" stroke-width="1.3"/>'
            for line in lines]
    for part in sorted(height):
        svg += _frame(at[part], top[part]) if part == FRAME else _box(part, at[part], _middle(top[part]))
    return "\n".join([*svg, "</svg>", ""])


def _path(line: list[str], lines: list[list[str]], at: dict, top: dict) -> str:
    """A line that runs straight through its places and bends between the rows. Ends are spread over their boxes."""
    points = [(_port(line, lines, at, upper=True), top[line[0]][1])]
    for place in line[1:-1]:
        points += [(at[place], top[place][0]), (at[place], top[place][1])]
    points.append((_port(line, lines, at, upper=False), top[line[-1]][0]))
    text = f"M{points[0][0]:.0f} {_edge(line[0], top, 1):.0f}L{points[0][0]:.0f} {points[0][1]:.0f}"
    for i, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        half = (y1 + y2) / 2
        text += f"L{x2:.0f} {y2:.0f}" if i % 2 else f"C{x1:.0f} {half:.0f} {x2:.0f} {half:.0f} {x2:.0f} {y2:.0f}"
    return f"{text}L{points[-1][0]:.0f} {_edge(line[-1], top, 0):.0f}"


def _edge(part: str, top: dict, end: int) -> float:
    """Where a line leaves a box: its own upper or lower edge, which lies inside the row where a frame stands in it."""
    if part == FRAME:
        return top[part][end]
    return _middle(top[part]) + (HIGH / 2 if end else -HIGH / 2)


def _middle(band: tuple[float, float]) -> float:
    return (band[0] + band[1]) / 2


def _port(line: list[str], lines: list[list[str]], at: dict, *, upper: bool) -> float:
    """Where on its box a line ends: lines of one side in the order of where they lead, spread evenly."""
    part, end, beside = (line[0], 0, 1) if upper else (line[-1], -1, -2)
    alike = sorted((other for other in lines if other[end] == part), key=lambda other: (at[other[beside]], other))
    return at[part] + _width(part) * 0.8 * ((alike.index(line) + 0.5) / len(alike) - 0.5)


def _box(part: str, x: float, y: float) -> list[str]:
    fill = COLOURS.get("step" if part in STEPS else part, COLOURS["other"])
    return [f'<rect x="{x - BOX / 2:.0f}" y="{y - HIGH / 2:.0f}" width="{BOX}" height="{HIGH}" rx="5" fill="{fill}" '
            'stroke="#555555"/>', f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle">{escape(part)}</text>']


def _frame(x: float, band: tuple[float, float]) -> list[str]:
    """The frame of the six steps, with a box for each in the order of the method."""
    left, (upper, lower) = x - _width(FRAME) / 2, band
    found = [f'<rect x="{left:.0f}" y="{upper:.0f}" width="{_width(FRAME)}" height="{lower - upper:.0f}" rx="8" '
             'fill="#f4f9fd" stroke="#8fb4cf"/>',
             f'<text x="{x:.0f}" y="{upper + GAP:.0f}" text-anchor="middle" font-size="12" fill="#44505c">'
             f'{FRAME}: none imports another</text>']
    for i, step in enumerate(STEPS):
        found += _box(step, left + GAP + BOX / 2 + i % ACROSS * (BOX + GAP),
                      upper + 1.5 * GAP + HIGH / 2 + i // ACROSS * (HIGH + GAP))
    return found


if __name__ == "__main__":
    sys.stdout.write(drawn())
