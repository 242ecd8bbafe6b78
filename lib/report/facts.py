"""What a page says about the product and the run: plain values that the caller makes.

The functions that make pages, and what each takes:

    summary.summarise(artefacts, facts, notebooks) -> dict        content of summary.json; write it with store.to_json
    exporter.export_notebook(nb, facts) -> str                    01_..html to 06_..html
    analyst.analyst_page(nb, facts, said) -> str                  01_...analyst.html and so on
    analyst.analyst_index(facts, manifest, notebooks) -> str      analyst.html
    workbook.workbook(summary) -> bytes                           report.xlsx
    page.report_page(summary, notebooks, facts) -> str            report.html after go or caution
    page.refusal_page(summary, notebooks, facts) -> str           report.html after no-go
    portfolio.portfolio_page(runs) -> str                         reports/index.html
    safety.check_page(html) -> None                               raises UnsafePage; call it before a page is published

``artefacts``: name (of lib.contracts.ARTEFACTS) -> what the store loads, a table, a dict or NotMeasured; what
was not written is left out. ``notebooks``: stem -> executed notebook (nbformat), e.g. {"01_identify_basis": nb};
after a no-go the first three. ``facts``: a dict with the fields of `Facts`; `data_facts` adds those that a
summary knows.
"""

from __future__ import annotations

import datetime as dt

from babel import Locale, UnknownLocaleError
from pydantic import BaseModel, ConfigDict, Field

from lib.report.numbers import Format


class Facts(BaseModel):
    """Product and run, as every page shows them. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    product: str = Field(..., description="id of the product")
    name: str = Field(..., description="name that readers see")
    as_of: dt.date = Field(..., description="last day that counts")
    business: str = Field("", description="b2c or b2b")
    locale: str = Field("en", description="language and number format")
    currency: str = Field("EUR", description="ISO code")
    why_now: str = Field("", description="declared reason")
    sample_notice: str = Field("", description="text of the sample banner; empty = none")
    draft: bool = Field(False, description="whether a part of the product file is still a draft")
    undecided: list[str] = Field([], description="keys of the product file that wait for a decision")
    owner: str = Field("", description="who answers for the processing")
    purpose: str = Field("", description="what the segmentation is for")
    lawful_basis: str = Field("", description="lawful basis of the processing")
    smallest_cell: int = Field(10, description="published cells below this are suppressed")
    rounding: int = Field(1, description="published counts of people are multiples of it")
    hidden_before: dict[str, list] = Field({}, description="rows, by table, that the report before this one hid")
    run_id: str = Field("", description="id of the run")
    variant: str = Field("stakeholder", description="for whom pages were made: stakeholder, or analyst as well")
    parameters: dict = Field({}, description="parameters of the run, by name")
    code_version: str = Field("", description="version of the code")
    versions: dict[str, str] = Field({}, description="versions of the libraries, by name")
    fingerprint: str = Field("", description="hash of the input files")
    register_file: str = Field("", description="where the processing register of this product is")
    period: list[dt.date] = Field([], description="first and last day of the data used")
    rows_used: int | None = Field(None, description="rows kept or repaired")
    rows_dropped: int | None = Field(None, description="rows quarantined or excluded")
    n_customers: int | None = Field(None, description="customers who may be analysed")

    @property
    def fmt(self) -> Format:
        return Format(self.locale, self.currency, self.smallest_cell, self.rounding, self.hidden_before)

    @property
    def lang(self) -> str:
        """The language tag of the page; English when the locale is not known."""
        try:
            return str(Locale.parse(self.locale.replace("-", "_"))).replace("_", "-")
        except (ValueError, UnknownLocaleError):
            return "en"


def data_facts(facts: dict, summary: dict) -> dict:
    """The facts with period, rows and customers filled in from a summary."""
    return {**facts, **{k: v for k, v in summary["data"].items() if k in Facts.model_fields and v not in (None, [])}}
