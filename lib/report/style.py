"""One look for every figure: palette, type, sizes, and text that can never be read as mathematics."""

from __future__ import annotations

import matplotlib

# Okabe & Ito (2008), ordered for contrast; safe for colour-blind readers and told apart in grey by labels.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7A5C00", "#56B4E9", "#5B5B9F", "#E69F00", "#3C3C3C", "#8C510A")
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
    from matplotlib import pyplot

    with matplotlib.rc_context(RC):
        return pyplot.subplots(figsize=(width, height), layout="constrained", **subplots)


def heat_map(ax, values, texts=None, *, top: float = 1.0) -> None:
    """Draw a table of numbers as a heat map, each cell with its text; labels come from the table's own.

    Dark cells get light text, by their luminance.
    """
    import seaborn

    seaborn.heatmap(values.astype(float), ax=ax, cmap="Blues", vmin=0, vmax=top, cbar=False, annot=texts,
                    fmt="", linewidths=0.5, linecolor="white", annot_kws={"fontsize": 8})
    ax.tick_params(length=0)
    ax.set(xlabel="", ylabel="")


def colour(rank: int) -> str:
    """The colour of the segment with that rank (1 first): the same in every figure."""
    return PALETTE[(rank - 1) % len(PALETTE)]


def label(text: str, longest: int = 40) -> str:
    """Text for a figure: control characters and line breaks out, cut at `longest`."""
    clean = "".join(c if c.isprintable() else " " for c in str(text))
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"
