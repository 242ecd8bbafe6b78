"""One source, typed by its contract: every mapped column a value, every row with its first fault and its first repair.

The result holds file, line, digest, the typed columns, the pseudonyms instead of ids, `fault` and `repair`. Columns
that the product itself named (attributes, survey items) are prefixed with OWN: an attribute may be called `state`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from lib.collect import cells, dates, moments, reasons as why
from lib.collect.amounts import is_computed, line_amount
from lib.collect.currency import converted
from lib.collect.pseudonyms import joined, keyed_in_engine
from lib.collect.scales import codes_for
from lib.collect.screens import OWN
from lib.contracts import INPUTS
from lib.contracts.raw import RawTable, Rules, SourceRules

IDS = {"customer_id": "customer", "order_id": "order", "session_id": "session", "user_id": "user",
       "transaction_id": "transaction"}
MONEY = "product currency"  # unit of the input contracts that becomes minor units
RANGES = {"nps": (0, 10), "seconds": (0, 30 * 86_400), "margin_rate": (0, 1), "age": (0, 120)}
VALUE = "__value"  # suffix of typed columns while their text still stands beside them
SHOWN, OFFSET = "__shown", "__offset"  # suffixes of moments as their own clock showed them, and of their own offsets
DATES = ("date", "time")
OLDEST = 120  # years
FAULTS = {"date": "not a date as declared", "time": "not a date as declared", "money": "not an amount as declared",
          "float": "not a number as declared", "int": "not a whole number", "bool": "neither yes nor no"}


@dataclass(frozen=True)
class Look:
    """What a source holds before anything is converted: kind of each column, date columns with offsets or 24:00 in
    them, and those with declared texts for none."""

    kinds: dict[str, str]
    offsets: frozenset[str] = frozenset()
    at_24: frozenset[str] = frozenset()
    no_dates: tuple[str, ...] = ()


def look(name: str, raw: RawTable, source: SourceRules) -> Look:
    """One pass over the texts. A column is of the kind that its contract or the product declares, else a number where
    every value is one, else text."""
    known = source.types | {c.name: "money" if c.unit == MONEY else c.dtype for c in INPUTS[name].columns}
    open_columns = [c for c in raw.columns if c not in known]
    dated = [c for c in raw.columns if known.get(c) in DATES]
    found = _counts(raw, {f"{i}_{k}": v for i, c in enumerate([*open_columns, *dated]) for k, v in (
        _number_facts if c in open_columns else _date_facts)(name, c, raw, source).items()})
    numbers = {c for i, c in enumerate(open_columns) if found[f"{i}_n"] and found[f"{i}_n"] == found[f"{i}_number"]}
    kinds = {c: known.get(c) or ("float" if c in numbers else "text") for c in raw.columns}
    of_dates = {c: {k: found.get(f"{i}_{k}") or 0 for k in ("offset", "at_24", "none")}
                for i, c in enumerate(dated, len(open_columns))}
    return Look(kinds, frozenset(c for c in dated if of_dates[c]["offset"]),
                frozenset(c for c in dated if of_dates[c]["at_24"]), tuple(c for c in dated if of_dates[c]["none"]))


def typed_source(name: str, raw: RawTable, rules: Rules, customers: pa.Table, seen: Look
                 ) -> tuple[ir.Table, list[dict]]:
    """The typed table of a source, and rows of the quality table about its dates; `customers` maps raw customer ids to
    pseudonyms. Raises UserError for dates that are written otherwise than declared."""
    source, kinds = rules.sources.get(name, SourceRules()), seen.kinds
    clocks = {c: _clock(c, kinds[c], raw, source, rules, seen) for c in kinds if kinds[c] in DATES}
    texts = {c: (cells.as_written if c in IDS else cells.cleaned)(raw.table[c], _nulls(name, c, source)) for c in kinds}
    shown = {f"{c}{SHOWN}": moments.as_shown(texts[c], clock) for c, clock in clocks.items()} | {
        f"{c}{OFFSET}": moments.offset_of(texts[c]) for c, clock in clocks.items() if clock.offsets}
    parsed = raw.table.select("_file", "_line", "_digest", **texts, **shown, **{
        f"{c}{VALUE}": _value(k, texts[c], _written(c, raw, source), rules)
        for c, k in kinds.items() if k in FAULTS and c not in clocks}).cache()
    dated = dates.looked_at(name, parsed, (SHOWN, OFFSET), clocks, source, rules)
    values = parsed.mutate(**{f"{c}{VALUE}": moments.at_home(
        parsed[c + SHOWN], parsed[c], parsed[c + OFFSET] if clock.offsets else None, clock, dated.skipped.get(c, {}))
        for c, clock in clocks.items()})
    if raw.rates:
        values = _in_one_currency(values, raw, source, rules)
    table = _judged(name, values, raw, kinds, dated, rules)
    notes = dates.no_dates(name, raw.table, seen.no_dates, source.nulls)
    return _with_pseudonyms(table, rules.key, customers).cache(), [*dated.notes, *notes]


def _judged(name: str, values: ir.Table, raw: RawTable, kinds: dict[str, str], dated: dates.Dated, rules: Rules
            ) -> ir.Table:
    """The typed columns under their names, with the first fault and the first repair of each row."""
    source = rules.sources.get(name, SourceRules())
    required = {c.name for c in INPUTS[name].columns if c.required}
    faults, repairs = [], []
    for c, kind in kinds.items():
        faults += _faults(name, c, kind, values, dated, rules)
        repairs += _repairs(name, c, kind, values, raw, dated, rules)
    faults += [(values[c].isnull(), f"{c}: missing") for c in kinds if c in required]
    known = {c.name for c in INPUTS[name].columns}
    typed = {c if c in known else OWN + c: values[f"{c}{VALUE}" if k in FAULTS else c] for c, k in kinds.items()}
    if raw.rates:
        repairs = [(values.is_converted, why.CONVERTED), *repairs]
        typed["is_rated"] = values.is_rated
    if name == "transactions" and is_computed(kinds):
        typed["amount"] = line_amount(values["quantity"], values["price"], rules.minor_digits, *(
            _written(c, raw, source) for c in ("quantity", "price")))
    return values.select(file="_file", line="_line", digest="_digest", **typed, fault=_first(faults),
                         repair=_first(repairs))


def as_written(raw: RawTable, column: str, source: SourceRules) -> SourceRules:
    """The rules of a source as they hold for a column: what the reader found where nothing was declared."""
    return replace(source, **raw.written.get(column, {}))


def rules_checked(name: str, kinds: dict[str, str]) -> list[str]:
    """The typing rules that a source was held to, as its faults would name them."""
    required = {c.name for c in INPUTS[name].columns if c.required}
    return ([f"{c}: {FAULTS[k]}" for c, k in kinds.items() if k in FAULTS]
            + [f"{c}: missing" for c in kinds if c in required])


def _counts(raw: RawTable, measures: dict) -> dict:
    return raw.table.aggregate(**measures).to_pyarrow().to_pylist()[0] if measures else {}


def _number_facts(name: str, column: str, raw: RawTable, source: SourceRules) -> dict:
    text = cells.cleaned(raw.table[column], _nulls(name, column, source))
    point = "." if column in raw.native else as_written(raw, column, source).decimal
    return {"n": text.count(), "number": cells.looks_numeric(text, decimal=point).sum()}


def _date_facts(name: str, column: str, raw: RawTable, source: SourceRules) -> dict:
    text, none = raw.table[column].strip(), dates.words(source.nulls)
    facts = {} if column in raw.native else {"offset": text.re_search(moments.OFFSET).sum(),
                                             "at_24": text.re_search(moments.MIDNIGHT_24).sum()}
    return facts | ({"none": text.isin(none).sum()} if none else {"none": ibis.literal(0)})


def _clock(column: str, kind: str, raw: RawTable, source: SourceRules, rules: Rules, seen: Look) -> moments.Clock:
    """How the moments of a column are written; a day has no zone."""
    written = as_written(raw, column, source)
    return moments.Clock(written.dates, rules.timezone, (source.timezone if kind == "time" else "") or rules.timezone,
                         native=column in raw.native, is_day=kind == "date", next_day=source.times_24,
                         offsets=column in seen.offsets, at_24=column in seen.at_24)


def _nulls(name: str, column: str, source: SourceRules) -> tuple[str, ...]:
    """Missing texts; in surveys also the codes for no answer."""
    return (*source.nulls, *codes_for(column, source)) if name == "survey" else source.nulls


def _value(kind: str, text: ir.StringValue, written: dict, rules: Rules) -> ir.Value:
    """One column as its kind; missing where the text is written otherwise than declared."""
    if kind == "money":
        return cells.minor_units(text, rules.minor_digits, **written)
    if kind == "float":
        return cells.number(text, **written)
    return cells.integer(text, **written) if kind == "int" else cells.yes_no(text)


def _faults(name: str, column: str, kind: str, values: ir.Table, dated: dates.Dated, rules: Rules) -> list[tuple]:
    if kind not in FAULTS:
        return []
    if kind in DATES:
        found = dates.faults(name, column, values, values[column + SHOWN], dated.clocks[column], rules)
        return [(c & _grants(values), words) for c, words in found] if name == "consent" else found
    text, value = values[column], values[f"{column}{VALUE}"]
    faults = [(text.notnull() & value.isnull(), f"{column}: {FAULTS[kind]}")]
    if limits := _limits(column, rules):
        faults.append(((value < limits[0]) | (value > limits[1]), f"{column}: out of range"))
    return faults


def _repairs(name: str, column: str, kind: str, values: ir.Table, raw: RawTable, dated: dates.Dated, rules: Rules
             ) -> list[tuple]:
    if kind in DATES:
        offset = values[column + OFFSET] if dated.clocks[column].offsets else None
        found = dates.repairs(column, values, values[column + SHOWN], offset, dated)
        if name == "consent":
            bad = dates.faults(name, column, values, values[column + SHOWN], dated.clocks[column], rules)
            found += [(c & ~_grants(values), f"{column}: {why.STILL_REFUSED}") for c, _ in bad]
        return found
    if kind == "money":
        source = rules.sources.get(name, SourceRules())
        rounded = cells.is_rounded(values[column], rules.minor_digits, **_written(column, raw, source))
        return [(rounded, f"{column}: rounded to the minor unit")]
    return []


def _grants(values: ir.Table) -> ir.BooleanValue:
    """Whether a record of consent allows something: one that refuses counts even where its date cannot be read."""
    return (values.status.strip().lower() == "granted").fill_null(False)


def _in_one_currency(values: ir.Table, raw: RawTable, source: SourceRules, rules: Rules) -> ir.Table:
    """The amounts in the product's currency, where the source has rates."""
    exact = cells.exact(values["amount"], **_written("amount", raw, source))
    table = converted(values, exact, values[f"ordered_at{VALUE}"], raw.rates, rules.currency, rules.minor_digits)
    return table.mutate(**{f"amount{VALUE}": table.minor}).drop("minor")


def _written(column: str, raw: RawTable, source: SourceRules) -> dict:
    """How numbers are written: as declared or found, or plainly when the file itself typed them."""
    written = as_written(raw, column, source)
    return {"native": True} if column in raw.native else {"decimal": written.decimal, "thousands": written.thousands}


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
        kind = IDS[column]
        table = (joined(table, column, customers, f"{kind}_key") if column == "customer_id"
                 else keyed_in_engine(table, column, kind, key))
    if not found:
        return table
    unseen = [(table[c].notnull() & table[f"{IDS[c]}_key"].isnull(), f"{c}: missing") for c in found]
    return table.mutate(repair=ibis.coalesce(table.repair, table.id_repair),
                        fault=ibis.coalesce(table.fault, _first(unseen))).drop("id_repair", *found)
