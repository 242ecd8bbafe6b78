"""What a column's own name says: names of people, e-mail addresses, phones, postal addresses, numbers of a person."""

from __future__ import annotations

import re

from lib.collect.given_names import GIVEN

PEOPLE = "names of people"
NAMED = {
    PEOPLE: r"(first|last|given|family|sur|full|contact|maiden)_?names?|(vor|nach|familien)name|prenom|prénom|"
            r"apellidos?|ansprechpartner(in)?",
    "e-mail addresses": r"(e_?)?mail(_?(address|adresse))?|correo|courriel",
    "phone numbers": r"(tele?)?(phone|fon)(_?(number|no|nr|nummer))?|tel|mobile?_?(number|no|nr|phone|nummer)|"
                     r"handy(_?(nr|nummer))?|fax|tel[eé]fono|whatsapp_?(number|no)",
    "postal addresses": r"street(_?(address|name))?|(postal_?|home_?|billing_?)?address(_?line)?_?\d?|adresse|"
                        r"stra(ss|ß)e|anschrift|direcci[oó]n",
    "accounts or national ids": r"iban|bic|ssn|nino|tax_?id|steuer_?(id|nummer)|passport_?(no|number)?|nif|dni|"
                                r"pesel|bsn|codice_fiscale|card_?number|kontonummer",
    "ids of devices": r"device_?(id|uuid)|advertising_?id|android_?id|idfa|idfv|gaid|aaid|imei|udid|mac(_?address)?|"
                      r"ger(ä|ae)te_?(id|nummer)",
    "IP addresses": r"ip(_?addr(ess)?)?",
}
PERHAPS = re.compile(r"(?i)(^|_)(names?|nom|nombre)$")
FEW = 2  # so many different values are a yes and a no
GIVEN_SHARE, DIFFERENT = 0.2, 0.5  # [ours] of the values with a given name first; of the rows, different values


def named(column: str, values: list[str], rows: int) -> str | None:
    """What an attribute holds, when its name says so and its values do not deny it.

    A column that is only called name may hold plans as well as people: it is of people where its values begin with
    given names, or where every other row has one of its own.
    """
    for what, names in NAMED.items():
        if re.fullmatch(names, column, re.I):
            return what if len(values) > FEW else None
    if not PERHAPS.search(column) or len(values) <= FEW:
        return None
    given = sum(v.split()[0].lower() in GIVEN for v in values if v.strip())
    return PEOPLE if given >= GIVEN_SHARE * len(values) or len(values) >= DIFFERENT * rows else None


def may_tell(column: str) -> bool:
    """Whether the name of the column says anything: only then its values need to be looked at."""
    return bool(PERHAPS.search(column)) or any(re.fullmatch(names, column, re.I) for names in NAMED.values())
