"""Rule cards: for each segment a short rule that a person can apply, in words, with its accuracy (method.md §4)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from lib.contracts import measured
from lib.segments.conditions import PROFILE, holds, in_words
from lib.segments.declared import declared_in_words
from lib.segments.shorter import balanced, joined, rounded, shortened
from lib.stats import wilson

DEPTH, FOLDS, SMALLEST = 3, 5, 10  # method.md §4: a short tree; folds and leaf size [ours]
LEAVES, NEARLY = (2, 3, 4, 8), 0.02  # [ours] sizes of tree tried, and how much worse the shortest may be
CHEAP = 0.005  # [ours] balanced accuracy that a condition must add to be said
MOST_LEVELS = 20
DECLARED = {"user_type", "icp"}  # columns that hold a verdict on a customer, which is no rule to apply
DECIMALS = 3  # [ours] of an accuracy: an exact one would tell how many customers could be placed
SAMPLE = 10_000  # [ours] members, and others, from whom a rule is learned: more change no cut that is said


@measured
def rule_cards(placed: pd.DataFrame, assignments: pd.DataFrame, model: dict, *, money=None) -> pd.DataFrame:
    """One row per segment: segment, rule (in words), accuracy, low, high (balanced, 95 % interval), n.

    A segment made by rules keeps its rule, shortened where that changes nothing. For others a tree of at most three
    questions tells members from the rest, on the variables that made the segments; its cut points are rounded and its
    conditions dropped until it can be read. That whole procedure is cross-validated: the accuracy is that of a rule as
    it is said, on customers who had no part in it. `money` writes minor units.
    """
    exact = {r["segment"]: r["when"] for r in model["rules"]}
    exact |= _atom_rules(model)
    table = placed.merge(assignments[["customer_key", "segment"]], on="customer_key", validate="one_to_one")
    table = table.sort_values("customer_key", ignore_index=True)
    x = _questions(table, model["columns"])
    rows = []
    why = {s["segment"]: s.get("name_rule", "") for s in model["segments"]}
    for segment in why:
        member = (table["segment"] == segment).to_numpy()
        rule, said = _exact(exact[segment], table, member) if segment in exact else _learned(x, member)
        accuracy, low, high = (round(v, DECIMALS) for v in _accuracy(*said))
        rows.append({"segment": segment, "rule": _words(rule, why[segment], money), "accuracy": accuracy, "low": low,
                     "high": high, "n": int(member.sum())})
    return pd.DataFrame(rows)


def _words(rule: list, why: str, money) -> str:
    """The rule in words; of a segment that was declared, its declaration."""
    if rule and {c["column"] for way in rule for c in way} <= DECLARED:
        declared = why.removeprefix(PROFILE)
        return (declared_in_words(declared, money) if declared != why else why) or in_words(rule, money)
    return in_words(rule, money) if rule else "no short rule tells it apart"


def _atom_rules(model: dict) -> dict:
    """Segments on atoms, by the atoms that hold and those of other patterns that do not; exact but for merged ones."""
    solution = model["solution"]
    groups = solution.get("atom_groups", [])
    listed = {a for group in groups for pattern in group["patterns"] for a in pattern}
    rules = {}
    for i, group in enumerate(groups):
        key = model["cluster_segments"][solution["k"] + i]
        rules[key] = [[_on(solution["atoms"][a], a in pattern) for a in sorted(listed, key=lambda a: a not in pattern)]
                      for pattern in group["patterns"]]
    return rules


def _on(atom: dict, holds_here: bool) -> dict:
    """That a customer sits on the lowest value, or above it."""
    return {"column": atom["column"], "op": "=" if holds_here else ">", "value": float(atom["equals"])}


def _exact(when: list, table: pd.DataFrame, member: np.ndarray) -> tuple[list, tuple]:
    """The rule that made a segment, as short as it can be without change, and who it says are members."""
    never = (len(when), sum(map(len, when)))
    rule = shortened(when, table, member, loss=0.0, longest=never) if member.any() else joined(when)
    return rule, (member, holds(table, rule))


def _questions(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """What the tree may ask: numbers as they are, a level of a text as yes or no; of two levels the second will do."""
    asked = {}
    for column in (c for c in columns if c in table):
        x = table[column]
        if pd.api.types.is_bool_dtype(x):
            asked[f"{column}=yes"] = x.astype(float)
        elif pd.api.types.is_numeric_dtype(x):
            asked[column] = x.astype(float)
        elif x.nunique() <= MOST_LEVELS:
            levels = sorted(x.dropna().unique(), key=str)
            asked |= {f"{column}={level}": (x == level).astype(float) for level in levels[len(levels) == 2:]}
    return pd.DataFrame(asked, index=table.index)


def _learned(x: pd.DataFrame, member: np.ndarray) -> tuple[list, tuple]:
    """The rule of the smallest tree nearly as good as the best; with it members, and who is said to be one of them by
    rules learned from the others."""
    if min(member.sum(), (~member).sum()) < SMALLEST or x.empty:
        return [], (member, np.full(len(member), np.nan))
    rows = np.sort(np.concatenate([_spread(np.flatnonzero(member)), _spread(np.flatnonzero(~member))]))
    x, member = x.iloc[rows].reset_index(drop=True), member[rows]
    said = {leaves: _said(x, member, leaves) for leaves in LEAVES}
    tried = {leaves: balanced(member, said[leaves]) for leaves in LEAVES}
    leaves = min(n for n in LEAVES if tried[n] >= max(tried.values()) - NEARLY)
    return _rule(x, member, leaves), (member, said[leaves])


def _spread(rows: np.ndarray) -> np.ndarray:
    """At most as many rows as the sample holds, evenly over the keys: those are pseudonyms, and so in random order."""
    return rows if len(rows) <= SAMPLE else rows[np.linspace(0, len(rows) - 1, SAMPLE).astype(int)]


def _rule(x: pd.DataFrame, member: np.ndarray, leaves: int) -> list[list[dict]]:
    """A tree of so many leaves as a rule that can be read; a missing number lies below all."""
    tree = DecisionTreeClassifier(max_depth=DEPTH, max_leaf_nodes=leaves, min_samples_leaf=SMALLEST // 2,
                                  class_weight="balanced", random_state=0)
    ways = _paths(tree.fit(x.fillna(x.min() - 1).to_numpy(), member), list(x))
    return shortened(rounded(ways, x), x, member, loss=CHEAP) if ways else []


def _said(x: pd.DataFrame, member: np.ndarray, leaves: int) -> np.ndarray:
    """Who is said to be a member, by rules learned from the other folds."""
    said = np.zeros(len(member), bool)
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, member):
        rule = _rule(x.iloc[train], member[train], leaves)
        said[test] = holds(x.iloc[test], rule)
    return said


def _accuracy(member: np.ndarray, said: np.ndarray) -> tuple[float, float, float]:
    """Balanced accuracy with its interval: from Wilson's of both shares, squared and added (Newcombe 1998). A rule that
    errs nowhere by definition has none."""
    if not member.any() or member.all() or said.dtype != bool:
        return (np.nan,) * 3
    if (said == member).all():
        return 1.0, np.nan, np.nan
    right, total = [said[member].sum(), (~said[~member]).sum()], [member.sum(), (~member).sum()]
    share, (low, high) = np.divide(right, total), wilson(right, total)
    away = [np.sqrt(((share - bound) ** 2).sum()) / 2 for bound in (low, high)]
    return balanced(member, said), max(share.mean() - away[0], 0.0), min(share.mean() + away[1], 1.0)


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
