"""Which file is which table: each role is tried on each file, by headers and values, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

from lib.contracts import INPUTS
from lib.contracts.counts import number_of
from lib.propose.headers import COLUMNS
from lib.propose.looked import Looked
from lib.propose.shapes import Shape
from lib.propose.words import likeness, words_of

ID_KINDS = ("id", "number", "category", "text")
OTHER_KINDS = {
    "birth_year": ("number",),
    "feature": ("category", "id", "text"),
    "text": ("text", "id"),
    "transcript": ("text", "id"),
    "nps": ("number",),
    "kind": ("category", "yes/no"),
    "category": ("category", "id", "text", "number"),
    "currency": ("category",),
}
BY_DTYPE = {
    "date": ("date",),
    "time": ("date",),
    "float": ("number",),
    "int": ("number",),
    "bool": ("yes/no",),
    "text": ("category", "id", "text", "number", "yes/no"),
}
STATUSES = {
    "granted",
    "withdrawn",
    "objected",
    "opt-in",
    "opt-out",
    "optin",
    "optout",
    "yes",
    "no",
    "ja",
    "nein",
    "oui",
    "non",
}
LEAST_LIKE = 0.45  # likeness from which a header is taken for a column [ours]
LEAST_ITEMS = 3  # scale items that make a survey [ours]
VISITS = 0.42  # how well customers and times alone fit events: only where nothing else does [ours]
LONG = 40  # words on average of a transcript [ours]


@dataclass(frozen=True)
class Table:
    """A file with the shapes of its columns; ``who`` is the column of customers, where one was found."""

    looked: Looked
    shapes: list[Shape]
    who: Shape | None = None

    @property
    def file(self) -> str:
        return self.looked.file + (f" ({self.looked.sheet})" if self.looked.sheet else "")

    @property
    def rows(self) -> int:
        return self.shapes[0].column.rows if self.shapes else 0


@dataclass(frozen=True)
class Role:
    """What a file is taken for: the source, how well it fits (0-1), why, and its column map."""

    source: str
    fit: float
    why: str
    columns: dict[str, Shape] = field(default_factory=dict)


def roles(table: Table) -> list[Role]:
    """Every role the file could have, best first."""
    found = [
        Role(name, fit, why, columns)
        for name, rule in RULES.items()
        for columns in [mapped(name, table)]
        for fit, why in [rule(table, columns)]
        if fit > 0
    ]
    return sorted(found, key=lambda r: -r.fit)


def mapped(source: str, table: Table) -> dict[str, Shape]:
    """The column map of a file in a role: each contract column the header that says it best, each header once."""
    pairs = [
        (likeness(s.header, COLUMNS[c.name]) + _bonus(c.name, s, table), -i, c.name, s)
        for c in INPUTS[source].columns
        if c.name in COLUMNS and c.name != "customer_id"
        for i, s in enumerate(table.shapes)
        if _fits(c, s) and s is not table.who
    ]
    taken = (
        {"customer_id": table.who} if table.who and any(c.name == "customer_id" for c in INPUTS[source].columns) else {}
    )
    used = {id(s) for s in taken.values()}
    for score, _, name, shape in sorted(pairs, key=lambda p: p[:2], reverse=True):
        if score >= LEAST_LIKE and name not in taken and id(shape) not in used:
            taken[name] = shape
            used.add(id(shape))
    return {c.name: taken[c.name] for c in INPUTS[source].columns if c.name in taken}


def _fits(column, shape: Shape) -> bool:
    if shape.personal and column.name not in ("text", "transcript", "name"):
        return False
    kinds = OTHER_KINDS.get(column.name) or (ID_KINDS if column.name.endswith("_id") else BY_DTYPE[column.dtype])
    if column.name == "birth_year":
        return bool(shape.number) and shape.number.low >= 1900 and shape.number.high <= 2100
    if column.name == "nps":
        return bool(shape.number) and shape.number.whole and shape.number.low >= 0 and shape.number.high <= 10
    return shape.kind in kinds


def _bonus(name: str, shape: Shape, table: Table) -> float:
    """Values speak too: the only date of a file is its date, decimals look like money, the longest text is the text."""
    dates = [s for s in table.shapes if s.kind == "date"]
    if name in ("ordered_at", "occurred_at", "written_at") and dates == [shape]:
        return 0.5
    if name == "amount" and shape.number and not shape.number.whole:
        return 0.1
    if name in ("text", "transcript") and shape.kind == "text":
        return 0.3
    if name == "category" and shape.kind == "category":
        return 0.05
    return 0.0


def _transactions(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    money = "amount" in columns or "price" in columns
    if not {"customer_id", "ordered_at"} <= set(columns) or not (money or "order_id" in columns):
        return 0, ""
    once = columns["customer_id"].column.unique and "order_id" not in columns
    fit = 0.4 + 0.3 * money + 0.2 * ("order_id" in columns) + 0.1 * ("quantity" in columns) - 0.4 * once
    fit -= 0.3 * ("feature" in mapped("events", table) and not money)
    several = columns["customer_id"].column.distinct < columns["customer_id"].column.real
    return min(fit, 1), "customers, dates and " + ("amounts" if money else "orders") + (
        ", several rows a customer" if several else "; nobody has a second row")


def _events(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    if not {"customer_id", "occurred_at"} <= set(columns):
        return 0, ""
    if not {"feature", "value", "session_id"} & set(columns):
        return _visits(table, columns)
    money = {"amount", "price", "order_id"} & set(mapped("transactions", table))
    fit = 0.45 + 0.35 * ("feature" in columns) + 0.1 * ("session_id" in columns) + 0.1 * ("value" in columns)
    fit -= (
        0.2 * bool(money)
        + 0.4 * columns["customer_id"].column.unique
        + 0.3 * any(s.kind == "text" for s in table.shapes)
    )
    return fit, "customers, times and what was used"


def _visits(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    """Customers and times of day and no word of what was done, as a door or a till counts them."""
    sold = {"amount", "price", "order_id"} & set(mapped("transactions", table))
    wordy = any(s.kind == "text" for s in table.shapes)
    if sold or wordy or columns["customer_id"].column.unique or not columns["occurred_at"].dates.clock:
        return 0, ""
    return VISITS, "customers and times, and no column says what was used"


def _customers(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    if not table.who or not table.who.column.unique:
        return 0, ""
    more = len(table.shapes) - 1
    return (0.6 + 0.2 * ("signup_date" in columns) if more else 0), "every row another customer, with attributes"


def _survey(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    found = [s for s in items(table) if s not in columns.values()]
    if len(found) + 2 * ("nps" in columns) < LEAST_ITEMS:
        return 0, ""
    share = (len(found) + ("nps" in columns)) / max(len(table.shapes), 1)
    known = "customer_id" in columns
    return (0.5 + 0.5 * share + 0.1 * ("nps" in columns)) * (
        1 if known else 0.6
    ), f"{number_of(len(found), 'question')} on one scale" + (
        ", and a likelihood to recommend" if "nps" in columns else "")


def _texts(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    if not {"customer_id", "written_at", "text"} <= set(columns) or columns["text"].kind != "text":
        return 0, ""
    return 0.9, "customers, times and free text"


def _interviews(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    told = columns.get("transcript")
    long = (
        told and told.column.sample and sum(len(v.split()) for v in told.column.sample) / len(told.column.sample) > LONG
    )
    if not long and not {"interview_id", "transcript"} <= set(columns):
        return 0, ""
    return 0.95, "transcripts of what was said"


def _consent(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    if not {"customer_id", "status"} <= set(columns):
        return 0, ""
    said = {v.lower() for v in columns["status"].column.sample}
    named = words_of(columns["status"].header) & {"consent", "opt", "optin", "einwilligung", "zustimmung"}
    if not (said and said <= STATUSES and (named or "channel" in columns)):
        return 0, ""
    return 0.95, "customers and what they agreed to"


def _campaigns(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    fits = {"campaign", "starts_on", "ends_on"} <= set(columns) and columns["campaign"].column.unique
    return (0.9, "every row another campaign, with its first and last day") if fits and not table.who else (0, "")


def _assignments(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    if not {"campaign", "customer_id", "arm"} <= set(columns) or columns["arm"].column.distinct > 10:
        return 0, ""
    return 0.9, "who was treated and who was not"


def _outcomes(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    fits = {"campaign", "customer_id"} <= set(columns) and {"converted", "spend"} & set(columns)
    return (0.85, "what became of each customer of a campaign") if fits else (0, "")


def _features(table: Table, columns: dict[str, Shape]) -> tuple[float, str]:
    fits = (
        "feature" in columns and columns["feature"].column.unique and {"area", "is_core", "cvp", "jtbd"} & set(columns)
    )
    return (0.8, "every row another feature of the product") if fits and not table.who else (0, "")


def items(table: Table) -> list[Shape]:
    """Columns that look like answers on a scale: whole numbers, few levels, within 0 to 10 but for a code or two."""
    found = [
        s
        for s in table.shapes
        if s.number
        and s.number.whole
        and s.kind in ("number", "yes/no")
        and not s.personal
        and s is not table.who
        and 3 <= s.column.distinct <= 13
    ]
    return [
        s
        for s in found
        if s.column.share(*map(str, range(11))) > 0.8
        and not likeness(s.header, COLUMNS["quantity"]) >= 0.9
        and s.kind == "number"
    ]


RULES = {
    "transactions": _transactions,
    "events": _events,
    "customers": _customers,
    "survey": _survey,
    "texts": _texts,
    "interviews": _interviews,
    "consent": _consent,
    "campaigns": _campaigns,
    "assignments": _assignments,
    "outcomes": _outcomes,
    "features": _features,
}
