"""Five exports as people have them: other headers, languages, signs and gaps. Deterministic; nobody in them exists.

write("shop", folder)      # puts the files of one of EXPORTS into a folder
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from openpyxl import Workbook

FIRST = ["Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas"]
LAST = ["Albrecht", "Brandt", "Conrad", "Dorn", "Ebert", "Fuchs", "Graf", "Huber", "Iden", "Jung"]


def shop(folder: Path) -> None:
    """Order lines of a German shop: semicolons, decimal commas, cp1252, cancellations with C, postage, no amounts."""
    rng = np.random.default_rng(1)
    lines, number = ["Rechnungsnr;Artikelnr;Bezeichnung;Menge;Rechnungsdatum;Einzelpreis;KundenNr;Land"], 536_365
    start, end = dt.datetime(2025, 1, 2, 8, 0), dt.datetime(2026, 6, 30, 12, 0)
    articles = [
        (f"{10_000 + 7 * i}{'AB'[i % 2] if i % 5 == 0 else ''}", f"Becher Größe {i}", 0.85 + (i * 37 % 60) / 4)
        for i in range(80)
    ]
    for customer in range(700):
        rate = 1 + rng.geometric(0.3)
        for _ in range(rate):
            at = start + (end - start) * rng.random()
            number += 1
            for i in rng.choice(80, rng.integers(1, 6), replace=False):
                code, name, price = articles[i]
                lines.append(_line(number, code, name, int(rng.integers(1, 13)), at, price, 12_300 + customer))
            if rng.random() < 0.15:
                lines.append(_line(number, "POST", "Porto", 1, at, 4.95, 12_300 + customer))
            if rng.random() < 0.05:
                code, name, price = articles[int(rng.integers(80))]
                lines.append(_line(f"C{number}", code, name, -1, at + dt.timedelta(days=3), price, 12_300 + customer))
    for i in range(25):  # guests without a number
        lines.append(_line(700_000 + i, "10007", "Becher", 1, end - dt.timedelta(days=i), 2.1, ""))
    (folder / "bestellungen.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))


def _line(number, code, name, quantity, at, price, customer) -> str:
    land = "Österreich" if str(customer).endswith("7") else "Deutschland"
    each = f"{price:.2f}".replace(".", ",")
    return f"{number};{code};{name};{quantity};{at:%d.%m.%Y %H:%M};{each};{customer};{land}"


def subscription(folder: Path) -> None:
    """A ledger of monthly invoices: month, plan, MRR in dollars, the day of leaving where there is one."""
    rng = np.random.default_rng(2)
    rows = ["invoice_id,account_id,billing_email,invoice_date,plan,mrr_usd,churned_at"]
    plans = {"Starter": 29, "Team": 99, "Business": 349}
    for account in range(420):
        plan = rng.choice(list(plans), p=[0.5, 0.35, 0.15])
        first, last = int(rng.integers(0, 24)), 30
        left = int(rng.integers(first + 2, 40))
        for month in range(first, min(left, last)):
            day = dt.date(2024 + month // 12, month % 12 + 1, 1)
            churned = "" if left >= last else dt.date(2024 + left // 12, left % 12 + 1, 1).isoformat()
            rows.append(
                f"in_{account:04d}{month:02d},acc_{account:04d},{_mail(account)},{day},{plan},"
                f"{plans[str(plan)]:.2f},{churned}"
            )
    (folder / "invoices.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def app(folder: Path) -> None:
    """Events of an app, without money: ISO times in UTC, properties as JSON, packed."""
    rng = np.random.default_rng(3)
    names = ["app_open", "lesson_started", "lesson_finished", "streak_shared", "profile_viewed", "word_saved"]
    rows = ["user_id,event_name,ts,platform,props"]
    end = dt.datetime(2026, 5, 31, 21, 0)
    for user in range(600):
        joined = end - dt.timedelta(days=int(rng.integers(20, 300)))
        rate = rng.choice([0.1, 0.35, 0.8], p=[0.5, 0.35, 0.15])
        for day in range((end - joined).days):
            if rng.random() < rate:
                for _ in range(rng.integers(1, 4)):
                    at = joined + dt.timedelta(days=day, minutes=int(rng.integers(0, 600)))
                    event = rng.choice(names, p=[0.3, 0.25, 0.2, 0.05, 0.1, 0.1])
                    props = json.dumps({"v": "3.1", "n": int(rng.integers(1, 9))}).replace('"', '""')
                    rows.append(
                        f"u{user:05d}-{user * 7919 % 9973:04x},{event},{at:%Y-%m-%dT%H:%M:%S}.{user % 1000:03d}Z,"
                        f'{"ios" if user % 3 else "android"},"{props}"'
                    )
    with gzip.GzipFile(folder / "events.csv.gz", "wb", mtime=0) as stream:
        stream.write(("\n".join(rows) + "\n").encode())


def crm(folder: Path) -> None:
    """Accounts from a CRM as a workbook of two sheets, with owners' addresses, and daily use as CSV with US dates."""
    rng = np.random.default_rng(4)
    book = Workbook()
    sheet = book.active
    sheet.title = "Accounts"
    sheet.append(
        [
            "Account ID",
            "Account Name",
            "Industry",
            "Employees",
            "Seats",
            "Plan",
            "ARR (EUR)",
            "Customer since",
            "Owner E-Mail",
            "Phone",
            "Country",
        ]
    )
    industries = ["Software", "Retail", "Health", "Public", "Manufacturing"]
    for i in range(260):
        seats = int(rng.choice([3, 5, 10, 25, 60, 120]))
        sheet.append(
            [
                f"A-{i:05d}",
                f"{LAST[i % 10]} & Co {i}",
                industries[int(rng.integers(5))],
                str(rng.choice(["1-9", "10-49", "50-249", "250+"])),
                seats,
                "Pro" if seats > 20 else "Basic",
                float(seats * 240),
                dt.date(2023, 1, 15) + dt.timedelta(days=int(rng.integers(0, 900))),
                _mail(i),
                f"+49 30 {1_000_000 + i * 37}",
                "Germany",
            ]
        )
    notes = book.create_sheet("Read me")
    notes.append(["Exported for the segmentation project"])
    book.save(folder / "crm_accounts.xlsx")
    rows = ["account_id,user_id,usage_date,module,actions"]
    for i in range(250):
        for user in range(int(rng.integers(1, 4))):
            for day in np.flatnonzero(rng.random(200) < rng.choice([0.1, 0.3, 0.7])):
                on = dt.date(2025, 12, 1) + dt.timedelta(days=int(day))
                rows.append(
                    f"A-{i:05d},U{i:04d}{user},{on:%m/%d/%Y},{rng.choice(['board', 'docs', 'reports', 'chat'])},"
                    f"{rng.integers(1, 40)}"
                )
    (folder / "usage_daily.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def survey(folder: Path) -> None:
    """A survey without any orders: agreement from 1 to 7, 99 for don't know, a recommendation, facts about oneself."""
    rng = np.random.default_rng(5)
    items = [
        "Einkaufen macht mir Spaß",
        "Ich achte auf den Preis",
        "Ich probiere gern Neues",
        "Marken sind mir wichtig",
        "Ich kaufe online",
        "Ich plane meine Einkäufe",
    ]
    head = [
        "Teilnehmer-ID",
        "Zeitstempel",
        *items,
        "Weiterempfehlung",
        "Altersgruppe",
        "Geschlecht",
        "Region",
        "Hauptproblem",
    ]
    rows = ["\t".join(head)]
    for i in range(480):
        kind = rng.choice([2.5, 4.0, 5.5])
        answers = [int(np.clip(round(kind + rng.normal(0, 1.2)), 1, 7)) if rng.random() > 0.04 else 99 for _ in items]
        at = dt.datetime(2026, 3, 2, 9) + dt.timedelta(minutes=int(rng.integers(0, 20_000)))
        rows.append(
            "\t".join(
                map(
                    str,
                    [
                        f"R{i:04d}",
                        f"{at:%d.%m.%Y %H:%M:%S}",
                        *answers,
                        rng.integers(0, 11),
                        rng.choice(["18-29", "30-44", "45-59", "60+"]),
                        rng.choice(["w", "m", "d"], p=[0.5, 0.48, 0.02]),
                        rng.choice(["Nord", "Süd", "Ost", "West"]),
                        rng.choice(["Preis", "Zeit", "Auswahl"]),
                    ],
                )
            )
        )
    (folder / "umfrage.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _mail(i: int) -> str:
    return f"{FIRST[i % 10]}.{LAST[i // 10 % 10]}{i}@firma{i % 30}.example".lower()


EXPORTS: dict[str, Callable[[Path], None]] = {
    "shop": shop,
    "subscription": subscription,
    "app": app,
    "crm": crm,
    "survey": survey,
}


def write(name: str, folder: Path) -> None:
    """The files of one export, into a folder that is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    EXPORTS[name](folder)
