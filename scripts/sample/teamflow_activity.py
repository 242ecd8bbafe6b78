"""Teamflow: use, invoices, chances, one play with a holdout by account, and what people say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import phrases
from sample.draw import AS_OF, Plan, by_label, day_number, evenly, exact_groups, jittered, moments
from sample.teamflow_accounts import START

AREAS = ("Board", "Zeiten", "Budget", "Kalender", "Formulare", "Berichte")
CVPS = ("ein Ort für alle Arbeit", "Zahlen ohne Nachfragen", "weniger Besprechungen")
JOBS = ("Arbeit verteilen", "Stand berichten", "Kosten im Griff halten")
PLAY = {
    "campaign": "modul-2026",
    "name": "Einführung in weitere Module",
    "starts_on": "2026-04-01",
    "ends_on": "2026-06-25",
    "cost": 180.0,
    "margin": 0.72,
}
BASE_EXPANDS = {"platform": 0.22, "specialists": 0.08, "projects": 0.12, "desks": 0.10, "outside": 0.08}
UPLIFT = {"platform": -0.10, "specialists": 0.12, "projects": 0.0, "desks": 0.04, "outside": 0.0}
THEMES = {
    "platform": {"integration": 5, "praise": 5},
    "specialists": {"onboarding": 5, "billing": 5},
    "projects": {"reporting": 6, "permissions": 4},
    "desks": {"permissions": 6, "billing": 4},
    "*": {"billing": 1},
}
SCORE = {"buyer": 8.6, "admin": 7.2, "member": 5.6}  # roles disagree
CONTRADICTED, UNHEARD = "specialists", "desks"


# what the modules are called, by area; the first of each area are those that interviews name
NAMES = {
    "Zeiten": ("Zeiterfassung", "Urlaubsplanung", "Überstunden", "Stundenzettel", "Zeitfreigabe"),
    "Budget": ("Budgetübersicht", "Kostenstellen", "Angebote", "Rechnungsabgleich", "Budgetwarnungen"),
    "Kalender": ("Teamkalender", "Terminumfragen", "Raumbuchung", "Meilensteine", "Feiertage"),
    "Formulare": ("Formulare", "Vorlagen", "Genehmigungen", "Umfragen", "Unterschriften"),
    "Berichte": ("Auswertungen", "Wochenbericht", "Kennzahlen", "Datenexport", "Berichtsversand"),
    "Board": ("Aufgabentafel", "Unteraufgaben", "Abhängigkeiten", "Wiederholungen", "Archiv"),
}


def names() -> pd.DataFrame:
    """What the modules are called, beside their codes."""
    called = [NAMES[AREAS[i % 6]][(i - 1) // 6] for i in range(1, 31)]
    return pd.DataFrame({"Kennung": [f"M{i:02d}" for i in range(1, 31)], "Bezeichnung": called})


def features() -> pd.DataFrame:
    """Thirty modules; the first, which records hours, carries the core value."""
    rows = [
        (
            f"M{i:02d}",
            AREAS[i % 6],
            "ja" if i == 1 else "nein",
            ("Basis", "Plus", "Pro")[i % 3],
            CVPS[i % 3],
            JOBS[(i // 2) % 3],
        )
        for i in range(1, 31)
    ]
    return pd.DataFrame(rows, columns=["Modul", "Bereich", "Kern", "Stufe", "Nutzenversprechen", "Aufgabe"])


def usage(plan: Plan, stints: pd.DataFrame, users: pd.DataFrame) -> pd.DataFrame:
    """One row per account, user, day and module, with the number of actions."""
    rng = plan.stream("usage")
    owner, when = jittered(
        rng, stints["start"].to_numpy(float), stints["end"].to_numpy(float), stints["rate"].to_numpy() / 30
    )
    used = np.maximum(1, np.round(stints["per_day"].to_numpy()[owner] + rng.normal(0, 0.4, len(owner)))).astype(int)
    row = np.repeat(np.arange(len(owner)), used)
    position = np.arange(len(row)) - np.repeat(np.cumsum(used) - used, used)
    accounts = stints["account_id"].astype("category")
    code = accounts.cat.codes.to_numpy()[owner][row]
    others = np.argsort(plan.stream("modules").random((len(accounts.cat.categories), 29)), axis=1) + 1
    repertoire = np.hstack([np.zeros((len(others), 1), int), others])
    known = stints["known"].to_numpy()[owner][row]
    core = evenly(rng, owner, (stints["core"] / stints["rate"]).to_numpy()[owner])[row]
    pick = np.where((position == 0) & core, 0, 1 + np.floor(rng.random(len(row)) * (known - 1))).astype(int)
    actions = stints["actions"].to_numpy()[owner][row] / used[row] * np.exp(rng.normal(0, 0.25, len(row)))
    table = pd.DataFrame(
        {
            "account_id": accounts.to_numpy()[owner][row].astype(str),
            "user_id": _who(rng, accounts, code, users),
            "day": np.floor(when[row]),
            "feature": repertoire[code, pick] + 1,
            "n": np.maximum(1, np.round(actions)).astype(int),
        }
    )
    return table.drop_duplicates(["account_id", "day", "feature"]).sort_values(
        ["day", "account_id", "feature"], ignore_index=True
    )


def _who(rng, accounts: pd.Series, code: np.ndarray, users: pd.DataFrame) -> np.ndarray:
    """One of the account's users."""
    grouped = users.sort_values(["account_id", "user_id"], ignore_index=True)
    counts = grouped["account_id"].value_counts().reindex(accounts.cat.categories).to_numpy()
    first = grouped.groupby("account_id", sort=True).head(1).index.to_series()
    first.index = grouped.loc[first.index, "account_id"]
    offset = first.reindex(accounts.cat.categories).to_numpy()
    return grouped["user_id"].to_numpy()[offset[code] + np.floor(rng.random(len(code)) * counts[code]).astype(int)]


def invoices(plan: Plan, stints: pd.DataFrame) -> pd.DataFrame:
    """One invoice per account and month at the fee in force; expansions of the play add seats from their month on."""
    rng = plan.stream("invoices")
    months = pd.date_range(START, AS_OF, freq="MS")
    rows = stints.merge(pd.DataFrame({"month": months, "day": day_number(months)}), how="cross")
    rows = rows[(rows["day"] >= rows["start"]) & (rows["day"] < rows["end"])].sort_values(
        ["month", "account_id"], ignore_index=True
    )
    rows["discount"] = np.where(rng.random(len(rows)) < 0.04, np.round(rows["fee"] * 0.1, 2), 0.0)
    return rows[["account_id", "day", "fee", "discount", "known"]].assign(
        refund=False, invoice=[f"R{i:05d}" for i in range(len(rows))]
    )


def play(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Every account in one of two arms of the play, and whether it took further modules."""
    rng = plan.stream("play")
    arm = exact_groups(rng, len(table), {"treated": 0.5, "control": 0.5})
    drop = (plan.variant == "srm") & (arm == "control") & (rng.random(len(table)) < 0.4)
    segment = table["segment_3"]
    chance = segment.map(BASE_EXPANDS).to_numpy() + (arm == "treated") * segment.map(UPLIFT).to_numpy()
    live = (table["last"] > day_number([PLAY["starts_on"]])[0]).to_numpy()
    return (
        table[["account_id"]]
        .assign(
            arm=arm, segment=segment, stratum=table["employees"], converted=live & (rng.random(len(table)) < chance)
        )[~drop]
        .reset_index(drop=True)
    )


def opportunities(plan: Plan, table: pd.DataFrame, fees: pd.Series) -> pd.DataFrame:
    """Sales chances; one in ten leads is won, renewals mostly are."""
    rng = plan.stream("opportunities")
    n = round(plan.customers * 900 / 420)
    which = rng.integers(0, len(table), n)
    kind = rng.choice(["neu", "Ausbau", "Verlängerung"], n, p=[0.45, 0.25, 0.30])
    won = rng.random(n) < pd.Series(kind).map({"neu": 0.105, "Ausbau": 0.3, "Verlängerung": 0.86}).to_numpy()
    fee = fees.reindex(table["account_id"]).fillna(fees.median()).to_numpy()[which]
    return pd.DataFrame(
        {
            "Konto": table["account_id"].to_numpy()[which],
            "Art": kind,
            "Phase": np.where(won, "gewonnen", "verloren"),
            "Betrag": np.round(fee * rng.uniform(2, 12, n), 2),
            "Abschluss": _dates(day_number([START])[0] + rng.integers(0, 725, n)),
            "Gewonnen": np.where(won, "ja", "nein"),
        }
    ).sort_values(["Konto", "Abschluss"], kind="stable", ignore_index=True)


def tickets(plan: Plan, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tickets by role, and their themes as the truth and a coder have them."""
    rng = plan.stream("tickets")
    n = round(plan.customers * 3000 / 420)
    pool = table[table["segment_3"] != UNHEARD]
    writers = pool.iloc[rng.integers(0, len(pool), n)]
    themes = by_label(rng, writers["segment_3"].to_numpy(), THEMES)
    shipped = pd.DataFrame(
        {
            "Ticket": [f"T{i:04d}" for i in range(n)],
            "Konto": writers["account_id"].to_numpy(),
            "Rolle": rng.choice(["buyer", "admin", "member"], n, p=[0.15, 0.35, 0.5]),
            "Datum": _dates(np.sort(day_number([AS_OF])[0] - rng.integers(0, 360, n))),
            "Text": [phrases.say(rng, phrases.TEAM, phrases.TEAM_FILL, t) for t in themes],
        }
    )
    return shipped, pd.DataFrame(
        {
            "text_id": shipped["Ticket"],
            "theme": themes,
            "coded": [phrases.coded(rng, t, list(phrases.TEAM)) for t in themes],
        }
    )


def nps(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """One respondent per account and wave; buyers are happier than members."""
    rng = plan.stream("nps")
    pool = table[table["segment_3"] != UNHEARD]
    n = min(round(plan.customers * 500 / 420), 3 * len(pool))
    cells = rng.choice(3 * len(pool), n, replace=False)
    role = rng.choice(["buyer", "admin", "member"], n, p=[0.3, 0.3, 0.4])
    segment = pool["segment_3"].to_numpy()[cells % len(pool)]
    said = by_label(
        rng,
        segment,
        {
            CONTRADICTED: {"rarely": 7, "monthly": 3},
            "projects": {"monthly": 7, "weekly": 3},
            "*": {"weekly": 9, "daily": 1},
        },
    )
    waves = np.array(["2025-12", "2026-03", "2026-06"])[cells // len(pool)]
    return pd.DataFrame(
        {
            "Konto": pool["account_id"].to_numpy()[cells % len(pool)],
            "Welle": waves,
            "Rolle": role,
            "Datum": [f"15.{w[5:]}.{w[:4]}" for w in waves],
            "Empfehlung": np.clip(np.round(rng.normal(pd.Series(role).map(SCORE), 1.5)), 0, 10).astype(int),
            "Haeufigkeit": said,
        }
    ).sort_values(["Konto", "Welle"], ignore_index=True)


def interviews(plan: Plan, table: pd.DataFrame, kinds: pd.Series) -> pd.DataFrame:
    """18 interviews, coded twice; in the contradicted segment both coders heard a Casual user."""
    rng = plan.stream("interviews")
    rows = []
    for segment, n in {"platform": 5, "specialists": 10, "projects": 2, "desks": 1}.items():
        pool = table[(table["segment_3"] == segment) & table["account_id"].isin(kinds.index)]
        for person in pool.iloc[np.sort(rng.choice(len(pool), min(n, len(pool)), replace=False))].itertuples():
            theme = by_label(rng, np.array([segment]), THEMES)[0]
            heard = "Casual" if segment == CONTRADICTED else kinds[person.account_id]
            rows.append(
                {
                    "Interview": f"I{len(rows) + 1:02d}",
                    "Konto": person.account_id,
                    "Datum": f"{rng.integers(1, 25):02d}.06.2026",
                    "Rolle": str(rng.choice(["buyer", "admin", "member"])),
                    "Einverstanden": "ja",
                    "Problem": theme,
                    "Aufgabe": JOBS[rng.integers(3)],
                    "Gefunden": person.source,
                    "Geschaetzt": f"M{1 + rng.integers(6):02d}",
                    "Nutzen": CVPS[rng.integers(3)],
                    "Kodierer1": heard,
                    "Kodierer2": heard if rng.random() < 0.85 else str(rng.choice(["Casual", "Core", "Power"])),
                    "Mitschrift": phrases.say(rng, phrases.TEAM, phrases.TEAM_FILL, theme),
                }
            )
    return pd.DataFrame(rows)


def _dates(days) -> pd.Index:
    return moments(np.asarray(days, float)).strftime("%d.%m.%Y")
