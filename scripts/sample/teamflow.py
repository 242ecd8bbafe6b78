"""Teamflow, a workflow service for teams (B2B): all shipped tables, in German headers, and the truth behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import dirt, teamflow_accounts as firms, teamflow_activity as activity
from sample.draw import AS_OF, SNAPSHOTS, Plan, day_number, moments
from sample.truth import migration, user_types

CUSTOMERS = {"ci": 126, "demo": 420, "stress": 14_000}
TEST_ACCOUNTS = ("KTEST1", "KTEST2")
COSTS = pd.DataFrame(
    [
        ("Anruf", 0.5),
        ("Schulung", 3.0),
        ("Einrichtung", 6.0),
        ("Besuch", 8.0),
        ("Webinar", 1.0),
        ("E-Mail", 0.05),
        ("Gutschrift", 0.2),
        ("Bericht", 2.0),
    ],
    columns=["Massnahme", "Stunden"],
)


def make(plan: Plan) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The shipped tables and the truth tables, by file name."""
    table = firms.accounts(plan)
    stints = firms.stints(plan, table)
    fees = stints.groupby("account_id")["fee"].last()
    users = firms.users(plan, table, fees)
    today, cuts = user_types(stints.rename(columns={"account_id": "customer_id"}))
    kinds = today[today["period"] == SNAPSHOTS[-1]].set_index("customer_id")["user_type"]
    tickets, themes = activity.tickets(plan, table)
    invoices = activity.invoices(plan, stints)
    bills, soiled = _bills(plan, invoices)
    assigned = activity.play(plan, table)
    shipped = {
        "konten": _accounts(plan, table, fees),
        "nutzer": _german_users(users),
        "rechnungen": bills,
        "nutzung_taeglich": _usage(activity.usage(plan, stints, users)),
        "module": activity.features(),
        "modulnamen": activity.names(),
        "chancen": activity.opportunities(plan, table, fees),
        "tickets": tickets,
        "nps": activity.nps(plan, table),
        "interviews": activity.interviews(plan, table, kinds),
        "massnahmen_kosten": COSTS.assign(Kosten=COSTS["Stunden"] * 60),
        "kampagnen": _campaign(),
        "zuteilung": _assignments(assigned),
        "ergebnisse": _outcomes(assigned, invoices),
        "einwilligung": _consent(plan, table),
    }
    truth = {
        "truth_segments": _segments(table),
        "truth_user_types": today,
        "truth_themes": themes,
        "truth_migration": migration(table),
        "truth_effects": _effects(),
        "truth_dirt": pd.DataFrame({"item": list(soiled), "n": list(soiled.values())}),
        "truth_parameters": _parameters(plan, cuts),
    }
    return shipped, truth


def _accounts(plan: Plan, table: pd.DataFrame, fees: pd.Series) -> pd.DataFrame:
    rng = plan.stream("konten")
    seats = np.maximum(3, np.round(fees.reindex(table["account_id"]).fillna(100) / 14)).astype(int).to_numpy()
    erased = np.full(len(table), "", dtype=object)
    erased[rng.choice(len(table), max(1, len(table) // 150), replace=False)] = "15.03.2026"
    region = table["region"].where(rng.random(len(table)) >= 0.08, "k. A.")
    accounts = pd.DataFrame(
        {
            "Konto": table["account_id"],
            "Branche": table["industry"],
            "Beschaeftigte": table["employees"],
            "Umsatzklasse": table["revenue_band"],
            "Region": region,
            "Tarif": np.select([seats < 15, seats < 40], ["Basis", "Plus"], "Pro"),
            "Plaetze": seats,
            "Vertragsbeginn": _dates(table["signup"]),
            "Verlaengerung": _dates(table["signup"] + 365 * np.ceil((day_number([AS_OF])[0] - table["signup"]) / 365)),
            "Quelle": table["source"],
            "Geloescht_am": erased,
        }
    )
    tests = accounts.head(len(TEST_ACCOUNTS)).assign(Konto=list(TEST_ACCOUNTS), Geloescht_am="")
    return pd.concat([accounts, tests], ignore_index=True)


def _german_users(users: pd.DataFrame) -> pd.DataFrame:
    return users.set_axis(["Nutzer", "Konto", "Rolle", "Eingeladen", "Aktiv"], axis=1)


def _bills(plan: Plan, invoices: pd.DataFrame):
    """Invoices as written: a kind marks credits, decimal comma, a few rows twice or of unknown accounts."""
    rng = plan.stream("gutschriften")
    back = invoices[rng.random(len(invoices)) < 0.008].assign(refund=True)
    back = back.assign(fee=np.round(back["fee"] * 0.3), discount=0.0, day=back["day"] + 9)
    rows = pd.concat([invoices, back], ignore_index=True).sort_values(
        ["day", "invoice", "refund"], kind="stable", ignore_index=True
    )
    rows, counts = dirt.orders(plan, rows, "invoice", "account_id")
    amount = (rows["fee"] - rows["discount"]).map("{:.2f}".format).str.replace(".", ",")
    table = pd.DataFrame(
        {
            "Rechnung": rows["invoice"],
            "Konto": rows["account_id"],
            "Datum": _dates(rows["day"]),
            "Betrag": amount,
            "Nachlass": rows["discount"].map(lambda v: f"{v:.2f}".replace(".", ",") if v else ""),
            "Plaetze": np.maximum(3, np.round(rows["fee"] / 14)).astype(int),
            "Art": np.where(rows["refund"], "Gutschrift", "Rechnung"),
            "Waehrung": "CHF",
        }
    )
    if plan.variant == "no-amounts":
        table = table.drop(columns=["Betrag", "Nachlass"])
    tests = table.head(len(TEST_ACCOUNTS)).assign(Konto=list(TEST_ACCOUNTS), Rechnung=["RT1", "RT2"])
    return pd.concat([table, tests], ignore_index=True), {
        **counts,
        "refund rows": len(back),
        "test accounts": len(TEST_ACCOUNTS),
        "test order rows": len(tests),
    }


def _usage(usage: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Konto": usage["account_id"],
            "Nutzer": usage["user_id"],
            "Tag": _dates(usage["day"]),
            "Modul": usage["feature"].map("M{:02d}".format),
            "Anzahl": usage["n"],
        }
    )


def _campaign() -> pd.DataFrame:
    play = activity.PLAY
    return pd.DataFrame(
        [
            {
                "Kampagne": play["campaign"],
                "Name": play["name"],
                "Beginn": _german(play["starts_on"]),
                "Ende": _german(play["ends_on"]),
                "Kanal": "call",
                "Kosten": f"{play['cost']:.2f}".replace(".", ","),
                "Marge": f"{play['margin']:.2f}".replace(".", ","),
                "Zufall": "ja",
            }
        ]
    )


def _assignments(assigned: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Kampagne": activity.PLAY["campaign"],
            "Konto": assigned["account_id"],
            "Gruppe": assigned["arm"],
            "Schicht": assigned["stratum"],
            "Zugeteilt": _german(activity.PLAY["starts_on"]),
        }
    )


def _outcomes(assigned: pd.DataFrame, invoices: pd.DataFrame) -> pd.DataFrame:
    begin, end = day_number([activity.PLAY["starts_on"], activity.PLAY["ends_on"]])
    paid = invoices.assign(net=invoices["fee"] - invoices["discount"])
    after = (
        paid[(paid["day"] >= begin) & (paid["day"] <= end)]
        .groupby("account_id")["net"]
        .sum()
        .reindex(assigned["account_id"])
        .fillna(0)
    )
    before = paid[(paid["day"] >= 2 * begin - end - 1) & (paid["day"] < begin)].groupby("account_id")["net"].sum()
    return pd.DataFrame(
        {
            "Kampagne": activity.PLAY["campaign"],
            "Konto": assigned["account_id"],
            "Ausgebaut": np.where(assigned["converted"], "ja", "nein"),
            "Umsatz": [f"{v:.2f}".replace(".", ",") for v in after],
            "Umsatz_davor": [f"{v:.2f}".replace(".", ",") for v in before.reindex(assigned["account_id"]).fillna(0)],
        }
    )


def _consent(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Every account agreed to analysis but a few, most to messages; some object to calls or mail."""
    rng = plan.stream("einwilligung")
    base = pd.DataFrame(
        {
            "Konto": table["account_id"],
            "Kanal": "analytics",
            "Status": np.where(rng.random(len(table)) < 0.985, "granted", "objected"),
            "Datum": _dates(table["signup"]),
        }
    )
    mail = base.assign(Kanal="marketing", Status=np.where(rng.random(len(table)) < 0.88, "granted", "withdrawn"))
    some = [
        pd.DataFrame(
            {
                "Konto": table["account_id"].to_numpy()[
                    np.sort(rng.choice(len(table), len(table) // 20, replace=False))
                ],
                "Kanal": channel,
                "Status": "objected",
                "Datum": "01.02.2026",
            }
        )
        for channel in ("call", "email")
    ]
    return pd.concat([base, mail, *some], ignore_index=True)


def _segments(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "customer_id": table["account_id"],
                    "period": period,
                    "segment": table[column],
                    "signup": moments(table["signup"].to_numpy()).strftime("%Y-%m-%d"),
                    "left": np.where(table["last"] <= day_number([period])[0], "yes", "no"),
                }
            )
            for period, column in zip(SNAPSHOTS, ("segment_1", "segment_2", "segment_3"), strict=True)
        ],
        ignore_index=True,
    )


def _effects() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "campaign": activity.PLAY["campaign"],
                "segment": s,
                "rate_uplift": e,
                "spend_uplift": 0.0,
                "profit_per_treated": -activity.PLAY["cost"],
            }
            for s, e in activity.UPLIFT.items()
        ]
    )


def _parameters(plan: Plan, cuts: dict) -> pd.DataFrame:
    values = {
        **cuts,
        "primary_dimension": "breadth",
        "drift_date": "2025-07-01",
        "as_of": AS_OF.strftime("%Y-%m-%d"),
        "seed": plan.seed,
        "contradicted_segment": activity.CONTRADICTED,
        "unheard_segment": activity.UNHEARD,
    }
    return pd.DataFrame({"parameter": list(values), "value": [str(v) for v in values.values()]})


def _dates(days) -> pd.Index:
    return moments(np.asarray(days, float)).strftime("%d.%m.%Y")


def _german(date: str) -> str:
    return pd.Timestamp(date).strftime("%d.%m.%Y")
