"""What people said, as an answer: the codes named, how often, by whom, and where sources contradict one another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.stats import holm, permutation_p, wilson

TOPICS = {"pain points": "pain_point", "valued features": "valued_feature", "CVP being utilised": "cvp",
          "JTBD of the persona": "jtbd", "discovery": "discovery"}
NONE = "no evidence (0 sources)"
BY_CHANCE = "sources lead with different answers, which can be chance"
ALPHA, DRAWS = 0.05, 9999
SHOWN, PER_SOURCE = 3, 3  # codes an answer shows; statements a kind of source needs to contradict another [ours]


def statements(voice, groups: pd.DataFrame) -> pd.DataFrame:
    """Coded statements of people in a group: evidence_id, group, kind, topic, code, customer_key; empty without any.

    `groups` holds customer_key and `group`.
    """
    columns = ["evidence_id", "group", "kind", "topic", "code", "customer_key"]
    if isinstance(voice, NotMeasured):
        return pd.DataFrame(columns=columns)
    said = voice[voice["customer_key"].notna() & (voice["code"].fillna("") != "")]
    return said.merge(groups, on="customer_key", validate="many_to_one")[columns].sort_values("evidence_id")


def difference_between_sources(said: pd.DataFrame, *, seed: int) -> dict[tuple, float]:
    """p by (scheme, group, topic): that kinds of sources with three statements and more name the codes equally often.

    `said` as from `statements`, with `scheme`. Whoever said something to a kind of source is exchanged whole, as codes
    of one person are no separate voices (9,999 random tables). Holm over every cell where there are two such kinds,
    whatever they lead with: to test only those that lead with different codes would choose by what is tested.
    """
    cells = {cell: found for cell, rows in said.groupby(["scheme", "group", "topic"])
             if (found := _counted(_many(rows))) is not None}
    p = [permutation_p(table, seed, draws=DRAWS, of=of) for table, of in cells.values()]
    return dict(zip(cells, holm(p).tolist(), strict=True))


def human_answer(said: pd.DataFrame, fmt, p: float = np.nan) -> dict:
    """{answer, n, evidence_ids, state} from the statements of one group on one topic.

    `n` counts statements; `p` as in `difference_between_sources`. Conflicting: two kinds of source, each with at least
    three statements, lead with different codes, and what they name differs beyond chance (p < .05).
    """
    if said.empty:
        return {"answer": NONE, "n": 0, "evidence_ids": "", "state": "no evidence"}
    ids = ",".join(sorted(said["evidence_id"]))
    kinds = list(_many(said).groupby("kind"))
    if len({ranked(rows).index[0] for _, rows in kinds}) > 1:
        parts = "; ".join(f"{kind}: {_shares(rows, 1, fmt)}" for kind, rows in kinds)
        beyond = p < ALPHA
        opens = f"sources disagree, beyond chance ({fmt.p(p)})" if beyond else BY_CHANCE
        return {"answer": f"{opens}; {parts}", "n": len(said), "evidence_ids": ids,
                "state": "conflicting" if beyond else "evidence"}
    return {"answer": _shares(said, SHOWN, fmt), "n": len(said), "evidence_ids": ids, "state": "evidence"}


def _many(said: pd.DataFrame) -> pd.DataFrame:
    """Statements to kinds of source that heard enough of them."""
    return said[said.groupby("kind")["code"].transform("size") >= PER_SOURCE]


def _counted(said: pd.DataFrame) -> tuple[np.ndarray, np.ndarray] | None:
    """(kinds × combinations of codes one person named: persons; combinations × codes: how often); None where there is
    one kind or one code only."""
    if said["kind"].nunique() < 2 or said["code"].nunique() < 2:
        return None
    named = said.groupby(["kind", "customer_key", "code"]).size().unstack(fill_value=0)
    combinations, which = np.unique(named.to_numpy(), axis=0, return_inverse=True)
    return pd.crosstab(named.index.get_level_values("kind"), which.ravel()).to_numpy(), combinations


def ranked(said: pd.DataFrame) -> pd.Series:
    """How often each code was said, most often first; equals in alphabetical order."""
    counts = said.groupby("code").size()
    return counts.sort_index().sort_values(ascending=False, kind="stable")


def _shares(said: pd.DataFrame, shown: int, fmt) -> str:
    counts = ranked(said)
    parts = []
    for code, n in counts.head(shown).items():
        low, high = wilson(n, len(said))
        parts.append(f"{code} {fmt.count(n)} of {fmt.count(len(said))} {fmt.interval(low, high, fmt.share)}")
    return "; ".join(parts)
