"""The segmentation as a portable document, and the assignment of customers from it with NumPy alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import measured
from lib.contracts.labels import OUTSIDE
from lib.segments.conditions import holds
from lib.segments.solution import place

SCHEMA = 1
MANY = 10  # method.md §7: so many more in a segment than step 3 counts there, and its own size is told nowhere


@measured
def assign(features: pd.DataFrame, model: dict) -> pd.DataFrame:
    """One row per customer, sorted by key: customer_key, segment, probability (0-1), ambiguous.

    `features` needs customer_key and `model["columns"]`. What the model cannot place (a missing or absent value,
    a level it never saw) is `outside`, without a probability. Rules count as certain.
    """
    table = features.sort_values("customer_key", ignore_index=True)
    if model["solution"]:
        cluster, probability, ambiguous = place(table, model["solution"])
        keys = np.array([*model["cluster_segments"], OUTSIDE], dtype=object)
        segment = keys[cluster]
    else:
        segment = _by_rules(table, model["rules"])
        probability = np.where(segment == OUTSIDE, np.nan, 1.0)
        ambiguous = np.zeros(len(table), bool)
    return pd.DataFrame({"customer_key": table["customer_key"], "segment": pd.array(segment, dtype="str"),
                         "probability": probability, "ambiguous": ambiguous})


@measured
def counted(features: pd.DataFrame, model: dict, *, smallest: int) -> pd.DataFrame:
    """As `assign`, but fewer than ``smallest`` customers whom the model cannot place are counted with a segment.

    How many they are would follow from the sizes of the segments and the number of all customers, whatever else is
    hidden. So they join the largest segment whose own size is told nowhere else, and all tables of segments are made
    from that. They keep no probability. Where rules make the segments, nobody joins: who meets none belongs to none.
    """
    assigned = assign(features, model)
    out = assigned["segment"] == OUTSIDE
    into = _joined_by_few(assigned[~out], model) if 0 < out.sum() < smallest else None
    return assigned if into is None else assigned.assign(segment=assigned["segment"].mask(out, into))


@measured
def assignment_table(assigned: pd.DataFrame, placed: pd.DataFrame, models: dict, *, smallest: int = 0) -> pd.DataFrame:
    """One row per customer; columns as the contract `assignments`: the lead segment beside every other scheme.

    `placed` carries `user_type` and `icp` where known; RFM groups are those of the frozen cut points. ``smallest`` as
    for `counted`, of groups that were found.
    """
    columns = ("user_type", "rfm_group", "icp", "cluster", "answer_class")
    table = assigned.merge(placed[["customer_key", *[c for c in ("user_type", "icp") if c in placed]]],
                           on="customer_key", validate="one_to_one")
    for column, scheme in (("rfm_group", "rfm"), ("cluster", "clusters"), ("answer_class", "answers")):
        if isinstance(model := models.get(scheme), dict):
            names = {s["segment"]: s["name"] for s in model["segments"]}
            groups = counted(placed, model, smallest=smallest).set_index("customer_key")["segment"].map(names)
            table[column] = table["customer_key"].map(groups)
    for column in columns:
        table[column] = table[column].astype("str") if column in table else pd.array([None] * len(table), dtype="str")
    return table[["customer_key", "segment", "probability", "ambiguous", *columns]]


def uncounted(segment: str, n: int, model: dict) -> int:
    """How many more it holds than step 3 counts on its atom: they lack a value, and were left out there."""
    k, keys = (model["solution"] or {}).get("k", 0), model["cluster_segments"]
    if segment not in keys[k:]:
        return 0
    return n - model["solution"]["atom_groups"][keys.index(segment) - k].get("n", n)


def column_kinds(model: dict) -> dict[str, str]:
    """What each column of a table of customers must hold to be placed by the model: number, text or truth."""
    solution = model["solution"] or {}
    kinds = dict.fromkeys([*solution.get("columns", []), *solution.get("atom_columns", [])], "number")
    compared = [(c["column"], c["value"]) for rule in model["rules"] for conditions in rule["when"] for c in conditions]
    compared += [(c["column"], c["levels"][0]) for c in solution.get("categories", [])]
    for column, value in compared:
        kinds[column] = "truth" if isinstance(value, bool) else "text" if isinstance(value, str | list) else "number"
    return dict(sorted(kinds.items()))


@measured
def signed(model: dict, *, product: str, draft: bool) -> dict:
    """The model with whose it is, and whether its product file still waited for decisions: a draft is never applied."""
    return {**model, "product": product, "draft": draft}


def _joined_by_few(placed: pd.DataFrame, model: dict) -> str | None:
    """The segment that few others join: on an atom with people whom step 3 left out, else one of the clusters, of which
    step 3 tells only how many were searched; of these the largest. None where step 3 tells every size."""
    sizes = placed["segment"].value_counts().sort_index()
    open_ = [s for s, n in sizes.items() if uncounted(s, n, model) >= MANY]
    found = sizes[sizes.index.isin(open_ or model["cluster_segments"][: (model["solution"] or {}).get("k", 0)])]
    return found.idxmax() if len(found) else None


def _by_rules(table: pd.DataFrame, rules: list[dict]) -> np.ndarray:
    """The first rule that holds; `outside` when none does."""
    segment = np.full(len(table), OUTSIDE, dtype=object)
    free = np.ones(len(table), bool)
    for rule in rules:
        found = free & holds(table, rule["when"])
        segment[found] = rule["segment"]
        free &= ~found
    return segment


def build_model(*, lead: str, claim: str, segments: list[dict], rules: list[dict], solution: dict | None = None,
                cluster_segments: list[str] | None = None, cuts: dict | None = None, as_of: str,
                lead_rule: str = "") -> dict:
    """The document `model`.

    `segments`: list of {segment, name, name_rule, claim, slsw, ...}; `claim`: the claim level of the whole;
    `rules`: list of {segment, when}, applied in order; `solution`: as step 3 wrote it; `cluster_segments`: the
    segment of each of its clusters, atoms last.
    """
    solution = solution or {}
    columns = {c["column"] for rule in rules for conditions in rule["when"] for c in conditions}
    columns |= {*solution.get("columns", []), *solution.get("atom_columns", [])}
    columns |= {c["column"] for c in solution.get("categories", [])}
    return {"schema": SCHEMA, "lead": lead, "lead_rule": lead_rule, "claim": claim, "segments": segments,
            "rules": rules, "solution": solution, "cluster_segments": cluster_segments or [],
            "columns": sorted(columns), "cuts": cuts or {}, "as_of": as_of}
