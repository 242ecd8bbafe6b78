"""The shape of model.json, the portable segmentation: plain numbers, lists and texts, so that any language can apply it.

`python -m lib.contracts.model_document > docs/model.schema.json` prints the published JSON Schema; a test keeps it true.
How a customer is placed is described in docs/own-data.md and lib/analyze/structure/portable.py.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Level = bool | float | str
Vector, Matrix = list[float], list[list[float]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Condition(_Strict):
    """Holds where the column compares so with the value; never where the column is missing or no finite number."""

    column: str
    op: Literal["=", "<", "<=", ">", ">=", "in"]
    value: float | str | list[str]


class Rule(_Strict):
    """The first rule that holds places a customer; `when` is a list of alternatives, each a list of conditions."""

    segment: str
    when: list[list[Condition]]


class Segment(BaseModel):
    """A segment; further keys say how it was found."""

    model_config = ConfigDict(extra="allow")
    segment: str = Field(..., pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="stable key")
    name: str = Field(..., min_length=1, description="readable name")
    name_rule: str = Field(..., description="the rule that made the name")
    claim: Literal["natural", "reproducible", "constructed"]
    slsw: float | None = Field(None, description="stability over resamples, 0-1")


class Atom(_Strict):
    """Customers whose value equals this number exactly are set apart by rule."""

    column: str
    equals: float


class AtomGroup(BaseModel):
    """Patterns of atoms (positions of those that hold) that make one segment."""

    model_config = ConfigDict(extra="allow")
    patterns: list[list[int]] = Field(..., min_length=1)


class Category(_Strict):
    """A categorical column: the levels that count, and those known but too rare to count."""

    column: str
    levels: list[Level] = Field(..., min_length=1)
    rare: list[Level]


class _Solution(_Strict):
    """Scaling and atoms, for every family; lists follow the order of `columns`."""

    columns: list[str]
    atom_columns: list[str]
    atoms: list[Atom]
    atom_groups: list[AtomGroup]
    k: int = Field(..., ge=1, description="number of clustered segments")
    logged: list[bool]
    lowest: Vector = Field(..., description="smaller values are raised to this before the log")
    log_shift: Vector = Field(..., description="added before the log")
    shift: Vector = Field(..., description="mean after the log")
    scale: Vector = Field(..., description="standard deviation after the log")
    weights: Vector = Field([], description="shares of the segments")


class Centres(_Solution):
    """score_j = offsets_j - half the distance from centre j, by the precisions; the highest wins."""

    family: Literal["kmeans", "tied", "diagonal"]
    centres: Matrix
    precisions: float | Matrix = Field(..., description="kmeans: a number; tied: p rows of p; diagonal: k rows of p")
    offsets: Vector
    covariances: float | Matrix | None = None


class Mixed(_Solution):
    """Amounts and categories, turned to axes; the nearest centre wins."""

    family: Literal["mixed"]
    centres: Matrix
    precisions: float
    offsets: Vector
    covariances: float | Matrix | None = None
    categories: list[Category]
    axes: Matrix
    axis_scale: Vector
    axis_centre: Vector


class LatentClasses(_Solution):
    """Categories alone: the class under which the answers are most probable wins."""

    family: Literal["latent classes"]
    categories: list[Category]
    shares: Vector
    probabilities: Matrix


class Nothing(_Strict):
    """Rules place the customers."""


class Model(_Strict):
    """How customers are placed in segments: by rules, or by a solution. Either may be empty, not both."""

    schema_version: Literal[1] = Field(..., alias="schema")
    product: str = Field(..., description="id of the product it was made for")
    draft: bool = Field(..., description="made while the product file waited for decisions: not to be applied")
    lead: Literal["clusters", "answers", "user_types", "rfm", "icp"]
    lead_rule: str = Field("", description="which rule chose it")
    claim: Literal["natural", "reproducible", "constructed"]
    as_of: str = Field(..., pattern=r"^\d{4}-\d{2}-\d{2}$", description="last day that it learned from")
    segments: list[Segment] = Field(..., min_length=1)
    rules: list[Rule]
    solution: Annotated[Centres | Mixed | LatentClasses, Field(discriminator="family")] | Nothing
    cluster_segments: list[str] = Field(..., description="segment of each cluster, atom groups last")
    columns: list[str] = Field(..., description="columns that a table of customers needs")
    cuts: dict[str, Any] = Field({}, description="frozen RFM and user-type cut points")


def fault(document: dict) -> str:
    """What is wrong with a document as a model, in one line; empty when nothing is."""
    try:
        model = Model.model_validate(document)
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, e['loc'][:3]))}: {e['msg']}" for e in error.errors()[:3])
    known = {s.segment for s in model.segments}
    used = {*model.cluster_segments, *(r.segment for r in model.rules)}
    if used != known or len(known) < len(model.segments):
        return "the segments listed are not those that customers are placed in"
    if bool(model.rules) != isinstance(model.solution, Nothing):
        return "neither rules nor a solution, or both"
    return "" if model.rules else _lengths(model)


def _lengths(model: Model) -> str:
    solution = model.solution
    levels = sum(len(c.levels) for c in getattr(solution, "categories", []))
    p, k = len(solution.columns), solution.k
    wanted = {**dict.fromkeys(("logged", "lowest", "log_shift", "shift", "scale"), p), "centres": k, "offsets": k,
              "shares": k, "probabilities": k, **dict.fromkeys(("axes", "axis_scale", "axis_centre"), p + levels)}
    wrong = [name for name, n in wanted.items() if len(getattr(solution, name, ()) or ()) not in (n, 0)]
    if len(model.cluster_segments) != k + len(solution.atom_groups):
        wrong.append("cluster_segments")
    return f"lists of another length than the columns or segments: {', '.join(wrong)}" if wrong else ""


def schema() -> str:
    """The JSON Schema of model.json, as published in docs/."""
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Model.model_json_schema()}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
