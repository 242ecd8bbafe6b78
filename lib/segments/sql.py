"""The model as one SQL statement that assigns the same segments inside a database."""

from __future__ import annotations

import numpy as np
import sqlglot

from lib.contracts import measured
from lib.segments.categories import level_sql
from lib.segments.conditions import as_sql, double, is_finite, quoted, text
from lib.segments.model import OUTSIDE
from lib.segments.solution import EQUAL, EVEN_ODDS, NOTHING, is_known_sql, listed_patterns, score_sql, z_sql

STANDARD = "duckdb"  # what `sql` writes: double quotes around names, texts with doubled quotes
CLEAR = 1 + 0.99 / EVEN_ODDS  # where the odds of all add up to less than that of the best, no second comes near


@measured
def sql(model: dict, *, table: str = "features") -> str:
    """A SELECT over a table `features`: customer_key, segment, probability, ambiguous.

    Plain CASE, arithmetic, ln, exp, least and greatest with standard quotes: runs as written on DuckDB and PostgreSQL;
    `translated` writes it for others. Same rules, order and arithmetic as `model.assign`; numeric columns must be of a
    floating type.
    """
    head = f"-- segments by the model of {model['as_of']} (schema {model['schema']}); reads the table {table}\n"
    if model["solution"]:
        return head + _clusters(model, table)
    return head + _rules(model, table)


@measured
def translated(statement: str, dialect: str) -> str:
    """The statement of `sql` for another engine: quotes around names, and what stands for a quote inside a text.

    `dialect` as sqlglot names it; Spark, Databricks and BigQuery take names in backticks only.
    """
    if dialect == STANDARD:
        return statement
    return sqlglot.transpile(statement, read=STANDARD, write=dialect, pretty=True)[0] + "\n"


def _rules(model: dict, table: str) -> str:
    cases = "\n".join(f"    WHEN {as_sql(r['when'])} THEN {text(r['segment'])}" for r in model["rules"])
    case = f"CASE\n{cases}\n    ELSE {text(OUTSIDE)} END"
    return (f"WITH placed AS (SELECT customer_key, {case} AS segment FROM {table})\n"
            f"SELECT customer_key, segment, CASE WHEN segment <> {text(OUTSIDE)} THEN 1e0 END AS probability,\n"
            "  FALSE AS ambiguous FROM placed")


def _clusters(model: dict, table: str) -> str:
    """Each step computes a column once: whether a row can be placed, z, scores, their largest, the odds beside it."""
    solution, k = model["solution"], model["solution"]["k"]
    z = "".join(f",\n  {z_sql(solution, i)} AS z{i}" for i in range(len(solution["columns"])))
    c = "".join(f",\n  {written} AS c{i}" for i, written in enumerate(level_sql(solution)))
    s = "".join(f",\n  {_free(solution, written)} AS s{j}" for j, written in enumerate(score_sql(solution)))
    carried, far = "customer_key, is_known, atoms_held", _far(solution)
    known = f"CASE WHEN {is_known_sql(solution)} THEN 1 ELSE 0 END"
    return (f"WITH scaled AS (SELECT customer_key,\n  {known} AS is_known,\n"
            f"  {_atom_sql(solution)}{z}{c} FROM {table}),\n"
            f"scored AS (SELECT {carried}{_columns(far)}{s} FROM scaled),\n"
            f"ranked AS (SELECT {carried}{_columns(_nearest(far))},\n"
            f"  {_listed('s', k)}, {_largest('greatest', 's', k)} AS best FROM scored),\n"
            f"judged AS (SELECT customer_key, is_known, {_group_sql(solution)} AS atom_group,\n"
            f"  {_below(k)},\n  {_odds(k)} AS odds FROM ranked)\n"
            f"SELECT customer_key,\n  {_segment_sql(model)} AS segment,\n"
            "  CASE WHEN atom_group >= 0 THEN 1e0 WHEN is_known = 0 THEN NULL ELSE 1e0 / odds END AS probability,\n"
            f"  {_ambiguous_sql(k)} AS ambiguous\nFROM judged")


def _atom_sql(solution: dict) -> str:
    """0/1 columns a0, a1, ... of the atoms that hold, and how many do; none where one cannot be told."""
    held = [f"CASE WHEN {quoted(a['column'])} = {double(a['equals'])} THEN 1 ELSE 0 END" for a in solution["atoms"]]
    columns = [f"{h} AS a{i}" for i, h in enumerate(held)]
    told = " AND ".join(map(is_finite, solution["atom_columns"]))
    columns.append((f"CASE WHEN {told} THEN {' + '.join(held)} ELSE 0 END" if held else "0") + " AS atoms_held")
    return ",\n  ".join(columns)


def _free(solution: dict, score: str) -> str:
    """A score, of rows on no atom only: nobody asks for the others', and often they are most."""
    return f"CASE WHEN atoms_held = 0 THEN {score} ELSE 0e0 END" if solution["atoms"] else score


def _far(solution: dict) -> dict[str, str]:
    """Columns f0, f1, ...: in how many atoms a row differs from each listed pattern."""
    n = range(len(solution["atoms"]))
    return {f"f{j}": " + ".join(f"(1 - a{i})" if i in pattern else f"a{i}" for i in n)
            for j, (_, pattern) in enumerate(listed_patterns(solution))}


def _nearest(far: dict[str, str]) -> dict[str, str]:
    """The columns of `far`, and `nearest`: the least of them."""
    names = list(far)
    return dict(zip(names, names, strict=True)) | (
        {"nearest": _largest("least", "f", len(names))} if names else {})


def _group_sql(solution: dict) -> str:
    """Position of the atom group, or -1: the listed pattern that differs in the fewest atoms, the first of equals."""
    listed = listed_patterns(solution)
    cases = " ".join(f"WHEN f{j} = nearest THEN {group}" for j, (group, _) in enumerate(listed))
    return f"CASE WHEN atoms_held = 0 THEN -1 {cases} END" if listed else "-1"


def _columns(written: dict[str, str]) -> str:
    return "".join(f",\n  {value} AS {name}" for name, value in written.items())


def _listed(letter: str, k: int) -> str:
    return ", ".join(f"{letter}{j}" for j in range(k))


def _largest(which: str, letter: str, k: int) -> str:
    """The greatest or least of columns; of one, itself."""
    return f"{which}({_listed(letter, k)})" if k > 1 else f"{letter}0"


def _below(k: int) -> str:
    return ", ".join(f"s{j} - best AS d{j}" for j in range(k))


def _odds(k: int) -> str:
    return " + ".join(f"CASE WHEN s{j} - best > {double(NOTHING)} THEN exp(s{j} - best) ELSE 0e0 END" for j in range(k))


def _segment_sql(model: dict) -> str:
    k, keys = model["solution"]["k"], model["cluster_segments"]
    atoms = [f"WHEN atom_group = {i} THEN {text(key)}" for i, key in enumerate(keys[k:])]
    centres = [f"WHEN d{j} >= {double(-EQUAL)} THEN {text(keys[j])}" for j in range(k)]
    unknown = f"WHEN is_known = 0 THEN {text(OUTSIDE)}"
    return f"CASE {' '.join([*atoms, unknown, *centres])} ELSE {text(OUTSIDE)} END"


def _ambiguous_sql(k: int) -> str:
    margin = double(np.log(EVEN_ODDS))
    close = " + ".join(f"CASE WHEN d{j} > -{margin} THEN 1 ELSE 0 END" for j in range(k))
    return (f"CASE WHEN is_known = 0 OR atom_group >= 0 OR odds < {double(CLEAR)} THEN FALSE\n"
            f"  ELSE {close} >= 2 END")
