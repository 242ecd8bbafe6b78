"""What people said, as an answer: the codes named, how often, by whom, and where sources contradict one another."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.stats import wilson

TOPICS = {"pain points": "pain_point", "valued features": "valued_feature", "CVP being utilised": "cvp",
          "JTBD of the persona": "jtbd", "discovery": "discovery"}
NONE = "no evidence (0 sources)"
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


def human_answer(said: pd.DataFrame, fmt) -> dict:
    """{answer, n, evidence_ids, state} from the statements of one group on one topic.

    `n` counts statements. Conflicting: the most frequent code of one kind of source is another than that of a
    second kind, each with at least three statements.
    """
    if said.empty:
        return {"answer": NONE, "n": 0, "evidence_ids": "", "state": "no evidence"}
    ids = ",".join(sorted(said["evidence_id"]))
    kinds = [(kind, rows) for kind, rows in said.groupby("kind") if len(rows) >= PER_SOURCE]
    leaders = {kind: ranked(rows).index[0] for kind, rows in kinds}
    if len(set(leaders.values())) > 1:
        parts = [f"{kind}: {_shares(rows, 1, fmt)}" for kind, rows in kinds]
        return {"answer": "sources disagree; " + "; ".join(parts), "n": len(said), "evidence_ids": ids,
                "state": "conflicting"}
    return {"answer": _shares(said, SHOWN, fmt), "n": len(said), "evidence_ids": ids, "state": "evidence"}


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
