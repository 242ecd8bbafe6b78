"""The ways to divide the customers, each as a model: clusters, answers, user types, RFM groups, ideal profiles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.contracts.s03_analyze import USER_TYPES
from lib.segments.categories import is_level
from lib.segments.conditions import PROFILE
from lib.segments.model import build_model
from lib.segments.names import atom_group_names, cluster_names, slug
from lib.segments.solution import place, scaled

SCHEMES = ("clusters", "answers", "icp", "user_types", "rfm")
NO_PROFILE, SEVERAL = "(none)", "several"
FEWEST = 10  # [ours] customers of several profiles that are a segment of their own; fewer are outside, as matching none
NOT_ASKED = NotMeasured("nobody's answers were searched for classes", "a survey")
ON_THE_WAY = {"New": "New customers", "Prospect": "Prospects"}


def placement(features, *, user_types=None, icp=None, answers=None) -> pd.DataFrame | NotMeasured:
    """The features with what rules may also ask for: `user_type` and `icp` per customer, and answers, where known.

    `user_types` holds customer_key and user_type, `icp` is a Series of profile names indexed by customer_key,
    `answers` one row per respondent with a column an item (those that features already hold are not added).
    """
    if isinstance(features, NotMeasured):
        return features
    table = features.drop(columns=[c for c in ("user_type", "icp") if c in features])
    if user_types is not None and not isinstance(user_types, NotMeasured):
        table = table.merge(user_types[["customer_key", "user_type"]], on="customer_key", how="left",
                            validate="one_to_one")
    if icp is not None and not isinstance(icp, NotMeasured):
        table = table.assign(icp=table["customer_key"].map(icp))
    if answers is not None and not isinstance(answers, NotMeasured):
        items = ["customer_key", *[c for c in answers if c not in table]]
        table = table.merge(answers[items], on="customer_key", how="left", validate="one_to_one")
    return table


def described(placed, features, model) -> pd.DataFrame | NotMeasured:
    """The placement without the answers that had no part in the model: those describe its segments elsewhere."""
    absent = next((v for v in (placed, features, model) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    kept = {*features.columns, "user_type", "icp", *model["columns"]}
    return placed[[c for c in placed if c in kept]]


def user_types_before(engagement, cuts, *, period_days: float) -> pd.DataFrame | NotMeasured:
    """User types one period before the as-of date, from periods -1, -2 and -3: customer_key, user_type.

    Rated by active days per natural period over three periods instead of four (the fourth lies outside the
    table), with the frozen cuts; New and Prospect are not told apart here. For checks by time only.
    """
    for absent in (engagement, cuts):
        if isinstance(absent, NotMeasured):
            return absent
    rows = engagement[engagement["period"] < 0]
    if rows.empty:
        return NotMeasured("one period only", "more than one natural period of data")
    rate = rows.groupby("customer_key")["frequency"].mean() * cuts["period_days"] / period_days
    values = sorted(c["value"] for c in cuts["cuts"])
    kind = np.select([rate == 0, rate < values[0]], ["Dormant", "Casual"], "Core").astype(object)
    if len(values) > 1:
        kind[(rate >= values[1]).to_numpy()] = "Power"
    return pd.DataFrame({"customer_key": rate.index, "user_type": pd.array(kind, dtype="str")})


def candidate_models(placed: pd.DataFrame, *, choice, rfm, cuts, icps: list[dict], rfm_names: dict, as_of,
                     classes=NOT_ASKED, items=NOT_ASKED) -> dict:
    """Scheme -> model, or NotMeasured with the reason; every model carries the frozen cut points.

    `placed` as from `placement`; `choice` is `structure_choice`, `classes` is `answer_classes`, `items` the newest
    answers: groups found in answers alone are of the scheme `answers`; `rfm` the table; `rfm_names` maps (R, F)
    scores to the group; `icps` are the declared profiles; `as_of` a date.
    """
    if isinstance(placed, NotMeasured):
        return dict.fromkeys(SCHEMES, placed)
    as_of = str(as_of)
    frozen = {"rfm": rfm_cuts(rfm), "user_types": {} if isinstance(cuts, NotMeasured) else cuts}
    if not isinstance(choice, NotMeasured) and _by_answers(choice, items):
        choice, classes = NotMeasured("no behaviour was searched: the groups found are those of answers",
                                      "behaviour, or attributes to divide by"), choice
    made = {"clusters": choice if isinstance(choice, NotMeasured) else _clusters(placed, choice, frozen, as_of),
            "answers": _answers(placed, classes, choice, frozen, as_of),
            "icp": _icp(placed, icps, frozen, as_of), "user_types": _types(placed, cuts, frozen, as_of),
            "rfm": rfm if isinstance(rfm, NotMeasured) else _rfm(frozen, rfm_names, as_of)}
    return {scheme: made[scheme] for scheme in SCHEMES}


def rfm_cuts(rfm) -> dict:
    """Frozen cut points: for `r` the largest recency of each score, for `f` the smallest number of occasions."""
    if isinstance(rfm, NotMeasured):
        return {}
    scored = rfm[(rfm["r"] > 0) & (rfm["f"] > 0)]
    recency = scored.groupby("r")["recency_days"].max()
    occasions = scored.groupby("f")["n_occasions"].min()
    return {"r": [{"score": int(s), "at_most": float(v)} for s, v in recency.sort_index(ascending=False).items()],
            "f": [{"score": int(s), "at_least": float(v)} for s, v in occasions.sort_index().items()]}


def _by_answers(choice: dict, items) -> bool:
    """Whether the search for groups was in survey items alone (`items`: one row per respondent, a column an item)."""
    return not isinstance(items, NotMeasured) and set(choice["variables"]) <= set(items)


def _answers(placed: pd.DataFrame, classes, choice, cuts: dict, as_of: str) -> dict | NotMeasured:
    """The groups found in answers, unless the search among behaviour has found just these."""
    if isinstance(classes, NotMeasured):
        return classes
    if classes["k"] < 2:
        return NotMeasured("one class explains the answers as well as several", "answers that differ together")
    searched = {} if isinstance(choice, NotMeasured) else choice["solution"]
    if searched.get("categories") == classes["solution"]["categories"]:
        return NotMeasured("the clusters are these classes", "other columns to search for groups in")
    return _clusters(placed, classes, cuts, as_of, lead="answers")


def _clusters(placed: pd.DataFrame, choice: dict, cuts: dict, as_of: str, lead: str = "clusters") -> dict:
    solution = choice["solution"]
    cluster = place(placed, solution)[0]
    inside = (cluster >= 0) & (cluster < solution["k"])
    names = cluster_names(_positions(scaled(placed[inside], solution), cluster[inside], solution), solution["columns"],
                          _given(placed[inside], cluster[inside], solution))
    names += atom_group_names(solution, {n["name"] for n in names})
    keys = _keys([n["name"] for n in names])
    slsw = [*choice["slsw"], *[None] * len(solution["atom_groups"])]
    claims = [choice["claim"]] * solution["k"] + ["constructed"] * len(solution["atom_groups"])
    segments = [{"segment": key, **name, "claim": claim, "slsw": stable}
                for key, name, claim, stable in zip(keys, names, claims, slsw, strict=True)]
    return build_model(lead=lead, claim=choice["claim"], segments=segments, rules=[], solution=solution,
                       cluster_segments=keys, cuts=cuts, as_of=as_of)


def _positions(z: np.ndarray, cluster: np.ndarray, solution: dict) -> np.ndarray:
    """Mean of each cluster's members, in standard deviations from all clustered customers; the centre when empty."""
    plain = solution["family"] not in ("mixed", "latent classes")
    empty = np.asarray(solution["centres"], float) if plain else np.zeros((solution["k"], z.shape[1]))
    if not len(z):
        return empty
    spread = z.std(axis=0)
    base, spread = z.mean(axis=0), np.where(spread > 0, spread, 1.0)
    means = [z[cluster == j].mean(axis=0) if (cluster == j).any() else empty[j] for j in range(solution["k"])]
    return (np.array(means) - base) / spread


def _given(placed: pd.DataFrame, cluster: np.ndarray, solution: dict) -> list[tuple]:
    """(column, level, per cluster how much more of it than of all has the level, in standard deviations)."""
    found = []
    for category in solution.get("categories", []):
        for level in category["levels"]:
            has = is_level(placed, category["column"], level).astype(float)
            overall = has.mean() if len(has) else 0.0
            spread = np.sqrt(overall * (1 - overall)) or 1.0
            means = [has[cluster == j].mean() if (cluster == j).any() else overall for j in range(solution["k"])]
            found.append((category["column"], level, (np.array(means) - overall) / spread))
    return found


def _rules_model(lead: str, groups: list[tuple], cuts: dict, as_of: str) -> dict:
    """A model of named rules: (name, why it is called so, when)."""
    keys = _keys([name for name, _, _ in groups])
    segments = [{"segment": key, "name": name, "name_rule": why, "claim": "constructed", "slsw": None}
                for key, (name, why, _) in zip(keys, groups, strict=True)]
    rules = [{"segment": key, "when": when} for key, (_, _, when) in zip(keys, groups, strict=True)]
    return build_model(lead=lead, claim="constructed", segments=segments, rules=rules, cuts=cuts, as_of=as_of)


def _types(placed: pd.DataFrame, cuts, frozen: dict, as_of: str) -> dict | NotMeasured:
    if isinstance(cuts, NotMeasured) or "user_type" not in placed:
        return cuts if isinstance(cuts, NotMeasured) else NotMeasured("no user types", "active days of customers")
    seen = set(placed["user_type"].dropna())
    said = _type_rules(cuts)
    groups = [(ON_THE_WAY.get(t, f"{t} users"), said[t], [[{"column": "user_type", "op": "=", "value": t}]])
              for t in USER_TYPES if t in seen]
    return _rules_model("user_types", groups, frozen, as_of)


def _type_rules(cuts: dict) -> dict[str, str]:
    """What makes a user type, in words, from the cuts (method.md §3.4)."""
    low, *high = sorted(c["value"] for c in cuts["cuts"])
    period = f"active days per natural period ({cuts['period_days']:.3g} days)"
    upper = f" and below {high[0]:.3g}" if high else ""
    return {"Casual": f"below {low:.3g} {period}", "Core": f"at least {low:.3g}{upper} {period}",
            "Power": f"at least {high[0]:.3g} {period}" if high else "not told apart",
            "New": "customer for less than two natural periods", "Prospect": "never active",
            "Dormant": "not active in the last four natural periods"}


def _icp(placed: pd.DataFrame, icps: list[dict], frozen: dict, as_of: str) -> dict | NotMeasured:
    if "icp" not in placed:
        return NotMeasured("no customer attributes to look profiles up in", "attributes of customers")
    seen = set(placed["icp"].dropna())
    groups = [(icp["name"], f"{PROFILE}{icp['who']}",
               [[{"column": "icp", "op": "=", "value": icp["name"]}]]) for icp in icps if icp["name"] in seen]
    if (placed["icp"] == SEVERAL).sum() >= FEWEST:
        names = ", ".join(icp["name"] for icp in icps if icp["name"] in seen)
        groups.append(("Several profiles", f"fits more than one of the declared profiles ({names})",
                       [[{"column": "icp", "op": "=", "value": SEVERAL}]]))
    if not groups:
        return NotMeasured("no customer matches an ideal customer profile", "profiles that occur in the data")
    return _rules_model("icp", groups, frozen, as_of)


def _rfm(frozen: dict, names: dict, as_of: str) -> dict | NotMeasured:
    r, f = frozen["rfm"]["r"], frozen["rfm"]["f"]
    if not r or not f:
        return NotMeasured("recency or frequency could not be scored", "more variation in recency and occasions")
    cells: dict[str, list] = {}
    for i, recency in enumerate(r):
        for j, occasions in enumerate(f):
            group = names[(recency["score"], occasions["score"])]
            cells.setdefault(group, []).append(_between_r(r, i) + _between_f(f, j))
    groups = [(g, "cell of recency and frequency scores", when) for g, when in sorted(cells.items())]
    none = {"column": "n_occasions", "op": "=", "value": 0.0}
    groups.append(("Lapsed", "no order in the window, but one before",
                   [[none, {"column": "recency_days", "op": ">=", "value": 0.0}]]))
    groups.append(("Prospects", "never ordered", [[none]]))
    return _rules_model("rfm", groups, frozen, as_of)


def _between_r(r: list[dict], i: int) -> list[dict]:
    """Recency of one score; the best score comes first, the worst has no upper end."""
    found = [{"column": "recency_days", "op": "<=", "value": r[i]["at_most"]}] if i < len(r) - 1 else []
    return found + ([{"column": "recency_days", "op": ">", "value": r[i - 1]["at_most"]}] if i else [])


def _between_f(f: list[dict], j: int) -> list[dict]:
    """Occasions of one score; the lowest score begins at one occasion."""
    low = f[j]["at_least"] if j else 1.0
    found = [{"column": "n_occasions", "op": ">=", "value": low}]
    return found + ([{"column": "n_occasions", "op": "<", "value": f[j + 1]["at_least"]}] if j < len(f) - 1 else [])


def _keys(names: list[str]) -> list[str]:
    keys: list[str] = []
    for name in names:
        key = slug(name)
        while key in keys or key == "outside":
            key += "-too"
        keys.append(key)
    return keys
