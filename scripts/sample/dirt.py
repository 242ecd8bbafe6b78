"""Dirt, planted in known rows: duplicates, orphans, time zones, broken values, test accounts, bots."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample.draw import AS_OF, Plan, day_number, moments

DUPLICATE_ORDERS, ORPHAN_ROWS, WITH_OFFSET = 0.005, 0.003, 0.05
TEST_ACCOUNTS = ("TEST01", "TEST02", "TEST03", "TEST04")
BOTS, BOT_DAYS = 3, 120


def with_offsets(plan: Plan, table: pd.DataFrame, column: str, days: np.ndarray, zone: str) -> pd.Series:
    """Times as text: local, but one in twenty written with its offset, half of these in UTC with Z."""
    rng = plan.stream(f"offsets {column}")
    local = moments(days)
    aware = local.tz_localize(zone, ambiguous=np.ones(len(local), bool), nonexistent="shift_forward")
    texts = pd.Series(local.strftime("%Y-%m-%dT%H:%M:%S"), index=table.index)
    marked = rng.random(len(table)) < WITH_OFFSET
    utc = marked & (rng.random(len(table)) < 0.5)
    own = pd.Series(aware.strftime("%Y-%m-%dT%H:%M:%S%z"), index=table.index).str.replace(
        r"(\d\d)$", r":\1", regex=True
    )
    zulu = pd.Series(aware.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ"), index=table.index)
    return texts.mask(marked, own).mask(utc, zulu)


def orders(plan: Plan, lines: pd.DataFrame, order: str, customer: str) -> tuple[pd.DataFrame, dict]:
    """The lines with orphan ids and with whole orders written twice; and how many rows of each."""
    rng = plan.stream(f"dirt {order}")
    lines = lines.copy()
    orphan = np.sort(rng.choice(len(lines), max(1, round(ORPHAN_ROWS * len(lines))), replace=False))
    lines.loc[lines.index[orphan], customer] = [
        f"{lines[customer].iat[0][:1]}9Z{i % 50:02d}" for i in range(len(orphan))
    ]
    ids = lines[order].unique()
    twice = rng.choice(ids, max(1, round(DUPLICATE_ORDERS * len(ids))), replace=False)
    again = lines[lines[order].isin(twice)]
    return pd.concat([lines, again], ignore_index=True), {
        "orphan rows": len(orphan),
        "duplicate orders": len(twice),
        "duplicate rows": len(again),
    }


def broken(lines: pd.DataFrame, amount: str, moment: str) -> tuple[pd.DataFrame, dict]:
    """Four values that are no number and two that are no date."""
    lines = lines.astype({amount: object, moment: object})
    rows = np.linspace(len(lines) * 0.2, len(lines) * 0.8, 6).astype(int)
    lines.loc[lines.index[rows[:4]], amount] = "1O.50"
    lines.loc[lines.index[rows[4:]], moment] = lines.loc[lines.index[rows[4:]], moment].str.replace(
        r"^\d{4}-\d\d-\d\d", "2025-02-30", regex=True
    )
    return lines, {"rows with a broken amount": 4, "rows with a broken date": 2}


def bots(plan: Plan, accounts: list[str], features: list[str]) -> pd.DataFrame:
    """Events of three automata: every day at the same minute, six features, one minute each."""
    begin = np.floor(day_number([AS_OF])[0]) - BOT_DAYS
    days = np.repeat(np.arange(BOT_DAYS) + begin + 3 / 24, 6)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "customer_id": account,
                    "session_id": [f"b{i}{d // 6}" for d in range(len(days))],
                    "when": days,
                    "feature_id": features[:6] * BOT_DAYS,
                    "minutes": 1,
                }
            )
            for i, account in enumerate(accounts)
        ],
        ignore_index=True,
    )
