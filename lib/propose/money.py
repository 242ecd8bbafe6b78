"""Money: the currency, and lines that are no products."""

from __future__ import annotations

import re
from collections import Counter

import ibis

from lib.contracts import NO_CURRENCY
from lib.contracts.counts import number_of
from lib.propose.roles import Table
from lib.propose.said import Said
from lib.propose.shapes import Shape
from lib.propose.words import FRENCH, GERMAN, SPANISH, plain, words_of

ISO = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "JPY",
    "CAD",
    "AUD",
    "BRL",
    "MXN",
    "INR",
    "TRY",
    "HUF",
)
OF_COUNTRY = {
    "united kingdom": "GBP",
    "uk": "GBP",
    "great britain": "GBP",
    "germany": "EUR",
    "deutschland": "EUR",
    "de": "EUR",
    "france": "EUR",
    "fr": "EUR",
    "spain": "EUR",
    "espana": "EUR",
    "austria": "EUR",
    "oesterreich": "EUR",
    "italy": "EUR",
    "switzerland": "CHF",
    "schweiz": "CHF",
    "ch": "CHF",
    "united states": "USD",
    "usa": "USD",
    "us": "USD",
}
ZONES = {
    "GBP": "Europe/London",
    "CHF": "Europe/Zurich",
    "SEK": "Europe/Stockholm",
    "PLN": "Europe/Warsaw",
    "JPY": "Asia/Tokyo",
    "INR": "Asia/Kolkata",
}
OF_LANGUAGE = {
    "German": ("EUR", "Europe/Berlin"),
    "French": ("EUR", "Europe/Paris"),
    "Spanish": ("EUR", "Europe/Madrid"),
}
COUNTRY_ZONES = {
    "GBP": "Europe/London",
    "germany": "Europe/Berlin",
    "deutschland": "Europe/Berlin",
    "de": "Europe/Berlin",
    "france": "Europe/Paris",
    "fr": "Europe/Paris",
    "spain": "Europe/Madrid",
    "austria": "Europe/Vienna",
}
SERVICE = re.compile(
    r"post|porto|shipping|versand|delivery|fee|gebuehr|carriage|manual|discount|rabatt|bank|adjust|gift|"
    r"commission|sample|fracht|livraison|frais|envio|gastos|\btax|\btaxe|steuer|impuesto",
    re.I,
)
TEST = re.compile(
    r"test|demo|dummy|guest|anonym|staff|intern|fake|^gast|crawler|spider|monitor|admin|(^|[^a-z])(ro)?bot([^a-z]|$)",
    re.I)
ZEROS = re.compile(r"^0+$")
MOST = 0.8  # share of rows from which a country speaks for the product [ours]
SHOWN = 12
FEW_ODD, MOST_ODD = 0.2, 0.5  # share of product codes that may look like no products: by their form, by a word [ours]


def currency(tables: list[Table], columns: dict[str, dict[str, Shape]]) -> Said:
    """The currency, by the strongest sign: a column, the values, a header, the country, the language of the headers."""
    column = columns.get("transactions", {}).get("currency")
    if column and column.column.frequent:
        code, rows = column.column.frequent[0]
        more = (
            ""
            if column.column.distinct == 1
            else f"; {number_of(column.column.distinct - 1, 'other is', 'others are')} refused: one product a currency"
        )
        return Said(code.upper(), f"{rows / column.column.real:.0%} of the rows of {column.header} say so{more}")
    for shape in (s for t in tables for s in t.shapes):
        if shape.number and shape.number.sign:
            dollar = shape.number.sign == "USD" and any("$" in v for v in shape.column.sample)
            return Said(shape.number.sign, f"the values of {shape.header} carry " + (
                "a dollar sign: of the United States, or of another country?" if dollar else "its sign"),
                "guess" if dollar else "seen")
        said = next((c for c in ISO if c.lower() in words_of(shape.header)), "")
        said = said or next((c for sign, c in (("€", "EUR"), ("£", "GBP"), ("¥", "JPY")) if sign in shape.header), "")
        if said:
            return Said(said, f"the header {shape.header!r} says so")
    if not any("amount" in c or "price" in c for c in columns.values()):
        return Said(NO_CURRENCY, "no amounts were found, so no currency is involved")
    return _guessed_currency(tables)


def _guessed_currency(tables: list[Table]) -> Said:
    name, share, header = country(tables)
    if name in OF_COUNTRY:
        return Said(OF_COUNTRY[name], f"{share:.0%} of {header} is {name.title()}; no column says it", "guess")
    if language(tables) in OF_LANGUAGE:
        return Said(OF_LANGUAGE[language(tables)][0], f"the headers are {language(tables)}; no column says it", "guess")
    return Said(NO_CURRENCY, "nothing in the files says the currency of the amounts: write its ISO code", "decide")


def timezone(tables: list[Table], code: str) -> Said:
    """The zone in which days begin and end. Always a guess: files rarely say it."""
    offsets = max((s.dates.offsets for t in tables for s in t.shapes if s.dates), default=0)
    also = "; the times carry their own offset, so only where days begin depends on it" if offsets > 0.5 else ""
    name, share, header = country(tables)
    if zone := COUNTRY_ZONES.get(name) or COUNTRY_ZONES.get(OF_COUNTRY.get(name, "")):
        return Said(zone, f"{share:.0%} of {header} is {name.title()}{also}", "guess")
    if language(tables) in OF_LANGUAGE:
        return Said(OF_LANGUAGE[language(tables)][1], f"the headers are {language(tables)}{also}", "guess")
    if code in ZONES:
        return Said(ZONES[code], f"the currency is {code}{also}", "guess")
    return Said("UTC", f"nothing says where the customers live{also}", "guess")


def language(tables: list[Table]) -> str:
    """The language of the headers; English when nothing else speaks."""
    words = [w for t in tables for s in t.shapes for w in words_of(s.header)] + [
        plain(s.header).replace(" ", "") for t in tables for s in t.shapes
    ]
    counts = {
        name: sum(w in listed for w in words)
        for name, listed in (("German", GERMAN), ("Spanish", SPANISH), ("French", FRENCH))
    }
    best = max(counts, key=lambda k: counts[k])
    return best if counts[best] >= 2 else "English"


def country(tables: list[Table]) -> tuple[str, float, str]:
    """The country of most rows, where a column of countries says so: (name, share, header)."""
    for shape in (s for t in tables for s in t.shapes):
        if words_of(shape.header) & {"country", "land", "pays", "pais"} and shape.column.frequent:
            value, rows = shape.column.frequent[0]
            share = rows / max(shape.column.real, 1)
            if share >= MOST and plain(value) in OF_COUNTRY:
                return plain(value), share, shape.header
    return "", 0.0, ""


def typical_spend(table: Table, amount: Shape, decimal: str, thousands: str) -> tuple[float, float]:
    """What customers pay in a row of theirs, on average: not more than the lower two fifths, and the upper fifth."""
    text = table.looked.rows[amount.column.name].strip()
    number = (text.replace(thousands, "") if thousands else text).replace(decimal, ".").try_cast("float64")
    means = table.looked.rows.select(who=table.looked.rows[table.who.column.name], number=number)
    means = means.group_by("who").aggregate(mean=ibis._.number.mean())
    found = means.aggregate(middle=means["mean"].quantile(0.4), upper=means["mean"].quantile(0.8)).to_pyarrow()
    return tuple(float(v or 0) for v in found.to_pylist()[0].values())


def service_lines(table: Table, columns: dict[str, Shape]) -> list[str]:
    """Codes of the product column that are no products: words among numbers, or words for postage and fees."""
    shape = columns.get("category")
    if not shape:
        return []
    values = list(dict.fromkeys([*(v for v, _ in shape.column.frequent), *shape.column.sample]))
    digits = sum(any(ch.isdigit() for ch in v) for v in values) > 0.8 * len(values)
    named = [v for v in values if SERVICE.search(v)]
    odd = {*named, *(v for v in values if digits and not any(ch.isdigit() for ch in v))}
    return sorted(odd)[:SHOWN] if len(odd) < (FEW_ODD if odd - set(named) else MOST_ODD) * len(values) else []


def test_ids(tables: list[Table]) -> dict[str, list[str]]:
    """Customer ids that look like tests, guests or staff, by file: {file: ids}."""
    found = {}
    for table in (t for t in tables if t.who and not t.who.personal):  # an address is never shown
        frequent = Counter(dict(table.who.column.frequent))
        odd = {v for v in (*frequent, *table.who.column.sample) if TEST.search(v) or ZEROS.match(v)}
        if odd:
            found[table.file] = sorted(odd)[:SHOWN]
    return found
