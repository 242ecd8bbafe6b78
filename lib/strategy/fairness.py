"""Selection rates by protected group: a screen for segments and audiences that leave a group out (method.md §7).

Protected attributes are loaded apart for this comparison only; they divide nobody and choose nobody. It is a screen: it
proves neither fairness nor its absence, and is no legal opinion.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.contracts import NotMeasured, measured, requires
from lib.contracts.labels import OUTSIDE
from lib.stats import cramers_v, holm, rate_ratio, wilson

LINE = 0.8  # screening line of method.md §7: ratio to the highest rate (four fifths, EEOC 1978)
POOLED_SHARE, POOLED = 0.05, 30  # [ours] smaller groups are counted with the next larger one
EXPECTED = 5  # customers that would be selected of a group at the common rate: fewer are too few to tell
BANDS, BAND_NAMES = (30, 45, 60), ("under 30", "30 to 44", "45 to 59", "60 and over")
UNKNOWN, ANY, NOBODY = "not known", "(any)", "(none)"
KINDS = ("segment", "audience", "rest")


@requires("assignments", "attributes")
def selection_rates(assignments: pd.DataFrame, attributes: pd.DataFrame,
                    audience: pd.DataFrame | NotMeasured) -> pd.DataFrame | NotMeasured:
    """Contract `fairness`: per attribute, segment or audience file and group the share selected, of all customers.

    ``attributes``: customer_key and the columns to compare; `age` is cut into bands. ``audience``: customers with the
    reason `exported` where they are in a file; NotMeasured leaves segments only. Groups of fewer than 5 % or 30
    customers are counted with the next larger one. Ratio: to the group with the highest rate, with Katz's interval.
    p: Fisher's exact test for two groups, else χ², Holm over everything compared. NotMeasured when every attribute has
    one group only.
    """
    base = assignments[["customer_key", "segment"]].merge(attributes, on="customer_key", how="left",
                                                           validate="one_to_one")
    inside = set() if isinstance(audience, NotMeasured) else set(
        audience.loc[audience["reason"] == "exported", "customer_key"])
    base["in_file"] = base["customer_key"].isin(inside)
    rows = [row for name in attributes.columns if name != "customer_key"
            for row in _attribute(base.assign(group=groups(base[name], name)), name, bool(inside))]
    if not rows:
        return NotMeasured("all customers are of one group of every protected attribute that was compared",
                           "attributes with groups of at least 30 customers")
    table = pd.DataFrame(rows)
    table["p"] = _adjusted(table)
    table["verdict"] = [_verdict(r) for r in table.itertuples()]
    return table.drop(columns="expected")


@measured
def association(table: pd.DataFrame) -> dict[str, float]:
    """Bias-corrected Cramér's V of segment and group, by attribute."""
    parts = table[table["kind"] == "segment"]
    return {name: cramers_v(part.pivot(index="selection", columns="group", values="n"))
            for name, part in parts.groupby("attribute")}


def groups(values: pd.Series, name: str) -> pd.Series:
    """The group of every customer, small ones counted with the next larger; the name says which were joined."""
    if name == "age":
        values = pd.Series(np.array(BAND_NAMES)[np.searchsorted(BANDS, values.fillna(0), side="right")],
                           index=values.index).where(values.notna())
    found = values.astype("object").where(values.notna(), UNKNOWN).astype(str)
    least = max(POOLED, POOLED_SHARE * len(found))
    while True:
        sizes = found.value_counts().sort_index().sort_values(kind="stable")
        if len(sizes) < 2 or sizes.iloc[0] >= least:
            return found
        joined = sizes.index[:2].tolist()
        found = found.where(~found.isin(joined), " or ".join(reversed(joined)))


def _attribute(base: pd.DataFrame, name: str, files: bool) -> list[dict]:
    sizes = base["group"].value_counts()
    if (sizes.index != UNKNOWN).sum() < 2:
        return []
    where = base["segment"].where(base["segment"] != OUTSIDE, NOBODY)
    chosen = [("segment", s, where == s) for s in sorted(where.unique())]
    if files:
        filed = sorted(where[base["in_file"]].unique())
        chosen += [("audience", s, (where == s) & base["in_file"]) for s in filed]
        chosen += [("audience", ANY, base["in_file"])]
        chosen += [("rest", s, (where == s) & ~base["in_file"]) for s in filed]
    return [row for kind, s, picked in chosen for row in _selection(base, picked, sizes, name, kind, s)]


def _selection(base: pd.DataFrame, picked: pd.Series, sizes: pd.Series, name: str, kind: str, selection: str
               ) -> list[dict]:
    """One row per group: how many of it are selected, its rate, and the ratio to the group with the highest rate.

    Customers of whom it is not known are counted, so that the rows add up, and not compared.
    """
    n = base.loc[picked, "group"].value_counts().reindex(sizes.index, fill_value=0)
    rate, (low, high) = n / sizes, wilson(n, sizes)
    told = sizes.index[sizes.index != UNKNOWN]
    top = rate[told].idxmax()
    expected = (sizes[told] * n[told].sum() / sizes[told].sum()).min()
    p = _p(n[told].to_numpy(), (sizes - n)[told].to_numpy()) if expected >= EXPECTED else np.nan
    rows = []
    for i, group in enumerate(sizes.index):
        ratio = (np.nan,) * 3 if group == UNKNOWN else rate_ratio(n[group], sizes[group], n[top], sizes[top])
        rows.append({"attribute": name, "kind": kind, "selection": selection, "group": group, "n": int(n[group]),
                     "n_group": int(sizes[group]), "rate": rate[group], "low": low[i], "high": high[i],
                     "ratio": ratio[0], "ratio_low": ratio[1], "ratio_high": ratio[2], "p": p, "expected": expected})
    return rows


def _p(selected: np.ndarray, others: np.ndarray) -> float:
    table = np.vstack([selected, others])
    if (table.sum(axis=1) == 0).any():
        return np.nan
    return float(sps.fisher_exact(table).pvalue if table.shape[1] == 2 else sps.chi2_contingency(table).pvalue)


def _adjusted(table: pd.DataFrame) -> np.ndarray:
    """Holm over every selection that is compared; `rest` and what is in no segment only make the rows add up."""
    keys = ["attribute", "kind", "selection"]
    compared = table["kind"].isin(["segment", "audience"]) & (table["selection"] != NOBODY)
    once = table[compared].drop_duplicates(keys)
    adjusted = once.assign(adjusted=holm(once["p"].to_numpy()))[[*keys, "adjusted"]]
    return table[keys].merge(adjusted, on=keys, how="left")["adjusted"].to_numpy()


def _verdict(row) -> str:
    if row.group == UNKNOWN or row.kind == "rest" or row.selection == NOBODY:
        return "not compared"
    if np.isnan(row.p) or row.expected < EXPECTED:
        return "too few to tell"
    if row.ratio >= LINE:
        return "above the line"
    return "below the line" if row.p < 0.05 else "below, may be chance"
