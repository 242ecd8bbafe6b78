"""Which segments to target of those that passed the knock-outs: attractiveness × competitiveness, how firm it is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, UserError, requires

# Computed criteria (method.md §5): how much a segment is worth to anybody, and how well it is ours.
ATTRACTIVE = {"size": "n", "growth": "growth", "value": "mean_value", "margin": "margin"}
STRONG = {"retention": "next_active", "reach": "reach"}
WEIGHTS = {"size": 15.0, "growth": 15.0, "value": 20.0, "margin": 20.0, "retention": 15.0, "reach": 15.0}
DRAWS, CONCENTRATION = 2000, 20.0  # method.md §5: Dirichlet(20 × weights / 100)
FIRM = 0.5  # [ours] a target is among the first two in at least half of the draws


@requires("facts")
def criteria(facts: pd.DataFrame, knocked_out: pd.Series, growth: pd.Series, reach: pd.Series | NotMeasured,
             ratings: dict, weights: dict[str, float], *, margin_rate: float) -> pd.DataFrame | NotMeasured:
    """Every criterion of every segment that was not knocked out: rows segment × criterion.

    Columns: segment, criterion, axis (attractiveness or competitiveness), kind (computed or rated), value (as
    measured), score 0-100 (the worst segment 0, the best 100, all 50 when equal; ratings × 10), weight (of 100,
    rescaled over what was measured), source. Criteria that were not measured for every such segment are left out.
    ``ratings`` maps a criterion to its rating (source, axis, default, segments). NotMeasured when fewer than two were
    left: a score is a place among segments.
    Raises UserError when weights do not sum to 100 or name an unknown criterion, and on ratings as `rated` says.
    """
    weights = weights or WEIGHTS
    rates = rated(ratings, facts["segment"])
    _check_weights(weights, rates)
    standing = facts[(facts["segment"].map(knocked_out) == "").to_numpy()]
    if standing.empty:
        return NotMeasured("every segment was knocked out, so none is compared", "segments that pass the knock-outs")
    if len(standing) == 1:
        return NotMeasured("one segment only passed the knock-outs, so there is none to compare it with",
                           "two segments that pass the knock-outs")
    table = standing.set_index("segment").assign(
        growth=growth.reindex(standing["segment"]).to_numpy(),
        margin=(standing["revenue"] * (margin_rate or np.nan)).to_numpy(),
        reach=np.nan if isinstance(reach, NotMeasured) else reach.reindex(standing["segment"]).fillna(0.0).to_numpy())
    rows = [_criterion(table, name, weight, rates, ratings) for name, weight in weights.items()]
    rows = [r for r in rows if r["value"].notna().all()]
    total = sum(r["weight"].iloc[0] for r in rows)
    if not total:
        raise UserError("none of the criteria of the target matrix was measured", where="strategy.weights",
                        fix="give weight to size, or rate the segments under strategy.ratings")
    long = pd.concat(rows, ignore_index=True)
    return long.assign(weight=long["weight"] * 100 / total)


@requires("knocked_out")
def matrix(scored: pd.DataFrame | NotMeasured, knocked_out: pd.Series, *, seed: int,
           draws: int = DRAWS) -> pd.DataFrame:
    """The target matrix (contract `targets`): axes, robustness of the ranking, role.

    The ranking is by the weighted sum of all criteria among segments that were not knocked out, over ``draws``
    of the weights from Dirichlet(20 × weights / 100); equal segments share their places equally. Those knocked out
    have no score; nor has one that is left alone, which is the target without any comparison.
    """
    out = pd.DataFrame({"knocked_out": knocked_out.sort_index()})
    out = out.assign(**dict.fromkeys(("attractiveness", "competitiveness", "p_first", "p_second"), np.nan), criteria="")
    if not isinstance(scored, NotMeasured):
        weights = scored.drop_duplicates("criterion").set_index("criterion")["weight"]
        wide = scored.pivot(index="segment", columns="criterion", values="score")[weights.index]
        places = rank_robustness(wide.to_numpy(), weights.to_numpy(), seed=seed, draws=draws)
        out.loc[wide.index, ["p_first", "p_second"]] = places[:, :2]
        for axis in ("attractiveness", "competitiveness"):
            out.loc[wide.index, axis] = _axis(scored, axis).reindex(wide.index)
        out.loc[wide.index, "criteria"] = scored.groupby("segment").apply(_in_words)
    top_two = out["p_first"].fillna(0) + out["p_second"].fillna(0)
    alone = (out["knocked_out"] == "").sum() == 1
    out["role"] = np.select([out["knocked_out"] != "", alone | (top_two >= FIRM - 1e-9)], ["not now", "target"], "keep")
    return out.reset_index(names="segment")


def weights_used(scored: pd.DataFrame | NotMeasured) -> dict[str, float]:
    """Weight of every criterion that was measured, of 100; none when no segments were compared."""
    if isinstance(scored, NotMeasured):
        return {}
    return {r.criterion: round(float(r.weight), 6) for r in scored.drop_duplicates("criterion").itertuples()}


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
    """Ratings per criterion, 0-10, for every segment: its own, else the criterion's `default`.

    Ratings of segments that no longer exist have no part in it (`without_segment` lists them). Raises UserError for a
    rating that is missing for a segment, and one under the name of a criterion that is computed.
    """
    found = {}
    for name, rating in ratings.items():
        where = f"strategy.ratings.{name}"
        if name in ATTRACTIVE or name in STRONG:
            raise UserError(f"{name!r} is computed from the data and cannot be rated", where=where,
                            fix="rate it under another name")
        values = [rating.segments.get(s, rating.default) for s in segments]
        if None in values:
            raise UserError(f"rating {name!r} is missing for a segment", where=where,
                            fix=f"rate every segment ({', '.join(sorted(segments))}), or give a `default`")
        found[name] = pd.Series(values, index=list(segments), dtype="float64")
    return found


@requires("facts")
def without_segment(ratings: dict, facts: pd.DataFrame) -> dict[str, list[str]]:
    """By criterion the rated keys that no segment has: after new segments were made, or misspelt."""
    keys = set(facts["segment"])
    return {name: gone for name, rating in ratings.items() if (gone := sorted(set(rating.segments) - keys))}


def _check_weights(weights: dict[str, float], rates: dict) -> None:
    unknown = sorted(set(weights) - set(ATTRACTIVE) - set(STRONG) - set(rates))
    if unknown:
        raise UserError(f"weight for {unknown[0]!r}, which is neither computed nor rated", where="strategy.weights",
                        fix="computed are: " + ", ".join([*ATTRACTIVE, *STRONG]))
    if abs(sum(weights.values()) - 100) > 1e-6 or min(weights.values()) < 0:
        raise UserError(f"the weights sum to {sum(weights.values()):g}", where="strategy.weights",
                        fix="they must not be negative and sum to 100")


def _criterion(table: pd.DataFrame, name: str, weight: float, rates: dict, ratings: dict) -> pd.DataFrame:
    computed = name not in rates
    value = table[{**ATTRACTIVE, **STRONG}[name]] if computed else rates[name].reindex(table.index)
    axis = "attractiveness" if name in ATTRACTIVE else "competitiveness"
    return pd.DataFrame({
        "segment": table.index, "criterion": name, "axis": axis if computed else ratings[name].axis,
        "kind": "computed" if computed else "rated", "value": value.to_numpy(float),
        "score": _scaled(value) if computed else value.to_numpy(float) * 10, "weight": weight,
        "source": "computed from the data" if computed else ratings[name].source})


def _scaled(value: pd.Series) -> np.ndarray:
    low, high = value.min(), value.max()
    return np.full(len(value), 50.0) if high == low else (100 * (value - low) / (high - low)).to_numpy()


def _axis(scored: pd.DataFrame, axis: str) -> pd.Series:
    """The weighted mean score; empty where every criterion of the axis has weight 0."""
    rows = scored[(scored["axis"] == axis) & (scored["weight"] > 0)]
    weighted = (rows["score"] * rows["weight"]).groupby(rows["segment"]).sum()
    return weighted / rows["weight"].groupby(rows["segment"]).sum()


def _in_words(rows: pd.DataFrame) -> str:
    return "; ".join(f"{r.criterion} {r.score:.0f} ({r.kind}, weight {r.weight:.0f})" for r in rows.itertuples())
