"""Random dirty tables of a product, and what must hold of whatever step 2 makes of them.

`run_frames(n, seed)` runs many and counts; a refusal with a UserError is an answer, any other error is not.
"""

from __future__ import annotations

import copy
import csv
import datetime as dt
import io
import random
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed as seeded, settings, strategies as st

from lib import collect, engine, sources
from lib.contracts import ARTEFACTS, NotMeasured, Refused, UserError
from lib.product import Product
from tests.collect.collect_cases import rows_of
from tests.conftest import MINIMAL
from tests.side_by_side import side_by_side

SHAPES = {
    "customers": {"customer_id": "id", "signup_date": "since", "birth_year": "born", "city": "city"},
    "transactions": {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount",
                     "quantity": "items"},
    "events": {"customer_id": "customer", "occurred_at": "at", "feature": "what", "value": "minutes"},
    "consent": {"customer_id": "customer", "channel": "channel", "status": "status", "recorded_at": "at"},
}
COUNTED = ("frames", "accepted", "refused", "rows", "uncaught", "broken")
PART = 100  # frames of one part
CODE = [Path(__file__), *(file for package in (collect, sources)  # what kept results depend on
                          for file in sorted(Path(package.__file__).parent.rglob("*.py")))]
AMOUNT = re.compile(r"[+-]?\d+(\.\d+)?")
WILD = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
IDS = [str(n) for n in range(1, 13)]
ODD_IDS = ["", " 3", "03", "3.0", "T", "guest", "NA", "1E5", "Ko\u0308", "K\u00f6", "\u200b", "\uff17", "9" * 40, "k 7"]
DAYS = [(dt.date(2025, 7, 1) + dt.timedelta(days=11 * i)).isoformat() for i in range(33)]
ODD_DAYS = ["2026-06-30 23:59:59", "2026-07-01", "2026-06-30T23:30:00Z", "2026-02-30", "2020-01-01", "", "yesterday",
            "2026-03-29 02:30", "2026-10-25T02:30:00+02:00", "2026-13-01", "2025-12-31 24:00"]
AMOUNTS = ["10.5", "0.1", "-3.25", "7", "19.99", "1000000.07", "12.345", "0.005", "+2.50", "0"]
ODD_AMOUNTS = ["", "inf", "1e999", "nan", "1O.5", "9" * 13, "9" * 19, "9" * 25, "9" * 60, "-" + "9" * 26, "-0.00", "5.",
               "0." + "1" * 40]
# cells for which a whole file is refused: these are rare, else nothing would be read
HARD = {"": ["a;b", "x" * 3000], "id": ["ann@example.org", "1.23457E+17"],
        "day": ["0001-01-01", "9999-12-31", "31.12.2025", "45292", "1970-01-01"],
        "amount": ["1,234.50", "(5.00)", "\u22125", "5 EUR", "\u0663", "9" * 14]}


@dataclass
class Frame:
    """The rows of each table, in the order of its columns; cells as they stand in the file."""

    tables: dict[str, list[tuple[str, ...]]]
    header: dict[str, dict[str, str]] = field(default_factory=lambda: copy.deepcopy(SHAPES))

    def text(self, table: str) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        writer.writerow(self.header[table].values())
        writer.writerows(self.tables[table])
        return out.getvalue()


def mostly(usual, odd, kind=""):
    """Nearly always one of the usual cells, else an odd one; seldom one that a file is refused for, or anything.

    Hypothesis draws constants that it finds in the modules loaded by then (500, say) far more often than other
    numbers: the number drawn is therefore only the seed of the one that chooses.
    """
    def cell(n: int):
        dial = random.Random(n).randrange(1000)
        if dial < 100:
            return st.sampled_from(odd)
        return st.sampled_from(HARD[kind]) if dial == 100 else WILD if dial == 101 else st.sampled_from(usual)

    return st.integers(0, 2**63).flatmap(cell)


CELLS = {
    "customer_id": mostly(IDS, ODD_IDS, "id"),
    "order_id": mostly([f"o{i}" for i in range(60)], ["", " o1", "o\u200b1"]),
    **dict.fromkeys(("signup_date", "ordered_at", "occurred_at", "recorded_at"), mostly(DAYS, ODD_DAYS, "day")),
    "birth_year": mostly(["1970", "1980", "1999"], ["", "2031", "1850", "2015", "x"]),
    "city": mostly(["Ulm", "Bonn"], ["", "\u202eUlm", "a;b", "\U0001f642"]),
    "amount": mostly(AMOUNTS, ODD_AMOUNTS, "amount"),
    "quantity": mostly(["1", "2", "3"], ["0", "-1", "", "1.5", "inf", "many"]),
    "feature": mostly(["plan", "share", "export"], ["", "PLAN", "x" * 300]),
    "value": mostly(["1", "2.5", "30"], ["", "-4", "inf", "1e3"]),
    "channel": mostly(["analytics", "email"], ["Analytics", "marketing"]),
    "status": mostly(["granted"], ["withdrawn", "objected", "Granted"]),
}


@st.composite
def frames(draw) -> Frame:
    """Transactions, and mostly some of customers, events and consent; customers are rarely listed twice."""
    tables = {"transactions": draw(_rows("transactions", 60))}
    for name in (n for n in ("customers", "events", "consent") if draw(st.booleans())):
        tables[name] = draw(_rows(name, 25))
    if "customers" in tables and draw(st.integers(0, 9)):
        tables["customers"] = list({row[0]: row for row in tables["customers"]}.values())
    return Frame(tables)


def _rows(table: str, most: int):
    row = st.tuples(*(CELLS[c] for c in SHAPES[table]))
    return st.lists(row, min_size=8, max_size=most).flatmap(
        lambda rows: st.lists(st.sampled_from(rows), max_size=2).map(lambda copies: rows + copies))


def product(frame: Frame, **more) -> Product:
    declared = {name: {"path": f"{name}.csv", "delimiter": ";", "decimal": ".", "dates": "%Y-%m-%d",
                       "quarantine_limit": 1.0, "columns": frame.header[name]} for name in frame.tables}
    declared["transactions"] |= {"sold_as": "negative refunds", "exclude_ids": ["T"]} | more
    protection = MINIMAL["data_protection"] | {"lawful_basis": "contract"}
    return Product.model_validate(MINIMAL | {"sources": declared, "data_protection": protection})


def collected(frame: Frame, **more):
    """What step 2 makes of the frame. Raises UserError where it refuses."""
    with tempfile.TemporaryDirectory(prefix="segments-frame-") as folder:
        for name in frame.tables:
            (Path(folder) / f"{name}.csv").write_text(frame.text(name), encoding="utf-8", newline="")
        settings_ = product(frame, **more)
        return collect.collect(sources.read(settings_, root=Path(folder)), sources.rules(settings_))


def money(frame: Frame) -> Decimal:
    """The sum of all readable amounts in minor units, by decimal arithmetic alone."""
    at = list(frame.header["transactions"]).index("amount")
    texts = [row[at].strip(" \t\n\r\v\f") for row in frame.tables["transactions"]]
    numbers = (Decimal(t) for t in texts if AMOUNT.fullmatch(t) and t.isascii())
    return sum(((a * 100).quantize(Decimal(1), ROUND_HALF_UP) for a in numbers if abs(a) < 10**18), Decimal(0))


def verify(frame: Frame, found) -> int:
    """Assert that every row and every cent is accounted for; returns the rows that came in."""
    books = found.ledger
    totals = collect.reconcile(books)
    came = books[books["state"] == "in"].set_index("source")["rows"]
    assert came.to_dict() == {name: len(rows) for name, rows in frame.tables.items()}, "rows in"
    went = books[books["state"] != "in"].groupby("source")["rows"].sum()
    assert went.to_dict() == came.to_dict(), "rows out"
    assert Decimal(int(totals["amount"])) == money(frame), "money in"
    going_on = books[books["state"].isin(["kept", "repaired"]) & (books["source"] == "transactions")]
    lines = rows_of(found.tables["transactions"])
    assert len(lines) == going_on["rows"].sum(), "lines kept"
    assert int(lines["amount"].sum()) == int(going_on["amount"].sum()), "money kept"
    aside = books[books["state"] == "quarantined"].groupby("source")["rows"].sum().to_dict()
    assert found.quarantine.groupby("source").size().to_dict() == aside, "rows set aside"
    ARTEFACTS["quarantine"].check(found.quarantine)
    ARTEFACTS["quality"].check(found.quality)
    assert collect.check(found)
    return totals["rows"]


def run_frames(n: int, seed: int = 7, *, kept: Path | None = None) -> dict:
    """Run n random frames: {frames, accepted, refused, rows, uncaught, broken}, and `wrong`, words of what went wrong.

    A frame takes about a second: many are run in parts, side by side on every core; ``kept`` as for `side_by_side`.
    """
    parts = [(min(PART, n - i), seed * 1000 + i // PART) for i in range(0, n, PART)]
    results = [_part(*parts[0])] if len(parts) == 1 else side_by_side(_part, parts, kept=kept, code=CODE)
    return {k: sum(r[k] for r in results) for k in COUNTED} | {"wrong": [w for r in results for w in r["wrong"]][:10]}


def _part(n: int, seed: int) -> dict:
    counts, wrong = Counter(), []

    @seeded(seed)
    @settings(max_examples=n, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(frames())
    def run(frame):
        counts["frames"] += 1
        try:
            found = collected(frame)
        except (UserError, Refused):
            counts["refused"] += 1
            return
        except Exception as error:  # what must not happen is counted, and shown
            counts["uncaught"] += 1
            wrong.append(f"{type(error).__name__}: {error}"[:300])
            return
        try:
            counts["rows"] += verify(frame, found)
            counts["accepted"] += 1
        except Exception as fault:
            counts["broken"] += 1
            wrong.append(f"{type(fault).__name__}: {fault}"[:300])

    run()
    return {k: counts[k] for k in COUNTED} | {"wrong": wrong[:10]}


def answers(found) -> dict:
    """Everything that step 2 hands on, in a form that can be compared."""
    tables = engine.materialise(found.tables)
    return {name: None if isinstance(t, NotMeasured) else t.to_pandas() if hasattr(t, "to_pandas") else t
            for name, t in tables.items()}
