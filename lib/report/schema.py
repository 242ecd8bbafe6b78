"""The shape of summary.json. Sections made from artefacts follow their contracts, so the two cannot part.

`python -m lib.report.schema > docs/summary.schema.json` prints the published JSON Schema; a test keeps it true.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from lib.contracts import ARTEFACTS

VERSION = "1"
TYPES = {"text": str, "int": int, "float": float, "bool": bool, "date": str, "time": str}

# Sections that hold a whole table of aggregates, row by row, and those that hold a document.
TABLES = ("basis", "icps", "engagement_framework", "ledger", "structure", "retention", "lifecycle", "themes",
          "segments", "sizes", "profile", "distinct", "crosstab", "groups", "segment_rhythm", "segment_themes", "grid",
          "validation", "outside", "outside_profile", "knock_outs", "targets", "strategies", "budget", "sensitivity",
          "experiments", "audiences", "fairness", "proxies",
          "migration", "drift", "drift_history", "kpis", "uplift", "targeting")
DOCUMENTS = {
    "readiness": (), "rhythm": ("second_day", "by_use"), "user_type_cuts": (), "concentration": ("lorenz",),
    "structure_choice": ("solution", "slsa", "atoms"), "value": (), "typing": (), "prediction": (), "plan": (),
    "advice": (),
}  # with the keys that stay out of the summary: curves, fitted models
STRICT = ConfigDict(extra="forbid")


class Absent(BaseModel):
    """Why a section is empty, and what would change that."""

    model_config = STRICT
    not_measured: str = Field(..., description="why, a sentence part")
    needed: str = Field("", description="what would change that")


class Statement(BaseModel):
    """A sentence, card or figure title of the page, as shown, with its numbers unrounded."""

    model_config = STRICT
    step: str = Field(..., description="notebook it comes from, or `first screen`")
    kind: str = Field(..., description="sentence, cards, picture, closing or absent")
    text: str = Field(..., description="as the page shows it")
    values: dict[str, Any] = Field({}, description="every number in it, unrounded, by name")


class Table(BaseModel):
    """A table of the pages, as they show it: cells are texts, rounded, and small ones are suppressed."""

    model_config = STRICT
    step: str = Field(..., description="notebook it comes from")
    caption: str = Field(..., description="what it holds")
    columns: list[str] = Field(..., description="names of its columns")
    rows: list[list[str]] = Field(..., description="cells, row by row")
    numeric: list[str] = Field([], description="columns that hold numbers")
    note: str = Field("", description="n, source and how to read it")


class Data(BaseModel):
    """What the figures rest on."""

    model_config = STRICT
    period: list[str] = Field([], description="first and last day kept")
    n_customers: int | None = Field(None, description="customers who may be analysed")
    rows_in: int | None = Field(None, description="rows in all sources")
    rows_used: int | None = Field(None, description="rows kept or repaired")
    rows_dropped: int | None = Field(None, description="rows quarantined or excluded")
    protection: dict[str, Any] = Field({}, description="exclusions for data protection, counted")


class FirstScreen(BaseModel):
    """What the first screen of report.html says, in the order in which it says it."""

    model_config = STRICT
    state: str = Field(..., description="go, caution or stop")
    verdict: str = Field(..., description="verdict in a few words")
    claim: str = Field("", description="claim level in a few words")
    headline: Statement = Field(..., description="the answer in one sentence")
    sentences: list[Statement] = Field([], description="the answer in three to five sentences")
    segments_note: str = Field("", description="how to read the segment cards")
    segments: list[dict[str, Any]] = Field([], description="one card a segment, as text")
    actions: list[dict[str, Any]] = Field([], description="what to do now")
    unknown: list[dict[str, Any]] = Field([], description="what is not known: question, reason, needed")
    scorecard: list[dict[str, Any]] = Field([], description="promises and risks, each with its answer")


def _row(name: str) -> type[BaseModel]:
    """One row of a table artefact; a cell below the smallest one to be published is null and `suppressed`."""
    fields: dict[str, Any] = {}
    for column in ARTEFACTS[name].columns:
        unit = f" ({column.unit})" if column.unit else ""
        fields[column.name] = (TYPES[column.dtype] | None, Field(None, description=column.meaning + unit))
    fields["suppressed"] = (bool, Field(False, description="whether small cells were taken out of this row"))
    return create_model(f"{name}_row", __config__=STRICT, __doc__=f"One {ARTEFACTS[name].one_row_per}.", **fields)


def _document(name: str) -> type[BaseModel]:
    artefact = ARTEFACTS[name]
    kept = {k: v for k, v in artefact.keys.items() if k not in DOCUMENTS[name]}
    fields = {key: (Any, Field(None, description=meaning)) for key, meaning in kept.items()}
    return create_model(name, __config__=STRICT, __doc__=artefact.meaning, **fields)


class _Head(BaseModel):
    """Figures of one run, aggregates only. Money is in minor units of `currency`; shares are 0-1; null is not known."""

    model_config = STRICT
    schema_version: str = Field(VERSION, description="version of this shape")
    product: str = Field(..., description="id")
    name: str = Field(..., description="display name")
    business: str = Field("", description="b2c or b2b")
    currency: str = Field(..., description="ISO code")
    locale: str = Field("en", description="locale of the texts' numbers")
    as_of: str = Field(..., description="last day that counts")
    why_now: str = Field("", description="declared reason")
    sample: bool = Field(False, description="sample or published data")
    draft: bool = Field(False, description="whether a part of the product file is still a draft")
    run_id: str = Field("", description="id of the run")
    variant: str = Field("stakeholder", description="stakeholder, or analyst where those pages were made too")
    verdict: str = Field(..., description="go, caution or no-go")
    reasons: list[str] = Field([], description="why not go")
    needed: list[str] = Field([], description="what would change that")
    data: Data
    lead: dict[str, Any] = Field({}, description="lead segmentation, the rule that chose it, and its claim level")
    change: dict[str, Any] = Field({}, description="customers in another segment than earlier: since, n, moved, share, "
                                                   "noise (the share that chance alone would move)")
    rfm_groups: list[dict[str, Any]] | Absent = Field(..., description="customers by RFM group")
    first_screen: FirstScreen
    statements: list[Statement] = Field([], description="sentences and cards of report.html")
    tables: list[Table] = Field([], description="tables of all pages, and of the spreadsheet")


_TABLES = {n: (list[_row(n)] | Absent, Field(..., description=f"per {ARTEFACTS[n].one_row_per}")) for n in TABLES}
_DOCUMENTS = {n: (_document(n) | Absent, Field(..., description=ARTEFACTS[n].meaning)) for n in DOCUMENTS}
Summary = create_model("Summary", __base__=_Head, __doc__=_Head.__doc__, **_TABLES, **_DOCUMENTS)


def schema() -> str:
    """The JSON Schema of summary.json, as published in docs/."""
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Summary.model_json_schema()}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
