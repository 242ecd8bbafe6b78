"""Spreadsheets arrive as their reader sees them: ids as text, plain numbers, ISO dates, the sheet's own row numbers."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest

from lib.contracts import UserError

HEADERS = ["KundenNr", "Beleg", "Datum", "Betrag"]


def book(*rows, above: int = 0, change=None) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    for i, row in enumerate([HEADERS, *rows]):
        for j, value in enumerate(row):
            if value is not None:
                sheet.cell(1 + above + i, 1 + j, value)
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def texts(raw) -> list[list]:
    frame = raw.table.order_by("_line").select("customer_id", "order_id", "ordered_at", "amount").to_pandas()
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


def test_values_arrive_as_they_are_seen(read):
    raw = read(
        book(
            ["00123", 123, dt.datetime(2026, 2, 1), 1.5],
            ["x", 45.0, dt.datetime(2026, 2, 1, 10, 30), 1234567],
            ["NA", True, dt.date(2026, 2, 3), 0.1 + 0.2],
        ),
        name="orders.xlsx",
    )
    assert texts(raw) == [
        ["00123", "123", "2026-02-01", "1.5"],
        ["x", "45", "2026-02-01 10:30:00", "1234567"],
        ["NA", "true", "2026-02-03", "0.3"],
    ]
    assert raw.native == {"order_id", "ordered_at", "amount"}


def test_rows_keep_the_numbers_of_the_sheet_and_empty_ones_are_none(read):
    raw = read(
        book(["1", "a", "01.02.2026", "1"], [None] * 4, ["2", "b", "01.02.2026", "2"], above=3), name="orders.xlsx"
    )
    assert raw.table.order_by("_line")._line.to_pandas().tolist() == [5, 7]
    assert not raw.native and {n["rule"] for n in raw.notes} == {
        "ordered_at: stored as text in the file",
        "amount: stored as text in the file",
    }


def test_a_formula_with_its_saved_result_is_a_value(read):
    made = book(["1", "a", "01.02.2026", "1"])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(
                    b"</sheetData>",
                    b'<row r="3"><c r="A3" t="str"><f>"4"</f><v>4</v></c>'
                    b'<c r="D3"><f>1+1</f><v>2</v></c></row></sheetData>',
                )
            new.writestr(name, part)
    assert texts(read(out.getvalue(), name="orders.xlsx"))[1] == ["4", None, None, "2"]


@pytest.mark.parametrize(
    ("change", "said", "where"),
    [
        (lambda b: b.active.merge_cells("B2:B3"), "merged", "B2:B3"),
        (lambda b: setattr(b.active.row_dimensions[3], "hidden", True), "1 row is hidden", "row 3"),
        (lambda b: setattr(b.active.column_dimensions["C"], "hidden", True), "1 group of columns is hidden",
         "column C"),
        (lambda b: b.active.__setitem__("D3", "=SUM(D2:D2)"), "no saved result", "cell D3"),
        (lambda b: b.active.__setitem__("D3", "#DIV/0!"), "#DIV/0!", "cell D3"),
        (lambda b: b.active.__setitem__("G3", "remark"), "beside the table", "row 3"),
        (lambda b: b.create_sheet("More").append(["x"]), "'Sheet', 'More'", "orders.xlsx"),
        (lambda b: b.active.__setitem__("E1", "Betrag"), "occurs 2 times", "'Sheet'"),
    ],
)
def test_what_may_be_misread_is_refused_with_sheet_and_cell(read, change, said, where):
    with pytest.raises(UserError) as refusal:
        read(book(["1", "a", "01.02.2026", "1"], ["2", "b", "01.02.2026", "2"], change=change), name="orders.xlsx")
    assert said in refusal.value.what and where in refusal.value.where and refusal.value.fix


def test_a_sheet_can_be_named(read):
    made = book(["1", "a", "01.02.2026", "1"], change=lambda b: b.create_sheet("More").append(["x"]))
    assert read(made, name="orders.xlsx", sheet="Sheet").rows == 1
    with pytest.raises(UserError, match="no sheet 'Shet'") as refusal:
        read(made, name="orders.xlsx", sheet="Shet")
    assert "'Sheet', 'More'" in refusal.value.fix
