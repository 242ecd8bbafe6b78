"""Rows 85 to 88: attributes that tell nothing, repeat one another, identify people, or have rare values."""

from tests.catalogue import clean
from tests.catalogue.case import Case

N = clean.CUSTOMERS
PLANS = ("free", "small", "large")


def with_columns(**columns) -> dict:
    """The clean customers with further attributes: {name: function of the row's number}."""
    rows = [";".join([line, *(str(make(i)) for make in columns.values())]) for i, line in
            enumerate(clean.rows("customers"))]
    text = "\n".join([";".join([clean.header("customers"), *columns]), *rows]) + "\n"
    return {"content": text, "source": {"columns": clean.COLUMNS["customers"] | {c: c for c in columns}}}


def case(row: int, what: str, said: str, rows: int = N, lines: str = "2, 3", **columns) -> Case:
    return Case(row, "customers", what, "W", **with_columns(**columns), said=said, rows=rows, lines=lines)


CASES = [
    case(85, "one word for everybody", "^plan: one value only", plan=lambda i: "free"),
    case(85, "one number for everybody", "^seats: one value only", seats=lambda i: 5),
    case(85, "one word, or none", "^plan: one value only", plan=lambda i: "free" if i % 3 else ""),
    case(85, "no value at all", "^plan: no value in any row", plan=lambda i: ""),
    case(85, "two columns without a value", "^plan: no value in any row", plan=lambda i: "", tier=lambda i: ""),
    case(86, "the same column twice", "^tier: follows from plan", plan=lambda i: PLANS[i // 2 % 3],
         tier=lambda i: PLANS[i // 2 % 3]),
    case(86, "a word and its code", "^code: follows from plan", plan=lambda i: PLANS[i // 2 % 3],
         code=lambda i: 10 + i // 2 % 3),
    case(86, "a number in another unit", "^months: follows from years", years=lambda i: 1 + i % 17,
         months=lambda i: 12 * (1 + i % 17)),
    case(86, "a number turned round and moved", "^left: follows from used", used=lambda i: (i * 37) % 101,
         left=lambda i: 500 - (i * 37) % 101),
    case(86, "three columns of which two follow", "^code: follows from plan", plan=lambda i: PLANS[i // 2 % 3],
         code=lambda i: "xyz"[i // 2 % 3], tier=lambda i: "abc"[i // 4 % 3]),
    case(87, "a word of its own for everybody", "^badge: a value of its own", badge=lambda i: f"badge-{i:x}q"),
    case(87, "nearly everybody has a word of his own", "^badge: a value of its own",
         badge=lambda i: f"badge-{i - i % 20 % 2:x}q" if i < 20 else f"badge-{i:x}q"),
    case(87, "an account number", "^account: a value of its own", account=lambda i: 4_711_000 + 13 * i),
    case(88, "two values of few", "^plan: values of few customers", rows=5, lines="2, 3, 4, 5, 6",
         plan=lambda i: "gold" if i < 3 else "silver" if i < 5 else PLANS[i // 2 % 3]),
    case(88, "a slip of the pen", "^plan: values of few customers", rows=1, lines="42",
         plan=lambda i: "fre" if i == 40 else PLANS[i // 2 % 3]),
    case(88, "a value in another case", "^plan: values of few customers", rows=2, lines="8, 9",
         plan=lambda i: "Free" if i in (6, 7) else PLANS[i // 2 % 3]),
    Case(88, "customers", "values of many each", "=", **with_columns(plan=lambda i: PLANS[i // 2 % 3])),
]
