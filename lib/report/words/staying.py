"""Sentences of notebook 03 about who stays: cohorts, lifecycle, contracts."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.figures.staying import began_in_view
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.report.words.analyze import estimate, rate

ENOUGH = 97  # customers for a share within ten points, method.md §3.10


@shows
def retention(table: pd.DataFrame, step: int, fmt: Format) -> Sentence:
    """The share that is active again in the first stretch, and how that of the same cohorts changed until later."""
    view = began_in_view(table)
    apart = table[~table["cohort"].isin(view["cohort"]) & (table["age"] == table["age"].min())]["n"].sum()
    pooled = _by_stretch(view)
    if pooled.empty:
        text = f"Fewer than {ENOUGH} customers have been seen for two stretches: too few for a share within ten points."
        return Sentence(text, {"needed": ENOUGH}, tone="caveat")
    first, last = pooled.index[0], pooled.index[-1]
    share, values = rate(f"stretch_{first}", pooled.loc[first, "active"], pooled.loc[first, "n"], fmt)
    text = (f"Of {fmt.people(pooled.loc[first, 'n'])} customers who began in view, {share} were active "
            f"{_when(first, step, fmt)} after their first active day.")
    if last != first:
        late, more = rate(f"stretch_{last}", pooled.loc[last, "active"], pooled.loc[last, "n"], fmt)
        same = _by_stretch(view[view["cohort"].isin(view.loc[view["age"] == last, "cohort"])])
        early, base = rate(f"same_{first}", same.loc[first, "active"], same.loc[first, "n"], fmt)
        values |= more | base
        text += (f" Of {fmt.people(pooled.loc[last, 'n'])} seen for long enough, {late} were active "
                 f"{_when(last, step, fmt)} after it, against {early} of the same cohorts after "
                 f"{_when(first, step, fmt)}.")
        values |= {"late_from": int(last * step), "late_to": int((last + 1) * step)}
    if apart:
        text += f" Left out are {fmt.people(apart)} customers of the first cohort, who may have begun before the data."
    spans = {"from": int(first * step), "to": int((first + 1) * step)}
    return Sentence(text, values | spans | {"apart": None if fmt.is_few(apart) else int(apart)})


def _when(age: int, step: int, fmt: Format) -> str:
    return f"{fmt.count(age * step)} to {fmt.days((age + 1) * step)}"


def _by_stretch(table: pd.DataFrame) -> pd.DataFrame:
    """n and active over the cohorts by stretch, where enough customers were seen."""
    pooled = table.assign(active=table["n"] * table["retained"]).groupby("age")[["n", "active"]].sum()
    return pooled[pooled["n"] >= ENOUGH]


@shows
def lifecycle(table: pd.DataFrame, period_days: float, fmt: Format) -> Sentence:
    """Who was active in the last period, and where they came from."""
    shown = table.assign(out=hidden(table, "lifecycle", fmt))
    shown = shown[shown["period"] == 0].set_index("state")
    last, known = shown["n"], shown.index[~shown["out"]]
    said = {state: fmt.people(n) if state in known else "few" for state, n in last.items()}
    total, active = int(last.sum()), int(last.drop("dormant").sum())
    share, values = rate("active", active, total, fmt)
    text = (f"In the last {fmt.days(period_days)}, {fmt.people(active)} of {fmt.people(total)} customers ever active "
            f"had an active day, {share}: {said['current']} had been active in the period before, "
            f"{said['resurrected']} came back after a pause, {said['new']} were new.")
    return Sentence(text, values | {"period_days": period_days, **{str(k): int(last[k]) for k in known}})


@shows
def power_users(curve: pd.DataFrame, fmt: Format) -> Sentence:
    """How many days the active are active."""
    n, window = int(curve["n"].sum()), len(curve)
    often = int(curve.loc[curve["active_days"] > window / 2, "n"].sum())
    once = int(curve.loc[curve["active_days"] == 1, "n"].sum())
    (rarely, some), (daily, most) = rate("once", once, n, fmt), rate("often", often, n, fmt)
    text = (f"Of {fmt.people(n)} customers active in the last {fmt.counted(window, 'day')}, {rarely} were active on "
            f"one day only and {daily} on more than half of them.")
    return Sentence(text, some | most | {"window": window})


@shows
def flows(table: pd.DataFrame, period_days: float, fmt: Format) -> Sentence:
    """What became of the new, the current and the dormant of the period before."""
    last = table[table["period"] == table["period"].max()].set_index(["before", "after"])["n"]
    parts, values = [], {"period_days": period_days}
    for before, after, said in (("new", "current", "new customers came back"),
                                ("current", "current", "current customers stayed"),
                                ("dormant", "resurrected", "dormant customers returned")):
        n = int(last[before].sum())
        if n >= ENOUGH:
            share, numbers = rate(before, int(last[before, after]), n, fmt)
            values |= numbers
            parts.append(f"{share} of {fmt.people(n)} {said}")
    if not parts:
        return Sentence(f"Every state holds fewer than {ENOUGH} customers: too few to say what becomes of them.",
                        {"needed": ENOUGH}, tone="caveat")
    text = f"From the period before to the last one ({fmt.days(period_days)} each), {'; '.join(parts)}."
    return Sentence(text, values)


@shows
def survival(found: dict, fmt: Format) -> Sentence:
    """How many customers under contract are still there after a year."""
    point = found["one_year"] or found["curve"][-1]
    share = estimate(point["share"], point["low"], point["high"], fmt)
    half = (f"Half have ended by {fmt.days(found['median_days'])}." if found["median_days"] else
            "Fewer than half have ended in the time observed.")
    text = (f"{share} of {fmt.people(found['n'])} customers are still under contract {fmt.days(point['day'])} after it "
            f"began; {fmt.people(found['ended'])} contracts ended. {half}")
    return Sentence(text, {**point, "n": found["n"], "ended": found["ended"], "median_days": found["median_days"]})
