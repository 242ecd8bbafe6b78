"""What people say: templates by theme. Every sentence is invented; `{x}` is filled from small lists."""

MEALS = {
    "late delivery": [
        "The box came {d} days late again.",
        "Delivery slot missed, the {f} was warm on arrival.",
        "Waited all evening, courier never rang.",
        "Parcel late for the {n} time, please fix shipping.",
    ],
    "app slow": [
        "The app freezes when I open {p}.",
        "Crashes on my phone after the update, {p} never loads.",
        "Login takes ages and {p} keeps spinning.",
        "Since last week the app is so slow I gave up on {p}.",
    ],
    "too expensive": [
        "Prices went up, {f} is now too dear for us.",
        "Shipping costs more than the {f}.",
        "I like it but cannot afford the box every week.",
        "Why is {f} twice the supermarket price?",
    ],
    "more choice": [
        "More vegetarian dishes please, not only {f}.",
        "Same recipes every month, I want new ideas.",
        "Could you add allergy filters for {f}?",
        "Too few dishes for small children.",
    ],
    "portion size": [
        "Portions too small for {n} people.",
        "We always have {f} left over, smaller packs please.",
        "Family pack hardly feeds the kids.",
        "Could I order for one person without waste?",
    ],
    "praise": [
        "Love {p}, it saves my evenings.",
        "Best {f} we ever cooked at home, thank you.",
        "Planning the week takes five minutes now.",
        "My kids eat {f} since we use {p}!",
    ],
}
MEALS_FILL = {
    "d": ["two", "three", "four"],
    "f": ["fish", "salad", "pasta", "curry", "bread", "fruit"],
    "p": ["the planner", "the shopping list", "the videos", "the pantry page"],
    "n": ["two", "three", "fourth", "five"],
}
MEALS_LEAK = ["Write to me at {c}@example.org.", "Call me on +49 30 5550 0{k:03d}."]

TEAM = {
    "permissions": [
        "Rechte für {g} lassen sich nicht setzen.",
        "{g} sieht fremde Projekte, Rollen unklar.",
        "Freigaben für {g} sind zu umständlich.",
    ],
    "reporting": [
        "Bericht {m} zeigt falsche Summen.",
        "Export von {m} nach Excel bricht ab.",
        "Auswertung {m} dauert Minuten.",
    ],
    "onboarding": [
        "Neue Leute in {g} finden sich nicht zurecht.",
        "Einführung fehlt, {g} nutzt nur {m}.",
        "Wir brauchen eine Schulung zu {m}.",
    ],
    "integration": [
        "Abgleich mit dem Kalender verliert Termine in {m}.",
        "Schnittstelle zu {m} meldet Fehler.",
        "Bitte Anbindung an unser ERP, {m} doppelt gepflegt.",
    ],
    "billing": [
        "Rechnung weist zu viele Plätze aus.",
        "Wo ändere ich die Zahl der Plätze?",
        "Rabatt fehlt auf der Rechnung.",
    ],
    "praise": ["{m} spart uns jede Woche Stunden.", "Team {g} ist begeistert von {m}.", "Support war schnell, danke."],
}
TEAM_FILL = {
    "g": ["Vertrieb", "Einkauf", "Planung", "Technik"],
    "m": ["Board", "Zeiten", "Budget", "Kalender", "Formulare"],
}


def say(rng, phrases: dict, fill: dict, theme: str) -> str:
    """One sentence on a theme."""
    template = phrases[theme][rng.integers(len(phrases[theme]))]
    return template.format(**{key: words[rng.integers(len(words))] for key, words in fill.items()})


def coded(rng, theme: str, themes: list[str], noise: float = 0.10) -> str:
    """The theme as a coder wrote it down: one in ten is wrong."""
    return theme if rng.random() >= noise else str(rng.choice([t for t in themes if t != theme]))
