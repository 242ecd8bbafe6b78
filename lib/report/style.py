"""One look for every figure: palette, type, sizes, and text that can never be read as mathematics."""

from __future__ import annotations

from itertools import zip_longest

# Okabe & Ito (2008), ordered for contrast; safe for colour-blind readers and told apart in grey by labels.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7A5C00", "#56B4E9", "#5B5B9F", "#E69F00", "#3C3C3C", "#8C510A")
SIGNS = "os^DvPX<*>"  # a sign a segment beside its colour: on grey paper it is what tells them apart
INK, MUTED, RULE, BASE = "#1f2430", "#5c6370", "#d9dce3", "#9aa1ad"

RC = {
    "font.family": ["DejaVu Sans"], "font.size": 10, "axes.titlesize": 11, "axes.labelsize": 10,
    "text.parse_math": False, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": MUTED, "axes.labelcolor": INK, "text.color": INK, "xtick.color": MUTED, "ytick.color": MUTED,
    "axes.grid": False, "grid.color": RULE, "figure.facecolor": "white", "savefig.facecolor": "white",
    "legend.frameon": False,
}


def canvas(width: float = 7.2, height: float = 3.8, **subplots):
    """A new figure in the house style: (figure, axes). Inches; 7.2 wide fills a page column."""
    from matplotlib import pyplot, rc_context  # only here: pages without a figure need not wait for it

    with rc_context(RC):
        return pyplot.subplots(figsize=(width, height), layout="constrained", **subplots)


def heat_map(ax, values, texts=None, *, top: float = 1.0) -> None:
    """Draw a table of numbers as a heat map, each cell with its text; labels come from the table's own.

    The text is black or white, whichever stands out more: at least 4.5 to 1 on any colour.
    """
    import seaborn
    from matplotlib.colors import to_rgb

    seaborn.heatmap(values.astype(float), ax=ax, cmap="Blues", vmin=0, vmax=top, cbar=False, annot=texts,
                    fmt="", linewidths=0.5, linecolor="white", annot_kws={"fontsize": 8})
    ax.tick_params(length=0)
    ax.set(xlabel="", ylabel="")
    ground = ax.collections[0].get_facecolors()
    for text in ax.texts:
        x, y = text.get_position()
        text.set_color(max(("black", "white"), key=lambda paint, at=ground[int(y) * values.shape[1] + int(x)]:
                           contrast(to_rgb(paint), at[:3])))


def contrast(one, other) -> float:
    """Contrast of two colours (red, green, blue from 0 to 1), from 1 to 21, as WCAG 2 defines it."""
    dark, light = sorted(_luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour]
    return sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def name_points(ax, points: list[tuple[str, float, float]], size: float = 8.5, areas: list[float] = ()) -> None:
    """Write names beside points, the first of the list first, and only where none covers another or a mark.

    ``areas`` of their marks, in points²: a name begins beside its mark, not on it. To be called when all else is drawn
    and the axes are named: what comes later moves the points.
    """
    from matplotlib.transforms import Bbox

    ax.figure.draw_without_rendering()
    ax.figure.set_layout_engine("none")  # a name that made room for itself would move the points from under the others
    edge, floor = ax.get_window_extent().min
    right_edge, ceiling = ax.figure.bbox.max
    to_pixels, taken = ax.transData.transform, []
    halves = [area**0.5 / 2 for _, area in zip_longest(points, areas, fillvalue=0.0)]
    wide = [half * ax.figure.dpi / 72 for half in halves]
    marks = [Bbox([to_pixels(p[1:]) - w, to_pixels(p[1:]) + w]) for p, w in zip(points, wide, strict=True)]
    for i, ((name, x, y), half) in enumerate(zip(points, halves, strict=True)):
        right, others = 5 + half, [m for m, p in zip(marks, points, strict=True) if p[1:] != points[i][1:]]
        note = ax.annotate(name, (x, y), xytext=(right, 4), textcoords="offset points", fontsize=size, parse_math=False)
        for dx, dy, side in ((right, 4, "left"), (right, -10, "left"), (-right, 4, "right"), (-right, -10, "right"),
                             (0, right, "center"), (0, -right - size, "center")):
            note.set(position=(dx, dy), horizontalalignment=side)
            box = note.get_window_extent().padded(1)
            outside = box.x0 < edge or box.y0 < floor  # there stand the names and numbers of the axes
            outside = outside or box.x1 > right_edge or box.y1 > ceiling
            if not outside and not any(box.overlaps(there) for there in (*taken, *others)):
                taken.append(box)
                break
        else:
            note.remove()


def ribbon(ax, start: tuple[float, float], end: tuple[float, float], size: float, paint: str, alpha: float) -> None:
    """A band of an alluvial picture, `size` high, from one lower corner to another."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (a, y0), (b, y1), middle = start, end, (start[0] + end[0]) / 2
    points = [(a, y0), (middle, y0), (middle, y1), (b, y1), (b, y1 + size), (middle, y1 + size), (middle, y0 + size),
              (a, y0 + size), (a, y0)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    ax.add_patch(PathPatch(Path(points, codes), facecolor=paint, alpha=alpha, lw=0))


def colour(rank: int) -> str:
    """The colour of the segment with that rank (1 first): the same in every figure."""
    return PALETTE[(rank - 1) % len(PALETTE)]


def sign(rank: int) -> str:
    """The sign of the segment with that rank on lines and points: the same in every figure."""
    return SIGNS[(rank - 1) % len(SIGNS)]


def label(text: str, longest: int = 40) -> str:
    """Text for a figure: control characters and line breaks out, cut at `longest`."""
    clean = "".join(c if c.isprintable() else " " for c in str(text))
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"
