"""Which columns data protection keeps from being a basis, and what kind of basis a column is (method.md §1, §7).

Names are matched as whole words of the column's name, in English and the languages of our first users, with and
without umlauts and accents. A name list is a first line only; `lib.basis.proxies` looks at the data too, and
`bases.never` of the product file adds.
"""

from __future__ import annotations

import re
import unicodedata

SPECIAL = {"religion", "religious", "faith", "church", "denomination", "belief", "ethnicity", "ethnic", "race",
           "racial", "health", "disease", "diseases", "diagnosis", "illness", "disability", "disabilities", "disabled",
           "medical", "medication", "union", "politics", "political", "sexual", "sexuality", "biometric", "genetic",
           "criminal", "conviction",
           "konfession", "religionszugehoerigkeit", "glaube", "ethnie", "gesundheit", "krankheit", "behinderung",
           "kirche", "kirchensteuer", "hautfarbe", "schwerbehindert", "schwerbehinderung", "krankenkasse",
           "gewerkschaft", "partei", "sante", "maladie", "handicap", "syndicat", "salud", "enfermedad", "sindicato",
           "etnia", "religione"}
PROTECTED = {"gender", "sex", "geschlecht", "anrede", "sexe", "genero", "sesso", "sexo", "nationality", "citizenship",
             "nationalitaet", "staatsangehoerigkeit", "nationalite", "pregnant", "pregnancy", "schwanger", "marital",
             "marital_status", "civil_status", "familienstand", "zivilstand",
             "national_origin", "country_of_origin", "birthplace", "birth_country",
             "geburtsort", "migration", "refugee", "veteran"}
PROXY = {"name", "full_name", "customer_name", "contact_name", "user_name", "firstname", "first_name", "lastname",
         "last_name", "surname", "maiden_name", "salutation",
         "vorname", "nachname", "prenom", "nombre", "postcode", "postal_code", "zip", "zipcode", "zip_code", "plz",
         "postleitzahl", "code_postal", "neighbourhood", "neighborhood", "mother_tongue", "native_language",
         "muttersprache"}
WHOLE = {"name", "land", "ort"}  # say nothing as one word among others: `plan_name`
KIND_WORDS = {
    "demographic": {"age", "birth", "income", "household", "education", "kids", "children", "family", "home",
                    "occupation", "student", "alter", "einkommen", "haushalt", *PROTECTED, *SPECIAL},
    "geographic": {"region", "city", "country", "state", "location", "town", "district", "tier", "area", "urban",
                   "land", "stadt", "ort", "postcode", "zip", "zipcode", "plz"},
    "firmographic": {"industry", "employees", "employee", "revenue_band", "seats", "company", "sector", "headcount",
                     "contract", "plan", "turnover", "branche", "naics", "sic"},
    "purchasing": {"recency_days", "n_occasions", "n_orders", "revenue", "mean_occasion_value", "refund_share",
                   "n_categories", "mean_gap_days", "discount", "basket", "payment"},
    "usage": {"active_days", "breadth", "depth", "frequency", "sessions", "usage", "device", "app"},
    "psychographic": {"attitude", "lifestyle", "values", "personality", "motivation", "opinion", "nps"},
    "needs": {"need", "needs", "pain", "job", "jtbd", "goal"},
}


def sensitivity(column: str) -> str:
    """special, protected, proxy or none, by the column's name."""
    words = _words(column)
    for name, listed in (("special", SPECIAL), ("protected", PROTECTED), ("proxy", PROXY)):
        if words & listed:
            return name
    return "none"


def basis_kind(column: str, declared: dict[str, str]) -> str:
    """The kind of basis: as declared, else by the words of the name, else `other`."""
    if column in declared:
        return declared[column]
    exact = next((kind for kind, listed in KIND_WORDS.items() if column.lower() in listed), None)
    words = _words(column)
    return exact or next((kind for kind, listed in KIND_WORDS.items() if words & listed), "other")


def _words(column: str) -> set[str]:
    """The name itself, its words, and its pairs of neighbouring words."""
    lower = _plain(re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])", "_", unicodedata.normalize("NFC", column)).lower())
    parts = [p for p in re.split(r"[^a-z]+", lower) if p]
    return {lower, *(set(parts) - WHOLE), *("_".join(pair) for pair in zip(parts, parts[1:], strict=False))}


def _plain(lower: str) -> str:
    """German letters written out, accents left away: as the lists above are written."""
    written = lower.translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}))
    return "".join(c for c in unicodedata.normalize("NFD", written) if not unicodedata.combining(c))
