"""Which segments to target: knock-outs first, then attractiveness × competitiveness, and how firm the ranking is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, UserError, measured, requires

# Computed criteria (method.md §5): how much a segment is worth to anybody, and how well it is ours.
ATTRACTIVE = {"size": "n", "growth": "growth", "value": "mean_value", "margin": "margin"}
STRONG = {"retention": "next_active", "reach": "reach"}
WEIGHTS = {"size": 15.0, "growth": 15.0, "value": 20.0, "margin": 20.0, "retention": 15.0, "reach": 15.0}
SMALLEST = {"b2c": 97, "b2b": 20}  # a share within ten points (method.md §3.10); accounts that §6 can still judge
LEAST_REACH = 1 / 3  # [ours] share of a segment that may be contacted, below which it is not reachable
CLEAREST_RULE = 0.7  # [ours] balanced accuracy below which a person cannot tell who belongs
WEAKEST_FIT = 3.0  # [ours] rated fit to our strengths, of 10, below which a segment is left to others
DRAWS, CONCENTRATION = 2000, 20.0  # method.md §5: Dirichlet(20 × weights / 100)
FIRM = 0.5  # [ours] a target is among the first two in at least half of the draws


@requires("facts")
def knock_outs(facts: pd.DataFrame, distinct: pd.DataFrame | NotMeasured, reach: pd.Series | NotMeasured,
               ratings: dict, *, business: str, smallest: int = 0, clearest: float = CLEAREST_RULE) -> pd.Series:
    """The first knock-out criterion each segment fails, empty when none. Indexed by segment.

    Order: distinct, large enough, identifiable, reachable, fits our strengths. A criterion without data does
    not knock out. Of two segments that should be merged the lower ranked one is out: the other stands for both.
    """
    twins = _lower_twins(facts, distinct)
    smallest = smallest or SMALLEST[business]
    fit = rated(ratings, facts["segment"]).get("fit", pd.Series(np.nan, index=facts["segment"]))
    verdicts = {}
    for row in facts.itertuples():
        reachable = np.nan if isinstance(reach, NotMeasured) else reach.get(row.segment, 0.0)
        failed = [name for name, fails in (
            ("distinct", row.segment in twins), ("large enough", row.n < smallest),
            ("identifiable", row.rule_accuracy < clearest), ("reachable", reachable < LEAST_REACH),
            ("fits our strengths", fit[row.segment] < WEAKEST_FIT)) if fails]
        verdicts[row.segment] = failed[0] if failed else ""
    return pd.Series(verdicts, name="knocked_out", dtype="str")


@requires("facts")
def criteria(facts: pd.DataFrame, growth: pd.Series, reach: pd.Series | NotMeasured, ratings: dict,
             weights: dict[str, float], *, margin_rate: float) -> pd.DataFrame:
    """Every criterion of every segment: rows segment × criterion.

    Columns: segment, criterion, axis (attractiveness or competitiveness), kind (computed or rated), value (as
    measured), score 0-100 (the worst segment 0, the best 100, all 50 when equal; ratings × 10), weight (of 100,
    rescaled over what was measured), source. Criteria that were not measured are left out.
    Raises UserError when weights do not sum to 100 or name an unknown criterion.
    """
    weights = weights or WEIGHTS
    rates = rated(ratings, facts["segment"])
    _check_weights(weights, rates)
    table = facts.set_index("segment").assign(
        growth=growth.reindex(facts["segment"]).to_numpy(),
        margin=(facts["revenue"] * margin_rate if margin_rate else facts["revenue"] * np.nan).to_numpy(),
        reach=np.nan if isinstance(reach, NotMeasured) else reach.reindex(facts["segment"]).fillna(0.0).to_numpy())
    rows = [_criterion(table, name, weight, rates) for name, weight in weights.items()]
    rows = [r for r in rows if r["value"].notna().all()]
    if not rows:
        raise UserError("none of the criteria of the target matrix was measured", where="strategy.weights",
                        fix="give weight to size, or rate the segments under strategy.ratings")
    total = sum(r["weight"].iloc[0] for r in rows)
    long = pd.concat(rows, ignore_index=True)
    return long.assign(weight=long["weight"] * 100 / total)


@measured
def matrix(scored: pd.DataFrame, knocked_out: pd.Series, *, seed: int, draws: int = DRAWS) -> pd.DataFrame:
    """The target matrix (contract `targets`): axes, robustness of the ranking, role.

    The ranking is by the weighted sum of all criteria among segments that were not knocked out, over ``draws``
    of the weights from Dirichlet(20 × weights / 100); equal segments share their places equally.
    """
    weights = scored.drop_duplicates("criterion").set_index("criterion")["weight"]
    wide = scored.pivot(index="segment", columns="criterion", values="score")[weights.index]
    standing = wide[(knocked_out.reindex(wide.index) == "").to_numpy()]
    places = rank_robustness(standing.to_numpy(), weights.to_numpy(), seed=seed, draws=draws)
    firm = pd.DataFrame(places[:, :2], index=standing.index, columns=["p_first", "p_second"])
    out = pd.DataFrame({
        "knocked_out": knocked_out.reindex(wide.index), "attractiveness": _axis(scored, "attractiveness"),
        "competitiveness": _axis(scored, "competitiveness"), "criteria": scored.groupby("segment").apply(_in_words),
    }).join(firm)
    top_two = out["p_first"].fillna(0) + out["p_second"].fillna(0)
    out["role"] = np.select([out["knocked_out"] != "", top_two >= FIRM - 1e-9], ["not now", "target"], "keep")
    return out.reset_index(names="segment")


def rank_robustness(scores: np.ndarray, weights: np.ndarray, *, seed: int, draws: int = DRAWS) -> np.ndarray:
    """Share of weight draws in which each segment (row) takes each place (column 0 is first); ties share equally.

    At least two columns are returned. Dirichlet parameters are 20 × weight / 100.
    """
    n = len(scores)
    out = np.zeros((n, max(n, 2)))
    if n == 0:
        return out
    rng = np.random.default_rng(seed)
    drawn = rng.dirichlet(CONCENTRATION * np.maximum(weights, 1e-9) / 100, size=draws)
    totals = np.round(drawn @ scores.T, 9)
    better = (totals[:, None, :] > totals[:, :, None]).sum(axis=2)
    equal = (totals[:, None, :] == totals[:, :, None]).sum(axis=2)
    for place in range(n):
        out[:, place] = (((better <= place) & (place < better + equal)) / equal).mean(axis=0)
    return out


def rated(ratings: dict, segments: pd.Series) -> dict[str, pd.Series]:
    """Ratings per criterion, 0-10, for every segment: its own, else `default`.

    ``ratings`` maps segment keys (and `default`) to criteria. Raises UserError for a segment that does not exist,
    a rating outside 0-10, or one that is missing for a segment.
    """
    unknown = sorted(set(ratings) - set(segments) - {"default"})
    if unknown:
        raise UserError(f"ratings for {unknown[0]!r}, which is no segment", where="strategy.ratings",
                        fix="the segments are: " + ", ".join(sorted(segments)))
    names = sorted({criterion for of in ratings.values() for criterion in of})
    found = {}
    for name in names:
        values = [ratings.get(s, {}).get(name, ratings.get("default", {}).get(name)) for s in segments]
        if any(v is None or not 0 <= v <= 10 for v in values):
            raise UserError(f"rating {name!r} is missing for a segment or outside 0-10", where="strategy.ratings",
                            fix="rate every segment, or give a `default`")
        found[name] = pd.Series(values, index=list(segments), dtype="float64")
    return found


def _check_weights(weights: dict[str, float], rates: dict) -> None:
    unknown = sorted(set(weights) - set(ATTRACTIVE) - set(STRONG) - set(rates))
    if unknown:
        raise UserError(f"weight for {unknown[0]!r}, which is neither computed nor rated", where="strategy.weights",
                        fix="computed are: " + ", ".join([*ATTRACTIVE, *STRONG]))
    if abs(sum(weights.values()) - 100) > 1e-6 or min(weights.values()) < 0:
        raise UserError(f"the weights sum to {sum(weights.values()):g}", where="strategy.weights",
                        fix="they must not be negative and sum to 100")


def _criterion(table: pd.DataFrame, name: str, weight: float, rates: dict) -> pd.DataFrame:
    computed = name in ATTRACTIVE or name in STRONG
    value = table[{**ATTRACTIVE, **STRONG}[name]] if computed else rates[name].reindex(table.index)
    return pd.DataFrame({
        "segment": table.index, "criterion": name,
        "axis": "attractiveness" if name in ATTRACTIVE else "competitiveness",
        "kind": "computed" if computed else "rated", "value": value.to_numpy(float),
        "score": _scaled(value) if computed else value.to_numpy(float) * 10, "weight": weight,
        "source": "computed from the data" if computed else "strategy.ratings of the product file"})


def _scaled(value: pd.Series) -> np.ndarray:
    low, high = value.min(), value.max()
    return np.full(len(value), 50.0) if high == low else (100 * (value - low) / (high - low)).to_numpy()


def _axis(scored: pd.DataFrame, axis: str) -> pd.Series:
    rows = scored[scored["axis"] == axis]
    weighted = (rows["score"] * rows["weight"]).groupby(rows["segment"]).sum()
    return weighted / rows["weight"].groupby(rows["segment"]).sum()


def _in_words(rows: pd.DataFrame) -> str:
    return "; ".join(f"{r.criterion} {r.score:.0f} ({r.kind}, weight {r.weight:.0f})" for r in rows.itertuples())


def _lower_twins(facts: pd.DataFrame, distinct: pd.DataFrame | NotMeasured) -> set[str]:
    if isinstance(distinct, NotMeasured):
        return set()
    rank = facts.set_index("segment")["rank"]
    pairs = distinct[distinct["verdict"] == "merge candidate"]
    return {max(pair, key=lambda s: rank[s]) for pair in zip(pairs["first"], pairs["second"], strict=True)}
