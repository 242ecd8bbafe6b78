"""Who was heard: respondents, interviews and messages in numbers, and how those who answered differ (method.md §2)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect.evidence import TOPICS, free_columns
from lib.collect.masking import is_masked, masked
from lib.collect.scales import items, nobody_answered
from lib.collect.screens import kept
from lib.stats import effective_n, weighted_share

# active days by which customers are grouped: the declared cut points of frequency (method.md §3.1)
GROUPS = (("none", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3 to 4", 3, 4), ("5 to 9", 5, 9), ("10 and more", 10, None))
DAYS = {"transactions": "ordered_at", "events": "occurred_at"}


def heard(states: dict[str, ir.Table], base: pd.Series, voice: pd.DataFrame | None) -> dict:
    """{survey, interviews, texts}: what was collected of each, None where there is no such source."""
    return {"survey": _survey(states, base) if "survey" in states else None,
            "interviews": _interviews(kept(states["interviews"]).to_pandas()) if "interviews" in states else None,
            "texts": _texts(kept(states["texts"]).to_pandas(), voice) if "texts" in states else None}


def _survey(states: dict[str, ir.Table], base: pd.Series) -> dict:
    rows = kept(states["survey"])
    frame = rows.to_pandas()
    people = frame["customer_key"].drop_duplicates()
    inside = int(people.isin(base).sum())
    waves = frame.groupby("wave").size()
    weights = frame.get("weight")
    return {"respondents": len(people), "in_base": inside, "outside": len(people) - inside, "base": len(base),
            "strangers_left_out": _strangers_left_out(states),
            "waves": [{"wave": w, "n": int(n)} for w, n in waves.items()], "items": items(rows),
            "empty": nobody_answered(rows), "weighted": weights is not None, "rows": len(frame),
            "effective_n": effective_n(weights) if weights is not None else float(len(frame)),
            "by_activity": _by_activity(states, base, people), "answers": _answers(frame)}


def _strangers_left_out(states: dict[str, ir.Table]) -> int:
    """How many respondents are no customers and may not be analysed: counted, since else nobody would know of them.

    None can be told without a table of customers.
    """
    if "customers" not in states:
        return 0
    answered = states["survey"]
    left = answered.filter(~answered.state.isin(["kept", "repaired"]) & answered.barred_for.notnull())
    strangers = left.filter(left.customer_key.notin(states["customers"].customer_key))
    return int(strangers.customer_key.nunique().execute())


def _by_activity(states: dict[str, ir.Table], base: pd.Series, people: pd.Series) -> list[dict]:
    """Customers and how many of them answered, by the number of days with an order or event; empty without either."""
    days = [kept(states[n]).select("customer_key", day=kept(states[n])[c].date()) for n, c in DAYS.items()
            if n in states]
    if not days:
        return []
    union = ibis.union(*days) if len(days) > 1 else days[0]
    counts = union.group_by("customer_key").aggregate(days=union.day.nunique()).to_pandas()
    active = base.map(counts.set_index("customer_key")["days"]).fillna(0)
    answered = base.isin(people)
    groups = [(name, (active >= low) & (active <= (high if high is not None else active.max())))
              for name, low, high in GROUPS]
    return [{"group": name, "n": int(held.sum()), "answered": int((held & answered).sum())}
            for name, held in groups if held.any()]


def _answers(frame: pd.DataFrame) -> list[dict]:
    """How often each code was given, in respondents' latest answers: shares, weighted where weights are given."""
    order = ["customer_key", *(c for c in ("answered_at", "wave") if c in frame)]
    last = frame.sort_values(order, kind="stable").drop_duplicates("customer_key", keep="last")
    weights = last["weight"] if "weight" in last else pd.Series(1.0, last.index)
    free, found = free_columns(frame), []
    for column in (c for c in TOPICS if c in last and c not in free):
        told = last[column].dropna().map(masked)
        for code, n in told.value_counts().items():
            share, low, high, size = weighted_share(told == code, weights[told.index])
            found.append({"question": TOPICS[column], "code": code, "n": int(n), "of": len(told), "share": share,
                          "low": low, "high": high, "effective_n": size})
    return found


def _interviews(frame: pd.DataFrame) -> dict:
    return {"held": len(frame), "people": int(frame["customer_key"].nunique()) if "customer_key" in frame else 0}


def _texts(frame: pd.DataFrame, voice: pd.DataFrame) -> dict:
    written = voice.loc[voice["kind"] == "text", "text"]
    return {"messages": len(frame), "writers": int(frame["customer_key"].nunique()),
            "masked": int(written.map(is_masked).sum())}
