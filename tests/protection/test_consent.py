"""Consent: over 1,000 random states with ids as carelessly written as people write them, against plain Python.

Nobody leaves in an audience who may not, and whoever may does; those barred are in no table that features see.
"""

import datetime as dt
import random
import re
import unicodedata

import pandas as pd
import pytest

from lib.analyze.features import customer_features
from lib.contracts import Blocked
from lib.strategy.audiences import eligibility, eligible, machine_rows, with_arms
from tests.collect.collect_cases import CUSTOMERS, ORDERS, key, rows_of, states

AS_OF = dt.date(2026, 6, 30)
PLAN = {"campaign": "c", "expires_on": "2026-07-30"}
CHANNELS, STATUSES = ("analytics", "email", "push", "marketing"), ("granted", "withdrawn", "objected")
RANK = {s: i for i, s in enumerate(STATUSES)}
N = 400  # customers of a round, each one random state of consent


def spoilt(rng: random.Random, text: str) -> str:
    """The same id as somebody else would write it."""
    text = rng.choice([text, unicodedata.normalize("NFD", text), text.replace("-", "\uff0d")])
    text = rng.choice([text, f" {text}", f"{text}\t", f"\u200b{text}", f"{text[:2]}\u2060{text[2:]}", f"{text}\u200d",
                       f"\u00a0{text} "])
    return f"{text}.0" if text.isdecimal() and rng.random() < 0.5 else text


def written(rng: random.Random, i: int) -> str:
    return rng.choice([f"K-{i:05d}", f"ä{i:04d}-Öl", f"{100_000 + i}", f"0{i:06d}", f"Kunde {i}"])


def random_records(rng: random.Random, ids: list[str]) -> list[tuple[str, str, str, str]]:
    """(id, channel, status, day or blank) in random order; a grant under another case is nobody's."""
    days = ["2024-01-01", "2025-01-01", "2026-06-30", "2026-07-01", "2027-01-01", ""]
    found = []
    for who in ids:
        for _ in range(rng.choice([0, 1, 2, 3, 4, 5])):
            status = rng.choices(STATUSES, (6, 1, 1))[0]
            case = str.swapcase if status == "granted" and rng.random() < 0.05 else str
            found.append((spoilt(rng, case(who)), rng.choice(CHANNELS), status, rng.choice(days)))
        if rng.random() < 0.8:
            found.append((spoilt(rng, who), "analytics", "granted", "2024-01-01"))
    rng.shuffle(found)
    return found


def meant(text: str, whole: set[str]) -> str:
    """Whose id it is: by the letter of what ids are said to be, and nothing of the code under test."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc"))
    text = re.sub(r"\s+", " ", text).strip()
    decimal = re.fullmatch(r"([0-9]+)\.0+", text)
    return decimal[1] if decimal and decimal[1] in whole else text


def may_be_contacted(who: str, born: int, records: list, basis: str, channel: str, ids: set[str]) -> bool:
    standing = {}
    for raw, on, status, day in records:
        if meant(raw, ids) == who and (status != "granted" or not day or dt.date.fromisoformat(day) <= AS_OF):
            standing[on] = max(standing.get(on, "granted"), status, key=RANK.get)
    if AS_OF.year - born - 1 < 16 or standing.get("marketing") == "objected":
        return False
    if standing.get("analytics", "granted" if basis != "consent" else "withdrawn") != "granted":
        return False
    if {standing.get(channel), standing.get("marketing")} & {"withdrawn", "objected"}:
        return False
    return standing.get(channel, standing.get("marketing")) == "granted"


@pytest.mark.parametrize("seed, basis, channel", [(1, "consent", "email"), (2, "contract", "push"),
                                                  (3, "consent", "push"), (4, "contract", "email")])
def test_no_random_state_leaks(collected, seed, basis, channel):
    rng = random.Random(seed)
    ids = list(dict.fromkeys(written(rng, i) for i in range(N)))
    born = {who: rng.choice([1960, 1975, 1985, 1995, 2000, 2009, 2010, 2015]) for who in ids}
    records = random_records(rng, ids)
    found = collected(
        {"customers": CUSTOMERS + "".join(f"{w};2020-01-01;{born[w]};;A\n" for w in ids),
         "transactions": ORDERS + "".join(f"{spoilt(rng, w)};o{i};2026-01-01;5;x\n" for i, w in enumerate(ids)),
         "consent": "customer;channel;status;at\n" + "".join(";".join(r) + "\n" for r in records)},
        data_protection={"owner": "x", "purpose": "y", "lawful_basis": basis, "retention_days": 999})
    allowed = {key(w) for w in ids if may_be_contacted(w, born[w], records, basis, channel, set(ids))}
    exported = set(export(found, channel)["customer_key"])
    assert 0.1 * N < len(allowed) < 0.9 * N
    assert not exported - allowed, "a leak"
    assert not allowed - exported, "somebody who agreed was left out"


def export(found, channel: str) -> pd.DataFrame:
    """What a campaign tool would be given if everybody who may be contacted were treated."""
    customers = found.tables["customers"]
    assigned = customers[["customer_key"]].assign(segment="all")
    people = eligibility(assigned, customers, found.tables["consents"],
                         pd.DataFrame({"segment": ["all"], "channel": [channel]}), minimum_age=16)
    arms = pd.Series("treated", index=eligible(people).index)
    return machine_rows(with_arms(people, arms, pd.Series(dtype="str")), plan=PLAN)


@pytest.mark.parametrize(("basis", "analysed"), [("", ["agreed"]), ("consent", ["agreed"]),
                                                 ("contract", ["agreed", "silent"])])
def test_while_no_lawful_basis_is_decided_only_who_agreed_is_analysed(collected, basis, analysed):
    found = collected({"customers": CUSTOMERS + "".join(f"{w};2020-01-01;1980;;A\n" for w in ("agreed", "silent")),
                       "transactions": ORDERS + "agreed;o1;2026-01-01;5;x\nsilent;o2;2026-01-01;5;x\n",
                       "consent": "customer;channel;status;at\nagreed;analytics;granted;2025-01-01\n"},
                      data_protection={"owner": "x", "purpose": "y", "lawful_basis": basis, "retention_days": 999})
    assert set(rows_of(found.tables["customers"])["customer_key"]) == {key(w) for w in analysed}
    assert found.barred["customer_key"].tolist() == [key(w) for w in ("agreed", "silent") if w not in analysed]


@pytest.mark.parametrize("case", [str.lower, lambda t: t.replace("-", ""), lambda t: t.replace("K", "\u041a")])
def test_a_refusal_whose_customer_cannot_be_told_blocks_the_product(collected, case):
    ids = [f"K-{i:03d}" for i in range(30)]
    records = [f"{i};email;granted;2025-01-01" for i in ids] + [f"{case(ids[7])};email;withdrawn;2025-01-01"]
    with pytest.raises(Blocked, match="withdrew or objected") as refusal:
        collected({"customers": CUSTOMERS + "".join(f"{i};2020-01-01;1980;;A\n" for i in ids),
                   "transactions": ORDERS + "".join(f"{i};o{i};2026-01-01;5;x\n" for i in ids),
                   "consent": "\n".join(["customer;channel;status;at", *records, ""])},
                  data_protection={"owner": "x", "purpose": "y", "lawful_basis": "contract", "retention_days": 999})
    assert "line 32" in refusal.value.where and ids[7] not in str(refusal.value)


def test_those_who_left_are_in_no_table_that_features_see_and_expired_rows_are_no_money(collected):
    people = {"stays": "1980;", "minor": "2012;", "erased": "1980;2026-01-01", "objector": "1980;", "refuser": "1980;"}
    orders = "".join(f"{w};{w}1;2026-03-01;5;x\n{w};{w}2;2022-03-01;700;x\n" for w in people)
    found = collected({
        "customers": CUSTOMERS + "".join(f"{w};2020-01-01;{rest};A\n" for w, rest in people.items()),
        "transactions": ORDERS + orders, "events": "customer;at;what\n" + "".join(
            f"{w};2026-02-01;login\n" for w in people),
        "consent": "customer;channel;status;at\n" + "".join(f"{w};analytics;granted;2025-01-01\n" for w in people)
        + "objector;marketing;objected;2026-01-01\nrefuser;analytics;withdrawn;2026-01-01\n"},
        data_protection={"owner": "x", "purpose": "y", "lawful_basis": "consent", "retention_days": 500})
    tables = {n: rows_of(found.tables[n]) for n in ("customers", "transactions", "events", "consents")}
    assert {n: set(t["customer_key"]) for n, t in tables.items()} == dict.fromkeys(tables, {key("stays")})
    features = customer_features(found.tables["transactions"], found.tables["events"], tables["customers"], as_of=AS_OF,
                                 critical_event="order", period_days=30.0)
    assert features["customer_key"].tolist() == [key("stays")] and features["revenue"].tolist() == [500]
    left = {reason: n for reason, n in found.collected["protection"].items() if n}
    assert left == {"may be younger than the minimum age": 1, "erased on request": 1, "objected to marketing": 1,
                    "without consent for analytics": 1}
    assert states(found, "transactions")["excluded", "older than the retention period"] >= 1
