"""Which new segments are old ones: matched by their members, so that a refit keeps its names (method.md §4)."""

from __future__ import annotations

import copy

import pandas as pd
from scipy.optimize import linear_sum_assignment

from lib.contracts import NotMeasured
from lib.segments.model import OUTSIDE

KEPT = "; kept from the model of "
SAME_SEGMENT = 0.5  # method.md §4: below this overlap it is a new name


def match(previous: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """One row per matched pair: segment (new), was (old), jaccard; pairs below .5 are left out.

    `previous` and `new` hold customer_key and segment. Overlap is counted among customers placed in both;
    the assignment with the largest total overlap wins (Hungarian method on Jaccard).
    """
    both = previous.merge(new, on="customer_key", suffixes=("_old", "_new"), validate="one_to_one")
    both = both[(both["segment_old"] != OUTSIDE) & (both["segment_new"] != OUTSIDE)]
    if both.empty:
        return pd.DataFrame(columns=["segment", "was", "jaccard"])
    shared = pd.crosstab(both["segment_new"], both["segment_old"])
    union = shared.sum(axis=1).to_numpy()[:, None] + shared.sum(axis=0).to_numpy()[None, :] - shared
    jaccard = shared / union
    rows, columns = linear_sum_assignment(-jaccard.to_numpy())
    pairs = pd.DataFrame({"segment": shared.index[rows], "was": shared.columns[columns],
                          "jaccard": jaccard.to_numpy()[rows, columns]})
    return pairs[pairs["jaccard"] >= SAME_SEGMENT].reset_index(drop=True)


def keep_names(model: dict, assignments: pd.DataFrame, previous_model, previous_assignments) -> dict:
    """The model with keys and names of the previous one where members match; a new dict.

    Without a previous model (NotMeasured) it comes back as it is. A new segment whose name an old one keeps
    is called `... (new)`.
    """
    if any(isinstance(v, NotMeasured) for v in (model, assignments, previous_model, previous_assignments)):
        return model
    pairs = match(previous_assignments[["customer_key", "segment"]], assignments[["customer_key", "segment"]])
    was = dict(zip(pairs["segment"], pairs["was"], strict=True))
    old_names = {s["segment"]: s["name"] for s in previous_model["segments"]}
    old_rules = {s["segment"]: s["name_rule"].partition(KEPT)[0] for s in previous_model["segments"]}
    taken, renamed = set(was.values()), copy.deepcopy(model)
    called = {old_names[kept] for kept in taken}
    keys = {s["segment"]: was.get(s["segment"], _free(s["segment"], taken, "-new")) for s in model["segments"]}
    for segment in renamed["segments"]:
        kept = was.get(segment["segment"])
        if kept:
            segment["name"] = old_names[kept]
            segment["name_rule"] = f"{old_rules[kept]}{KEPT}{previous_model['as_of']}: its members are the same"
        else:
            segment["name"] = _free(segment["name"], called, " (new)")
        segment["segment"] = keys[segment["segment"]]
    for rule in renamed["rules"]:
        rule["segment"] = keys[rule["segment"]]
    renamed["cluster_segments"] = [keys[k] for k in model["cluster_segments"]]
    return renamed


def with_lead(models: dict, made) -> dict:
    """The models by scheme, the leading one with the keys and names that it has kept."""
    return models if isinstance(made, NotMeasured) else {**models, made["lead"]: made}


def _free(word: str, taken: set, ending: str) -> str:
    while word in taken:
        word += ending
    return word
