"""`segments check`: sources read, cleaned and protected as step 2 does it, and everything that is wrong, worst first.

Nothing is written. Where a run would stop at the first mistake, this goes on with the sources that can be read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from lib import collect, sources
from lib.contracts import Blocked, Refused, UserError
from lib.contracts.counts import number_of
from lib.contracts.raw import Raw, Rules
from lib.paths import ROOT
from lib.run.findings import Checked, Finding, of_quality
from lib.run.ready import readiness
from lib.settings import read_settings
from lib.strategy.playbook import Playbook

ACTIVITY = {"transactions", "events", "survey"}


def check(settings, root: Path = ROOT) -> Checked:
    """Everything a data owner has to fix, decide or know about a product."""
    found = [*(_decision(d) for d in settings.undecided), *_playbook(settings)]
    raw, mistakes = _read(settings, root)
    found += mistakes
    try:
        rules = sources.rules(settings) if settings.as_of else None
    except UserError as error:
        rules, found = None, [*found, _mistake(error)]
    if rules is None or raw is None or not ACTIVITY & set(raw.tables):
        return Checked(settings.id, _files(raw), found)
    collected, mistakes = _clean(raw, rules)
    found += mistakes
    if collected is None:
        return Checked(settings.id, _files(raw), found)
    files = {f["source"]: f["file"] for f in collected.collected["sources"]}
    found += of_quality(collected.quality, files)
    if not mistakes and not any(f.severity == "error" for f in found):
        found += _readiness(settings, rules, collected)
    return Checked(settings.id, _report(settings, collected), found)


def _playbook(settings) -> list[Finding]:
    """The mistake of a playbook that step 5 could not read."""
    try:
        read_settings(ROOT / settings.strategy.playbook, Playbook)
    except UserError as error:
        return [replace(_mistake(error), what=f"strategy.playbook: {error.what}")]
    return []


def _read(settings, root: Path) -> tuple[Raw | None, list[Finding]]:
    """Every source that can be read, and the mistakes of those that cannot."""
    try:
        return sources.read(settings, root), []
    except UserError as error:
        first = error
    good, mistakes = {}, []
    for name, source in settings.sources.items():
        try:
            sources.read(settings.model_copy(update={"sources": {name: source}}), root)
            good[name] = source
        except UserError as error:
            mistakes.append(_mistake(error))
    raw = sources.read(settings.model_copy(update={"sources": good}), root) if good else None
    return raw, mistakes or [_mistake(first)]


def _clean(raw: Raw, rules: Rules):
    """What step 2 collects, and the mistakes on the way: a source that stops it is left out, and the rest goes on."""
    mistakes = []
    while ACTIVITY & set(raw.tables):
        try:
            there = {n: s for n, s in rules.sources.items() if n in raw.tables}
            return collect.collect(raw, replace(rules, sources=there)), mistakes
        except UserError as error:
            mistakes.append(_mistake(error))
            name = _source_of(error, raw)
            if not name:
                break
            raw = replace(raw, tables={n: t for n, t in raw.tables.items() if n != name},
                          files=tuple(f for f in raw.files if f["source"] != name))
    return None, mistakes


def _source_of(error: UserError, raw: Raw) -> str:
    """The source that a mistake is about: named first, or by its file."""
    named = next((n for n in raw.tables if error.what.startswith(f"{n}:")), "")
    return named or next((f["source"] for f in raw.files if f["file"] in error.where and f["source"] in raw.tables), "")


def _readiness(settings, rules: Rules, collected) -> list[Finding]:
    """What step 1 would refuse or be cautious about."""
    try:
        verdict = readiness(settings, rules, collected)
    except Refused as refused:
        verdict = {"verdict": "no-go", "reasons": refused.reasons, "needed": refused.needed}
    except UserError as error:
        return [_mistake(error)]
    severity = {"no-go": "no-go", "caution": "warning"}.get(verdict["verdict"])
    if not severity:
        return []
    return [Finding(severity, reason, "readiness", f"needed: {needed}")
            for reason, needed in zip(verdict["reasons"], verdict["needed"], strict=True)]


def _mistake(error: UserError) -> Finding:
    return Finding("blocked" if isinstance(error, Blocked) else "error", error.what, error.where, error.fix)


def _decision(decision) -> Finding:
    return Finding("error" if decision.blocks else "decide", f"not decided: {decision.what}", decision.key)


def _files(raw: Raw | None) -> list[str]:
    return [f"  {f['source']}: {f['file']}, {number_of(f['rows'], 'row')}" for f in raw.files] if raw else []


def _report(settings, collected) -> list[str]:
    """What was read and kept, source by source."""
    facts = collected.collected
    rows = collected.ledger.pivot_table(index="source", columns="state", values="rows", aggfunc="sum", fill_value=0)
    return [f"{settings.id}: {number_of(facts['n_customers'], 'customer')} may be analysed, as of {settings.as_of}",
            *(_kept(fact, rows) for fact in facts["sources"]),
            f"  not there: {', '.join(a['source'] for a in facts['absent']) or 'nothing'}"]


def _kept(fact: dict, rows: pd.DataFrame) -> str:
    states = rows.loc[fact["source"]].drop("in")
    counts = ", ".join(f"{n:,} {state}" for state, n in states.items() if n)
    return f"  {fact['source']}: {fact['file']}, {number_of(fact['rows'], 'row')}; of the source {counts}"
