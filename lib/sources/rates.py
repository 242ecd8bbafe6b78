"""The file of exchange rates of a source: currency, rate and (optional) from, the first day that the rate holds."""

from __future__ import annotations

import csv
import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.sources.places import rates_file

LARGEST_FILE = 5_000_000  # bytes: some hundred thousand rates
LOWEST, HIGHEST, PLACES = Decimal("1e-9"), Decimal("1e6"), 10  # what a rate may be; more places could not be exact


def read(name: str, source, root: Path) -> tuple[tuple[str, str, str], ...]:
    """(currency, rate, from) of each line; empty when the source names no file. Raises UserError naming the line."""
    if not source.rates:
        return ()
    if "currency" not in (*source.columns, *source.constants) or "amount" not in source.columns:
        raise UserError(f"sources.{name}.rates: rates need the columns currency and amount", where=source.rates,
                        fix="map both, or leave rates out")
    place = rates_file(name, source, root)[0]
    if place.path.stat().st_size > LARGEST_FILE:
        raise UserError("this is no file of rates: it is too large", where=place.shown, fix="currency, rate, from")
    rows = _rows(place.path.read_bytes(), place.shown)
    rates = [_rate(row, f"{place.shown}, line {line}") for line, row in rows]
    twice = {r[::2] for r in rates if sum(r[::2] == other[::2] for other in rates) > 1}
    if twice:
        raise UserError(f"{number_of(len(twice), 'currency has', 'currencies have')} two rates from the same day",
                        where=place.shown, fix="one row a currency and day")
    return tuple(rates)


def _rows(content: bytes, shown: str) -> list[tuple[int, dict]]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UserError("a file of rates is a text file in UTF-8", where=shown, fix="save it as CSV UTF-8") from None
    header = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=";" if ";" in header else ",")
    if not {"currency", "rate"} <= set(reader.fieldnames or ()):
        raise UserError("a file of rates has the columns currency, rate and (optional) from", where=f"{shown}, line 1",
                        fix="one row a currency: what one unit of it is worth in the product's currency")
    return [(reader.line_num, row) for row in reader]


def _rate(row: dict, where: str) -> tuple[str, str, str]:
    code, text, since = ((row.get(k) or "").strip() for k in ("currency", "rate", "from"))
    if not re.fullmatch(r"[A-Za-z]{3}", code):
        raise UserError("a currency is an ISO code of three letters", where=where, fix="such as USD")
    try:
        rate = Decimal(text)
        sound = LOWEST <= rate <= HIGHEST and rate.as_tuple().exponent >= -PLACES
    except InvalidOperation:
        sound = False
    if not sound:
        raise UserError("a rate is a plain number above 0, of at most ten decimal places", where=where,
                        fix="what one unit of the currency is worth in the product's, such as 0.92")
    try:
        return code.upper(), f"{rate:f}", dt.date.fromisoformat(since).isoformat() if since else ""
    except ValueError:
        raise UserError("the first day of a rate is no date", where=where, fix="YYYY-MM-DD, or empty") from None
