"""A map of the segments: two axes that hold most of the variation, with counts per cell instead of people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.conditions import numbers
from lib.segments.model import OUTSIDE
from lib.segments.solution import scaled

BINS, REACH = 28, 3.0  # cells a side; drawn within 3 standard deviations
SMALLEST = 10  # customers a cell needs to be shown, method.md §7
FEWEST = 30


def landscape(placed: pd.DataFrame, assignments: pd.DataFrame, model: dict, *, smallest: int = SMALLEST):
    """{cells, centres, explained, columns, n}: principal axes of what made the segments (NotMeasured below 2 columns).

    `cells`: segment, x, y, n, only where at least `smallest` customers share a cell; `centres`: segment, x, y, n and
    its covariance `spread`; `explained`: share of variation on each axis; x and y in standard deviations.
    """
    absent = next((v for v in (placed, assignments, model) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    z, columns = _space(placed, model)
    table = assignments.set_index("customer_key")["segment"].reindex(placed["customer_key"]).to_numpy(str)
    rows = ~np.isnan(z).any(axis=1) & (table != OUTSIDE)
    if len(columns) < 2 or rows.sum() < FEWEST:
        return NotMeasured("fewer than two numbers describe the segments, so there is no map", "two numeric variables")
    z, segment = z[rows], table[rows]
    spread = np.where(z.std(axis=0) > 0, z.std(axis=0), 1.0)
    z = (z - z.mean(axis=0)) / spread
    _, strength, axes = np.linalg.svd(z, full_matrices=False)
    axes = axes[:2] * np.sign(axes[:2][np.arange(2), np.abs(axes[:2]).argmax(axis=1)])[:, None]
    points = z @ axes.T
    points = np.clip(points / points.std(axis=0).clip(min=1e-9), -REACH, REACH)
    frame = pd.DataFrame({"segment": segment, "x": points[:, 0], "y": points[:, 1]})
    centres = frame.groupby("segment").agg(x=("x", "mean"), y=("y", "mean"), n=("x", "size"))
    centres["spread"] = [np.cov(own[["x", "y"]].to_numpy().T).tolist() for _, own in frame.groupby("segment")]
    centres = centres.reset_index()
    return {"cells": _cells(frame, smallest), "centres": centres, "n": int(rows.sum()), "columns": columns,
            "explained": [float(v) for v in (strength**2 / (strength**2).sum())[:2]]}


def _space(placed: pd.DataFrame, model: dict) -> tuple[np.ndarray, list[str]]:
    """The space the clusters were found in; for rules the numeric columns, counts and money on a log scale."""
    if model["solution"]:
        return scaled(placed, model["solution"]), model["solution"]["columns"]
    columns = [c for c in placed.select_dtypes("number") if placed[c].nunique() > 2 and placed[c].notna().all()]
    values = [numbers(placed, c) for c in columns]
    logged = [np.log1p(v) if v.min() >= 0 else v for v in values]
    return (np.column_stack(logged) if logged else np.empty((len(placed), 0))), columns


def _cells(frame: pd.DataFrame, smallest: int) -> pd.DataFrame:
    edges = np.linspace(-REACH, REACH, BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    place = {axis: np.clip(np.digitize(frame[axis], edges) - 1, 0, BINS - 1) for axis in ("x", "y")}
    cells = frame.assign(x=middle[place["x"]], y=middle[place["y"]]).groupby(["segment", "x", "y"]).size()
    cells = cells.reset_index(name="n")
    return cells[cells["n"] >= smallest].reset_index(drop=True)
