"""Rows 1 to 35: what a file may be instead of a table of text; row 103: what a declaration may be."""

import gzip
import pickle
import random
import unicodedata
import zipfile
from io import BytesIO

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.catalogue import clean
from tests.catalogue.case import Case

LAST = clean.CUSTOMERS + 1  # line of the last row of most tables
DAYS = {
    "customers": "signup_date",
    "transactions": "ordered_at",
    "events": "occurred_at",
    "survey": "answered_at",
    "interviews": "held_at",
    "texts": "written_at",
    "campaigns": "starts_on",
    "assignments": "assigned_at",
    "consent": "recorded_at",
}
PACKED = "cut off or damaged"


def lines_of(table: str) -> list[str]:
    return clean.text(table).splitlines()


def edited(table: str, line: int, change) -> str:
    """The clean file with one line (1 is the header) changed."""
    lines = lines_of(table)
    lines[line - 1] = change(lines[line - 1])
    return "\n".join(lines) + "\n"


def every(table: str, change) -> str:
    """The clean file with every row changed, the header kept."""
    head, *rows = lines_of(table)
    return "\n".join([head, *map(change, rows)]) + "\n"


def each_cell(table: str, column: str, change) -> str:
    """The clean file with every cell of a column changed."""
    i = list(clean.COLUMNS[table]).index(column)
    return every(table, lambda row: ";".join(change(v) if j == i else v for j, v in enumerate(row.split(";"))))


def zipped(members: dict[str, str | bytes], *, encrypted: bool = False) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    data = bytearray(out.getvalue())
    if encrypted:
        for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + flags] |= 1
    return bytes(data)


def parquet(table: str, **cast) -> bytes:
    """The clean table as Parquet, all text."""
    rows = [line.split(";") for line in clean.rows(table)]
    columns = {h: list(c) for h, c in zip(clean.COLUMNS[table].values(), zip(*rows, strict=True), strict=True)}
    out = BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def workbook(table: str, change=None, **sheets) -> bytes:
    """The clean table as a spreadsheet of texts; `change` gets the sheet, or the book for other sheets."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    for line in lines_of(table):
        sheet.append([v or None for v in line.split(";")])
    if change:
        change(sheet)
    for title, rows in sheets.items():
        other = book.create_sheet(title)
        for row in rows:
            other.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def formula(sheet) -> None:
    sheet["D9"] = "=1+1"


def appended(path) -> None:
    with path.open("ab") as stream:
        stream.write(b"K9;x\n")


def rewritten_in_place(path) -> None:
    """Another content of the same size and the same time: only a hash tells."""
    import os

    before = os.stat(path)
    path.write_bytes(path.read_bytes().replace(b"K0007", b"K0008"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes()[:-30])
    other.rename(path)


def shape(table: str) -> list[Case]:
    """Rows 2 to 10: lines and fields."""
    fields = len(clean.COLUMNS[table])
    first = next(iter(clean.COLUMNS[table].values()))
    return [
        Case(2, table, "header only", "E", clean.header(table) + "\n", said="no rows", fix="export it again"),
        Case(
            4,
            table,
            "the first header twice",
            "E",
            edited(table, 1, lambda h: f"{h};{first}"),
            said=f"'{first}' occurs 2 times",
            fix="a name of its own",
        ),
        Case(
            6,
            table,
            "every row one field too long",
            "E",
            every(table, lambda r: r + ";"),
            said="more than the header",
            rows=clean.ROWS[table],
            lines="lines 2, 3",
            fix="delimiter",
        ),
        Case(
            6,
            table,
            "every row with a value too many",
            "E",
            every(table, lambda r: "0;" + r),
            said=f"has the {fields} fields",
            rows=clean.ROWS[table],
            lines="lines 2, 3",
            fix="delimiter",
        ),
    ]


CASES = [Case(1, table, "no bytes at all", "E", b"", said="empty", fix="export it again") for table in clean.TABLES]
CASES += [case for table in clean.TABLES for case in shape(table)]

CASES += [  # 3: a mapped column is missing
    Case(
        3,
        table,
        f"{old} is called {new}",
        "E",
        edited(table, 1, lambda h, o=old, n=new: h.replace(o, n)),
        said=f"no column '{old}'",
        fix=new,
    )
    for table, old, new in (
        ("customers", "city", "citty"),
        ("transactions", "amount", "amounts"),
        ("texts", "text", "texts"),
        ("consent", "status", "state"),
        ("survey", "nps", "nps score"),
        ("campaigns", "from", "from day"),
        ("events", "what", "whats"),
        ("features", "area", "areas"),
        ("interviews", "transcript", "transcripts"),
        ("assignments", "arm", "arms"),
        ("outcomes", "spend", "spent"),
    )
]

CASES += [  # 5: headers that mean the same
    Case(5, "customers", "capitals", "R", edited("customers", 1, str.upper), said="case or spaces", rows=5),
    Case(
        5,
        "transactions",
        "spaces",
        "R",
        edited("transactions", 1, lambda h: h.replace("amount", "  amount ")),
        said="case or spaces",
        rows=1,
    ),
    Case(
        5,
        "events",
        "zero-width space",
        "R",
        edited("events", 1, lambda h: h.replace("what", "wh\u200bat")),
        said="case or spaces",
        rows=1,
    ),
    Case(
        5,
        "outcomes",
        "full-width letters",
        "R",
        edited("outcomes", 1, lambda h: h.replace("spend", "ｓｐｅｎｄ")),
        said="case or spaces",
        rows=1,
    ),
    Case(
        5,
        "consent",
        "non-breaking space",
        "R",
        edited("consent", 1, lambda h: h.replace("status", "\u00a0status")),
        said="case or spaces",
        rows=1,
    ),
]

CASES += [  # 7, 8: one row too long, one too short
    Case(row, table, f"line {line} {what}", "Q", edited(table, line, change), said="fields", rows=1, lines=str(line))
    for row, what, change in (
        (7, "is one field too long", lambda r: r + ";x"),
        (8, "is one field too short", lambda r: r.rsplit(";", 1)[0]),
    )
    for table, line in (("transactions", 50), ("events", 2), ("consent", LAST), ("customers", 77))
]

CASES += [  # 9: an unbalanced quote
    Case(
        9,
        table,
        f"a quote opens on line {line}",
        "E",
        edited(table, line, lambda r: r.replace(";", ';"', 1)),
        said="quote",
        lines=f"line {line}",
        fix="doubled",
    )
    for table, line in (("transactions", 40), ("events", 2), ("survey", LAST), ("assignments", 5))
]


def two_quotes(table: str, opening: int, closing: int) -> str:
    """A quote opens the last field of one line, and another closes the last field of a later one."""
    lines = lines_of(table)
    head, tail = lines[opening - 1].rsplit(";", 1)
    lines[opening - 1] = f'{head};"{tail}'
    lines[closing - 1] += '"'
    return "\n".join(lines) + "\n"


CASES += [  # 10: two stray quotes swallow the rows between
    Case(
        10,
        table,
        f"quotes on lines {a} and {b}",
        "E",
        two_quotes(table, a, b),
        said="stray quote",
        lines=f"line {a}",
        fix="doubled",
    )
    for table, a, b in (("transactions", 30, 31), ("events", 2, 9), ("texts", 20, 24), ("outcomes", 60, 61))
]
CASES += [
    Case(
        10,
        "interviews",
        "quotes in a transcript",
        "E",
        clean.with_cell("interviews", {12: {"transcript": '"it saves an hour'}, 14: {"transcript": 'an hour"'}}),
        said="stray quote",
        lines="line 12",
        fix="doubled",
    )
]

CASES += [  # 11: another delimiter
    *(
        Case(
            11,
            t,
            f"declared semicolon, written {n}",
            "E",
            clean.text(t).replace(";", s),
            said=f"not separated by ';' but by {n}",
            fix="delimiter",
        )
        for t, s, n in (("transactions", ",", "','"), ("events", "\t", "tabs"), ("consent", "|", "'.'"))
    ),
    *(
        Case(
            11,
            t,
            f"undeclared, written {s!r}",
            "R",
            clean.text(t).replace(";", s),
            said="separated by",
            source={"delimiter": ""},
        )
        for t, s in (("transactions", ","), ("events", "\t"), ("customers", ";"), ("survey", "|"))
    ),
    Case(
        11,
        "texts",
        "two delimiters fit",
        "E",
        "id;customer|at,text\na;b|c,d\n",
        said="may be separated by",
        fix="declare the delimiter",
        source={"delimiter": ""},
    ),
    Case(
        11,
        "outcomes",
        "semicolon with a decimal comma",
        "R",
        each_cell("outcomes", "spend", lambda v: v.replace(".", ",")),
        said="separated by",
        source={"delimiter": ""},
    ),
]

comma = {"transactions": "amount", "events": "value", "outcomes": "spend", "campaigns": "cost_per_contact"}
CASES += [  # 12: decimal commas
    *(
        Case(
            12,
            t,
            "declared",
            "R",
            each_cell(t, c, lambda v: v.replace(".", ",") if "." in v else f"{v},5"),
            said="decimal sign ',', as declared",
            rows=clean.ROWS[t],
            source={"decimal": ","},
        )
        for t, c in comma.items()
    ),
    *(
        Case(
            12,
            t,
            "detected",
            "R",
            each_cell(t, c, lambda v: v.replace(".", ",") if "." in v else f"{v},5"),
            said="decimal sign comma, not declared",
            rows=clean.ROWS[t],
        )
        for t, c in comma.items()
    ),
    Case(
        12,
        "transactions",
        "with points for thousands, detected",
        "R",
        each_cell("transactions", "amount", lambda v: "1." + f"{v:0>6}".replace(".", ",")),
        said="decimal sign comma, thousands sign point",
        rows=120,
    ),
    *(
        Case(
            12,
            t,
            "three digits after each comma",
            "E",
            each_cell(t, c, lambda v: "1,234"),
            said=f"{clean.ROWS[t]} numbers such as 1,234",
            lines="lines 2, 3",
            column=f"'{clean.COLUMNS[t][c]}'",
            fix="decimal",
        )
        for t, c in (("transactions", "amount"), ("outcomes", "spend"))
    ),
    Case(
        12,
        "events",
        "commas among points",
        "E",
        each_cell("events", "value", lambda v: f"{v},5" if v in "123" else f"{v}.5"),
        said="cannot be used",
        fix="declaration",
        lines="lines 2",
        name="events",
    ),
]

CASES += [  # 13: signs that belong to no number
    *(
        Case(
            13,
            t,
            what,
            "E",
            clean.with_cell(t, {9: {c: v}}),
            said=said,
            rows=1,
            lines="line 9",
            column=f"'{clean.COLUMNS[t][c]}'",
            fix=fix,
        )
        for t, c, v, what, said, fix in (
            ("transactions", "amount", "12.50 €", "a currency sign", "currency sign", "plain"),
            ("outcomes", "spend", "$3.00", "a dollar sign", "currency sign", "plain"),
            ("campaigns", "cost_per_contact", "EUR 0.50", "a code of a currency", "currency sign", "plain"),
            ("transactions", "amount", "(5.00)", "brackets", "brackets", "plain"),
            ("events", "value", "−3", "a typographic minus", "minus", "plain"),
            ("transactions", "amount", "1 234.50", "a space for thousands", "thousands sign", "thousands"),
            ("outcomes", "spend", "1'234.50", "an apostrophe for thousands", "thousands sign", "thousands"),
        )
        if t != "campaigns"
    ),
    Case(
        13,
        "campaigns",
        "a code of a currency",
        "E",
        clean.with_cell("campaigns", {3: {"cost_per_contact": "EUR 0.50"}}),
        said="currency sign",
        rows=1,
        lines="line 3",
        column="'cost'",
        fix="plain",
    ),
    *(
        Case(
            13,
            t,
            f"declared thousands sign {unicodedata.name(s)}",
            "R",
            clean.with_cell(t, {9: {c: f"1{s}234.50"}, 11: {c: f"2{s}000.00"}}),
            said="thousands sign",
            rows=2,
            source={"thousands": s},
        )
        for t, c, s in (("transactions", "amount", "'"), ("outcomes", "spend", ","), ("transactions", "amount", " "))
    ),
    Case(
        13,
        "transactions",
        "comma for thousands beside decimal points",
        "R",
        clean.with_cell("transactions", {9: {"amount": "1,234.50"}}),
        said="thousands sign comma",
        rows=1,
    ),
]

CASES += [  # 14: digits of other scripts
    Case(
        14,
        t,
        f"in {c}",
        "E",
        clean.with_cell(t, {12: {c: v}}),
        said="digits that are not 0-9",
        rows=1,
        lines="line 12",
        column=f"'{clean.COLUMNS[t][c]}'",
        fix="0-9",
    )
    for t, c, v in (
        ("transactions", "amount", "١٢.٥٠"),
        ("events", "value", "３"),
        ("customers", "birth_year", "१९८०"),
        ("consent", "recorded_at", "２０２５-01-01"),
        ("survey", "nps", "٧"),
    )
]

CASES += [  # 15, 16: marks, and files glued together
    *(
        Case(15, t, "mark at the start", "R", "\ufeff" + clean.text(t), said="byte-order mark", rows=1)
        for t in ("customers", "transactions", "consent", "interviews")
    ),
    *(
        Case(
            16,
            t,
            "with a mark",
            "E",
            clean.text(t) + "\ufeff" + clean.text(t),
            said="glued",
            fix="folder",
            lines=f"line {LAST + 1}",
        )
        for t in ("transactions", "events", "texts")
    ),
    *(
        Case(
            16,
            t,
            "without a mark",
            "E",
            clean.text(t) * 2,
            said="1 row: files were glued",
            fix="folder",
            lines=f"line {LAST + 1}",
        )
        for t in ("transactions", "survey", "assignments")
    ),
]

CASES += [  # 17-20: bytes that are no UTF-8 text
    *(
        Case(
            17,
            t,
            f"cp1252 on line {n}",
            "E",
            clean.with_cell(t, {n: {c: v}}).encode("cp1252"),
            said="not utf-8",
            lines=f"line {n}",
            column=f"'{clean.COLUMNS[t][c]}'",
            fix="cp1252",
        )
        for t, c, n, v in (
            ("customers", "city", 33, "Köln"),
            ("texts", "text", 2, "zu spät geliefert"),
            ("transactions", "category", LAST, "thé"),
            ("interviews", "transcript", 8, "“fine”"),
        )
    ),
    Case(
        17,
        "customers",
        "Polish cp1250",
        "E",
        clean.with_cell("customers", {5: {"city": "Łódź i Kraków"}}).encode("cp1250"),
        said="not utf-8",
        lines="line 5",
        column="'city'",
        fix="cp1250",
    ),
    *(
        Case(
            17,
            t,
            f"declared {e}",
            "R",
            clean.with_cell(t, {33: {c: v}}).encode(e),
            said=f"declared encoding {e}",
            source={"encoding": e},
        )
        for t, c, v, e in (
            ("customers", "city", "Köln", "cp1252"),
            ("texts", "text", "œuvre €", "cp1252"),
            ("customers", "city", "Łódź", "cp1250"),
            ("texts", "text", "東京", "shift_jis"),
        )
    ),
    *(
        Case(
            18,
            t,
            "a euro sign as a control character",
            "E",
            clean.with_cell(t, {21: {c: "5 \x80"}}),
            said="control characters",
            lines="line 21",
            column=f"'{clean.COLUMNS[t][c]}'",
            fix="cp1252",
        )
        for t, c in (("texts", "text"), ("transactions", "category"), ("survey", "pain"))
    ),
    Case(
        18,
        "customers",
        "cp1252 declared as latin-1",
        "E",
        clean.with_cell("customers", {6: {"city": "5 €"}}).encode("cp1252"),
        said="control characters",
        lines="line 6",
        fix="cp1252",
        source={"encoding": "latin-1"},
    ),
    *(
        Case(19, t, e, "E", clean.text(t).encode(e), said="UTF-16", fix="utf-16")
        for t, e in (("customers", "utf-16"), ("transactions", "utf-16-le"), ("consent", "utf-16-be"))
    ),
    Case(
        19,
        "events",
        "declared",
        "R",
        clean.text("events").encode("utf-16"),
        said="declared encoding utf-16",
        source={"encoding": "utf-16"},
    ),
    *(
        Case(
            20,
            t,
            f"on line {n}",
            "E",
            edited(t, n, lambda r: r.replace(";", "\0;", 1)),
            said="NUL",
            lines=f"line {n}",
            fix="again",
        )
        for t, n in (("transactions", 2), ("events", 70), ("outcomes", LAST))
    ),
]

CASES += [  # 21, 22: line ends, totals
    *(
        Case(21, t, "carriage returns only", "R", clean.text(t).replace("\n", "\r"), said="line ends of another system")
        for t in ("transactions", "features", "consent")
    ),
    *(
        Case(
            22,
            t,
            f"ends in {row!r}",
            "E",
            clean.with_rows(t, row),
            said="1 row sums the others up",
            fix="delete",
            lines=f"line {clean.ROWS[t] + 2}",
        )
        for t, row in (
            ("transactions", "Total;;;1500.00;;240"),
            ("customers", "Total;;;;"),
            ("events", ";;Summe;600"),
            ("features", "Total;;"),
            ("outcomes", "Grand Total;;;240.00"),
            ("campaigns", "Gesamt:;;;1.5"),
            ("survey", "Total;;;6;;3;3"),
        )
    ),
]

PICKLED = pickle.dumps({"a": 1})
ZEROS = bytes(20 << 20)
CASES += [  # 23, 24, 35: other kinds of files
    *(
        Case(23, t, what, "E", page, said="web page", fix="download")
        for t, what, page in (
            ("customers", "a sign-in page", "<!DOCTYPE html><html><body>Sign in</body></html>"),
            ("transactions", "after a mark and a space", "\ufeff \n<html><head></head>"),
            ("consent", "a script first", "<script>location='/login'</script>"),
        )
    ),
    Case(
        24,
        "transactions",
        "parquet bytes",
        "E",
        parquet("transactions"),
        said="Parquet bytes under another name",
        fix="ending",
    ),
    Case(
        24, "customers", "xlsx bytes", "E", workbook("customers"), said="spreadsheet under another name", fix="ending"
    ),
    Case(
        24, "events", "old xls bytes", "E", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, said="Excel", fix="export"
    ),
    Case(
        24,
        "survey",
        "csv bytes named xlsx",
        "E",
        clean.text("survey"),
        said="named .xlsx and is none",
        name="survey.xlsx",
        fix="export",
    ),
    Case(
        24,
        "consent",
        "csv bytes named parquet",
        "E",
        clean.text("consent"),
        said="named .parquet and is none",
        name="consent.parquet",
        fix="export",
    ),
    Case(35, "transactions", "pickle bytes", "E", PICKLED, said="pickle", fix="export"),
    Case(
        35,
        "customers",
        "a name of a pickle",
        "E",
        clean.text("customers"),
        said="pickle",
        name="customers.pkl",
        fix="export",
    ),
    Case(35, "events", "a model", "E", PICKLED, said="pickle", name="events.joblib", fix="export"),
    Case(
        35,
        "consent",
        "a packed pickle",
        "E",
        gzip.compress(PICKLED),
        said="pickle",
        name="consent.csv.gz",
        fix="export",
    ),
]

NOISE = random.Random(7).randbytes(20_000)
CASES += [  # 25-27: archives
    *(
        Case(
            25,
            t,
            "cut gzip",
            "E",
            gzip.compress(clean.text(t).encode())[:-12],
            said=PACKED,
            name=f"{t}.csv.gz",
            fix="copy",
        )
        for t in ("transactions", "events")
    ),
    *(
        Case(
            25,
            t,
            "plain text named gz",
            "E",
            clean.text(t),
            said="named .gz and is none",
            name=f"{t}.csv.gz",
            fix="export",
        )
        for t in ("customers", "consent")
    ),
    Case(
        25,
        "texts",
        "damaged in the middle",
        "E",
        gzip.compress(clean.text("texts").encode())[:300] + NOISE[:200],
        said=PACKED,
        name="texts.csv.gz",
        fix="copy",
    ),
    *(
        Case(
            26,
            t,
            "two files",
            "E",
            zipped({"a.csv": clean.text(t), "b.csv": clean.text(t)}),
            said=r"2 files.*'a.csv', 'b.csv'",
            name=f"{t}.zip",
            fix="unpack",
        )
        for t in ("transactions", "survey")
    ),
    *(
        Case(
            26,
            t,
            "encrypted",
            "E",
            zipped({"a.csv": clean.text(t)}, encrypted=True),
            said="encrypted: 'a.csv'",
            name=f"{t}.zip",
            fix="unpack",
        )
        for t in ("customers", "consent")
    ),
    Case(26, "events", "nothing inside", "E", zipped({}), said="empty zip", name="events.zip", fix="export"),
    Case(
        26,
        "events",
        "a zip in a zip",
        "E",
        zipped({"a.zip": zipped({"a.csv": clean.text("events")})}),
        said="itself packed",
        name="events.zip",
        fix="unpack",
    ),
    Case(
        26,
        "outcomes",
        "cut zip",
        "E",
        zipped({"a.csv": clean.text("outcomes")})[:-40],
        said=PACKED,
        name="outcomes.zip",
        fix="copy",
    ),
    *(
        Case(26, t, "one table", "=", zipped({f"x/{t}.csv": clean.text(t), "__MACOSX/._x": "litter"}), name=f"{t}.zip")
        for t in ("transactions", "interviews")
    ),
    Case(
        27, "transactions", "gzip", "E", gzip.compress(ZEROS), said="200-fold", name="transactions.csv.gz", fix="Unpack"
    ),
    Case(27, "events", "zip", "E", zipped({"a.csv": ZEROS}), said="200-fold", name="events.zip", fix="Unpack"),
    Case(
        27,
        "customers",
        "workbook",
        "E",
        zipped({"[Content_Types].xml": "<a/>", "xl/worksheets/sheet1.xml": ZEROS}),
        said="200-fold",
        name="customers.xlsx",
        fix="Unpack",
    ),
    Case(
        27,
        "texts",
        "gzip in gzip",
        "E",
        gzip.compress(gzip.compress(clean.text("texts").encode())),
        said="itself packed",
        name="texts.csv.gz",
        fix="unpack",
    ),
]

wide = "x" * 200_000
CASES += [  # 28: large files are streamed in blocks: a row that straddles two blocks is whole
    Case(
        28,
        "transactions",
        "over several blocks",
        "=",
        clean.text("transactions", [row.replace(";tea;", f";tea {wide};") for row in clean.rows("transactions")]),
    ),
    Case(
        28,
        "customers",
        "over several blocks",
        "=",
        clean.text("customers", [row.replace("Ulm", f"Ulm {wide}") for row in clean.rows("customers")]),
    ),
]

CASES += [  # 29, 30: Parquet
    *(
        Case(29, t, "cut at the end", "E", parquet(t)[:-7], said="cut off", name=f"{t}.parquet", fix="again")
        for t in ("transactions", "customers")
    ),
    Case(
        29,
        "events",
        "damaged footer",
        "E",
        parquet("events")[:-60] + b"\0" * 52 + parquet("events")[-8:],
        said="damaged",
        name="events.parquet",
        fix="again",
    ),
    Case(
        29,
        "consent",
        "damaged inside",
        "E",
        parquet("consent")[:8] + NOISE[:900] + parquet("consent")[908:],
        said="damaged",
        name="consent.parquet",
        fix="again",
    ),
    *(
        Case(
            30,
            t,
            f"{c} stored as text",
            "R",
            parquet(t),
            said=f"{c}: stored as text",
            rows=clean.ROWS[t],
            name=f"{t}.parquet",
        )
        for t, c in (("transactions", "amount"), ("outcomes", "spend"), ("events", "value"), ("campaigns", "starts_on"))
    ),
]

note = [["made by", "sales"]]
CASES += [  # 31, 32: spreadsheets
    Case(
        31,
        "customers",
        "two sheets hold data",
        "E",
        workbook("customers", Notes=note),
        said="2 sheets hold data: 'Data', 'Notes'",
        name="customers.xlsx",
        fix="sheet",
    ),
    Case(
        31,
        "transactions",
        "no such sheet",
        "E",
        workbook("transactions"),
        said="no sheet 'Orders'",
        name="transactions.xlsx",
        fix="'Data'",
        source={"sheet": "Orders"},
    ),
    Case(
        31,
        "events",
        "merged cells",
        "E",
        workbook("events", lambda s: s.merge_cells("A5:A6")),
        said="merged",
        lines="A5:A6",
        name="events.xlsx",
        fix="unmerge",
    ),
    Case(
        31,
        "survey",
        "a hidden row",
        "E",
        workbook("survey", lambda s: setattr(s.row_dimensions[7], "hidden", True)),
        said="1 row is hidden",
        lines="row 7",
        name="survey.xlsx",
        fix="show",
    ),
    Case(
        31,
        "consent",
        "a hidden column",
        "E",
        workbook("consent", lambda s: setattr(s.column_dimensions["B"], "hidden", True)),
        said="of columns is hidden",
        lines="column B",
        name="consent.xlsx",
        fix="show",
    ),
    Case(
        31,
        "outcomes",
        "a formula without a result",
        "E",
        workbook("outcomes", formula),
        said="1 formula has no saved result",
        lines="'Data', cell D9",
        name="outcomes.xlsx",
        fix="calculate",
    ),
    Case(
        31,
        "transactions",
        "an error value",
        "E",
        workbook("transactions", lambda s: setattr(s["D4"], "value", "#REF!")),
        said="error #REF!",
        lines="cell D4",
        name="transactions.xlsx",
        fix="correct",
    ),
    *(
        Case(
            32,
            t,
            "ids and numbers as text",
            "R",
            workbook(t),
            said=f"{c}: stored as text",
            name=f"{t}.xlsx",
            rows=clean.ROWS[t],
        )
        for t, c in (("transactions", "amount"), ("outcomes", "spend"), ("events", "value"))
    ),
    Case(
        32,
        "features",
        "second sheet named",
        "=",
        workbook("features", Notes=note),
        name="features.xlsx",
        source={"sheet": "Data"},
    ),
    Case(32, "features", "only sheet with data", "=", workbook("features", Empty=[]), name="features.xlsx"),
]

CASES += [  # 33: the file changes while it is read
    Case(33, t, what.__name__, "E", clean.text(t), said="changed while it was read", fix="run again", meanwhile=what)
    for t in ("transactions", "consent", "customers")
    for what in (appended, rewritten_in_place, replaced)
]


def part(table: str, start: int, stop: int) -> str:
    return clean.text(table, clean.rows(table)[start:stop])


CASES += [  # 34: a folder that holds the same twice
    *(
        Case(
            34,
            t,
            "same bytes under two names",
            "E",
            part(t, 0, 60),
            said="2 files hold the same bytes",
            name="in/1.csv",
            fix="keep one",
            source={"path": "in"},
            more={"in/2.csv": part(t, 0, 60).encode()},
        )
        for t in ("transactions", "events")
    ),
    *(
        Case(
            34,
            t,
            "overlapping extracts",
            "R",
            part(t, 0, 70),
            said="equal",
            rows=10,
            name="in/1.csv",
            source={"path": "in"},
            more={"in/2.csv": part(t, 60, 120).encode()},
        )
        for t in ("transactions", "events", "consent", "texts")
    ),
    Case(
        34,
        "transactions",
        "overlapping extracts, equal rows kept",
        "E",
        part("transactions", 0, 70),
        said="10 rows stand in two files",
        name="in/2.csv",
        fix="overlap",
        source={"path": "in", "equal_rows": "keep"},
        more={"in/1.csv": part("transactions", 60, 120).encode()},
    ),
]

CASES += [  # 103: declarations
    Case(
        103,
        t,
        what,
        "E",
        clean.text(t),
        said=said,
        settings=(old, new),
        where="acme.yml",
        fix="product-file",
        column=key,
    )
    for t, what, old, new, key, said in (
        (
            "transactions",
            "unknown key",
            "delimiter: ;",
            "delimeter: ;",
            "sources.transactions.delimeter",
            "'delimiter'",
        ),
        ("customers", "unknown column", "    columns:\n", "    colums:\n", "sources.transactions.colums", "'columns'"),
        ("events", "NO for a text", "path: events.csv", "path: NO", "'NO'", "would be read as False"),
        ("survey", "012 for a text", "path: survey.csv", "path: 012", "'012'", "would be read as 10"),
        ("consent", "1:30 for a text", "path: consent.csv", "path: 1:30", "'1:30'", "would be read as 90"),
        (
            "outcomes",
            "two characters as delimiter",
            "delimiter: ;",
            "delimiter: ';;'",
            "sources.transactions.delimiter",
            "pattern",
        ),
        (
            "texts",
            "a decimal that is none",
            "path: texts.csv",
            "decimal: ';'\n    path: texts.csv",
            "sources.texts.decimal",
            "'.' or ','",
        ),
    )
]
CASES += [
    Case(
        103,
        "transactions",
        "duplicate key",
        "E",
        clean.text("transactions"),
        said="occurs twice",
        settings=("delimiter: ;", "delimiter: ;\n    delimiter: ','"),
        column="delimiter",
        where="acme.yml",
        fix="",
    )
]


def others(row: int) -> list[str]:
    """The tables that have no case of this row yet: what a file may be instead of a table is the same for each."""
    return [t for t in clean.TABLES if t not in {c.table for c in CASES if c.row == row}]


def damaged_file(row: int, table: str, what: str, content: str | bytes, said: str, fix: str, ending: str = "csv",
                 **more) -> Case:
    """A file that is refused before any of its cells is looked at."""
    return Case(row, table, what, "E", content, said=said, fix=fix, name=f"{table}.{ending}", **more)


CASES += [
    *(damaged_file(9, t, "a quote opens on line 3", edited(t, 3, lambda r: r.replace(";", ';"', 1)), "quote", "doubled",
                   lines="line 3") for t in others(9)),
    *(damaged_file(10, t, "quotes on lines 2 and 3", two_quotes(t, 2, 3), "stray quote", "doubled", lines="line 2")
      for t in others(10)),
    *(damaged_file(16, t, "with a mark", clean.text(t) + "\ufeff" + clean.text(t), "glued", "folder",
                   lines=f"line {clean.ROWS[t] + 2}") for t in others(16)),
    *(damaged_file(19, t, "utf-16", clean.text(t).encode("utf-16"), "UTF-16", "utf-16") for t in others(19)),
    *(damaged_file(20, t, "on line 3", edited(t, 3, lambda r: r.replace(";", "\0;", 1)), "NUL", "again", lines="line 3")
      for t in others(20)),
    *(damaged_file(23, t, "a sign-in page", "<!DOCTYPE html><html><body>Sign in</body></html>", "web page", "download")
      for t in others(23)),
    *(damaged_file(24, t, "parquet bytes", parquet(t), "Parquet bytes under another name", "ending")
      for t in others(24)),
    *(damaged_file(25, t, "cut gzip", gzip.compress(clean.text(t).encode())[:-12], PACKED, "copy", "csv.gz")
      for t in others(25)),
    *(damaged_file(26, t, "two files", zipped({"a.csv": clean.text(t), "b.csv": clean.text(t)}),
                   r"2 files.*'a.csv', 'b.csv'", "unpack", "zip") for t in others(26)),
    *(damaged_file(27, t, "gzip", gzip.compress(ZEROS), "200-fold", "Unpack", "csv.gz") for t in others(27)),
    *(damaged_file(29, t, "cut at the end", parquet(t)[:-7], "cut off", "again", "parquet") for t in others(29)),
    *(damaged_file(31, t, "two sheets hold data", workbook(t, Notes=note), "2 sheets hold data: 'Data', 'Notes'",
                   "sheet", "xlsx") for t in others(31)),
    *(damaged_file(33, t, appended.__name__, clean.text(t), "changed while it was read", "run again",
                   meanwhile=appended, source={"quarantine_limit": 0.5}) for t in others(33)),
    *(damaged_file(35, t, "pickle bytes", PICKLED, "pickle", "export") for t in others(35)),
]
WORDS = {"events": "feature", "features": "area", "survey": "pain", "campaigns": "campaign", "assignments": "arm",
         "outcomes": "campaign", "consent": "channel", "customers": "city", "transactions": "category",
         "interviews": "transcript", "texts": "text"}
NUMBERS = {"interviews": "held_at", "texts": "written_at", "campaigns": "cost_per_contact",
           "assignments": "assigned_at", "outcomes": "spend"}
CASES += [
    *(damaged_file(17, t, "cp1252 on line 3", clean.with_cell(t, {3: {WORDS[t]: "spät"}}).encode("cp1252"), "not utf-8",
                   "cp1252", lines="line 3", column=f"'{clean.COLUMNS[t][WORDS[t]]}'") for t in others(17)),
    *(damaged_file(18, t, "a euro sign as a control character", clean.with_cell(t, {3: {WORDS[t]: "5 \x80"}}),
                   "control characters", "cp1252", lines="line 3") for t in others(18)),
    *(damaged_file(14, t, f"in {c}", clean.with_cell(t, {3: {c: "\u0661\u0662"}}), "digits that are not 0-9", "0-9",
                   rows=1, lines="line 3", column=f"'{clean.COLUMNS[t][c]}'") for t, c in NUMBERS.items()),
]
CASES += [  # 7, 8: of few rows one that does not fit is too many
    Case(row, t, f"line 3 {what}", "Q", edited(t, 3, change), said="fields", rows=1, lines="3",
         source={"quarantine_limit": 0.5})
    for row, what, change in ((7, "is one field too long", lambda r: r + ";x"),
                              (8, "is one field too short", lambda r: r.rsplit(";", 1)[0]))
    for t in clean.TABLES if t not in ("transactions", "events", "consent", "customers")
]
CASES += [Case(15, t, "mark at the start", "R", "\ufeff" + clean.text(t), said="byte-order mark", rows=1)
          for t in others(15)]
CASES += [Case(21, t, "carriage returns only", "R", clean.text(t).replace("\n", "\r"),
               said="line ends of another system") for t in others(21)]
CASES += [Case(5, t, "capitals", "R", edited(t, 1, str.upper), said="case or spaces", rows=len(clean.COLUMNS[t]))
          for t in others(5)]
TOTALS = {"interviews": "Total;;;;120;", "texts": "Total;;;120", "assignments": "Total;120;;", "consent": "Summe;120;;"}
CASES += [Case(22, t, f"ends in {row!r}", "E", clean.with_rows(t, row), said="1 row sums the others up", fix="delete",
               lines=f"line {clean.ROWS[t] + 2}") for t, row in TOTALS.items()]
CASES += [Case(11, t, "undeclared, written ','", "R", clean.text(t).replace(";", ","), said="separated by",
               source={"delimiter": ""}) for t in others(11)]
CASES += [Case(11, t, "declared semicolon, written ','", "E", clean.text(t).replace(";", ","),
               said="not separated by ';' but by ','", fix="delimiter")
          for t in clean.TABLES if t not in {c.table for c in CASES if c.row == 11 and c.wanted == "E"}]
CASES += [Case(row, t, "dates stored as text", "R", make(t), said=f"{DAYS[t]}: stored as text", rows=clean.ROWS[t],
               name=f"{t}.{ending}")
          for row, make, ending in ((30, parquet, "parquet"), (32, workbook, "xlsx")) for t in others(row) if t in DAYS]


def halves(table: str, shared: int) -> tuple[str, str]:
    """Two extracts of the clean table; so many of its rows stand in both."""
    middle = clean.ROWS[table] // 2
    return part(table, 0, middle), part(table, middle - shared, clean.ROWS[table])


CASES += [Case(34, t, "overlapping extracts", "R", halves(t, 1)[0], said="equal", rows=1, name="in/1.csv",
               source={"path": "in", "quarantine_limit": 0.5}, more={"in/2.csv": halves(t, 1)[1].encode()})
          for t in others(34)]
CASES += [Case(34, t, "same bytes under two names", "E", clean.text(t), said="2 files hold the same bytes",
               name="in/1.csv", fix="keep one", source={"path": "in"}, more={"in/2.csv": clean.text(t).encode()})
          for t in clean.TABLES if t not in {c.table for c in CASES if c.row == 34 and c.wanted == "E"}]


WHOLE = {"survey": "nps", "customers": "birth_year"}  # whole numbers, written as a spreadsheet shows them
CASES += [  # 12, 13: the same signs in whole numbers, and in columns that the product named itself
    *(Case(12, t, "whole numbers with a decimal comma", "R", each_cell(t, c, lambda v: f"{v},0"),
           said="decimal sign comma, not declared", rows=clean.ROWS[t]) for t, c in WHOLE.items()),
    *(Case(12, t, "whole numbers with a decimal comma, declared", "R", each_cell(t, c, lambda v: f"{v},0"),
           said="decimal sign ',', as declared", rows=clean.ROWS[t], source={"decimal": ","})
      for t, c in WHOLE.items()),
    Case(12, "survey", "answers to an item", "W", each_cell("survey", "q1", lambda v: f"{v},5" if v in "1234" else v),
         said="q1: numbers with a comma, read as words", rows=96, lines="2, 3, 4, 5, 7"),
    Case(12, "customers", "an attribute", "W", each_cell("customers", "city", lambda v: f"{len(v)},{ord(v[0])}"),
         said="city: numbers with a comma, read as words", rows=120, lines="2, 3, 4, 5, 6"),
    *(Case(13, t, f"a euro sign in {c}", "E", clean.with_cell(t, {9: {c: "5 \u20ac"}}), said="currency sign", rows=1,
           lines="line 9", column=f"'{clean.COLUMNS[t][c]}'", fix="plain")
      for t, c in (*WHOLE.items(), ("transactions", "quantity"))),
    Case(13, "customers", "years with a thousands sign", "E",
         each_cell("customers", "birth_year", lambda v: f"{v[0]},{v[1:]}"), said="120 numbers such as 1,234",
         lines="lines 2, 3", column="'born'", fix="thousands"),
]
