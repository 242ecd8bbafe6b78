"""Words of headers: how well a header says what a contract column is, and words that tell about the product.

A first line only: a header proposes, the values below it decide (lib.propose.shapes).
"""

from __future__ import annotations

import functools
import re
import unicodedata


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# what must not divide people unless a ground is recorded (method.md §7), beside what step 1 refuses by its name
PROTECTED = _set("civilite kinderzahl orientation")
PROXY = _set("cp plz postcode postleitzahl zip zipcode")
# columns that speak of companies
COMPANY = _set(
    "arr beschaeftigte branche company employees empresa entreprise firm firma headcount industria industry "
    "licences licenses lizenzen mitarbeiter naics plaetze seats secteur sector sektor sic unternehmen ust vat"
)
# columns that speak of a contract
RECURRING = _set(
    "abo abonnement arr billing cancelled_at churn churned mrr plan recurring renewal seats subscription "
    "suscripcion tarif tariff"
)
# kinds of attributes
GEOGRAPHIC = _set("bundesland city ciudad country district land location ort pais pays region stadt state town ville")
DEMOGRAPHIC = _set("age alter children education einkommen family haushalt home household income kids occupation")
# small words within headers
SMALL = _set("de del des du la las le les los of the")
# languages of headers
GERMAN = _set(
    "abgeschickt alter altersgruppe antwort artikel artikelnr belegdatum bestellung betrag datum einzelpreis "
    "geschlecht "
    "hauptproblem kategorie konto kunde kunden kundennr kundennummer land menge ort plz preis rechnung "
    "rechnungsdatum rechnungsnr strasse straße tarif teilnehmer umfrage umsatz und waehrung warengruppe "
    "weiterempfehlung zeitstempel"
)
FRENCH = _set("categorie client commande date devise facture mois montant nom pays prix produit quantite ville")
SPANISH = _set("cantidad categoria ciudad cliente fecha importe mes moneda pais pedido precio producto")


def plain(header: str) -> str:
    """The header as words: lower case, no accents or signs, `kundenNr` and `kunden_nr` alike."""
    text = re.sub(r"([a-z])([A-Z])", r"\1 \2", header.strip())
    text = re.sub(r"\b[dDlL]['’](?=\w)", "", text)  # date d'arrivée
    text = text.lower().replace("ß", "ss").translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"}))
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z]+|\d+", text))


@functools.cache
def likeness(header: str, phrases: str) -> float:
    """How well a header says what the phrases say: 1 the same, less where it holds one among other words, else 0."""
    words, listed = _bare(plain(header)), _phrases(phrases)
    if words in listed:
        return 1.0 - 0.1 * min(listed[words] / 10, 1)
    if words.replace(" ", "") in {p.replace(" ", "") for p in listed}:
        return 0.95
    held = [p for p in listed if f" {p} " in f" {words} "]
    return max((0.4 + 0.4 * len(p) / len(words) for p in held), default=0.0)


def _bare(words: str) -> str:
    """Words without the small ones between them: `date de naissance` and `date naissance` say the same."""
    kept = [w for w in words.split() if w not in SMALL]
    return " ".join(kept) if len(kept) > 1 else words


def words_of(header: str) -> set[str]:
    """The words of a header."""
    return set(plain(header).split())


@functools.cache
def _phrases(phrases: str) -> dict[str, int]:
    """The phrases with their rank: what stands first is the most telling."""
    return {_bare(p.strip()): i for i, p in reversed(list(enumerate(phrases.split(","))))}
