"""Sentences about what people say of the segments: validation, coders and model, declared statements."""

from __future__ import annotations

import pandas as pd

from lib.report import inside
from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden

JUDGED = ("coders agree", "coders and model", "stated and observed frequency")


@shows
def validation(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """What people confirm, contradict, or cannot tell."""
    if (table["verdict"] == "validation pending").any():
        return Sentence("Validation pending: nobody was asked, so nothing here is called validated.", tone="caveat")
    names = segments.set_index("segment")["name"].to_dict()
    judged = table[table["check"].isin(JUDGED)]
    overall = judged[(judged["group"] == "all") & ~hidden(judged, "validation", fmt, inside.untold(segments, fmt))]
    text = " ".join(f"{r.check.capitalize()}: {fmt.estimate(r.estimate, r.low, r.high)}, {fmt.n(r.n)}, "
                    f"{r.verdict}." for r in overall.itertuples())
    against = judged[(judged["verdict"] == "contradicted") & (judged["group"] != "all")]
    if len(against):
        groups = sorted({names.get(g, g) for g in against["group"]})
        text += f" Contradicted by people in: {', '.join(groups)}."
    own = judged[judged["group"].isin(names)]
    heard = set(own.loc[own["verdict"] != "too few", "group"])
    few = [name for segment, name in names.items() if segment not in heard]
    if few:
        text += f" Too few people for any verdict on: {', '.join(few)}."
    values = {f"{r.check}.{c}": getattr(r, c) for r in overall.itertuples() for c in ("estimate", "low", "high", "n")
              if pd.notna(getattr(r, c))}
    return Sentence(text or "People were asked, but nobody was rated by type or frequency.",
                    values | {"groups": list(names.values())}, tone="caveat" if len(against) else "finding")


@shows
def confusion(table: pd.DataFrame, fmt: Format) -> Sentence:
    """How often coders and the model gave the same user type, and the most common way to differ."""
    n, same = int(table["n"].sum()), int(table.loc[table["coder"] == table["model"], "n"].sum())
    few = fmt.is_few(n - same) and not fmt.is_few(n)
    agreed = f"all but {fmt.said(n - same, 'person', 'people')}" if few else fmt.said(same, "person", "people")
    text = f"Coders and the model gave {fmt.people(n)} people a user type, the same one to {agreed}."
    apart = table[(table["coder"] != table["model"]) & (table["n"] >= fmt.smallest)].sort_values("n", ascending=False)
    if len(apart):
        top = apart.iloc[0]
        text += (f" Most often apart: coders heard {top['coder']}, the model says {top['model']} "
                 f"({fmt.people(top['n'])}).")
    return Sentence(text, {"n": n, "apart": apart["n"].tolist(), "smallest": fmt.smallest}
                    | ({} if few else {"same": same}))


@shows
def claims(table: pd.DataFrame, fmt: Format) -> Sentence:
    """How the declared statements about profiles fare."""
    declared = table[table["check"].str.startswith("claim:")]
    counts = declared["verdict"].value_counts()
    if declared.empty:
        return Sentence("No declared statement could be held against evidence.", tone="caveat")
    parts = [f"{fmt.count(n)} {verdict}" for verdict, n in sorted(counts.items())]
    return Sentence(f"Of {fmt.count(len(declared))} statements declared about ideal profiles: {', '.join(parts)}.",
                    {"claims": len(declared), **{str(k): int(v) for k, v in counts.items()}})
