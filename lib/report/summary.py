"""summary.json: the figures of a run that a reader would quote, for machines, and the text of the first screen."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd

from lib.contracts import ARTEFACTS, NotMeasured
from lib.contracts.counts import nearly_all
from lib.report.books import hidden_reasons, told_apart
from lib.report.contacts import (
    few_rates,
    small_then,
    untold as untold_contacts,
    without_contacts,
    without_few_rates,
    without_few_voices,
)
from lib.report.facts import Facts
from lib.report.first_screen import first_screen
from lib.report.inside import names_untold, searched, uncounted, untold
from lib.report.moves import chance_of
from lib.report.numbers import Format
from lib.report.rounding import published
from lib.report.schema import DOCUMENTS, TABLES, Summary
from lib.report.statements import statements, tables
from lib.report.suppress import hidden, suppress, without_few
from lib.report.withheld import publishable
from lib.stats import wilson

USED, DROPPED = ("kept", "repaired"), ("quarantined", "excluded")
LEVELS = ("constructed", "reproducible", "natural")  # from the weakest claim up
OTHERS = "other reasons"  # each of too few people to be told apart
COUNTED_IN = {"user_type_cuts": "sizes", "typing": "segments"}  # documents that count people in a table of their own
NOT_RUN = NotMeasured("this was not made in this run")


def summarise(artefacts: dict, facts: dict, notebooks: dict) -> dict:
    """Content of summary.json, checked against its schema: plain values, aggregates only.

    ``artefacts``: name -> table, document or NotMeasured; what was not written (a refused product has only those
    of 01 to 03) is left out. ``facts``: the fields of `Facts`. ``notebooks``: stem -> executed notebook, whose
    cells tagged `story` give the statements. Raises pydantic's ValidationError when the artefacts do not fit.
    """
    known = Facts.model_validate(facts)
    artefacts = {name: published(made, known.fmt) for name, made in artefacts.items()}
    readiness, quiet = artefacts["readiness"], _quiet(artefacts, known.fmt)
    gone, data = untold(artefacts.get("segments", NOT_RUN), known.fmt), _data(artefacts, known)
    everyone = data["n_customers"] or 0
    content = {
        "product": known.product, "name": known.name, "business": known.business, "currency": known.currency,
        "locale": known.locale, "as_of": known.as_of, "why_now": known.why_now or readiness["why_now"],
        "sample": bool(known.sample_notice), "draft": known.draft, "run_id": known.run_id, "variant": known.variant,
        "verdict": readiness["verdict"], "reasons": readiness["reasons"], "needed": readiness["needed"],
        "data": data, "lead": _lead(artefacts), "change": _change(artefacts, known.fmt),
        "rfm_groups": _rfm_groups(artefacts.get("rfm", NOT_RUN), known.fmt),
        "statements": [publishable(said, known.fmt) for said in plain(statements(notebooks))],
        "tables": tables(notebooks),
        **{name: _table(name, artefacts.get(name, NOT_RUN), known.fmt, quiet,
                        names_untold(artefacts.get("segments", NOT_RUN), known.fmt) if name == "groups" else gone)
           for name in TABLES},
        **{name: _document(name, artefacts.get(name, NOT_RUN), known.fmt) for name in DOCUMENTS},
    }
    for name in ("strategies", "experiments"):
        if isinstance(content[name], list):
            content[name] = without_few_rates(content[name], few_rates(artefacts.get("segments", NOT_RUN), known.fmt))
    content["ledger"] = _ledger(content["ledger"], artefacts.get("collected"), everyone, known.fmt)
    content = plain(content)
    content["first_screen"] = plain(first_screen(content, known.fmt))
    return Summary.model_validate(content).model_dump(mode="json")


def plain(value):
    """A copy of plain JSON values: dates as text, NumPy scalars turned, NaN and infinities to None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _absent(reason: NotMeasured) -> dict:
    return {"not_measured": reason.reason, "needed": reason.needed}


def _quiet(artefacts: dict, fmt: Format) -> set[str]:
    """Segments of which nothing is said that follows from how many are, or may be contacted."""
    segments = artefacts.get("segments", NOT_RUN)
    measured = not isinstance(segments, NotMeasured)
    few = set(segments.loc[hidden(segments, "segments", fmt), "segment"]) if measured else set()
    then = small_then(artefacts.get("sizes", NOT_RUN), segments, fmt) if measured else set()
    return few | then | few_rates(segments, fmt) | untold_contacts(artefacts.get("audiences", NOT_RUN), fmt)


def _table(name: str, table, fmt: Format, quiet: set[str], gone: set[str]):
    if isinstance(table, NotMeasured):
        return _absent(table)
    contract = ARTEFACTS[name]
    columns = [c.name for c in contract.columns if c.name in table]
    records = without_contacts(suppress(table[columns], name, fmt, gone), name, quiet)
    records = [uncounted(r, gone) for r in records] if name == "grid" else records
    return [without_few_voices(r, fmt) for r in records] if name == "strategies" else records


def _ledger(records, collected, everyone: int, fmt: Format):
    """The ledger of rows without what would tell of few people."""
    if not isinstance(records, list) or not records:
        return records
    protection = collected["protection"] if isinstance(collected, dict) else {}
    out = hidden_reasons(pd.DataFrame(records), protection, fmt.smallest)
    return [r | (dict.fromkeys(("rows", "customers", "amount")) | {"suppressed": True} if hide else
                 {"customers": _known_in(r["customers"], everyone, fmt)})
            for r, hide in zip(records, out, strict=True)]


def _known_in(customers, everyone: int, fmt: Format) -> int | None:
    """How many customers rows belong to, as it may be told: not few, nor all but few of those who may be analysed."""
    return None if pd.isna(customers) or fmt.is_few(customers) else nearly_all(int(customers), everyone, fmt.smallest)


def _document(name: str, document, fmt: Format) -> dict:
    if isinstance(document, NotMeasured):
        return _absent(document)
    kept = {k: document[k] for k in ARTEFACTS[name].keys if k not in DOCUMENTS[name]}
    if name == "structure_choice":
        kept |= {key: value for key in ("n", "m") for value in searched(document, fmt, key)[1].values()}
    counted = COUNTED_IN.get(name)
    if counted and kept[counted]:
        kept[counted] = suppress(pd.DataFrame(kept[counted]), name, fmt)
    return without_few(kept, fmt)


def _rfm_groups(rfm, fmt: Format):
    if isinstance(rfm, NotMeasured):
        return _absent(rfm)
    n = rfm["group"].value_counts().sort_index()
    low, high = wilson(n.to_numpy(), len(rfm))
    counts = pd.DataFrame({"group": n.index, "n": n.to_numpy(), "share": n.to_numpy() / max(len(rfm), 1),
                           "low": low, "high": high})
    return suppress(published(counts, fmt), "rfm_groups", fmt)


def _data(artefacts: dict, facts: Facts) -> dict:
    """Period, customers and rows; from step 2 where it ran, else from the facts."""
    collected, ledger = artefacts.get("collected"), artefacts.get("ledger")
    data = {"period": facts.period, "n_customers": facts.n_customers, "rows_used": facts.rows_used,
            "rows_dropped": facts.rows_dropped}
    if isinstance(collected, dict):
        data |= {"period": collected["period"], "n_customers": facts.fmt.published(collected["n_customers"])}
        data["protection"] = _protection(collected["protection"], facts.fmt)
    if isinstance(ledger, pd.DataFrame):
        rows = ledger.groupby("state")["rows"].sum()
        data |= {"rows_in": rows.get("in", 0), "rows_used": rows[rows.index.isin(USED)].sum(),
                 "rows_dropped": rows[rows.index.isin(DROPPED)].sum()}
    return data | {"period": [day for day in data["period"] or [] if day is not None]}


def _protection(left: dict[str, int], fmt: Format) -> dict[str, int]:
    """Customers who left, by reason; few of them are not told apart, nor counted."""
    told, rest = told_apart(left, fmt.smallest)
    every = told | ({OTHERS: rest} if rest >= fmt.smallest else {})
    return {**dict.fromkeys((k for k, n in left.items() if not n), 0), **{k: fmt.rounded(n) for k, n in every.items()}}


def _lead(artefacts: dict) -> dict:
    """Which segmentation leads, by which rule, its claim level and its number of segments."""
    model, segments = artefacts.get("model"), artefacts.get("segments")
    lead = {key: model[key] for key in ("lead", "lead_rule")} if isinstance(model, dict) else {}
    if isinstance(segments, pd.DataFrame) and len(segments):
        weakest = min(segments["claim"], key=LEVELS.index)
        lead |= {"claim": (model or {}).get("claim") or weakest, "k": len(segments)}
    return lead


def _change(artefacts: dict, fmt: Format) -> dict:
    """How many customers are in another segment than at the earlier date, and how many chance alone would move; empty
    when not measured, or when few moved or few stayed."""
    moves, advice = artefacts.get("migration"), artefacts.get("advice")
    if not isinstance(moves, pd.DataFrame) or not isinstance(advice, dict):
        return {}
    known = moves[moves["before"] != "New"]
    n, moved = int(known["n"].sum()), int(known.loc[known["direction"].isin(["up", "down"]), "n"].sum())
    if not n or fmt.is_few(moved) or fmt.is_few(n - moved):
        return {}
    low, high = wilson(moved, n)
    noise = chance_of(moves)
    return {"since": advice["earlier_as_of"], "n": n, "moved": moved, "share": moved / n, "low": low, "high": high,
            **({} if math.isnan(noise) else {"noise": noise})}
