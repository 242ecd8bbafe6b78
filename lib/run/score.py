"""`segments score ID TABLE --to PLACE`: the saved model of a product applied to a table of customers' features.

The exported SQL runs where the table is; keys, segments and the version of the model come out, in batches. What is
written is customer level: it has a last day, and an entry in the register. Who was erased, or may not be analysed, is
taken out before.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from lib import sources
from lib.collect.erased import mark, pseudonyms_of
from lib.contracts import Blocked, ContractError, NotMeasured, Refused, UserError
from lib.contracts.counts import number_of
from lib.contracts.labels import OUTSIDE
from lib.contracts.model_document import Model, fault
from lib.paths import REPORTS, WORK
from lib.report.protect import Sum, protect
from lib.run.lock import product_lock
from lib.run.outcome import REFUSED, Stopped
from lib.run.register import Score, read_register, register_file, write_register
from lib.segments.model import column_kinds
from lib.segments.sql import STANDARD, translated
from lib.settings import nearest, relative
from lib.sources.declared import pseudonym_key
from lib.sources.erased import erased_marks
from lib.sources.handed import Handed, opened, refuse_existing, write
from lib.store import Store, manifest_of, sha256, to_json

KEY = "customer_key"
NOBODY = "(in no segment)"
BATCH = 100_000


@dataclass(frozen=True)
class Scored:
    """What was applied to what, and what came of it. `n` of a segment of few customers is None, and what would tell it.
    """

    product: str
    model: str
    lead: str
    table: str
    written_to: str
    expires_on: str
    rows: int
    left_out: int | None
    segments: tuple[dict, ...]
    dry_run: bool

    def as_dict(self) -> dict:
        return asdict(self)

    def text(self) -> str:
        """One screen for a person."""
        verb = "would be written" if self.dry_run else "written"
        lines = [f"{self.product}: {number_of(self.rows, 'customer')} of {self.table} placed by the model {self.model}"]
        lines += [f"  {s['name']}: {'few' if s['n'] is None else format(s['n'], ',')}" for s in self.segments]
        out = "few" if self.left_out is None else f"{self.left_out:,}"
        lines += [f"  left out, because they were erased or may not be analysed: {out}"] if self.left_out != 0 else []
        lines += [f"{verb} to {self.written_to}: customer level, personal data; to be deleted after "
                  f"{self.expires_on or 'a day that is not decided (data_protection.retention_days)'}"]
        return "\n".join(lines)


@dataclass(frozen=True)
class Applied:
    """A saved model, ready to be applied: its document, the SQL exported with it, its version and its last day."""

    document: dict
    sql: str
    version: str
    store: Store

    @property
    def expires_on(self) -> str:
        days = self.store.retention_days
        return (self.store.as_of + dt.timedelta(days=days)).isoformat() if days else ""


def score(settings, table: Handed, to: Handed, *, key: str = KEY, as_of: str = "", replace: bool = False,
          dry: bool = False, today: dt.date | None = None) -> Scored:
    """Apply the model of a product. Raises UserError, Blocked, and Stopped while a run of the product goes on."""
    table.checked(), to.checked()
    if not to.is_url and to.path.is_relative_to(REPORTS):
        raise UserError("reports/ holds aggregates only, and this is customer level", where=f"--to: {to.shown}",
                        fix="another folder")
    with product_lock(settings.id):
        applied = saved_model(settings, as_of)
        refuse_existing(to, replace=replace)
        backend, rows = opened(table)
        asked = asked_of(rows, column_kinds(applied.document), key, f"{table.option}: {table.shown}")
        out = left_out(settings, applied.store, asked)
        counts: dict[str, int] = {}
        batches = placed(backend, asked.filter(~asked[KEY].isin(out)) if out else asked, applied, key, counts)
        if dry:
            for _ in batches:
                pass
        else:
            write(to, batches, schema_of(key), replace=replace)
        done = told(settings, applied, table, to, counts, len(out), dry)
        if not dry:
            record(settings, applied, done, to, today or dt.date.today())
    return done


def saved_model(settings, as_of: str) -> Applied:
    """The model of that as-of date (default: the newest). Raises UserError, Blocked or Stopped (a no-go)."""
    days = sorted(p.parent.name for p in (WORK / settings.id).glob("*/model.json"))
    day = str(settings.as_of) if as_of else days[-1] if days else ""
    if day not in days:
        listed = ", ".join(days) or "there is none"
        raise UserError(f"{settings.id} has no model{f' of {day}' if day else ''}", where=f"data/work/{settings.id}",
                        fix=f"models: {listed}; make one: segments run {settings.id}")
    store = Store(settings.id, dt.date.fromisoformat(day), WORK, WORK, settings.data_protection.retention_days)
    path = store.folder / "model.json"
    try:
        store.require_go()
        document, exported = store.load("model"), store.load("segments_sql")
    except Refused as refused:
        raise Stopped(REFUSED, "Refused", str(refused), "; ".join(refused.needed)) from None
    except (ContractError, OSError, ValueError) as error:
        why = str(error) if isinstance(error, ContractError) else "one of its files cannot be read"
        raise UserError(f"the model is damaged: {why}", where=relative(path),
                        fix=f"segments run {settings.id}") from None
    if isinstance(document, NotMeasured):
        raise UserError(f"no customers were divided at {day}: {document.reason}", where=relative(path))
    _refuse_foreign(settings, document, path)
    return Applied(document, exported, f"{day}-{sha256(path)[:8]}", store)


def _refuse_foreign(settings, document: dict, path: Path) -> None:
    if said := fault(document):
        raise UserError(f"this is no model that this version knows: {said}", where=relative(path),
                        fix=f"segments run {settings.id}")
    product = Model.model_validate(document).product
    if product != settings.id or json.loads(manifest_of(path).read_text(encoding="utf-8"))["product"] != settings.id:
        raise UserError(f"this model was made for {product or 'another product'!r}, not for {settings.id!r}",
                        where=relative(path), fix=f"segments run {settings.id}")
    if document["draft"] or settings.is_draft:
        open_now = "; ".join(d.key for d in settings.undecided) or "decided since"
        raise Blocked("the model is a draft: the product file waits for decisions, so nobody is placed by it",
                      where=f"products/{settings.id}.yml: {open_now}",
                      fix=f"decide, then: segments run {settings.id}")


def asked_of(rows: ibis.Table, kinds: dict[str, str], key: str, where: str) -> ibis.Table:
    """The key and the model's columns, in the types that its SQL needs. Raises UserError naming what does not fit."""
    wanted = {key: "text", **kinds}
    missing = [c for c in wanted if c not in rows.columns]
    if missing:
        named = ", ".join(f"{c!r}{nearest(c, rows.columns)}" for c in missing[:5])
        raise UserError(f"not in the table: {number_of(len(missing), 'column')} that the model needs: {named}",
                        where=where, fix="columns as the artefact `features` has them" + (
                            "; --key names the column of ids" if key in missing else ""))
    typed = {KEY: rows[key].cast("string"), **{c: _as(rows[c], kind) for c, kind in kinds.items()}}
    wrong = [f"{c!r} holds {rows[c].type()}, not a {kinds[c]}" for c, v in typed.items() if v is None]
    if wrong:
        raise UserError(f"columns of another type: {'; '.join(wrong[:5])}", where=where, fix="cast them in a view")
    _refuse_values(rows, kinds, key, where)
    return rows.select(**typed)


def _as(column, kind: str):
    """The column as a number, a text or a truth value; None where its type is another."""
    own = column.type()
    if kind == "number":
        return column.cast("float64") if own.is_numeric() else column.try_cast("float64") if own.is_string() else None
    if kind == "text":
        return column if own.is_string() else None
    return column if own.is_boolean() else column.try_cast("boolean") if own.is_string() else None


def _refuse_values(rows: ibis.Table, kinds: dict[str, str], key: str, where: str) -> None:
    """Raises UserError for texts that are no numbers, and for keys that are missing or occur twice."""
    texts = [c for c, kind in kinds.items() if kind != "text" and rows[c].type().is_string()]
    odd = {f"odd{i}": (rows[c].notnull() & _as(rows[c], kinds[c]).isnull()).sum() for i, c in enumerate(texts)}
    found = rows.aggregate(n=rows.count(), known=rows[key].count(), keys=rows[key].nunique(), **odd).to_pyarrow()
    (counts,) = found.to_pylist()
    wrong = [f"{c!r} in {number_of(counts[f'odd{i}'], 'row')}" for i, c in enumerate(texts) if counts[f"odd{i}"]]
    if wrong:
        raise UserError(f"values that are no {kinds[texts[0]]}: {'; '.join(wrong[:5])}", where=where,
                        fix="a decimal point, no thousands sign, nothing for what is missing")
    if not counts["n"]:
        raise UserError("the table holds no rows", where=where)
    without, again = counts["n"] - counts["known"], counts["known"] - counts["keys"]
    if without or again:
        raise UserError(f"{number_of(without, 'row')} without a key, {again:,} whose key occurred before",
                        where=f"{where}, column {key!r}", fix="one row per customer; --key names the column of ids")


def left_out(settings, store: Store, asked: ibis.Table) -> list[str]:
    """Keys of the table that belong to people who were erased, or who may not be analysed; pseudonyms or raw ids."""
    barred = set(store.load("barred")["customer_key"]) if store.has("barred") else set()
    if not barred and not sources.erased_list(settings.id)["marks"]:
        return []
    key = pseudonym_key(settings.id, settings.public_data)
    marks = erased_marks(settings.id, sources.rules(settings).key_id)
    found = []
    for batch in asked.select(KEY).to_pyarrow_batches(chunk_size=BATCH):
        for one in batch.column(0).to_pylist():
            theirs = [one, *pseudonyms_of(one, "customer", key)]
            if any(k in barred or mark(k, key) in marks for k in theirs):
                found.append(one)
    return found


def schema_of(key: str) -> pa.Schema:
    """Columns of the result."""
    return pa.schema([(key, pa.string()), ("segment", pa.string()), ("segment_name", pa.string()),
                      ("probability", pa.float64()), ("ambiguous", pa.bool_()), ("model", pa.string()),
                      ("expires_on", pa.string())])


def placed(backend, asked: ibis.Table, applied: Applied, key: str, counts: dict[str, int]) -> Iterator[pa.RecordBatch]:
    """Batches of the result, computed by the exported SQL in the engine of the table; counts them by segment."""
    exported = translated(applied.sql, backend.name if backend.name == STANDARD else backend.dialect)
    result = backend.sql(f"WITH features AS ({backend.compile(asked)})\nSELECT * FROM (\n{exported}\n) AS assigned")
    names = {s["segment"]: s["name"] for s in applied.document["segments"]} | {OUTSIDE: NOBODY}
    for batch in result.to_pyarrow_batches(chunk_size=BATCH):
        segment = batch["segment"].cast(pa.string())
        for one in pc.value_counts(segment).to_pylist():
            counts[one["values"]] = counts.get(one["values"], 0) + one["counts"]
        named = pc.take(pa.array(names.values()), pc.index_in(segment, pa.array(names)))
        same = (pa.repeat(value, len(batch)) for value in (applied.version, applied.expires_on))
        yield pa.RecordBatch.from_arrays([
            batch[KEY].cast(pa.string()), segment, named, batch["probability"].cast(pa.float64()), batch["ambiguous"],
            *same], schema=schema_of(key))
    backend.disconnect()  # a database in one file may be the one that is written to


def told(settings, applied: Applied, table: Handed, to: Handed, counts: dict[str, int], out: int, dry: bool) -> Scored:
    """What may be said of it: segments of few customers are not counted, nor what would tell them."""
    smallest = settings.data_protection.smallest_cell
    listed = [*((s["segment"], s["name"]) for s in applied.document["segments"]), (OUTSIDE, NOBODY)]
    n = [counts.get(segment, 0) for segment, _ in listed]
    few = protect(n, [Sum(tuple(range(len(n))))], smallest)
    segments = tuple({"segment": segment, "name": name, "n": None if hide else int(count)}
                     for (segment, name), count, hide in zip(listed, n, few, strict=True))
    return Scored(settings.id, applied.version, applied.document["lead"], table.shown, to.shown, applied.expires_on,
                  sum(n), None if 0 < out < smallest else out, segments, dry)


def record(settings, applied: Applied, done: Scored, to: Handed, today: dt.date) -> None:
    """A manifest beside a file, and the entry in the register."""
    if not to.is_url:
        manifest = {"name": to.path.name, "product": settings.id, "as_of": applied.store.as_of.isoformat(),
                    "rows": done.rows, "written_by": "segments score", "expires_on": done.expires_on,
                    "model": done.model, "sha256": sha256(to.path)}
        manifest_of(to.path).write_text(to_json(manifest), encoding="utf-8")
    register = read_register(settings)
    register.scores.append(Score(on=today, model=done.model, table=done.table, written_to=done.written_to,
                                 rows=done.rows, expires_on=done.expires_on or None))
    write_register(register, register_file(settings.id))
