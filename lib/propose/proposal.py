"""The whole proposal: files get roles, roles get columns, columns say how they are written and what the product is."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
from babel.numbers import get_currency_precision

from lib.contracts import INPUTS
from lib.contracts.counts import number_of
from lib.propose import business, calendar, money, sold
from lib.propose.attributes import Attributes, attributes, survey_items
from lib.propose.joins import with_customers
from lib.propose.lacks import in_words, lacks, why_left
from lib.propose.looked import Looked, columns_of
from lib.propose.profiles import profiles
from lib.propose.roles import Role, Table, mapped, roles
from lib.propose.said import Proposal, Said, SourceProposal
from lib.propose.shapes import Shape, shape
from lib.propose.written import written

LEAST_FIT = 0.4  # how well a file must fit a role [ours]
LEAST_KNOWN = 0.98  # share of active customers that a complete table of customers knows [ours]
MAIN = {"transactions": "ordered_at", "events": "occurred_at", "survey": "answered_at"}
BLANK = {
    "owner": "who answers for the processing",
    "purpose": "what the segmentation is for",
    "lawful_basis": "consent, contract, legitimate interests, legal obligation or public data",
    "retention_days": "after how many days rows leave; until then nothing expires",
}


def propose(
    found: list[Looked], product_id: str, *, changed: dt.date | None = None
) -> Proposal | list[tuple[str, str]]:
    """A proposal for the files, or, where none holds activity or answers, what each file was taken for: (file, why).

    ``changed`` is the day on which the newest file was last changed; it stands in where no date is in the data.
    """
    tables = with_customers([Table(f, [shape(c) for c in columns_of(f)]) for f in found])
    chosen, unused = _chosen(tables)
    if not set(chosen) & set(MAIN):
        return [(t.file, chosen_as(t, chosen)) for t in tables]
    return _Draft(tables, chosen, product_id, changed).proposal(unused)


def chosen_as(table: Table, chosen: dict[str, tuple[Table, Role]]) -> str:
    """What a file was taken for, in words."""
    taken = next((f"{name} ({role.why})" for name, (t, role) in chosen.items() if t is table), "")
    return lacks(table) if in_words(table) or not taken else taken


def _chosen(tables: list[Table]) -> tuple[dict[str, tuple[Table, Role]], list[tuple[str, str]]]:
    """The best file for each role and the best role for each file; and the files that found none."""
    pairs = sorted(
        ((r.fit, t.rows, i, t, r) for i, t in enumerate(tables) for r in roles(t) if r.fit >= LEAST_FIT),
        key=lambda p: (-p[0], -p[1], p[2]),
    )
    chosen: dict[str, tuple[Table, Role]] = {}
    for _, _, _, table, role in pairs:
        if role.source not in chosen and all(t is not table for t, _ in chosen.values()):
            chosen[role.source] = (table, role)
    unused = [(t.file, _why_unused(t, chosen)) for t in tables if all(t is not c for c, _ in chosen.values())]
    return chosen, unused


def _why_unused(table: Table, chosen: dict[str, tuple[Table, Role]]) -> str:
    twin = next((t for t, _ in chosen.values() if t.looked.headers == table.looked.headers), None)
    if twin:
        return f"has the columns of {twin.file}: put both into one folder, and give the folder as `path`"
    best = next(iter(roles(table)), None)
    if best and best.source in chosen:
        return f"could be {best.source} too, but {chosen[best.source][0].file} fits better"
    return lacks(table)


class _Draft:
    """The proposal in the making: tables in their roles, their columns, and what follows from them."""

    def __init__(
        self, tables: list[Table], chosen: dict[str, tuple[Table, Role]], product_id: str, changed: dt.date | None
    ):
        self.tables, self.chosen, self.id, self.changed = tables, chosen, product_id, changed
        self.used = [t for t, _ in chosen.values()]
        self.columns = {name: self._columns(name, role) for name, (_, role) in chosen.items()}
        self.items, self.item_settings = self._items()
        self._respondents()
        self.attributes = self._attributes()
        self.written = {name: written(self.chosen[name][0], name, self.columns[name]) for name in self.chosen}
        self.spans = [s for name in MAIN if name in self.chosen for s in [self._span(name)] if s]
        self.people = self._people()

    def proposal(self, unused: list[tuple[str, str]]) -> Proposal:
        sources = [self._source(name) for name in INPUTS if name in self.chosen]
        measure = "active_days" if "events" in self.chosen and "transactions" not in self.chosen else "n_occasions"
        top = self._top()
        drafts = profiles(self.attributes, self.people, measure, self._spend(top))
        use = business.engagement(self.columns)
        return Proposal(top, sources, drafts, self._bases(), use, self._protection(), unused)

    def _protection(self) -> dict[str, Said]:
        """What the ids of the customers ask for: addresses are refused as ids unless that is declared."""
        known_by = sorted({t.who.header for t in self.used if t.who and t.who.personal})
        if not known_by:
            return {}
        why = (f"no column but {', '.join(known_by)} says who, and it holds e-mail addresses: pseudonyms replace them "
               "as they are read; export an id of your own instead, if there is one")
        return {"ids_are_contacts": Said(True, why, "guess")}

    def _columns(self, name: str, role: Role) -> dict[str, Shape]:
        """The role's column map without what would mislead: a kind that names no refund and nothing unsold."""
        columns = dict(role.columns)
        kind = columns.get("kind") if name == "transactions" else None
        if kind and not sold.kind_of(kind):
            columns.pop("kind")
        return columns

    def _items(self) -> tuple[dict[str, Shape], dict[str, Said]]:
        if "survey" not in self.chosen:
            return {}, {}
        return survey_items(self.chosen["survey"][0], self.columns["survey"])

    def _respondents(self) -> None:
        """A survey with one row a person may be the table of customers too, where there is no other activity."""
        if "survey" not in self.chosen or set(self.chosen) & {"customers", "transactions", "events"}:
            return
        table = self.chosen["survey"][0]
        if table.who and table.who.column.unique:
            columns = {n: s for n, s in mapped("customers", table).items() if n in ("customer_id", "age", "birth_year")}
            self.chosen["customers"] = (
                table,
                Role("customers", 1.0, "the answers about the respondents themselves", columns),
            )
            self.columns["customers"] = columns

    def _attributes(self) -> Attributes | None:
        if "customers" not in self.chosen:
            return None
        table = self.chosen["customers"][0]
        known = {**self.columns["customers"]}
        if "survey" in self.chosen and self.chosen["survey"][0] is table:
            known |= self.items | self.columns["survey"]
        return attributes(table, known)

    def _span(self, name: str) -> calendar.Span | None:
        column = self.columns[name].get(MAIN[name])
        pattern = self._pattern(name)
        return calendar.span(self.chosen[name][0], name, column, pattern) if column and pattern else None

    def _pattern(self, name: str) -> str:
        """The format of the main date of a source; empty while it is undecided."""
        declared, column = self.written[name].get("dates", Said("%Y-%m-%d")).value, self.columns[name].get(MAIN[name])
        return column.dates.formats[0] if column and declared == "auto" else declared

    def _people(self) -> pd.DataFrame | None:
        name = next((s.source for s in self.spans if s.source != "survey"), None)
        if not name:
            return None
        return calendar.customer_days(self.chosen[name][0], self.columns[name][MAIN[name]], self._pattern(name))

    def _top(self) -> dict[str, Said]:
        code = money.currency(self.used, self.columns)
        billing = business.billing(self.used, self.people, "transactions" in self.chosen)
        return {
            "id": Said(self.id),
            "name": Said(self.id.replace("_", " ").replace("-", " ").title(), "the name that readers see", "guess"),
            "business": business.business(self.used),
            "stage": business.stage(self.spans, self.people),
            "billing": billing,
            "currency": code,
            "timezone": money.timezone(self.used, code.value),
            "as_of": self._as_of(),
            "why_now": Said("", "launching a product, tailoring campaigns, or another reason", "decide"),
            "critical_event": business.critical_event(self.columns, billing.value),
        }

    def _spend(self, top: dict[str, Said]) -> tuple[int, int] | None:
        """What subscribers pay, in minor units: how often they pay says nothing."""
        columns = self.columns.get("transactions", {})
        if top["billing"].value != "subscription" or "amount" not in columns:
            return None
        table, written = self.chosen["transactions"][0], self.written["transactions"]
        signs = [written.get(k, Said(v)).value for k, v in (("decimal", "."), ("thousands", ""))]
        unit = 10 ** get_currency_precision(top["currency"].value)
        return tuple(round(v * unit) for v in money.typical_spend(table, columns["amount"], *signs))

    def _as_of(self) -> Said:
        active = [s for s in self.spans if s.source != "survey"]
        undecided = [n for n in MAIN if n in self.written and self.written[n].get("dates", Said("x")).value == ""]
        if undecided:
            return Said(
                "", f"the last day that counts, YYYY-MM-DD; it depends on the dates of {', '.join(undecided)}", "decide"
            )
        if active or self.spans:
            return calendar.as_of(active or self.spans)
        if self.changed:
            return Said(
                self.changed, "no date is in the data; this is the day on which the newest file was changed", "guess"
            )
        return calendar.as_of([])

    def _source(self, name: str) -> SourceProposal:
        table, role = self.chosen[name]
        columns = {n: Said(s.header, self._evidence(n, s, table)) for n, s in self.columns[name].items()}
        settings, hints = dict(self.written[name]), []
        if name == "transactions":
            settings |= sold.sales(table, self.columns[name])
            hints += _service_hint(money.service_lines(table, self.columns[name]), self.columns[name])
            if "amount" not in columns and {"price", "quantity"} <= set(columns):
                hints.append("there is no column of amounts: the amount of a line is quantity x price")
        hints += [
            f"{s.header}: signs of money or brackets stand around its numbers, which are not taken off: export plain "
            "numbers (24.99, and -24.99 for what is paid back)"
            for s in self.columns[name].values()
            if s.number and s.number.dressed
        ]
        if name == "survey":
            columns |= {n: Said(s.header) for n, s in self.items.items()}
            settings |= self.item_settings
        if name == "customers":
            columns |= self.attributes.mapped
            settings |= self._of_customers(table)
        hints += [
            f"exclude_ids: [{', '.join(ids)}]  # these ids look like tests or guests"
            for file, ids in money.test_ids([table]).items()
        ]
        return SourceProposal(name, table.looked.file, role.why, settings, columns, self._left(name, table), hints)

    def _of_customers(self, table: Table) -> dict[str, Said]:
        found = {}
        if self.attributes.kinds:
            found["kinds"] = Said(self.attributes.kinds, "by their names", "likely")
        if self.attributes.types:
            found["types"] = Said(self.attributes.types, "codes, not numbers to reckon with")
        known = self._known_share(table)
        if known < LEAST_KNOWN:
            found["partial"] = Said(
                True,
                f"it knows {known:.0%} of the customers with activity; with false the others are left out",
                "guess",
            )
        return found

    def _known_share(self, table: Table) -> float:
        """Share of the active customers that the table of customers knows."""
        main = next((n for n in ("transactions", "events") if n in self.chosen), None)
        if not main:
            return 1.0
        other = self.chosen[main][0]
        ids = (
            other.looked.rows.select(v=other.looked.rows[other.who.column.name].strip())
            .filter(ibis._.v != "")
            .distinct()
        )
        known = table.looked.rows.select(v=table.looked.rows[table.who.column.name].strip()).distinct()
        return ids.semi_join(known, "v").count().execute() / max(ids.count().execute(), 1)

    def _evidence(self, name: str, shape: Shape, table: Table) -> str:
        column = shape.column
        if name == "customer_id":
            met = [n for n, (t, _) in self.chosen.items() if t is not table and t.who]
            also = f", meets the ids of {', '.join(met[:3])}" if met else ""
            return f"{column.distinct:,} different{also}"
        missing = column.rows - column.real
        return f"missing in {missing:,} of {number_of(column.rows, 'row')}" if missing else ""

    def _left(self, name: str, table: Table) -> list[tuple[str, str]]:
        mine = [*self.columns[name].values(), *(self.items.values() if name == "survey" else ())]
        if name == "customers":
            return self.attributes.left
        attributes_here = self.chosen.get("customers", (None,))[0] is table
        rest = [s for s in table.shapes if not any(s is m for m in mine)]
        taken = self.columns[name].get(MAIN.get(name, ""))
        return [(s.header, why_left(s, taken)) for s in rest if not attributes_here or s.personal]

    def _bases(self) -> dict[str, Said]:
        if not self.attributes or not self.attributes.mapped:
            return {"never": Said([], "attributes that must never divide people")}
        return {
            "offer": Said(
                self.attributes.offer, "attributes that may divide customers; take out what should not", "guess"
            ),
            "never": Said(
                self.attributes.never,
                "protected, or standing in for what is"
                if self.attributes.never
                else "no protected attribute was recognised by its name: add what is one",
                "likely",
            ),
        }


def _service_hint(codes: list[str], columns: dict[str, Shape]) -> list[str]:
    if not codes:
        return []
    return [
        f"these values of {columns['category'].header} look like postage, fees or corrections, not products: "
        f"{', '.join(codes)}; take their lines out of the export if they are no sales"
    ]
