"""Variables: which columns the basis allows here, and which of them structure is searched in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.analyze.structure import atoms
from lib.analyze.structure.kinds import MOST_LEVELS, divided, is_category
from lib.contracts import NotMeasured, measured

MISSING = 0.10  # [ours], stricter than the 30 % of method.md §3.10: who lacks a value stays outside every segment
CROWDED, CROWDED_COUNT = 0.20, 0.50  # [ours] share on one value above the minimum: of a measure, of a short count
SHORT_COUNT = 10  # distinct values of a short count, as in method.md §3.5
MIN_DISTINCT = 3  # two-valued variables do not enter the search, method.md §3.7
REDUNDANT = 0.90  # absolute Spearman correlation with a stronger variable [ours]
MOST_ITEMS = 20  # categories alone: latent classes have no distances that many columns could blur [ours]
MOST = 8  # variables: beyond that the valley test has little power, method.md §3.7 [ours]
PER_SEGMENT, PER_VARIABLE = 10, 60  # customers per variable in the smallest segment, and in all, method.md §3.10
MEASURES = ("tenure_days", "recency_days", "n_occasions", "n_orders", "revenue", "mean_occasion_value", "refund_share",
            "n_categories", "mean_gap_days", "active_days", "breadth", "depth", "frequency", "seen")
LUMPY = ("refund_share",)  # a ratio of a few counts: its lumps would pass for groups [ours]
RATE, COUNTS = "frequency", ("active_days", "n_occasions")  # a rate, and what it may be the rate of
MOMENTS = ("recency_days",)  # where in the cycle a customer is: noise around a habit [ours]
DEFAULT = ("recency_days", "n_occasions", "mean_occasion_value", "frequency", "breadth", "depth")
USABLE = ("use", "describe only")


def attributes_for(basis, customers) -> tuple[str, ...]:
    """Attributes of the customers that the basis lets us use or describe with, in alphabetical order."""
    if isinstance(basis, NotMeasured) or isinstance(customers, NotMeasured):
        return ()
    allowed = set(basis.loc[basis["verdict"].isin(USABLE), "column"])
    return tuple(sorted(allowed & set(customers.columns) - {"customer_key", "signup_date", *MEASURES}))


@measured
def choose_variables(features: pd.DataFrame, basis: pd.DataFrame,
                     divide_by: tuple[str, ...] = ()) -> pd.DataFrame | NotMeasured:
    """Which columns structure is searched in: {variable, used, reason, missing}, the strongest signal first.

    Candidates are the measures of habit whose verdict in the basis is `use`; attributes are kept to describe the
    segments, recency for RFM and the lifecycle, and both enter only when fewer than two measures are left. When
    fewer than two of both are left: the usual measures of recency, frequency, value and engagement, less those
    that step 1 refused. Columns that the product file names (``divide_by``) stand instead of all these, unless step 1
    refused them; categories are among these, and among what is left when habits do not suffice. `missing` is a share
    of all customers; everything else is judged among those searched.
    """
    signal = basis.set_index("column")["signal"]
    refused = set(basis.loc[basis["verdict"] == "do not use", "column"])
    if divide_by:
        return _declared(features, divide_by, refused)
    named = set(basis.loc[basis["verdict"] == "use", "column"]) - {"customer_key", *LUMPY}
    ranked = sorted(named & set(features), key=lambda c: (-_known(signal.get(c)), c))
    habits = [c for c in ranked if c in MEASURES and c not in MOMENTS]
    chosen = _judge(features, habits, "step 1 allows it")
    if chosen["used"].sum() >= 2:
        rest = _left([c for c in ranked if c not in habits], features)
        return pd.concat([chosen, rest], ignore_index=True) if len(rest) else chosen
    chosen = _judge(features, ranked, "step 1 allows it", categories=True)
    if chosen["used"].sum() < 2:
        usual = [c for c in DEFAULT if c in features and c not in refused]
        chosen = _judge(features, usual, "usual measure, step 1 left fewer than two")
    if chosen["used"].sum() < 2:
        return NotMeasured("fewer than two usable variables", "two numeric columns that vary and are rarely missing")
    return chosen


def _declared(features: pd.DataFrame, columns: tuple[str, ...], refused: set[str]) -> pd.DataFrame | NotMeasured:
    """The columns that the product file divides by, as far as step 1 and the data allow."""
    known = [c for c in dict.fromkeys(columns) if c in features and c not in refused]
    rows = _judge(features, known, "declared in the product file", categories=True)
    absent = [c for c in dict.fromkeys(columns) if c not in known]
    why = ["step 1 refuses it" if c in refused else "not among the columns known" for c in absent]
    rows = pd.concat([rows, pd.DataFrame({"variable": absent, "used": False, "reason": why, "missing": np.nan})]
                     if absent else [rows], ignore_index=True)
    if rows["used"].sum() < 2:
        return NotMeasured("fewer than two of the columns that were declared to divide by can be used",
                           "two columns that vary, are rarely missing and that step 1 does not refuse "
                           "(bases.divide_by in the product file)")
    return rows


def searched(features: pd.DataFrame) -> pd.DataFrame:
    """Customers who ordered or used anything in the window: of the others there is no behaviour to compare."""
    return features[features["seen"] > 0] if "seen" in features else features


@measured
def structure_values(features: pd.DataFrame, variables: pd.DataFrame) -> pd.DataFrame:
    """The chosen columns, one row per customer who is searched, indexed and sorted by customer_key."""
    table = searched(features).set_index("customer_key").sort_index()
    return table[variables.loc[variables["used"], "variable"].tolist()]


@measured
def descriptors(features: pd.DataFrame, variables: pd.DataFrame) -> pd.DataFrame | NotMeasured:
    """Attributes that had no part in the search, indexed by customer_key: what segments may differ in."""
    used = set(variables.loc[variables["used"], "variable"])
    table = features.set_index("customer_key").sort_index()
    held_out = [c for c in table if c not in used and c not in MEASURES]
    return table[held_out] if held_out else NotMeasured("no attribute was held out", "attributes of customers")


@measured
def smallest_segment(variables: pd.DataFrame) -> int | NotMeasured:
    """Customers that the smallest segment needs: ten per variable."""
    return PER_SEGMENT * int(variables["used"].sum())


def _left(columns: list[str], features: pd.DataFrame) -> pd.DataFrame:
    """What is usable but not searched, and why."""
    why = ["a moment in the cycle, not a habit" if c in MOMENTS else "kept to describe the segments" for c in columns]
    return pd.DataFrame({"variable": columns, "used": False, "reason": why,
                         "missing": [features[c].isna().mean() for c in columns]})


def _judge(features: pd.DataFrame, ranked: list[str], why: str, *, categories: bool = False) -> pd.DataFrame:
    kept: list[str] = []
    rows = []
    seen = searched(features)
    for column in ranked:
        missing = features[column].isna().mean()
        fault = _unfit(seen[column], missing) if categories and is_category(seen[column]) else (
            _fault(seen[column], missing) or _short(seen, column) or _repeats(seen, column, kept))
        reason = fault or _too_many(seen, [*kept, column])
        rows.append({"variable": column, "used": not reason, "reason": reason or why, "missing": missing})
        kept += [] if reason else [column]
    return pd.DataFrame(rows, columns=["variable", "used", "reason", "missing"]).astype({"used": bool})


def _unfit(values: pd.Series, missing: float) -> str:
    """Why a category is not searched."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return "a day"
    if missing > MISSING:
        return "missing for too many customers"
    levels = values.nunique()
    return "does not vary enough" if levels < 2 else "too many different answers" if levels > MOST_LEVELS else ""


def _fault(values: pd.Series, missing: float) -> str:
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return "not a number"
    if missing > MISSING:
        return "missing for too many customers"
    if values.nunique() < MIN_DISTINCT:
        return "does not vary enough"
    return "too many customers on one value" if _crowded(values) else ""


def _crowded(values: pd.Series) -> bool:
    """Whether one value inside the range holds too many customers: billing dates and flat fees look like that.

    The gaps beside such a value would pass for groups. The two lowest values (never, once) may be crowded: the
    lowest is split off as an atom, the other is what many customers really do.
    """
    counts = values.value_counts().sort_index()
    limit = CROWDED if len(counts) > SHORT_COUNT else CROWDED_COUNT
    return len(counts) > 2 and counts.iloc[2:].max() > limit * counts.sum()


def _short(features: pd.DataFrame, column: str) -> str:
    """Why a rate is not searched: where many did it once, days per period are lumps, one a count, with gaps between.

    The atom can be split off the count itself, not off its rate (measured on CDNOW: "two natural groups" by
    frequency, none by the number of orders).
    """
    count = next((c for c in COUNTS if c in features), None)
    if column != RATE or count is None:
        return ""
    known = features[count].dropna()
    crowded = len(known) and (known == known.min()).mean() > CROWDED
    return "a rate of few days: its lumps would pass for groups" if crowded else ""


def _repeats(features: pd.DataFrame, column: str, kept: list[str]) -> str:
    for other in (o for o in kept if not is_category(features[o])):
        if abs(features[column].corr(features[other], method="spearman")) > REDUNDANT:
            return f"repeats {other}"
    return ""


def _too_many(features: pd.DataFrame, columns: list[str]) -> str:
    """Why one more variable cannot be carried: customers with all values and off every atom must be 60 a variable."""
    amounts, categories = divided(features[columns])
    if len(columns) > (MOST if amounts else MOST_ITEMS):
        return "weaker than those used"
    complete = features[columns].dropna(how="any" if amounts else "all")
    table = complete[amounts].astype(float)
    on_atom = np.zeros(len(table), bool)
    for atom in atoms.conditions(table):
        on_atom |= (table[atom["column"]] == atom["equals"]).to_numpy()
    enough = len(table) - on_atom.sum() >= PER_VARIABLE * max(len(columns), 2)
    return "" if enough else "too few customers left for one more"


def _known(value) -> float:
    return float(value) if value is not None and pd.notna(value) else float("-inf")
