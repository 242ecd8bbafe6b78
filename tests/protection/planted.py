"""Identifiers of every kind, made to pass their checksums, and a small product with one in every place there is."""

from __future__ import annotations

import itertools
import string
import uuid

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

GIVEN = ["Thomas", "Sabine", "Claire", "Pedro", "Hannah", "Michael", "Isabelle", "Sandra", "Andreas", "Camille"]
FAMILY = ["Kowalczyk", "Obermoser", "Delacroix", "Zubizarreta", "Thistlewaite", "Vandenberghe", "Ferrarini",
          "Lindqvistson", "Papadakis", "Hochleitner"]
NATIONAL = ("DE", "AT", "FR", "IT", "NL", "BE")  # of the product's currency, written with a trunk 0 or in groups


def identifiers() -> dict[str, list[str]]:
    """{kind: texts}, more than 500 of them, none twice."""
    return {"e-mail": e_mails(), "phone": phones(), "iban": ibans(), "card": cards(), "national id": national_ids(),
            "name": names(), "ip": [f"10.{i}.7.{i + 3}" for i in range(20)],
            "link": [f"https://user{i}:pw{i}@host{i}.example/x" for i in range(20)]}


def e_mails() -> list[str]:
    return [f"{g.lower()}.{f.lower()}{i}@mail{i % 7}.example.org" for i, (g, f) in enumerate(
        itertools.product(GIVEN, FAMILY))]


def names() -> list[str]:
    return [f"{g} {FAMILY[(i + j) % 10]}" for i, g in enumerate(GIVEN) for j in range(10)]


def phones() -> list[str]:
    """Of every country with its code, in two ways of writing; and as people at home write them."""
    found = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if number:
            form = PhoneNumberFormat.E164 if len(found) % 2 else PhoneNumberFormat.INTERNATIONAL
            found.append(phonenumbers.format_number(number, form))
    for region, kind in itertools.product(NATIONAL, (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)):
        text = phonenumbers.format_number(phonenumbers.example_number_for_type(region, kind),
                                          PhoneNumberFormat.NATIONAL)
        found += [text] if text.startswith(("0", "(0")) else []
    return sorted(set(found))


def ibans() -> list[str]:
    made = []
    for i in range(60):
        country, length = (("DE", 18), ("NL", 14), ("FR", 23), ("ES", 20))[i % 4]
        account = f"{'ABNA' if country == 'NL' else ''}{(7_919 * (i + 11)) ** 3:d}".ljust(length, "7")[:length]
        number = int("".join(str(int(c, 36)) for c in f"{account}{country}00"))
        text = f"{country}{98 - number % 97:02d}{account}"
        made.append(" ".join(text[k:k + 4] for k in range(0, len(text), 4)) if i % 2 else text)
    return made


def cards() -> list[str]:
    made = []
    for i in range(60):
        body = ("4" if i % 2 else "51") + f"{(104_729 * (i + 3)) ** 2:d}".ljust(15, "3")
        body = body[:15]
        total = sum(int(d) if k % 2 else sum(divmod(2 * int(d), 10)) for k, d in enumerate(body))
        text = f"{body}{-total % 10}"
        made.append(" ".join(text[k:k + 4] for k in range(0, 16, 4)) if i % 3 else text)
    return made


def national_ids() -> list[str]:
    """Of the US, the UK, Spain and Poland by their own arithmetic; PESEL counts only for products in Poland."""
    us = [f"{100 + i}-{10 + i}-{1000 + 7 * i}" for i in range(25)]
    uk = [f"{a}{b} {12 + i} {34 + i} {56 + i % 40} C" for i, (a, b) in enumerate(itertools.product("ABCEH", "BCEH"))]
    es = [f"{n}{'TRWAGMYFPDXBNJZSQVHLCKE'[n % 23]}" for n in range(40_000_123, 40_000_123 + 25 * 977, 977)]
    return [*us, *uk, *es]


class Plant:
    """Hands out the planted texts one by one, kind after kind, until all are planted."""

    def __init__(self, kinds: dict[str, list[str]] | None = None):
        self.kinds = kinds or identifiers()
        self.queue = [t for row in itertools.zip_longest(*self.kinds.values()) for t in row if t]
        self.used: list[str] = []

    def __call__(self, kind: str = "") -> str:
        place = next(i for i, t in enumerate(self.queue) if not kind or t in self.kinds[kind])
        self.used.append(self.queue.pop(place))
        return self.used[-1]


def customers(n: int) -> list[str]:
    return [f"KD-{70_000 + 37 * i}{string.ascii_uppercase[i % 26]}" for i in range(n)]


def devices() -> list[str]:
    """What tells a device: UUIDs of advertising, MAC addresses, IMEIs with their check digit."""
    uuids = [str(uuid.uuid5(uuid.NAMESPACE_DNS, f"device{i}")) for i in range(20)]
    macs = [":".join(u.replace("-", "")[k:k + 2] for k in range(0, 12, 2)).upper() for u in uuids[:12]]
    imeis = []
    for i in range(12):
        body = f"35{(104_729 * (i + 5)) ** 2:d}".ljust(14, "7")[:14]
        total = sum(int(d) if k % 2 == 0 else sum(divmod(2 * int(d), 10)) for k, d in enumerate(body))
        imeis.append(f"{body}{-total % 10}")
    return [*uuids, *macs, *imeis]


def addresses() -> list[str]:
    """Postal addresses as three countries write them."""
    german = [f"Lindenhofstraße {11 + i}, {10115 + 37 * i} Buxtehude" for i in range(12)]
    british = [f"{120 + i} Mulberry Lane, SW1A {i % 9 + 1}AB London" for i in range(12)]
    french = [f"{31 + i} rue des Tilleuls, {75001 + i} Vincennes" for i in range(12)]
    return [*german, *british, *french]


def letters_only(n: int) -> list[str]:
    """Ids without a digit: consonants, so that no word is one."""
    letters = "BCDFGHJKLMNPQRSTVWXZ"
    places = [[(i * 9_176_423 + 5_000_011) // 20**k % 20 for k in range(6)] for i in range(n)]
    return ["QX" + "".join(letters[d] for d in place) for place in places]
