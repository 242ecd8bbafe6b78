"""Rule cards: for each segment a shallow tree that a person can apply, in words, with its accuracy (method.md §4)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from lib.contracts import measured
from lib.segments.conditions import holds, in_words

DEPTH, FOLDS, SMALLEST = 3, 5, 10  # method.md §4: a short tree; folds and leaf size [ours]
LEAVES, NEARLY = (2, 3, 4, 8), 0.01  # [ours] sizes of tree tried, and how much worse the smallest may be
MOST_LEVELS = 20


@measured
def rule_cards(placed: pd.DataFrame, assignments: pd.DataFrame, model: dict, *, money=None) -> pd.DataFrame:
    """One row per segment: segment, rule (in words), accuracy (balanced, cross-validated), baseline (.5), n.

    A segment made by rules keeps its rule, whose accuracy is 1 by definition. For others a tree of at most three
    questions tells members from the rest, on the variables that made the segments. `money` writes minor units.
    """
    exact = {r["segment"]: r["when"] for r in model["rules"]}
    exact |= _atom_rules(model)
    table = placed.merge(assignments[["customer_key", "segment"]], on="customer_key", validate="one_to_one")
    table = table.sort_values("customer_key", ignore_index=True)
    x = _questions(table, model["columns"])
    rows = []
    for segment in (s["segment"] for s in model["segments"]):
        member = (table["segment"] == segment).to_numpy()
        rule, accuracy = _exact(exact[segment], table, member) if segment in exact else _learned(x, member)
        rows.append({"segment": segment, "rule": in_words(rule, money) if rule else "no short rule tells it apart",
                     "accuracy": accuracy, "n": int(member.sum())})
    return pd.DataFrame(rows)


def _atom_rules(model: dict) -> dict:
    """Segments on atoms, by what their patterns have in common: those are exact but for merged patterns."""
    solution = model["solution"]
    rules = {}
    for i, group in enumerate(solution.get("atom_groups", [])):
        key = model["cluster_segments"][solution["k"] + i]
        rules[key] = [[_on(solution["atoms"][a]) for a in pattern] for pattern in group["patterns"]]
    return rules


def _on(atom: dict) -> dict:
    return {"column": atom["column"], "op": "=", "value": float(atom["equals"])}


def _exact(when: list, table: pd.DataFrame, member: np.ndarray) -> tuple[list, float]:
    return when, _balanced(member, holds(table, when))


def _questions(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """What the tree may ask: numbers as they are, a level of a text as yes or no. Missing numbers lie below all."""
    asked = {}
    for column in (c for c in columns if c in table):
        x = table[column]
        if pd.api.types.is_numeric_dtype(x):
            asked[column] = x.astype(float).fillna(x.astype(float).min() - 1)
        elif x.nunique() <= MOST_LEVELS:
            asked |= {f"{column}={level}": (x == level).astype(float) for level in sorted(x.dropna().unique())}
    return pd.DataFrame(asked, index=table.index)


def _learned(x: pd.DataFrame, member: np.ndarray) -> tuple[list, float]:
    """The smallest tree nearly as good as the best: its paths to a majority of members, and its balanced accuracy."""
    if min(member.sum(), (~member).sum()) < SMALLEST or x.empty:
        return [], np.nan
    tried = {leaves: _accuracy(x, member, leaves) for leaves in LEAVES}
    leaves = min(n for n in LEAVES if tried[n] >= max(tried.values()) - NEARLY)
    return _paths(_tree(leaves).fit(x.to_numpy(), member), list(x)), tried[leaves]


def _tree(leaves: int) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_depth=DEPTH, max_leaf_nodes=leaves, min_samples_leaf=SMALLEST // 2,
                                  class_weight="balanced", random_state=0)


def _accuracy(x: pd.DataFrame, member: np.ndarray, leaves: int) -> float:
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    return _balanced(member, cross_val_predict(_tree(leaves), x.to_numpy(), member, cv=folds).astype(bool))


def _balanced(member: np.ndarray, said: np.ndarray) -> float:
    if not member.any() or member.all():
        return float("nan")
    return float((said[member].mean() + (~said[~member]).mean()) / 2)


def _paths(fitted: DecisionTreeClassifier, columns: list[str]) -> list[list[dict]]:
    """Ways to a vote for membership, each as its conditions merged per column; the one with most customers first.

    A question whose answers all lead to the same vote is not asked.
    """
    tree, found = fitted.tree_, []

    def votes(node: int) -> set:
        if tree.children_left[node] == -1:
            return {bool(tree.value[node][0][1] > tree.value[node][0][0])}
        return votes(tree.children_left[node]) | votes(tree.children_right[node])

    def walk(node: int, bounds: dict) -> None:
        said = votes(node)
        if len(said) == 1:
            if said == {True}:
                found.append((int(tree.n_node_samples[node]), bounds))
            return
        column, cut = columns[tree.feature[node]], float(tree.threshold[node])
        low, high = bounds.get(column, (None, None))
        walk(tree.children_left[node], {**bounds, column: (low, cut)})
        walk(tree.children_right[node], {**bounds, column: (cut, high)})

    walk(0, {})
    found.sort(key=lambda leaf: -leaf[0])
    return [_conditions(bounds) for _, bounds in found]


def _conditions(bounds: dict) -> list[dict]:
    conditions = []
    for column, (low, high) in bounds.items():
        if low is not None:
            conditions.append({"column": column, "op": ">", "value": low})
        if high is not None:
            conditions.append({"column": column, "op": "<=", "value": high})
    return conditions
