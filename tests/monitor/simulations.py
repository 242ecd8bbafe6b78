"""Simulations behind step 6: how often its limits cry wolf, and how often its intervals hold the truth."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.monitor.breadth import own_uses
from lib.monitor.drift import ALARM_P, SEGMENTS, drift
from lib.monitor.estimates import Difference, adjusted, heterogeneity, means, newcombe
from lib.monitor.migration import matrix, noise_shares
from lib.monitor.noise import label_draws
from tests.monitor import strata_simulations


def keys(n: int, start: int = 0) -> list[str]:
    return [f"{i:032x}" for i in range(start, start + n)]


RARE = {"one value in 98 of 100": (0.02, 0.02), "a rare level doubles": (0.02, 0.04), "a level appears": (0.0, 0.05)}


def two_periods(kind: str, n: int, rng: np.random.Generator, *, shift: float = 0.0, variables: int = 1):
    """Features of two periods in which nothing changes but by ``shift`` standard deviations, or as `RARE` says: shares
    then and now of a level that lies below the value of everyone else, other customers being there now."""
    def values(size: int) -> np.ndarray:
        drawn = rng.poisson(1.5, (size, variables)) if kind == "counts" else rng.normal(size=(size, variables))
        return drawn.astype(float)

    before = values(n)
    if kind in RARE:
        before, now = (1.0 - (rng.random((n, variables)) < share) for share in RARE[kind])
    elif kind in ("the same customers", "a third of them new", "newcomers of another kind"):
        now = 0.8 * before + 0.6 * values(n)  # the same spread, and every customer near his own value
    else:
        now = values(n)
    fresh = np.empty((0, variables))
    if "new" in kind:
        fresh = values(n // 2) + (1.5 if kind == "newcomers of another kind" else 0.0)
    start = 0 if len(fresh) or kind == "the same customers" else 10 * n
    names = [f"v{i}" for i in range(variables)]
    first = pd.DataFrame(before, columns=names).assign(customer_key=keys(n))
    second = pd.DataFrame(np.vstack([now, fresh]) + shift, columns=names)
    second = second.assign(customer_key=keys(n, start) + keys(len(fresh), 50 * n))
    return first, second, names


def judged(first: pd.DataFrame, second: pd.DataFrame, names: list[str], seed: int) -> pd.DataFrame:
    labels = [pd.Series(np.where(t[names[0]] > 0, "high", "low"), index=t["customer_key"]) for t in (first, second)]
    return drift(first, second, *labels, variables=names, seed=seed)


def drift_promise(sets: int, seed: int = 1) -> list[dict]:
    """Alarms among bases without a change, and among bases with a planted one; one variable and the segment shares."""
    cases = [("other customers", 1000, 0.0, 1), ("counts", 1000, 0.0, 1), ("the same customers", 1000, 0.0, 1),
             ("a third of them new", 1000, 0.0, 1), ("the same customers", 2000, 0.0, 20),
             ("other customers", 300, 0.0, 1), ("the same customers", 1000, 0.3, 1),
             ("the same customers", 1000, 0.8, 1), ("other customers", 1000, 0.8, 1),
             ("newcomers of another kind", 1000, 0.0, 1), ("one value in 98 of 100", 1000, 0.0, 1),
             ("one value in 98 of 100", 5000, 0.0, 1), ("a rare level doubles", 5000, 0.0, 1),
             ("a level appears", 1000, 0.0, 1)]
    rows = []
    for case, (kind, n, shift, variables) in enumerate(cases):
        verdicts, small = [], []
        for i in range(sets):
            first, second, names = two_periods(kind, n, np.random.default_rng([seed, case, i]), shift=shift,
                                               variables=variables)
            table = judged(first, second, names, seed=i).set_index("variable").drop(SEGMENTS)
            verdicts += table["verdict"].tolist()
            small.append((table["p"] < ALARM_P).any())
        share = pd.Series(verdicts).value_counts(normalize=True)
        rows.append({"customers": kind, "n": n, "variables": variables, "planted shift in sd": shift, "bases": sets,
                     "any p < .05": float(np.mean(small)), "alarm": float(share.get("alarm", 0.0)),
                     "significant but small": float(share.get("significant but small", 0.0)),
                     "too few to tell": float(share.get("too few to tell", 0.0))})
    return rows


def spending(rng: np.random.Generator, n: int, buyers: float, sigma: float) -> np.ndarray:
    """Spend of n customers: a share buys, amounts are log-normal."""
    return (rng.random(n) < buyers) * rng.lognormal(3, sigma, n)


def uplift_promise(seeds: int, seed: int = 1) -> list[dict]:
    """Coverage of the 95 % intervals by kind of trial, and how often an effect is seen where there is none."""
    trials = {
        "rate, arms of 600 and 600, 10 %": _rates(600, 600, 0.10, 0.06),
        "rate, holdout of 150, 10 %": _rates(600, 150, 0.10, 0.06),
        "rate, arms of 100, 5 %": _rates(100, 100, 0.05, 0.03),
        "rate, negative effect": _rates(600, 300, 0.12, -0.05),
        "money, equal arms (Welch)": _money(600, 600, 0.5, 0.8, 3.0),
        "money, holdout of a tenth (pooled)": _money(1800, 200, 0.5, 0.8, 3.0),
        "money, holdout of a tenth, heavy tail (pooled)": _money(1800, 200, 0.4, 1.3, 0.0),
        "money, negative effect": _money(800, 400, 0.5, 0.8, -4.0),
        "money, a fifth less in proportion, holdout of a third (pooled)": _proportion(800, 400, 0.8),
        "money, adjusted for earlier spend": _better(600, 600, 3.0),
        "money, adjusted, holdout of a fifth": _better(800, 200, -3.0),
        "accounts, 40 in all": _accounts(20, 20, 2.0),
        "accounts, 24 in all, 6 held out": _accounts(18, 6, 0.0)}
    rows = [_coverage(name, make, seeds, [seed, i]) for i, (name, make) in enumerate(trials.items())]
    drawn = strata_simulations.trials()
    rows += [_coverage(name, make, seeds, [seed, 50 + i]) for i, (name, make) in enumerate(drawn.items())]
    return [*rows, _interactions(seeds, [seed, 99])]


def _coverage(name: str, make, seeds: int, key: list[int]) -> dict:
    hits = wrong = 0
    for i in range(seeds):
        found, truth, null = make(np.random.default_rng([*key, i]))
        hits += found.low <= truth <= found.high
        wrong += null.p < 0.05
    return {"trial": name, "seeds": seeds, "coverage": hits / seeds, "seen where there is none": wrong / seeds}


def _rates(n: int, m: int, base: float, effect: float):
    def trial(rng):
        control = rng.binomial(m, base)
        return newcombe(rng.binomial(n, base + effect), n, control, m), effect, newcombe(
            rng.binomial(n, base), n, control, m)
    return trial


def _money(n: int, m: int, buyers: float, sigma: float, effect: float):
    def trial(rng):
        treated, control = (spending(rng, size, buyers, sigma) for size in (n, m))
        return means(treated + effect, control), effect, means(treated, control)
    return trial


def _proportion(n: int, m: int, factor: float):
    """Treated spend multiplied: the truth is a share of the mean."""
    def trial(rng):
        treated, control = (spending(rng, size, 0.5, 0.8) for size in (n, m))
        return means(factor * treated, control), (factor - 1) * 0.5 * np.exp(3 + 0.32), means(treated, control)
    return trial


def _better(n: int, m: int, effect: float):
    def trial(rng):
        before = [spending(rng, size, 0.7, 0.8) for size in (n, m)]
        spend = [0.7 * b + spending(rng, len(b), 0.5, 0.6) for b in before]
        return adjusted(spend[0] + effect, spend[1], *before), effect, adjusted(*spend, *before)
    return trial


def _accounts(n: int, m: int, effect: float):
    def trial(rng):
        treated, control = (rng.gamma(4, 5, size) for size in (n, m))
        return means(treated + effect, control, pooled=True), effect, means(treated, control, pooled=True)
    return trial


def _interactions(seeds: int, key: list[int]) -> dict:
    """How often effects are said to differ between four segments: where they do not, and where one is another."""
    same = other = 0
    for i in range(seeds):
        rng = np.random.default_rng([*key, i])
        parts = [means(spending(rng, 300, 0.5, 0.8) + 3, spending(rng, 200, 0.5, 0.8)) for _ in range(4)]
        same += heterogeneity(parts) < 0.05
        first = parts[0]
        other += heterogeneity([Difference(first.value + 12, first.low + 12, first.high + 12, 0, 0), *parts[1:]]) < 0.05
    return {"trial": "the effect differs between four segments", "seeds": seeds, "planted and seen": other / seeds,
            "seen where there is none": same / seeds}


AS_OF, PERIOD, YEAR = dt.date(2026, 6, 30), 30, 365


def lived(n: int, rng: np.random.Generator, *, rise: str = "") -> pd.DataFrame:
    """Uses of n customers over a year and a period, at rates of their own: customer_key, occurred_on, feature, value.

    ``rise`` plants a change in the last period: `n_occasions` (three times the days), `breadth` (features never used
    before) or `depth` (three times the value).
    """
    rate, taste = rng.gamma(4, 6, n), rng.integers(3, 15, n)
    ago = [rng.integers(0, YEAR + PERIOD, rng.poisson(r * (YEAR + PERIOD) / YEAR) + 1) for r in rate]
    if rise == "n_occasions":
        ago = [np.r_[a, rng.integers(0, PERIOD, 4 * (i % 2))] for i, a in enumerate(ago)]
    who = np.repeat(np.arange(n), [len(a) for a in ago])
    table = pd.DataFrame({"place": who, "ago": np.concatenate(ago)}).drop_duplicates(ignore_index=True)
    late = (table["ago"] < PERIOD).to_numpy()
    feature = (rng.random(len(table)) * taste[table["place"]]).astype(int)
    if rise == "breadth":
        feature = np.where(late & (rng.random(len(table)) < 0.7), 15 + rng.integers(0, 5, len(table)), feature)
    value = rng.gamma(2, 5, len(table)) * np.where(late & (rise == "depth"), 8.0, 1.0)
    day = pd.Timestamp(AS_OF) - pd.to_timedelta(table["ago"], unit="D")
    return pd.DataFrame({"customer_key": np.array(keys(n))[table["place"]], "occurred_on": day,
                         "feature": feature.astype(str), "value": value})


def seen_at(uses: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Features of the year up to a day, by plain pandas."""
    end = pd.Timestamp(day)
    rows = uses[(uses["occurred_on"] <= end) & (uses["occurred_on"] > end - pd.Timedelta(days=YEAR))]
    by = rows.groupby("customer_key")
    table = pd.DataFrame({"n_occasions": by["occurred_on"].nunique().astype(float),
                          "breadth": by["feature"].nunique() / 20, "depth": by["value"].mean()})
    return table.assign(tenure_days=1000.0).reset_index()


def moves(column: str, rng: np.random.Generator, *, n: int = 600, rise: str = "", whole: bool = True) -> pd.DataFrame:
    """The migration of one base across two frozen cuts of one feature, judged against its noise floor.

    Without ``whole`` the floor is that of days alone, in which breadth and depth never change.
    """
    uses, since = lived(n, rng, rise=rise), AS_OF - dt.timedelta(days=PERIOD)
    then, now = seen_at(uses, since), seen_at(uses, AS_OF)
    cuts = then[column].quantile([1 / 3, 2 / 3]).to_numpy()

    def label(table):
        level = np.searchsorted(cuts, table[column], side="right")
        return pd.Series(np.array(["low", "middle", "high"])[level], index=table["customer_key"])

    own = uses.groupby(["customer_key", "occurred_on"], as_index=False).size().rename(columns={"occurred_on": "day"})
    own = own[own["day"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=YEAR)].drop(columns="size")
    own = own.assign(active=True, bought=True, value=1.0)
    extra = own_uses(ibis.memtable(uses), NotMeasured("none"), days=own) if whole else None
    draws = label_draws(now, own, label, since=since, as_of=AS_OF, seed=int(rng.integers(1000)), uses=extra)
    table = matrix(label(then), label(now).reindex(label(then).index).dropna(), noise_shares(draws))
    return table[(table["before"] != table["now"]) & (table["now"] != "Left")]


def noise_promise(sets: int, seed: int = 1) -> list[dict]:
    """Moves between thirds of a feature: how many are called so where nobody changed, and where a change is planted."""
    rows = []
    for i, column in enumerate(("n_occasions", "breadth", "depth")):
        for rise in ("", column):
            tables = [moves(column, np.random.default_rng([seed, i, len(rise), s]), rise=rise) for s in range(sets)]
            every = pd.concat(tables)
            every = every[every["verdict"].isin(["moved", "within noise"])]  # of rows too small nothing is said
            rows.append({"feature": column, "planted": "rise in the last period" if rise else "nothing", "bases": sets,
                         "kinds of move judged": len(every),
                         "share that moves": float(every["share"].mean()), "noise floor": float(every["noise"].mean()),
                         "kinds of move called moved": float((every["verdict"] == "moved").mean()),
                         "bases with an upward move": float(np.mean([
                             (t[(t["before"] == "low") | (t["now"] == "high")]["verdict"] == "moved").any()
                             for t in tables]))})
    return rows
