"""Meals: what customers say. Casual users answer less; one segment contradicts its behaviour; one is hardly heard."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import phrases
from sample.draw import AS_OF, Plan, by_label, day_number, moments

CONTRADICTED, UNHEARD = "quick", "feasters"
ITEMS = {"planning": (1, 2, 3, 4), "enjoyment": (5, 6, 7, 8), "price": (9, 10, 11, 12)}
REVERSED = ("q04", "q08")
ATTITUDE = {"planners": (4.4, 3.2, 3.0), "quick": (2.2, 2.4, 4.3), "families": (3.9, 2.8, 2.6), "*": (3.0, 3.0, 3.4)}
RESPONSE = {"Power": 1.0, "Core": 0.7, "Casual": 0.15, "none": 0.12}
JOB = {
    "planners": {"decide what to eat": 7, "use up what is there": 3},
    "quick": {"get dinner on the table": 8, "spend less": 2},
    "families": {"please everybody at the table": 8, "buy only what is needed": 2},
    "*": {"learn to cook": 4, "impress guests": 3, "get dinner on the table": 3},
}
PAIN = {
    "planners": {"more choice": 6, "app slow": 4},
    "quick": {"too expensive": 7, "app slow": 3},
    "families": {"portion size": 7, "late delivery": 3},
    "*": {"late delivery": 5, "too expensive": 5},
}
FOUND = {
    "planners": {"search": 6, "friend": 4},
    "quick": {"social": 7, "app store": 3},
    "families": {"friend": 8, "search": 2},
    "*": {"search": 5, "social": 5},
}
VALUED = {
    "planners": {"plan": 5, "week": 3, "list": 2},
    "quick": {"cook": 6, "timer": 2, "offers": 2},
    "families": {"kids": 5, "reorder": 5},
    "*": {"cook": 1},
}
CVP = {
    "planners": "nothing thrown away",
    "quick": "dinner without thinking",
    "families": "food that fits us",
    "feasters": "cook like a chef",
}
THEMES = {
    "planners": {"more choice": 4, "app slow": 3, "praise": 3},
    "quick": {"too expensive": 5, "app slow": 3, "late delivery": 2},
    "families": {"portion size": 5, "late delivery": 3, "praise": 2},
    "*": {"late delivery": 4, "too expensive": 4, "praise": 2},
}


def observed_words(rate: np.ndarray) -> np.ndarray:
    """How often, in the words of the survey, from active days per 30 days."""
    return np.select([rate >= 18, rate >= 3.5, rate >= 1.0], ["daily", "weekly", "monthly"], "rarely")


def survey(plan: Plan, who: pd.DataFrame) -> pd.DataFrame:
    """One row per respondent. `who` has customer_id, segment, rate, user_type of today."""
    rng = plan.stream("survey")
    chance = who["user_type"].map(RESPONSE).fillna(RESPONSE["none"]).to_numpy() * (who["segment"] != UNHEARD)
    n = min(round(plan.customers * 0.15), int((chance > 0).sum()))
    asked = who.iloc[np.sort(rng.choice(len(who), n, replace=False, p=chance / chance.sum()))]
    label = asked["segment"].to_numpy()
    table = pd.DataFrame(
        {
            "customer_id": asked["customer_id"].to_numpy(),
            "wave": "2026-05",
            "answered_at": moments(day_number(["2026-05-11"])[0] + rng.integers(0, 12, n)).strftime("%Y-%m-%d"),
            **_items(rng, label),
            "main_job": by_label(rng, label, JOB),
            "pain": by_label(rng, label, PAIN),
            "discovery": by_label(rng, label, FOUND),
            "valued_feature": by_label(rng, label, VALUED),
            "stated_frequency": _stated(rng, asked),
        }
    )
    table["nps"] = np.clip(
        np.round(rng.normal(pd.Series(label).map({"planners": 8.6, "families": 8, "quick": 6.2}).fillna(6), 1.4)), 0, 10
    ).astype(int)
    strangers = table.tail(max(1, n // 40)).assign(customer_id=[f"X{i:04d}" for i in range(max(1, n // 40))])
    return pd.concat([table.head(n - len(strangers)), strangers], ignore_index=True)


def _items(rng, label: np.ndarray) -> dict:
    """Twelve answers on 1-5: three attitudes, four items each, two of the items reversed."""
    centre = np.array([ATTITUDE.get(s, ATTITUDE["*"]) for s in label])
    person = centre + rng.normal(0, 0.5, centre.shape)
    answers = {}
    for scale, items in enumerate(ITEMS.values()):
        for item in items:
            raw = np.clip(np.round(person[:, scale] + rng.normal(0, 0.6, len(label))), 1, 5).astype(int)
            answers[f"q{item:02d}"] = 6 - raw if f"q{item:02d}" in REVERSED else raw
    return answers


def _stated(rng, asked: pd.DataFrame) -> np.ndarray:
    """What they say; mostly true, but the contradicted segment says the opposite of what it does."""
    said = observed_words(asked["rate"].fillna(0).to_numpy()).astype(object)
    noisy = rng.random(len(said)) < 0.12
    said[noisy] = rng.choice(["weekly", "monthly", "rarely"], noisy.sum())
    contrary = (asked["segment"] == CONTRADICTED).to_numpy() & (rng.random(len(said)) < 0.9)
    said[contrary] = rng.choice(["rarely", "monthly"], contrary.sum(), p=[0.7, 0.3])
    return said


def interviews(plan: Plan, who: pd.DataFrame) -> pd.DataFrame:
    """24 interviews, coded twice. In the contradicted segment both coders heard a Casual user."""
    rng = plan.stream("interviews")
    rows = []
    for segment, n in {"planners": 7, "quick": 12, "families": 4, "feasters": 1}.items():
        pool = who[(who["segment"] == segment) & who["rate"].notna()]
        for person in pool.iloc[np.sort(rng.choice(len(pool), min(n, len(pool)), replace=False))].itertuples():
            rows.append(_interview(rng, person, f"I{len(rows) + 1:02d}"))
    return pd.DataFrame(rows)


def _interview(rng, person, number: str) -> dict:
    segment = np.array([person.segment])
    heard = "Casual" if person.segment == CONTRADICTED else person.user_type
    pain, job = by_label(rng, segment, PAIN)[0], by_label(rng, segment, JOB)[0]
    contrary = " Honestly I hardly ever open it." if person.segment == CONTRADICTED else ""
    return {
        "interview_id": number,
        "customer_id": person.customer_id,
        "held_at": moments(day_number(["2026-06-01"]) + rng.integers(0, 20, 1)).strftime("%Y-%m-%d")[0],
        "consent": "no" if number == "I03" else "yes",
        "pain": pain,
        "main_job": job,
        "discovery": by_label(rng, segment, FOUND)[0],
        "valued_feature": by_label(rng, segment, VALUED)[0],
        "cvp": CVP[person.segment],
        "coder_1": heard,
        "coder_2": heard if rng.random() < 0.85 else str(rng.choice(["Casual", "Core", "Power"])),
        "transcript": f"I use it to {job}. {phrases.say(rng, phrases.MEALS, phrases.MEALS_FILL, pain)}{contrary}",
    }


def texts(plan: Plan, who: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Feedback with its true theme and the theme as coded (10 % wrong), in two tables: what ships, and the truth."""
    rng = plan.stream("texts")
    n = round(plan.customers / 2)
    pool = who[(who["segment"] != UNHEARD) & (who["segment"] != "never")]
    weight = np.where(pool["user_type"].isin(["Power", "Core"]), 3.0, 1.0)
    writers = pool.iloc[rng.choice(len(pool), n, p=weight / weight.sum())]
    themes = by_label(rng, writers["segment"].to_numpy(), THEMES)
    said = [
        phrases.say(rng, phrases.MEALS, phrases.MEALS_FILL, theme) + _leak(rng, c)
        for theme, c in zip(themes, writers["customer_id"], strict=True)
    ]
    when = np.sort(day_number([AS_OF])[0] - rng.random(n) * 300)
    shipped = pd.DataFrame(
        {
            "text_id": [f"T{i:05d}" for i in range(n)],
            "customer_id": writers["customer_id"].to_numpy(),
            "written_at": moments(when).strftime("%Y-%m-%dT%H:%M"),
            "channel": rng.choice(["app", "mail", "store review"], n),
            "text": said,
        }
    )
    truth = pd.DataFrame(
        {
            "text_id": shipped["text_id"],
            "theme": themes,
            "coded": [phrases.coded(rng, t, list(phrases.MEALS)) for t in themes],
        }
    )
    return shipped, truth


def _leak(rng, customer: str) -> str:
    """Now and then somebody writes an address or a number into the text."""
    if rng.random() >= 0.02:
        return ""
    return " " + phrases.MEALS_LEAK[rng.integers(2)].format(c=customer.lower(), k=rng.integers(1000))
