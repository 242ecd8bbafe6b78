"""The pages of a run, made by lib.report and written into the run folder."""

from __future__ import annotations

import hashlib

import nbformat

from lib.contracts import ARTEFACTS, Document, Refused
from lib.decisions import OPEN
from lib.report.analyst import INDEX, analyst_index, analyst_name, analyst_page
from lib.report.earlier import hidden_before
from lib.report.exporter import export_notebook
from lib.report.facts import data_facts
from lib.report.page import refusal_page, report_page
from lib.report.safety import check_page
from lib.report.summary import summarise
from lib.report.workbook import workbook
from lib.run.folder import SUMMARY, RunFolder, write_whole
from lib.run.order import ANALYST
from lib.run.register import register_file
from lib.settings import relative
from lib.store import Store, to_json

PUBLIC = "Published or synthetic: its ids are replaced with a public key, which protects nobody"
REPORT, TABLES = "report.html", "report.xlsx"


def write_pages(folder: RunFolder, settings, manifest: dict, done: list[str], refused: Refused | None) -> None:
    """summary.json, report.xlsx, one page for each notebook that ran, and report.html. Each page is checked before it
    is kept."""
    notebooks = {step: nbformat.read(folder.notebooks / f"{step}.ipynb", as_version=4) for step in done}
    work = Store.open(settings)
    facts, artefacts = _facts(settings, manifest, work.summary_before()), _artefacts(work)
    if refused:
        artefacts["readiness"] |= {"verdict": "no-go", "reasons": refused.reasons, "needed": refused.needed}
    summary = summarise(artefacts, facts, notebooks)
    facts = data_facts(facts, summary)
    pages = {f"{step}.html": export_notebook(notebook, facts) for step, notebook in notebooks.items()}
    if facts["variant"] == ANALYST:
        pages |= _for_analysts(notebooks, facts, manifest, summary["statements"])
    pages[REPORT] = (refusal_page if refused else report_page)(summary, notebooks, facts)
    write_whole(folder.pages / SUMMARY, to_json(summary))
    write_whole(folder.pages / TABLES, workbook(summary))
    for name, html in pages.items():
        check_page(html)
        write_whole(folder.pages / name, html)


def _for_analysts(notebooks: dict, facts: dict, manifest: dict, statements: list[dict]) -> dict[str, str]:
    said = {step: [s for s in statements if s["step"] == step] for step in notebooks}
    pages = {analyst_name(step): analyst_page(nb, facts, said[step]) for step, nb in notebooks.items()}
    return {INDEX: analyst_index(facts, manifest, notebooks), **pages}


def _facts(settings, manifest: dict, before: dict | None) -> dict:
    """What the pages say about product and run."""
    protection = settings.data_protection
    hashes = "".join(i["sha256"] for i in manifest["inputs"])
    return {
        "product": settings.id, "name": settings.name, "as_of": manifest["as_of"], "business": settings.business,
        "locale": settings.locale, "currency": settings.currency, "why_now": settings.why_now,
        "sample_notice": settings.sample_notice or (PUBLIC if settings.public_data else ""),
        "draft": settings.is_draft, "undecided": [d.key for d in settings.undecided], "owner": protection.owner or OPEN,
        "purpose": protection.purpose or OPEN, "lawful_basis": protection.lawful_basis or OPEN,
        "smallest_cell": protection.smallest_cell, "rounding": protection.rounding,
        "hidden_before": hidden_before(before), "run_id": manifest["run_id"],
        "register_file": f"{relative(register_file(settings.id))}, entry {settings.id} {manifest['run_id']}",
        "variant": manifest["variant"], "parameters": manifest["parameters"], "code_version": manifest["code"],
        "versions": manifest["libraries"],
        "fingerprint": hashlib.sha256(hashes.encode()).hexdigest()[:12] if hashes else "",
    }


def _artefacts(store: Store) -> dict:
    """Every artefact that was written and that is not raw: raw tables hold customers' rows and stay in the engine."""
    return {name: store.load(name) for name, artefact in ARTEFACTS.items()
            if isinstance(artefact, Document) or not artefact.raw
            if any(store.folder.glob(f"{name}.*.manifest.json"))}
