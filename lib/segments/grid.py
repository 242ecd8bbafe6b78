"""The user-type grid: every row of method.md §4 for Casual, Core, Power and for the lead segments.

Behaviour comes from data, the five human rows from evidence only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from lib.contracts import NotMeasured
from lib.contracts.labels import NOTHING_SPENT, readable
from lib.segments.evidence import TOPICS, difference_between_sources, human_answer, statements
from lib.segments.model import OUTSIDE
from lib.stats import bootstrap_interval, hidden_money, mean_interval, ratio_interval, wilson

TYPES = ("Casual", "Core", "Power")
MONETARY = "monetary / AOV / revenue"
DOMINATED = "one customer makes most of the money here, or would be told by this figure"
ROWS = ("usage characteristics", "recency of use case", "natural frequency", MONETARY, *TOPICS,
        "level of engagement")
SHOWN_USES = 3
DRAWS = 300
TAIL = 0.025  # of a 95 % interval, on either side


def build_grid(placed: pd.DataFrame, assignments: pd.DataFrame, *, voice, uses, gaps, framework, fmt, seed: int,
               smallest: int = 10) -> pd.DataFrame:
    """One row per scheme, column and row of the grid; columns as the contract `grid`.

    `placed`: features with `user_type` where known; `assignments`: customer_key and lead segment; `voice`: evidence;
    `uses`: customer_key, use, days, recency_days (days since last used); `gaps`: customer_key, median_gap (days);
    `framework`: dimension, relevance; `fmt` writes numbers, shares and money. Any of the last four tables may be
    NotMeasured. Groups of fewer than `smallest` customers show no behaviour, and no use is told that fewer of a group
    know. Two kinds of source disagree where that is beyond chance, Holm over the cells of both schemes.
    """
    absent = next((v for v in (placed, assignments) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    joined = set(assignments.loc[assignments["probability"].isna(), "customer_key"]) if "probability" in assignments \
        else set()
    sources = {"uses": uses, "gaps": gaps, "framework": framework, "fmt": fmt, "seed": seed, "smallest": smallest,
               "joined": joined}
    schemes = {"segments": assignments[["customer_key", "segment"]].rename(columns={"segment": "group"})}
    if "user_type" in placed:
        types = placed.loc[placed["user_type"].isin(TYPES), ["customer_key", "user_type"]]
        schemes["user_types"] = types.rename(columns={"user_type": "group"})
    inside = {scheme: groups[groups["group"] != OUTSIDE] for scheme, groups in schemes.items()}
    said = pd.concat([statements(voice, groups).assign(scheme=scheme) for scheme, groups in inside.items()])
    sources["differ"] = difference_between_sources(said, seed=seed)
    return pd.concat([_scheme(scheme, groups, placed, said[said["scheme"] == scheme], sources, smallest)
                      for scheme, groups in inside.items()], ignore_index=True)


def last_uses(days, *, as_of) -> pd.DataFrame | NotMeasured:
    """One row per customer and use case: days of use, and days since the last one, up to `as_of`.

    `days` is an Ibis table (customer_key, use, day); only the result leaves the engine.
    """
    if isinstance(days, NotMeasured):
        return days
    table = days.group_by(["customer_key", "use"]).aggregate(days=days.day.nunique(), last=days.day.max()).to_pandas()
    table["recency_days"] = (pd.Timestamp(as_of) - pd.to_datetime(table.pop("last"))).dt.days.astype(float)
    return table.sort_values(["customer_key", "use"], ignore_index=True)


def _scheme(scheme: str, groups: pd.DataFrame, placed: pd.DataFrame, said: pd.DataFrame, sources: dict,
            smallest: int) -> pd.DataFrame:
    revenue = placed["revenue"].fillna(0.0) if "revenue" in placed else None
    unsaid = _unsaid(groups, placed)
    rows = []
    for column, keys in groups.groupby("group")["customer_key"]:
        members = _as_others(placed[placed["customer_key"].isin(keys)], sources["joined"])
        own = said[said["group"] == column]
        answers = _behaviour(members, revenue, sources) if len(members) >= smallest else _too_small(smallest)
        answers |= {MONETARY: _absent(DOMINATED)} if len(members) >= smallest and column in unsaid else {}
        answers |= {row: human_answer(own[own["topic"] == topic], sources["fmt"],
                                      sources["differ"].get((scheme, column, topic), np.nan))
                    for row, topic in TOPICS.items()}
        rows += [{"scheme": scheme, "column": column, "row": row, "position": i + 1, **answers[row]}
                 for i, row in enumerate(ROWS)]
    order = ["scheme", "column", "row", "position", "answer", "n", "evidence_ids", "state"]
    return pd.DataFrame(rows, columns=order)


def _as_others(members: pd.DataFrame, joined: set) -> pd.DataFrame:
    """The members; what is the same for all who were placed is written of the few who are only counted with them, too:
    a mean would tell what those do."""
    few = members["customer_key"].isin(joined)
    if not few.any() or few.all():
        return members
    numbers = members[~few].select_dtypes("number")
    return members.assign(**{c: numbers[c].iloc[0] for c in numbers if numbers[c].nunique(dropna=False) == 1})


def _unsaid(groups: pd.DataFrame, placed: pd.DataFrame) -> set:
    """Groups of which no money is said: one customer dominates it, or the rest without it."""
    group = placed["customer_key"].map(groups.set_index("customer_key")["group"]).fillna(OUTSIDE)
    return {name for column in ("revenue", "mean_occasion_value") if column in placed
            for name, unsaid in hidden_money(placed[column], group, never=(OUTSIDE,)).items() if unsaid}


def _behaviour(members: pd.DataFrame, revenue, sources: dict) -> dict:
    fmt, seed = sources["fmt"], sources["seed"]
    uses = _known_to_many(_own(sources["uses"], members), sources["smallest"])
    return {"usage characteristics": _usage(members, uses, fmt, sources["smallest"]),
            "recency of use case": _recency(uses, fmt),
            "natural frequency": _natural(_own(sources["gaps"], members), fmt, seed, sources["smallest"]),
            MONETARY: _money(members, revenue, fmt),
            "level of engagement": _engagement(members, sources["framework"], fmt)}


def _own(table, members: pd.DataFrame):
    return table if isinstance(table, NotMeasured) else table[table["customer_key"].isin(members["customer_key"])]


def _known_to_many(uses, smallest: int):
    """Uses that so many of a group know: a share or a median of fewer would tell of them."""
    if isinstance(uses, NotMeasured):
        return uses
    return uses[uses.groupby("use")["customer_key"].transform("size") >= smallest]


def _measured(answer: str, n: int) -> dict:
    return {"answer": answer, "n": int(n), "evidence_ids": "", "state": "measured"}


def _absent(reason: str) -> dict:
    return {"answer": f"not measured: {reason}", "n": 0, "evidence_ids": "", "state": "no evidence"}


def _too_small(smallest: int) -> dict:
    return {row: _absent(f"fewer than {smallest} customers") for row in ROWS if row not in TOPICS}


def _usage(members: pd.DataFrame, uses, fmt, smallest: int) -> dict:
    """The means of what describes use, and the use cases that most members know."""
    columns = [c for c in ("breadth", "depth", "active_days", "n_orders", "n_categories") if c in members]
    parts = [said for c in columns if (said := _mean(members, c, fmt))]
    if not isinstance(uses, NotMeasured) and len(uses):
        users = uses.groupby("use")["customer_key"].nunique()
        top = users.sort_index().sort_values(ascending=False, kind="stable").head(SHOWN_USES)
        parts.append("most used: " + ", ".join(
            f"{use} {_part(n, len(members), fmt, smallest)}" for use, n in top.items()))
    return _measured("; ".join(parts), len(members)) if parts else _absent("neither events nor orders")


def _part(n: int, of: int, fmt, smallest: int) -> str:
    """A share of a group with its interval; in words where so few lack it that the share would tell of them."""
    if n == of:
        return "all of them"
    return "nearly all" if of - n < smallest else fmt.estimate(n / of, *map(float, wilson(n, of)), fmt.share)


def _recency(uses, fmt) -> dict:
    if isinstance(uses, NotMeasured):
        return _absent(uses.reason)
    if uses.empty:
        return _absent("no use recorded of enough customers")
    users = uses.groupby("use")["customer_key"].nunique()
    top = users.sort_index().sort_values(ascending=False, kind="stable").head(SHOWN_USES)
    ago = {use: _median(uses.loc[uses["use"] == use, "recency_days"]) for use in top.index}
    parts = [f"{use}: {fmt.days(median)} ago {fmt.interval(low, high)}, median of {fmt.people(top[use])}"
             for use, (median, low, high) in ago.items()]
    return _measured("; ".join(parts), uses["customer_key"].nunique())


def _median(values: pd.Series) -> tuple[float, float, float]:
    """The median with the order statistics that hold it in 95 % of samples, by the binomial (Conover 1999, §3.2)."""
    known = np.sort(values.to_numpy(float))
    low = int(stats.binom.ppf(TAIL, len(known), 0.5))
    return float(np.median(known)), float(known[max(low - 1, 0)]), float(known[min(len(known) - low, len(known) - 1)])


def _natural(gaps, fmt, seed: int, smallest: int) -> dict:
    if isinstance(gaps, NotMeasured):
        return _absent(gaps.reason)
    known = np.sort(gaps["median_gap"].dropna().to_numpy(float))
    if len(known) < max(smallest, 2):
        few = f"fewer than {smallest} customers have" if len(known) else "nobody has"
        return _absent(f"{few} three gaps between active days")
    median, low, high = bootstrap_interval(known, np.median, draws=DRAWS, seed=seed)
    said = f"every {fmt.days(median)} {fmt.interval(low, high)}, median of {fmt.people(len(known))}"
    return _measured(said, len(known))


def _money(members: pd.DataFrame, revenue, fmt) -> dict:
    if "revenue" not in members:
        return _absent("no amounts")
    if (members["revenue"] == 0).all():
        return _measured(f"{readable('revenue')}: {NOTHING_SPENT}", len(members))
    parts = [f"{readable(c)} {fmt.money(mean)} {fmt.interval(low, high, fmt.money)}".rstrip()
             for c in ("revenue", "mean_occasion_value") if c in members
             for mean, low, high in [mean_interval(members[c])]]
    if revenue.sum() > 0:
        share, *bounds = ratio_interval(revenue.where(revenue.index.isin(members.index), 0.0), revenue)
        parts.append(f"{fmt.estimate(share, *np.clip(bounds, 0, 1), fmt.share)} of all revenue")
    return _measured("; ".join(parts), len(members))


def _engagement(members: pd.DataFrame, framework, fmt) -> dict:
    columns = [c for c in ("frequency", "breadth", "depth") if c in members and members[c].notna().any()]
    parts = [said for c in columns if (said := _mean(members, c, fmt))]
    if not parts:
        return _absent("no use recorded")
    if not isinstance(framework, NotMeasured):
        first = framework.loc[framework["relevance"] == "Primary", "dimension"].tolist()
        parts.append(f"primary dimension: {first[0]}" if first else "primary dimension: not separable")
    return _measured("; ".join(parts), len(members))


def _mean(members: pd.DataFrame, column: str, fmt) -> str:
    mean, low, high = mean_interval(members[column])
    if np.isnan(mean):
        return ""
    write = fmt.share if column == "breadth" else fmt.number
    return f"{readable(column)} {write(mean)} {fmt.interval(low, high, write)}".rstrip()
