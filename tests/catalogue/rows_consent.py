"""Rows 100 to 102: records of consent that cannot be relied on block the product, and of two the stricter holds."""

from tests.catalogue import clean
from tests.catalogue.case import Case

N = clean.CUSTOMERS
ROWS = clean.rows("consent")


def blocked(what: str, content: str | bytes, said: str, row: int = 100, **rest) -> Case:
    return Case(row, "consent", what, "E", content, said=said, blocked=True, **rest)


def ids(change) -> str:
    """The clean file with every id written otherwise."""
    return clean.text("consent", [";".join([change(r.split(";")[0]), *r.split(";")[1:]]) for r in ROWS])


def orders(change) -> dict[str, str]:
    """Clean orders with every id written otherwise."""
    lines = [r.split(";") for r in clean.rows("transactions")]
    return {"transactions": clean.text("transactions", [";".join([change(i), *rest]) for i, *rest in lines])}


def more(*lines: str) -> str:
    return clean.with_rows("consent", *lines)


FRESH = {"max_age_days": 90}
UNUSABLE = [
    blocked("the file is missing", clean.text("consent"), "no such file", source={"path": "gone.csv"}, where="gone.csv",
            fix="put it there"),
    blocked("no bytes", b"", "empty", fix="export"),
    blocked("header only", clean.header("consent") + "\n", "", fix="."),
    blocked("no status mapped", clean.text("consent").replace(";status;", ";state;"), "status", fix="."),
    blocked("an unknown status", clean.with_cell("consent", {7: {"status": "maybe"}}), "unknown status", rows=1,
            lines="7", column="status", fix="granted, withdrawn, objected"),
    blocked("codes for a status", clean.text("consent", [r.replace("granted", "1") for r in ROWS]), "unknown status",
            rows=N, lines="2, 3", column="status", fix="lookups"),
    blocked("no status", clean.with_cell("consent", {7: {"status": ""}, 9: {"status": ""}}), "unknown status", rows=2,
            lines="7, 9", column="status", fix="granted"),
    blocked("no channel", clean.with_cell("consent", {121: {"channel": ""}}), "no channel", rows=1, lines="121",
            column="channel", fix="channel"),
    blocked("stale", clean.text("consent"), "545 days before", column="recorded_at", source=FRESH, fix="again",
            rows=90),
    blocked("stale to be checked, and no day mapped", clean.text("consent"), "no column says when",
            source=FRESH | {"columns": {k: v for k, v in clean.COLUMNS["consent"].items() if k != "recorded_at"}},
            where="sources.consent", column="columns", fix="recorded_at"),
    blocked("dated after the as-of day only", clean.text("consent", [r.replace("2025-", "2027-") for r in ROWS]),
            "no date up to", source=FRESH, column="recorded_at", fix="again"),
    blocked("grants after the as-of day only", clean.text("consent", [r.replace("2025-", "2027-") for r in ROWS]),
            "no record of the channel analytics", where="sources.consent", fix="by the as-of date"),
    blocked("no record of consent to analytics", clean.text("consent", [r.replace("analytics", "email") for r in ROWS]),
            "no record of the channel analytics", where="sources.consent", fix="analytics"),
    blocked("a sign-in page", "<!DOCTYPE html><html><body>Sign in</body></html>\n", "", fix="."),
    Case(100, "consent", "fresh enough", "=", more("K0001;email;granted;2026-06-01"), source=FRESH),
    Case(100, "consent", "any case of a status", "=", clean.with_cell("consent", {7: {"status": "Granted"}})),
]
WRITTEN = [
    blocked("ids in lower case", ids(str.lower), "120 of 120 ids are no customer's", 101, rows=N, lines="2, 3",
            column="customer_id", fix="case"),
    blocked("ids without their zeros", ids(lambda i: i[1:].lstrip("0") or "0"), "of 120 ids", 101, rows=N, lines="2",
            column="customer_id", fix="zeros", beside=orders(lambda i: i[1:])),
    blocked("ids with a plus", ids(lambda i: "+" + i), "120 of 120", 101, rows=N, lines="2", column="customer_id",
            fix="signs"),
    blocked("ids with a prefix", ids(lambda i: "crm/" + i), "120 of 120", 101, rows=N, lines="2", column="customer_id",
            fix="one way"),
    blocked("the ids of another shop", ids(lambda i: "Z" + i[1:]), "120 of 120", 101, rows=N, lines="2",
            column="customer_id", fix="one way"),
    blocked("one withdrawal in lower case", more("k0007;analytics;withdrawn;2026-01-01"), "1 id that withdrew", 101,
            rows=1, lines=str(N + 2), column="customer_id", fix="case"),
    blocked("two objections with a sign in the id", more("K-0007;marketing;objected;2026-01-01",
                                                         "K-0009;marketing;objected;2026-01-01"),
            "2 ids that withdrew or objected", 101, rows=2, lines=str(N + 2), column="customer_id", fix="signs"),
    Case(101, "consent", "spaces around the ids", "R", ids(lambda i: f" {i} "), said="id respelt", rows=N, lines="2"),
]
DIFFER = [
    Case(102, "consent", "granted and withdrawn", "R", more("K0007;analytics;withdrawn;2024-01-01"),
         said="without consent for analytics", rows=2, lines=f"9, {N + 2}"),
    Case(102, "consent", "withdrawn, then granted again", "R", more(
        "K0007;email;withdrawn;2025-01-01", "K0007;email;granted;2026-01-01", "K0008;email;objected;2025-05-01",
        "K0008;email;granted;2026-02-01"), said="records of one customer that differ", rows=2,
        lines=f"{N + 3}, {N + 5}"),
    Case(102, "consent", "the same record twice", "R", more(ROWS[4]), said="equal to an earlier row", rows=1,
         lines=str(N + 2)),
    Case(102, "consent", "one customer, two channels", "=", more("K0007;email;withdrawn;2025-01-01")),
]
CASES = [*UNUSABLE, *WRITTEN, *DIFFER]
