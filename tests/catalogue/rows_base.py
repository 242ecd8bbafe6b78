"""Row 104: what a name may be. It is read as text, whole, and counted as the name that it is."""

from tests.catalogue import clean
from tests.catalogue.case import Case
from tests.catalogue.rows_features import with_columns

NAMES = {
    "a script": "<script>alert(1)</script>", "mathematics": "$x$ \\frac{1}{",
    "a word turned round": "\u202egpj.exe\u202c",
    "a picture of food": "🍲 soup", "3,000 signs": "x" * 3000, "markup": "<img src=x onerror=alert(1)>",
    "a template": "{{ 7 * 7 }}{% raw %}", "a formula": "=1+1", "a query": "') union select 1 --",
    "another script": "日本語 العربية",
}
COLUMN = {"transactions": "category", "events": "feature", "customers": "city", "survey": "pain",
          "campaigns": "campaign"}


def named(table: str, name: str) -> str:
    """The clean file in which every second row, or the first campaign, has this name."""
    lines = range(2, 3) if table == "campaigns" else range(2, clean.ROWS[table] + 2, 2)
    return clean.with_cell(table, {line: {COLUMN[table]: name} for line in lines})


CASES = [Case(104, table, f"{what} as a name", "=", named(table, name))
         for table in COLUMN if table != "campaigns" for what, name in NAMES.items()]
CASES += [Case(104, "campaigns", f"{what} as a name", "=", named("campaigns", name), beside={
    "transactions": clean.text("transactions")}) for what, name in NAMES.items()]
CASES += [Case(104, "customers", f"{what} as a name that few have", "W", **with_columns(
    plan=lambda i, name=name: name if i < 4 else ("small", "large")[i // 2 % 2]),
    said="^plan: values of few customers", rows=4, lines="2, 3, 4, 5")
    for what, name in NAMES.items()]
