"""Which segmentation leads: the rule of step 1, then the evidence, unless the product overrides with a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, UserError, measured
from lib.contracts.s03_analyze import CLAIMS
from lib.segments.distinct import distinct, held_out
from lib.segments.model import OUTSIDE, assign
from lib.segments.prediction import next_by_segment, prediction
from lib.segments.profile import made_columns

SMALLEST, COVERED = 10, 0.5  # [ours] customers in a usable group; share of the base that groups must hold
CLEARLY = 0.25  # [ours] share of pairs by which one scheme is more distinct than another
NEW = "new"  # the stage of a product being launched
BY_BASIS = {"icp": "icp", "revenue": "clusters", "features used": "clusters", "behaviour": "clusters"}
BY_BUSINESS = {"b2b": "clusters", "b2c": "icp"}  # method.md §1: B2B -> revenue or features used; B2C -> ICP / persona


def candidates(models: dict, placed: pd.DataFrame, placed_before, *, seed: int, stage: str = "", survey=None,
               icps: list[dict] = ()) -> pd.DataFrame:
    """One row per scheme: available, reason, claim, groups, covered (share of the base), gain, low, high, n, pairs,
    distinct (share of the pairs of groups that differ on what did not make them; `survey` and `icps` say what did).

    `gain` is what the groups explain of the next period, out of sample; `placed_before` are the features one
    period earlier with what came next (or NotMeasured). Profiles of a product being launched (``stage`` new) may hold
    any share of the base: who matches none is its first finding.
    """
    rows = [_candidate(scheme, model, placed, placed_before, seed, 0.0 if (scheme, stage) == ("icp", NEW) else COVERED)
            | _distinct(model, placed, placed_before, survey, icps) for scheme, model in models.items()]
    return pd.DataFrame(rows)


def choose_lead(found: pd.DataFrame, *, business: str, lead_basis: str = "", lead_rule: str = "", override: str = "",
                reason: str = "", stage: str = "") -> dict | NotMeasured:
    """{lead, spoke, rule, rows}: which scheme leads and which rule said so.

    The scheme of step 1 leads, unless another has a stronger claim level; or the same claim level and a gain
    for the next period whose interval lies above; or, where neither tells them apart, clearly more of its pairs of
    groups are distinct; or unless it holds too few customers. `override` needs a `reason` and must be possible. At
    launch (``stage`` new) answers lead where they divide most customers and would again, else profiles where there
    are any (method.md §3.10).
    """
    usable = found[found["available"]].set_index("scheme")
    if override:
        return _overridden(found, override, reason)
    if stage == NEW and "answers" in usable.index and usable.loc["answers", "claim"] != CLAIMS[-1]:
        return {"lead": "answers", "spoke": "evidence",
                "rule": f"{_plain('answers')} lead: the product is being launched, behaviour is too young to divide "
                        "by, and the same answers would divide another sample the same way"}
    if stage == NEW and "icp" in usable.index:
        return {"lead": "icp", "spoke": "rule", "rule": f"{_plain('icp')} lead: the product is being launched, and "
                                                        "behaviour is too young to divide by"}
    if usable.empty:
        return NotMeasured("no scheme divides the customers", "; ".join(found["reason"]))
    wanted = BY_BASIS.get(lead_basis, BY_BUSINESS[business])
    said = lead_rule or f"{business}: {wanted} leads"
    order = [wanted, *[s for s in ("clusters", "icp", "user_types", "rfm", "answers") if s != wanted]]
    present = [s for s in order if s in usable.index]
    lead, spoke = present[0], "rule"
    why = f"rule of step 1 ({said})"
    if lead != wanted:
        spoke, why = "evidence", f"step 1 asks for {_plain(wanted)}, which cannot lead ({_reason(found, wanted)})"
    for other in present[1:]:
        stronger = _stronger(usable.loc[other], usable.loc[lead])
        if stronger:
            why = f"{why}; but {_plain(other)} {stronger} than {_plain(lead)}"
            lead, spoke = other, "evidence"
    return {"lead": lead, "spoke": spoke, "rule": f"{_plain(lead)} lead: {why}{_outdone(usable, lead)}"}


@measured
def lead_model(models: dict, lead: dict) -> dict | NotMeasured:
    """The model that leads, with the rule that chose it; NotMeasured when none can."""
    return {**models[lead["lead"]], "lead_rule": lead["rule"]}


def _candidate(scheme: str, model, placed: pd.DataFrame, placed_before, seed: int, least: float) -> dict:
    empty = {"scheme": scheme, "available": False, "reason": "", "claim": "", "groups": 0, "covered": np.nan,
             "gain": np.nan, "low": np.nan, "high": np.nan, "n": 0}
    if isinstance(model, NotMeasured):
        return empty | {"reason": model.reason}
    assigned = assign(placed, model)
    sizes = assigned.loc[assigned["segment"] != OUTSIDE, "segment"].value_counts()
    large, covered = int((sizes >= SMALLEST).sum()), sizes.sum() / max(len(assigned), 1)
    row = empty | {"claim": model["claim"], "groups": large, "covered": covered}
    row |= {"available": large >= 2 and covered >= least, "reason": _fault(large, covered, least)}
    if isinstance(placed_before, NotMeasured):
        return row
    gain = prediction(placed_before, assign(placed_before, model), seed=seed)
    return row if isinstance(gain, NotMeasured) else row | {k: gain[k] for k in ("gain", "low", "high", "n")}


def _distinct(model, placed: pd.DataFrame, placed_before, survey, icps: list[dict]) -> dict:
    """{pairs, distinct}: pairs of groups, and the share that differs on attributes, answers or the next period."""
    if isinstance(model, NotMeasured):
        return {"pairs": 0, "distinct": np.nan}
    assigned = assign(placed, model)
    sizes = assigned["segment"].value_counts()
    large = assigned[assigned["segment"].isin(sizes.index[sizes >= SMALLEST])]
    outcomes = None if isinstance(placed_before, NotMeasured) else next_by_segment(
        placed_before, assign(placed_before, model))
    found = distinct(large, held_out(placed, made_columns(model, icps), survey), outcomes)
    share = float((found["verdict"] == "distinct").mean()) if len(found) else np.nan
    return {"pairs": len(found), "distinct": share}


def _fault(large: int, covered: float, least: float) -> str:
    if large < 2:
        return f"fewer than two groups of {SMALLEST} customers"
    return "" if covered >= least else f"holding {100 * covered:.0f} % of the customers only"


def _stronger(other, lead) -> str:
    """Why the other has better evidence; empty when it has not."""
    if CLAIMS.index(other["claim"]) < CLAIMS.index(lead["claim"]):
        return f"have the stronger claim level ({other['claim']} against {lead['claim']}) and so are firmer"
    if other["claim"] != lead["claim"] or np.isnan(other["gain"]):
        return ""
    if np.isnan(lead["gain"]) or other["low"] > lead["high"] or (other["low"] > 0 >= lead["low"]):
        return "explain more of the next period"
    if other["high"] >= lead["low"] and other.get("distinct", np.nan) > lead.get("distinct", np.nan) + CLEARLY:
        return "have more groups that differ on what did not make them"
    return ""


def _outdone(usable: pd.DataFrame, lead: str) -> str:
    """Which schemes explain more of the next period and do not lead for all that: their claim level is weaker."""
    better = [other for other in usable.index if usable.loc[other, "low"] > usable.loc[lead, "high"]
              and CLAIMS.index(usable.loc[other, "claim"]) > CLAIMS.index(usable.loc[lead, "claim"])]
    if not better:
        return ""
    named, claims = " and ".join(map(_plain, better)), " or ".join(dict.fromkeys(usable.loc[better, "claim"]))
    return (f"; {named} explain more of the next period, but their claim level is weaker ({claims} against "
            f"{usable.loc[lead, 'claim']})")


def _overridden(found: pd.DataFrame, override: str, reason: str) -> dict:
    row = found.set_index("scheme").loc[override]
    if not reason:
        raise UserError("an override of the lead segmentation needs a reason", fix="set `lead: {reason: ...}`")
    if not row["available"]:
        raise UserError(f"{_plain(override)} cannot lead: {row['reason']}", where="product file, lead.segmentation",
                        fix="choose another, or leave it empty")
    return {"lead": override, "spoke": "override",
            "rule": f"{_plain(override)} lead: declared in the product file ({reason})"}


def _reason(found: pd.DataFrame, scheme: str) -> str:
    return str(found.set_index("scheme").loc[scheme, "reason"])


def _plain(scheme: str) -> str:
    return {"clusters": "clusters", "answers": "classes of answers", "icp": "ideal customer profiles",
            "user_types": "user types", "rfm": "RFM groups"}[scheme]
