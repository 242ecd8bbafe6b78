"""The same products with one thing missing or broken, each for a test of what the chain then says."""

from __future__ import annotations

import pandas as pd

ONE_PERIOD, LAUNCH = "2026-06-01", "2026-04-01"
VARIANTS = {
    "no-structure": "one log-normal cloud of habits instead of segments",
    "n60": "sixty customers",
    "no-amounts": "no money anywhere",
    "no-voices": "no survey, interviews or free text",
    "one-period": f"nothing before {ONE_PERIOD}: one period, so no migration",
    "launch": f"a launch: nothing before {LAUNCH}, stage new",
    "srm": "the holdout lost controls: sample-ratio mismatch",
    "other-language": "the same tables under headers in another language",
}
VOICES = ("survey", "interviews", "feedback_text", "tickets", "nps")
MONEY = ("spend", "spend_before", "Umsatz", "Umsatz_davor")
TIMES = {
    "order_lines": "ordered_at",
    "events": "ts",
    "rechnungen": "Datum",
    "nutzung_taeglich": "Tag",
    "feedback_text": "written_at",
    "tickets": "Datum",
}
SIGNUPS = {"customers": "signup_date", "konten": "Vertragsbeginn"}
CAMPAIGNS = ("campaigns", "assignments", "outcomes", "kampagnen", "zuteilung", "ergebnisse")
WORDS = {
    "customer_id": "id_client",
    "order_id": "commande",
    "ordered_at": "date_commande",
    "amount": "montant",
    "category": "rayon",
    "session_id": "visite",
    "ts": "horodatage",
    "feature_id": "fonction",
    "duration": "durée",
    "signup_date": "inscription",
    "birth_year": "année_naissance",
    "city_tier": "taille_ville",
    "region": "région",
    "income_band": "revenu",
    "household": "foyer",
    "acquisition_channel": "origine",
    "device": "appareil",
    "gender": "sexe",
    "email": "courriel",
    "Konto": "account",
    "Betrag": "amount",
    "Datum": "date",
    "Rechnung": "invoice",
    "Nutzer": "user",
    "Tag": "day",
    "Modul": "module",
    "Anzahl": "actions",
}


def apply(variant: str, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables of the variant. Variants that change how rows are drawn are made by the generators themselves."""
    match variant:
        case "no-voices":
            return {name: t for name, t in tables.items() if name not in VOICES}
        case "no-amounts":
            return {name: t.drop(columns=[c for c in MONEY if c in t]) for name, t in tables.items()}
        case "one-period":
            return {name: _since(name, t, ONE_PERIOD) for name, t in tables.items() if name not in CAMPAIGNS}
        case "launch":
            return {name: _launched(name, t) for name, t in tables.items() if name not in CAMPAIGNS}
        case "other-language":
            return {name: t.rename(columns=WORDS) for name, t in tables.items()}
        case _:
            return tables


def _days(column: pd.Series) -> pd.Series:
    """The day of a time written as text, whichever way round; missing where it is none."""
    day = column.str.slice(0, 10)
    german = day.str.fullmatch(r"\d\d\.\d\d\.\d{4}")
    return pd.to_datetime(day.where(~german), format="%Y-%m-%d", errors="coerce").fillna(
        pd.to_datetime(day.where(german), format="%d.%m.%Y", errors="coerce")
    )


def _since(name: str, table: pd.DataFrame, first: str) -> pd.DataFrame:
    if name not in TIMES:
        return table
    return table[_days(table[TIMES[name]]) >= pd.Timestamp(first)].reset_index(drop=True)


def _launched(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Nobody signed up before the launch: earlier days become days of the first month."""
    table = _since(name, table, LAUNCH)
    if name not in SIGNUPS:
        return table
    column, days = SIGNUPS[name], _days(table[SIGNUPS[name]])
    moved = pd.Timestamp(LAUNCH) + pd.to_timedelta(days.dt.day - 1, unit="D")
    style = "%d.%m.%Y" if name == "konten" else "%Y-%m-%d"
    return table.assign(**{column: days.where(days >= pd.Timestamp(LAUNCH), moved).dt.strftime(style)})


def product(settings: dict, variant: str, tables: dict[str, pd.DataFrame]) -> dict:
    """The product file of a variant: its own id, its files, only the sources and columns that exist."""
    sources = {}
    for name, source in settings["sources"].items():
        stem = source["path"].rsplit("/", 1)[-1].split(".")[0]
        if stem not in tables:
            continue
        renamed = {c: WORDS.get(h, h) if variant == "other-language" else h for c, h in source["columns"].items()}
        columns = {c: h for c, h in renamed.items() if h in tables[stem].columns}
        kept = {k: v for k, v in source.items() if k != "sold_as" or "amount" in columns}
        sources[name] = {**kept, "columns": columns}
    changed = {**settings, "id": f"{settings['id']}-{variant}" if variant else settings["id"], "sources": sources}
    return {**changed, "stage": "new"} if variant == "launch" else changed
