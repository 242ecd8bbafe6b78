"""A small clean file of every table, and the ways in which cases spoil it."""

from __future__ import annotations

CUSTOMERS = 120  # enough that one bad row stays below the quarantine limit of one in a hundred
COLUMNS = {
    "customers": {"customer_id": "id", "signup_date": "since", "birth_year": "born", "erased_at": "erased",
                  "city": "city"},
    "transactions": {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount",
                     "category": "category", "quantity": "items"},
    "events": {"customer_id": "customer", "occurred_at": "at", "feature": "what", "value": "minutes"},
    "features": {"feature": "feature", "area": "area", "is_core": "core"},
    "survey": {"customer_id": "customer", "wave": "wave", "answered_at": "at", "nps": "nps", "pain": "pain",
               "q1": "q1", "q2": "q2"},
    "interviews": {"interview_id": "id", "customer_id": "customer", "held_at": "at", "consent": "consent",
                   "transcript": "transcript", "pain": "pain"},
    "texts": {"text_id": "id", "customer_id": "customer", "written_at": "at", "text": "text"},
    "campaigns": {"campaign": "campaign", "starts_on": "from", "ends_on": "to", "cost_per_contact": "cost"},
    "assignments": {"campaign": "campaign", "customer_id": "customer", "arm": "arm", "assigned_at": "at"},
    "outcomes": {"campaign": "campaign", "customer_id": "customer", "converted": "converted", "spend": "spend"},
    "consent": {"customer_id": "customer", "channel": "channel", "status": "status", "recorded_at": "at"},
}
TABLES = tuple(COLUMNS)


def _row(table: str, i: int) -> str:
    who, month, day = f"K{i:04d}", 1 + i % 6, 1 + i % 28
    return {
        "customers": f"{who};2025-{month:02d}-{day:02d};{1960 + i % 40};;{('Ulm', 'Bonn', 'Kiel')[i % 3]}",
        "transactions": f"{who};A{i:04d};2026-{month:02d}-{day:02d} 10:{i % 60:02d};{10 + i % 7}.50;"
                        f"{'tea' if i % 2 else 'coffee'};{1 + i % 3}",
        "events": f"{who};2026-{month:02d}-{day:02d} 11:{i % 60:02d};f{i % 4};{1 + i % 9}",
        "features": f"f{i};{'plan' if i % 2 else 'share'};{'yes' if i == 0 else 'no'}",
        "survey": f"{who};2026a;2026-{month:02d}-{day:02d};{i % 11};{'price' if i % 2 else 'time'};{1 + i % 5};"
                  f"{1 + (i + 2) % 5}",
        "interviews": f"I{i:03d};{who};2026-{month:02d}-{day:02d};yes;it saves me an hour;time",
        "texts": f"T{i:03d};{who};2026-{month:02d}-{day:02d} 12:00;the delivery was late again",
        "campaigns": f"c{i};2026-0{1 + i}-01;2026-0{1 + i}-20;0.5",
        "assignments": f"c0;{who};{'treated' if i % 2 else 'control'};2026-01-01",
        "outcomes": f"c0;{who};{'yes' if i % 3 else 'no'};{i % 5}.00",
        "consent": f"{who};analytics;granted;2025-01-01",
    }[table]


ROWS = {t: {"features": 4, "campaigns": 3}.get(t, CUSTOMERS) for t in TABLES}


def header(table: str) -> str:
    return ";".join(COLUMNS[table].values())


def rows(table: str) -> list[str]:
    """The clean rows of a table, in order; row i of the list stands on line i + 2."""
    return [_row(table, i) for i in range(ROWS[table])]


def text(table: str, lines: list[str] | None = None) -> str:
    """A file: the header and the lines given (default: the clean ones)."""
    return "\n".join([header(table), *(rows(table) if lines is None else lines)]) + "\n"


def with_cell(table: str, changes: dict[int, dict[str, str]]) -> str:
    """The clean file with cells replaced: {line: {contract name: text}}. Lines count from 2, the first row."""
    lines, names = rows(table), list(COLUMNS[table])
    for line, cells in changes.items():
        fields = lines[line - 2].split(";")
        for name, value in cells.items():
            fields[names.index(name)] = value
        lines[line - 2] = ";".join(fields)
    return text(table, lines)


def with_rows(table: str, *more: str) -> str:
    """The clean file with lines added at its end; the first of them stands on line ROWS[table] + 2."""
    return text(table, [*rows(table), *more])


def needed_beside(table: str) -> list[str]:
    """The other tables without which a product with this one cannot be read."""
    beside = {"transactions": [], "events": [], "outcomes": ["transactions", "campaigns", "assignments"],
              "assignments": ["transactions", "campaigns"], "features": ["events"]}
    return beside.get(table, ["transactions"])
