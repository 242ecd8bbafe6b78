"""Row 103: what a product file may hold that YAML or a habit reads as something else. Each is refused, by name."""

from __future__ import annotations

from dataclasses import dataclass

from tests.catalogue.case import Case

CASES: list[Case] = []  # no table is involved: see CONFIG, run by test_config.py

BASE = """id: acme
name: Acme
business: b2c
stage: scaling
billing: transactional
currency: EUR
timezone: Europe/Berlin
as_of: 2026-06-30
why_now: tailoring campaigns
critical_event: order
data_protection:
  owner: CRM
  purpose: tailoring offers
  lawful_basis: contract
  retention_days: 1095
sources:
  transactions:
    path: data/acme/orders.csv
    columns: {customer_id: who, ordered_at: at, amount: paid}
"""


@dataclass(frozen=True)
class Config:
    """A spoiled product file: one text of BASE replaced by another, and what the refusal must say."""

    what: str
    old: str
    new: str
    said: str

    @property
    def id(self) -> str:
        return f"103-config-{self.what.replace(' ', '-')}"

    @property
    def content(self) -> str:
        assert BASE.count(self.old) == 1, self.old
        return BASE.replace(self.old, self.new)


DAYS, COLUMNS = "retention_days: 1095", "{customer_id: who, ordered_at: at, amount: paid}"
CONFIG = [
    Config("unknown key", "stage: scaling", "stage: scaling\nstages: 2", "stages: unknown key; did you mean 'stage'"),
    Config(
        "unknown key inside", "  owner: CRM", "  owner: CRM\n  retension: 3", "data_protection.retension: unknown key"
    ),
    Config("unknown key of a source", "    path:", "    delimeter: ';'\n    path:", "did you mean 'delimiter'"),
    Config("unknown source", "  transactions:", "  transaktions:", "did you mean 'transactions'"),
    Config("unknown column", "amount: paid", "amont: paid", "did you mean 'amount'"),
    Config("key twice", "stage: scaling", "stage: scaling\nstage: new", r"line 5: key 'stage' occurs twice"),
    Config("key twice inside", "  owner: CRM", "  owner: CRM\n  owner: HR", "line 13: key 'owner' occurs twice"),
    Config(
        "column twice",
        COLUMNS,
        "{customer_id: who, ordered_at: at, amount: paid, amount: net}",
        "'amount' occurs twice",
    ),
    Config(
        "source twice", "sources:", "sources:\n  transactions: {path: x, columns: {}}", "'transactions' occurs twice"
    ),
    Config("NO as a locale", "currency: EUR", "currency: EUR\nlocale: NO", "'NO' would be read as False"),
    Config("no as a name", "name: Acme", "name: no", "'no' would be read as False"),
    Config("on as a header", "amount: paid", "amount: on", "'on' would be read as True"),
    Config("off as a word for nothing", "    path:", "    nulls: [off]\n    path:", "'off' would be read as False"),
    Config("yes for true", "name: Acme", "name: Acme\npublic_data: Yes", "'Yes' would be read as True"),
    Config("an id with a zero", "    path:", "    exclude_ids: [012]\n    path:", "'012' would be read as 10"),
    Config("days with a zero", DAYS, "retention_days: 0365", "'0365' would be read as 245"),
    Config("days in base 60", DAYS, "retention_days: 1:30", "'1:30' would be read as 90"),
    Config(
        "an id in base 60", "    path:", "    exclude_ids: [12:30:45]\n    path:", "'12:30:45' would be read as 45045"
    ),
    Config("hexadecimal days", DAYS, "retention_days: 0x10", "'0x10' would be read as 16"),
    Config("days with an underscore", DAYS, "retention_days: 1_095", "'1_095' would be read as 1095"),
    Config("infinite limit", "    path:", "    quarantine_limit: .inf\n    path:", "'.inf' would be read as inf"),
    Config(
        "an id as a number",
        "    path:",
        "    exclude_ids: [4711]\n    path:",
        "exclude_ids.0: Input should be a valid string",
    ),
    Config("a header as a number", "amount: paid", "amount: 2026", "columns.amount: Input should be a valid string"),
    Config(
        "a header as a date", "amount: paid", "amount: 2026-01-01", "columns.amount: Input should be a valid string"
    ),
    Config("no such day", "as_of: 2026-06-30", "as_of: 2026-06-31", "not readable as YAML: day is out of range"),
    Config("a German date", "as_of: 2026-06-30", "as_of: 30.06.2026", "as_of: Input should be a valid date"),
    Config("nothing after a key", "currency: EUR", "currency:", "currency: Input should be a valid string"),
    Config("tab for spaces", "  owner: CRM", "\towner: CRM", "not readable as YAML"),
    Config("an alias", "name: Acme", "name: &a Acme\nwhy: *a", "aliases are not allowed"),
    Config("a merge", "data_protection:", "data_protection:\n  <<: {owner: HR}", "merges"),
    Config("a bad currency", "currency: EUR", "currency: Euro", "currency: String should match pattern"),
    Config("a bad zone", "Europe/Berlin", "Berlin", "timezone: no such time zone; did you mean Europe/Berlin"),
    Config(
        "retention below zero", DAYS, "retention_days: -1", "retention_days: Input should be greater than or equal to 0"
    ),
    Config(
        "retention in words", DAYS, "retention_days: three years", "retention_days: Input should be a valid integer"
    ),
    Config("a column not mapped", "ordered_at: at, ", "", "'ordered_at' must be mapped"),
    Config(
        "nested without end", "why_now: tailoring campaigns", f"why_now: {'[' * 3000}{']' * 3000}", "nested too deeply"
    ),
]
