"""Candidate bases ranked on evidence: coverage, variety, stability, signal, redundancy, reach, sensitivity
(method.md §1)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.basis.candidates import ASKED, Candidates, gather
from lib.basis.proxies import STRONG, proxies
from lib.basis.sensitivity import sensitivity
from lib.basis.signal import BINS, FEWEST, coded, signals
from lib.contracts import NotMeasured
from lib.contracts.counts import People
from lib.contracts.labels import readable
from lib.stats import cramers_v

LEAST_COVERAGE = 0.7    # method.md §3.10: a basis missing for more than 30 % is insufficient
LEAST_STABLE = 0.5      # method.md §3.3: Spearman between two successive periods
REPEATS = 0.9           # |association| from which a candidate only repeats a stronger one [ours]
MOST_LEVELS = 50        # categories beyond this are an identifier, not a basis [ours]
SURE = 0.05             # corrected permutation p below which a signal is one
BILLED = ("recency_days", "n_occasions", "n_orders", "mean_gap_days")  # the rhythm of payments
USE, DESCRIBE, REFUSE = "use", "describe only", "do not use"
REACH = {"customers": "known at once", "survey": "an answer in a survey", "voice": "a coded statement"}
SECOND_ORDER = ("mean_gap_days",)


def candidate_bases(before, earlier, *, attributes: tuple[str, ...] = (), offer: tuple[str, ...] = (),
                    never: tuple[str, ...] = (), grounds: dict[str, str] | None = None,
                    kinds: dict[str, str] | None = None, survey=None, voice=None, billing: str = "",
                    as_of: dt.date | None = None, period_days: float | None = None, people: People | None = None,
                    seed: int = 7, unseen=None) -> pd.DataFrame | NotMeasured:
    """One row per candidate column, ranked by verdict and then by signal; columns as the contract `basis`.

    ``before`` holds customers as known one period before the as-of date with `next_active` (and `next_revenue`);
    ``earlier`` the same one more period back: signal is learned there and judged on ``before``, so that no
    candidate is praised for what it was fitted on, and what customers buy is measured before what it foretells.
    ``survey`` (respondent and wave) and ``voice`` (coded statements) count from the day they were given, which
    needs ``as_of`` and ``period_days``. ``attributes`` that customers bring are candidates beside the behaviour
    that every product has; only what ``offer`` names may be used of them (empty: all), and nothing that ``never``
    names. A special, protected or proxy column, by its name or by what it tells about a protected one, is refused
    unless ``grounds`` records why it may be used. Under ``billing`` by subscription the rhythm of payments describes
    the calendar, not the customer, and is no basis. ``people`` is how exactly reasons count customers. Where nothing
    was done yet (a launch), the customers of ``unseen`` are judged by what they bring and answer, and answers that most
    gave may divide them: there is no next period to foretell.
    """
    launch = isinstance(unseen, pd.DataFrame) and isinstance(before, NotMeasured)
    if launch:
        before = earlier = unseen[["customer_key", *(a for a in attributes if a in unseen)]]
    if isinstance(before, NotMeasured) or isinstance(earlier, NotMeasured):
        return before if isinstance(before, NotMeasured) else earlier
    found = gather(before, earlier, attributes=attributes, kinds=kinds or {}, survey=survey, voice=voice, as_of=as_of,
                   period_days=period_days)
    people = people or People()
    table = _scored(found, people, seed)
    told = {"offer": offer, "never": never, "grounds": grounds or {}, "billing": billing, "people": people,
            "launch": launch}
    table = _repeated(table, found.described, [_refusal(row, **told) for row in table.to_dict("records")])
    verdicts = [_verdict(row, **told) for row in table.to_dict("records")]
    table = table.assign(verdict=[v for v, _ in verdicts], reason=[r for _, r in verdicts])
    order = table["verdict"].map({USE: 0, DESCRIBE: 1, REFUSE: 2})
    table = table.assign(_order=order).sort_values(["_order", "signal", "column"], ascending=[True, False, True],
                                                   na_position="last", ignore_index=True)
    return table.drop(columns=["_order", "text"]).assign(rank=np.arange(1, len(table) + 1))


def _scored(found: Candidates, people: People, seed: int) -> pd.DataFrame:
    """One row per candidate with every score but redundancy, the strongest signal first."""
    classes = {c: sensitivity(c) for c in found.columns}
    stands_for = proxies(found.described, classes)
    told = signals(found.now, found.then, found.columns, seed)
    rows = [_score(c, found, people) | told.loc[c].to_dict() | _protection(classes[c], *stands_for[c])
            for c in found.columns]
    table = pd.DataFrame(rows)
    return table.sort_values(["signal", "column"], ascending=[False, True], na_position="last", ignore_index=True)


def _score(column: str, found: Candidates, people: People) -> dict:
    values, source = found.described[column], found.source[column]
    known = values.dropna()
    return {
        "column": column, "source": source, "kind": found.kind[column], "n": len(known),
        "coverage": len(known) / max(len(values), 1),
        "levels": int(known.nunique()), "variety": _variety(known), "stability": _stability(column, found),
        "reachable": source not in ASKED,
        "reach": f"{_reach(column, source)}: {people.part_of(len(known), len(values))}",
        "text": not pd.api.types.is_numeric_dtype(values),
    }


def _protection(sensitive: str, proxy_for: str, strength: float) -> dict:
    """The class by name; by data `proxy` where the column tells a protected one well enough."""
    proxy = sensitive == "none" and strength >= STRONG
    return {"sensitivity": "proxy" if proxy else sensitive, "proxy_strength": strength,
            "proxy_for": proxy_for if strength >= STRONG else ""}


def _reach(column: str, source: str) -> str:
    """What must have happened before a customer can be placed by the column."""
    return REACH.get(source, "a second order" if column in SECOND_ORDER else "some behaviour")


def _variety(known: pd.Series) -> float:
    """Entropy of the values (numbers in deciles) over the largest it could be."""
    many = pd.api.types.is_numeric_dtype(known) and known.nunique() > BINS
    share = pd.Series(coded(known, known).judged if many else known.to_numpy()).value_counts(normalize=True).to_numpy()
    return float(sps.entropy(share) / np.log(len(share))) if len(share) > 1 else 0.0


def _stability(column: str, found: Candidates) -> float:
    """Agreement of two successive periods, or of two waves of a survey; an attribute has one snapshot, so none."""
    if found.source[column] == "behaviour":
        both = pd.concat([found.now[column], found.then[column]], axis=1, keys=["now", "before"], join="inner").dropna()
    elif column in found.waves:
        both = found.waves[column]
    else:
        return np.nan
    return _association(both["now"], both["before"])


def _association(a: pd.Series, b: pd.Series) -> float:
    """Spearman of two numbers, Cramér's V of groups otherwise; NaN when either does not vary."""
    both = pd.concat([a, b], axis=1, keys=["a", "b"]).dropna()
    if len(both) < FEWEST or both["a"].nunique() < 2 or both["b"].nunique() < 2:
        return np.nan
    if all(pd.api.types.is_numeric_dtype(both[c]) for c in both):
        return float(sps.spearmanr(both["a"], both["b"]).statistic)
    return cramers_v(pd.crosstab(coded(both["a"], both["a"]).judged, coded(both["b"], both["b"]).judged))


def _repeated(table: pd.DataFrame, described: pd.DataFrame, refused: list) -> pd.DataFrame:
    """Each candidate's strongest association with one of larger signal that is not refused; strongest come first."""
    partner, strength, allowed = [], [], []
    for column, out in zip(table["column"], refused, strict=True):
        known = {c: abs(_association(described[column], described[c])) for c in allowed}
        best = max(known, key=lambda c: -1.0 if np.isnan(known[c]) else known[c], default="")
        strength.append(known.get(best, np.nan))
        partner.append(best if strength[-1] >= REPEATS else "")
        allowed += [] if out else [column]
    return table.assign(redundant_with=partner, redundancy=strength)


def _refusal(row: dict, *, offer: tuple[str, ...], never: tuple[str, ...], grounds: dict[str, str],
             billing: str, people: People, launch: bool = False) -> str:
    """Why the column must not be used at all, or nothing; data protection first, then data quality."""
    column = row["column"]
    if column in never:
        return "the product file rules it out"
    if row["sensitivity"] != "none" and not grounds.get(column):
        return _without_ground(row)
    if row["source"] == "customers" and offer and column not in offer:
        return "not offered in the product file"
    if billing == "subscription" and column in BILLED:
        return "payments follow the billing calendar, not the customer"
    if row["levels"] < 2:
        return "it has one value only" if row["n"] else "nobody has a value"
    if row["coverage"] < LEAST_COVERAGE and row["source"] not in ASKED:
        return f"known for {people.part_of(row['n'], _everybody(row))} only"
    if row["text"] and row["levels"] > MOST_LEVELS and row["levels"] > 0.2 * row["n"]:
        return "nearly every customer has a value of its own: an identifier"
    return ""


def _everybody(row: dict) -> int:
    """How many customers were asked about: those with a value are a share of them."""
    return round(row["n"] / row["coverage"]) if row["coverage"] else 0


def _without_ground(row: dict) -> str:
    if row["proxy_for"]:
        return (f"stands for {readable(row['proxy_for'])} (association {row['proxy_strength']:.2f} in these data), "
                "without a recorded ground")
    return f"{row['sensitivity']} attribute by its name, without a recorded ground"


def _verdict(row: dict, **told) -> tuple[str, str]:
    """The verdict and its one reason."""
    column = row["column"]
    if refused := _refusal(row, **told):
        return REFUSE, refused
    if row["coverage"] < LEAST_COVERAGE:
        heard = told["people"].part_of(row["n"], _everybody(row))
        return DESCRIBE, f"{heard} were heard; the others could not be placed"
    if row["redundant_with"]:
        return DESCRIBE, f"repeats {readable(row['redundant_with'])}"
    if told["launch"]:
        return (USE, "an answer; nothing was done yet that could divide customers") if row["source"] == "survey" else (
            DESCRIBE, "nothing was done yet that it could tell about")
    if row["stability"] < LEAST_STABLE:
        return DESCRIBE, "changes too much from one period to the next"
    if np.isnan(row["signal"]):
        return DESCRIBE, "too little was known early enough to tell about a next period"
    if not (row["signal_low"] > 0 and row["p"] < SURE):
        return DESCRIBE, "its signal about the next period is not clear of zero"
    ground = told["grounds"].get(column)
    return USE, f"tells about the next period{f'; ground: {ground}' if ground else ''}"
