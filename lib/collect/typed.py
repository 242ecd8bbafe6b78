"""One source, typed by its contract: every mapped column a value, every row with its first fault and its first repair.

The result holds file, line, digest, the typed columns, the pseudonyms instead of ids, `fault` and `repair`. Columns
that the product itself named (attributes, survey items) are prefixed with OWN: an attribute may be called `state`.
"""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from lib.collect import cells, reasons as why
from lib.collect.amounts import is_computed, line_amount
from lib.collect.currency import converted
from lib.collect.pseudonyms import joined, mapping
from lib.collect.scales import codes_for
from lib.collect.screens import OWN
from lib.contracts import INPUTS, UserError
from lib.contracts.raw import RawTable, Rules, SourceRules

IDS = {"customer_id": "customer", "order_id": "order", "session_id": "session", "user_id": "user",
       "transaction_id": "transaction"}
MONEY = "product currency"  # unit of the input contracts that becomes minor units
RANGES = {"nps": (0, 10), "seconds": (0, 30 * 86_400), "margin_rate": (0, 1), "age": (0, 120)}
VALUE = "__value"  # suffix of typed columns while their text still stands beside them
OLDEST = 120  # years
FAULTS = {"date": "not a date as declared", "time": "not a date as declared", "money": "not an amount as declared",
          "float": "not a number as declared", "int": "not a whole number", "bool": "neither yes nor no"}


def typed_source(name: str, raw: RawTable, rules: Rules, customers: pa.Table) -> ir.Table:
    """The typed table of a source; `customers` maps raw customer ids to pseudonyms."""
    source = rules.sources.get(name, SourceRules())
    kinds = column_kinds(name, raw, source)
    texts = raw.table.select("_file", "_line", "_digest", **{
        c: (cells.as_written if c in IDS else cells.cleaned)(raw.table[c], _nulls(name, c, source))
        for c in raw.columns}).cache()
    values = texts.mutate(**{f"{c}{VALUE}": _value(k, texts[c], c in raw.native, as_written(raw, c, source), rules)
                             for c, k in kinds.items() if k in FAULTS}).cache()
    if raw.rates:
        values = _in_one_currency(values, raw, source, rules)
    required = {c.name for c in INPUTS[name].columns if c.required}
    faults = [f for c, k in kinds.items() if k in FAULTS for f in _faults(c, k, values, rules)]
    faults += [(values[c].isnull(), f"{c}: missing") for c in kinds if c in required]
    repairs = [r for c, k in kinds.items() for r in _repairs(
        c, k, values[c], c in raw.native, as_written(raw, c, source), rules)]
    repairs = [(values.is_converted, why.CONVERTED), *repairs] if raw.rates else repairs
    known = {c.name for c in INPUTS[name].columns}
    names = {c: c if c in known else OWN + c for c in kinds}
    typed = {names[c]: values[f"{c}{VALUE}" if k in FAULTS else c] for c, k in kinds.items()}
    if raw.rates:
        typed["is_rated"] = values.is_rated
    if name == "transactions" and is_computed(kinds):
        typed["amount"] = line_amount(values["quantity"], values["price"], rules.minor_digits, *(
            _written(c in raw.native, as_written(raw, c, source)) for c in ("quantity", "price")))
    table = values.select(file="_file", line="_line", digest="_digest", **typed, fault=_first(faults),
                          repair=_first(repairs)).cache()
    return _with_pseudonyms(table, rules.key, customers).cache()


def column_kinds(name: str, raw: RawTable, source: SourceRules) -> dict[str, str]:
    """Type of each mapped column: by contract, by declaration, else number where every value is one."""
    known = {c.name: "money" if c.unit == MONEY else c.dtype for c in INPUTS[name].columns}
    open_columns = [c for c in raw.columns if c not in known]
    inferred = _inferred([c for c in open_columns if c not in source.types], name, raw, source)
    return {c: known.get(c) or source.types.get(c) or inferred[c] for c in raw.columns}


def as_written(raw: RawTable, column: str, source: SourceRules) -> SourceRules:
    """The rules of a source as they hold for a column: what the reader found where nothing was declared."""
    return replace(source, **raw.written.get(column, {}))


def rules_checked(name: str, kinds: dict[str, str]) -> list[str]:
    """The typing rules that a source was held to, as its faults would name them."""
    required = {c.name for c in INPUTS[name].columns if c.required}
    return ([f"{c}: {FAULTS[k]}" for c, k in kinds.items() if k in FAULTS]
            + [f"{c}: missing" for c in kinds if c in required])


def _inferred(columns: list[str], name: str, raw: RawTable, source: SourceRules) -> dict[str, str]:
    if not columns:
        return {}
    texts = {c: cells.cleaned(raw.table[c], _nulls(name, c, source)) for c in columns}
    point = {c: "." if c in raw.native else as_written(raw, c, source).decimal for c in columns}
    counts = raw.table.aggregate(**{f"n{i}": texts[c].count() for i, c in enumerate(columns)}, **{
        f"k{i}": cells.looks_numeric(texts[c], decimal=point[c]).sum() for i, c in enumerate(columns)})
    found = counts.to_pyarrow().to_pylist()[0]
    return {c: "float" if found[f"n{i}"] and found[f"n{i}"] == found[f"k{i}"] else "text"
            for i, c in enumerate(columns)}


def _nulls(name: str, column: str, source: SourceRules) -> tuple[str, ...]:
    """Missing texts; in surveys also the codes for no answer."""
    return (*source.nulls, *codes_for(column, source)) if name == "survey" else source.nulls


def _value(kind: str, text: ir.StringValue, native: bool, source: SourceRules, rules: Rules) -> ir.Value:
    """One column as its kind; missing where the text is written otherwise than declared."""
    written = _written(native, source)
    if kind in ("date", "time"):
        zones = {"zone": rules.timezone, "source_zone": source.timezone if kind == "time" else ""}  # a day has no zone
        value = cells.typed_moment(text, **zones) if native else cells.moment(text, source.dates, **zones)
        return value.truncate("D") if kind == "date" else value
    if kind == "money":
        return cells.minor_units(text, rules.minor_digits, **written)
    if kind == "float":
        return cells.number(text, **written)
    return cells.integer(text, **written) if kind == "int" else cells.yes_no(text)


def _faults(column: str, kind: str, values: ir.Table, rules: Rules) -> list[tuple]:
    text, value = values[column], values[f"{column}{VALUE}"]
    wrong = text.notnull() & value.isnull()
    if kind in ("date", "time"):
        wrong = wrong | cells.impossible(value)
    faults = [(wrong, f"{column}: {FAULTS[kind]}")]
    if limits := _limits(column, rules):
        faults.append(((value < limits[0]) | (value > limits[1]), f"{column}: out of range"))
    return faults


def _repairs(column: str, kind: str, text, native: bool, source: SourceRules, rules: Rules) -> list[tuple]:
    if kind in ("date", "time") and not native:
        return [(cells.offset_of(text).notnull(), f"{column}: own time offset, converted")]
    if kind == "money":
        rounded = cells.is_rounded(text, rules.minor_digits, **_written(native, source))
        return [(rounded, f"{column}: rounded to the minor unit")]
    return []


def _in_one_currency(values: ir.Table, raw: RawTable, source: SourceRules, rules: Rules) -> ir.Table:
    """The amounts in the product's currency, where the source has rates."""
    exact = cells.exact(values["amount"], **_written("amount" in raw.native, as_written(raw, "amount", source)))
    table = converted(values, exact, values[f"ordered_at{VALUE}"], raw.rates, rules.currency, rules.minor_digits)
    return table.mutate(**{f"amount{VALUE}": table.minor}).drop("minor")


def _written(native: bool, source: SourceRules) -> dict:
    """How numbers are written: as declared, or plainly when the file itself typed them."""
    return {"native": True} if native else {"decimal": source.decimal, "thousands": source.thousands}


def _limits(column: str, rules: Rules) -> tuple[float, float] | None:
    if column == "birth_year":
        return rules.as_of.year - OLDEST, rules.as_of.year
    return RANGES.get(column)


def _first(cases: list[tuple]) -> ir.StringValue:
    """The text of the first condition that holds; missing where none does."""
    known = [(condition.fill_null(False), text) for condition, text in cases]
    return ibis.cases(*known, else_=ibis.null("string")) if known else ibis.null("string")


def _with_pseudonyms(table: ir.Table, key: bytes, customers: pa.Table) -> ir.Table:
    """Ids replaced by pseudonyms (`order_id` by `order_key`); a respelt id is a repair, one of unseen signs is none."""
    found = [c for c in IDS if c in table.columns]
    for column in found:
        ids = customers if column == "customer_id" else mapping([table[column]], IDS[column], key)
        table = joined(table, column, ids, f"{IDS[column]}_key")
    if not found:
        return table
    unseen = [(table[c].notnull() & table[f"{IDS[c]}_key"].isnull(), f"{c}: missing") for c in found]
    return table.mutate(repair=ibis.coalesce(table.repair, table.id_repair),
                        fault=ibis.coalesce(table.fault, _first(unseen))).drop("id_repair", *found)


def refuse_over_limit(name: str, quarantined: int, rows: int, limit: float, worst: str, lines: str) -> None:
    """Raises UserError when more rows are quarantined than the source allows."""
    if quarantined > limit * rows:
        raise UserError(f"{name}: {quarantined} of {rows} rows cannot be used; most often: {worst}",
                        where=f"lines {lines}", fix=f"correct the file or the declaration, or raise "
                                                    f"sources.{name}.quarantine_limit (now {limit:g})")
