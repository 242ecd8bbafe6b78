"""Which columns data protection keeps from being a basis, and what kind of basis a column is (method.md §1, §7).

Names are matched as whole words of the column's name, in English and the languages of our first users. A name
list is a first line only: what a column holds stays the product owner's responsibility, and `bases.never` adds.
"""

from __future__ import annotations

import re

SPECIAL = {"religion", "faith", "church", "ethnicity", "ethnic", "race", "health", "disease", "diagnosis", "illness",
           "disability", "medical", "union", "politics", "political", "party", "sexual", "orientation", "biometric",
           "genetic", "criminal", "konfession", "ethnie", "gesundheit", "krankheit", "gewerkschaft", "sante"}
PROTECTED = {"gender", "sex", "geschlecht", "sexe", "genero", "nationality", "citizenship", "nationalitaet",
             "pregnant", "pregnancy", "marital", "marital_status", "familienstand", "origin", "birthplace"}
PROXY = {"name", "firstname", "first_name", "lastname", "last_name", "surname", "vorname", "nachname", "postcode",
         "zip", "zipcode", "plz", "mother_tongue", "native_language"}
KIND_WORDS = {
    "demographic": {"age", "birth", "income", "household", "education", "kids", "children", "family", "home",
                    "occupation", "student", *PROTECTED, *SPECIAL},
    "geographic": {"region", "city", "country", "state", "location", "town", "district", "tier", "area", *PROXY},
    "firmographic": {"industry", "employees", "employee", "revenue_band", "seats", "company", "sector", "headcount",
                     "contract", "plan", "branche"},
    "purchasing": {"recency_days", "n_occasions", "n_orders", "revenue", "mean_occasion_value", "refund_share",
                   "n_categories", "mean_gap_days", "discount", "basket"},
    "usage": {"active_days", "breadth", "depth", "frequency", "sessions", "usage"},
}


def sensitivity(column: str) -> str:
    """special, protected, proxy or none."""
    words = _words(column)
    for name, listed in (("special", SPECIAL), ("protected", PROTECTED), ("proxy", PROXY)):
        if words & listed:
            return name
    return "none"


def basis_kind(column: str, declared: dict[str, str]) -> str:
    """The kind of basis: as declared, else by the words of the name, else `other`."""
    if column in declared:
        return declared[column]
    words = _words(column)
    exact = next((kind for kind, listed in KIND_WORDS.items() if column.lower() in listed), None)
    return exact or next((kind for kind, listed in KIND_WORDS.items() if words & listed), "other")


def _words(column: str) -> set[str]:
    lower = column.lower()
    parts = re.split(r"[^a-zà-ÿ]+", lower)
    return {lower, *parts}
