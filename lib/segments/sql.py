"""The model as one SQL statement that assigns the same segments inside a database."""

from __future__ import annotations

import numpy as np

from lib.contracts import measured
from lib.segments.conditions import as_sql, double, finite, text
from lib.segments.model import OUTSIDE
from lib.segments.solution import EVEN_ODDS, is_known_sql, listed_patterns, score_sql, z_sql


@measured
def sql(model: dict, *, table: str = "features") -> str:
    """A SELECT over a table `features`: customer_key, segment, probability, ambiguous.

    Plain CASE, arithmetic, ln, exp, greatest and least: runs on DuckDB and, as written, on other engines that
    know these. Same rules, order and arithmetic as `model.assign`.
    """
    head = f"-- segments by the model of {model['as_of']} (schema {model['schema']}); reads the table {table}\n"
    if model["solution"]:
        return head + _clusters(model, table)
    return head + _rules(model, table)


def _rules(model: dict, table: str) -> str:
    cases = "\n".join(f"    WHEN {as_sql(r['when'])} THEN {text(r['segment'])}" for r in model["rules"])
    case = f"CASE\n{cases}\n    ELSE {text(OUTSIDE)} END"
    return (f"WITH placed AS (SELECT customer_key, {case} AS segment FROM {table})\n"
            f"SELECT customer_key, segment, CASE WHEN segment <> {text(OUTSIDE)} THEN 1e0 END AS probability,\n"
            "  FALSE AS ambiguous FROM placed")


def _clusters(model: dict, table: str) -> str:
    solution = model["solution"]
    z = "".join(f"\n  {z_sql(solution, i)} AS z{i}," for i in range(len(solution["columns"])))
    s = ",\n  ".join(f"{written} AS s{j}" for j, written in enumerate(score_sql(solution)))
    return (f"WITH scaled AS (SELECT *,{z}\n  {is_known_sql(solution)} AS is_known,\n"
            f"  {_atom_sql(solution)} FROM {table}),\n"
            f"scored AS (SELECT *,\n  {s},\n  {_group_sql(solution)} FROM scaled),\n"
            f"ranked AS (SELECT *, {_greatest(solution['k'])} AS top FROM scored)\n"
            f"SELECT customer_key,\n  {_segment_sql(model)} AS segment,\n"
            f"  {_probability_sql(solution['k'])} AS probability,\n"
            f"  {_ambiguous_sql(solution['k'])} AS ambiguous\nFROM ranked")


def _atom_sql(solution: dict) -> str:
    """0/1 columns a0, a1, ... of the atoms that hold, and how many do."""
    held = [f"CASE WHEN {finite(a['column'])} = {double(a['equals'])} THEN 1 ELSE 0 END" for a in solution["atoms"]]
    columns = [f"{h} AS a{i}" for i, h in enumerate(held)]
    columns.append((" + ".join(held) or "0") + " AS atoms_held")
    return ",\n  ".join(columns)


def _group_sql(solution: dict) -> str:
    """Position of the atom group, or -1: the listed pattern that differs in the fewest atoms."""
    listed, n = listed_patterns(solution), len(solution["atoms"])
    if not listed:
        return "-1 AS atom_group"
    far = ["(" + " + ".join(f"(1 - a{i})" if i in p else f"a{i}" for i in range(n)) + ")" for _, p in listed]
    cases = [f"WHEN {' AND '.join([f'{far[j]} <= {other}' for other in far])} THEN {group}"
             for j, (group, _) in enumerate(listed)]
    return f"CASE WHEN atoms_held = 0 THEN -1 {' '.join(cases)} END AS atom_group"


def _greatest(k: int) -> str:
    return f"greatest({', '.join(f's{j}' for j in range(k))})" if k > 1 else "s0"


def _segment_sql(model: dict) -> str:
    k, keys = model["solution"]["k"], model["cluster_segments"]
    atoms = [f"WHEN atom_group = {i} THEN {text(key)}" for i, key in enumerate(keys[k:])]
    centres = [f"WHEN s{j} = top THEN {text(keys[j])}" for j in range(k)]
    return f"CASE WHEN NOT is_known THEN {text(OUTSIDE)} {' '.join(atoms + centres)} ELSE {text(OUTSIDE)} END"


def _probability_sql(k: int) -> str:
    total = " + ".join(f"exp(s{j} - top)" for j in range(k))
    return f"CASE WHEN NOT is_known THEN NULL WHEN atom_group >= 0 THEN 1e0 ELSE 1e0 / ({total}) END"


def _ambiguous_sql(k: int) -> str:
    margin = float(np.log(EVEN_ODDS))
    close = " + ".join(f"CASE WHEN s{j} > top - {double(margin)} THEN 1 ELSE 0 END" for j in range(k))
    return f"CASE WHEN is_known AND atom_group < 0 THEN ({close}) >= 2 ELSE FALSE END"
