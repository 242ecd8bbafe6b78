"""Sentences of notebook 05: what to do, why, and how sure."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Card, Cards, Closing, Sentence, shows
from lib.report.numbers import Format
from lib.report.style import colour
from lib.report.tables.strategy import METRICS, level
from lib.report.words.analyze import together

__all__ = ["audiences", "budget", "checked", "closing", "known", "needs", "registered", "robustness", "strategy_cards",
           "tests", "together", "what_to_do"]


def known(values: dict) -> dict:
    """The values that exist: what was not measured is no number."""
    return {name: value for name, value in values.items() if value == value and value is not None}


@shows
def what_to_do(targets: pd.DataFrame, strategies: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Sentence:
    """Which segments to target and with what objective."""
    rows = targets.merge(strategies[["segment", "objective"]], on="segment").merge(
        facts[["segment", "name", "n", "rank"]], on="segment").sort_values("rank")
    chosen, out = rows[rows["role"] == "target"], rows[rows["role"] == "not now"]
    said = [f"{r.name} ({fmt.n(r.n)}): {r.objective}" for r in chosen.itertuples()]
    text = f"Target {'; '.join(said)}." if said else "No segment stands out: keep serving all as they are, and test."
    if len(out):
        text += f" Not now: {', '.join(f'{r.name} (fails: {r.knocked_out})' for r in out.itertuples())}."
    return Sentence(text, {r.name: r.n for r in chosen.itertuples()}, tone="decision")


@shows
def strategy_cards(strategies: pd.DataFrame, facts: pd.DataFrame, targets: pd.DataFrame, fmt: Format) -> Cards:
    """One card a segment: objective, message, channel, from → to."""
    rows = strategies.merge(facts[["segment", "name", "rank", "n"]], on="segment").merge(
        targets[["segment", "role"]], on="segment").sort_values("rank")
    return Cards([_card(r, fmt) for r in rows.itertuples()],
                 known({f"{r.name}.{k}": getattr(r, k)
                        for r in rows.itertuples() for k in ("n", "baseline", "target")}))


@shows
def needs(strategies: pd.DataFrame, fmt: Format) -> Sentence:
    """How many strategies answer a need somebody named."""
    n, assumed = len(strategies), int(strategies["assumption"].sum())
    text = (f"{fmt.count(n - assumed)} of {fmt.count(n)} strategies answer a need that customers of the segment "
            f"named; {fmt.count(assumed)} rest on an assumption.")
    return Sentence(text, {"strategies": n, "assumed": assumed}, tone="caveat" if assumed else "finding")


@shows
def robustness(targets: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Sentence:
    """How firm the ranking is against other weights."""
    rows = targets[targets["p_first"].notna()].merge(facts[["segment", "name"]], on="segment")
    if rows.empty:
        return Sentence("No segment passed the knock-outs, so nothing is ranked.", {}, tone="caveat")
    first = rows.sort_values(["p_first", "segment"], ascending=[False, True]).iloc[0]
    both = first["p_first"] + first["p_second"]
    firm = "so its place does not hang on the weights" if first["p_first"] >= 0.9 else \
        "so other weights would choose another segment first"
    text = (f"{first['name']} ranks first in {fmt.share(first['p_first'])} and among the first two in "
            f"{fmt.share(both)} of 2,000 draws of the weights, {firm} (n = {fmt.counted(len(rows), 'segment')}).")
    return Sentence(text, {"p_first": first["p_first"], "p_top_two": both, "segments": len(rows), "draws": 2000})


@shows
def budget(table: pd.DataFrame, capacity: int, fmt: Format) -> Sentence:
    """What the contacts cost and what they may bring, or that no return may be promised."""
    contacts, cost = int(table["contacts"].sum()), float(table["cost"].sum())
    known = table[table["basis"].isin(["measured", "declared"]) & (table["contacts"] > 0)]
    limit = f" of a capacity of {fmt.count(capacity)}" if capacity else ""
    text = f"The plan contacts {fmt.people(contacts)} customers{limit} for {fmt.money(cost)}."
    values = {"contacts": contacts, "capacity": capacity, "cost": cost}
    losing = table[(table["basis"] == "none") & (table["source"] != "")]
    if known.empty and not contacts and len(losing):
        measured = ", ".join(sorted(set(losing["source"])))
        return Sentence(f"{text} In {fmt.count(len(losing))} of {fmt.counted(len(table), 'segment')} the effect "
                        f"measured ({measured}) does not earn its cost even at the upper end of its interval, so no "
                        "money is planned for them.",
                        values | {"losing": len(losing), "segments": len(table), "campaigns": measured}, tone="caveat")
    if known.empty:
        return Sentence(f"{text} It is a test budget: no effect was measured or declared that clears its cost, so no "
                        "return is promised.", values, tone="caveat")
    low, mid, high = (float(known[c].sum()) for c in ("low", "expected_margin", "high"))
    spent = float(known["cost"].sum())
    bases = " and ".join(sorted(set(known["basis"])))
    text += (f" {fmt.people(known['contacts'].sum())} of the contacts rest on {bases} effects and are expected to "
             f"bring {fmt.estimate(mid, low, high, fmt.money)} after their cost")
    text += f", {fmt.number(mid / spent, 1)} per unit spent." if spent else "."
    return Sentence(text, values | {"based_contacts": int(known["contacts"].sum()), "expected_margin": mid, "low": low,
                                    "high": high, **({"return": mid / spent} if spent else {})})


@shows
def tests(experiments: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Sentence:
    """What the tests can and cannot show."""
    rows = experiments.merge(facts[["segment", "name"]], on="segment")
    drawn = rows[rows["verdict"] != "no test"]
    if drawn.empty:
        return Sentence("No test can be drawn: nobody may be contacted, or no contact is planned.", {}, tone="caveat")
    small = drawn[drawn["verdict"] == "underpowered"]
    text = (f"{fmt.people(drawn['n_treated'].sum())} are treated and {fmt.people(drawn['n_control'].sum())} held out "
            f"by chance in {fmt.count(len(drawn))} test{'s' if len(drawn) > 1 else ''}.")
    if len(small):
        said = [f"{r.name} would show {level(r.smallest_effect, r.outcome, fmt)} or more in {METRICS[r.outcome]}"
                for r in small.itertuples()]
        text += f" Underpowered for what is aimed at: {'; '.join(said)}. A null result there will not mean no effect."
    values = {"treated": int(drawn["n_treated"].sum()), "control": int(drawn["n_control"].sum()), "tests": len(drawn)}
    seen = {f"{r.name}.smallest_effect": r.smallest_effect for r in small.itertuples()}
    return Sentence(text, known(values | seen),
                    tone="caveat" if len(small) else "finding")


@shows
def audiences(table: pd.DataFrame, plan: dict, refused: int, fmt: Format) -> Sentence:
    """How many customers leave in files, until when, and why others do not."""
    out, total = int(table.loc[table["reason"] == "exported", "n"].sum()), int(table["n"].sum())
    if not plan["exported"]["files"]:
        text = f"{plan['exported']['reason'][:1].upper()}{plan['exported']['reason'][1:]}."
        return Sentence(text, {"customers": total}, tone="caveat")
    text = (f"{fmt.people(out)} of {fmt.people(total)} customers are in the audience files, treated and held out; the "
            f"files expire on {plan['expires_on']}.")
    opted = int(table.loc[table["reason"] == "opted out", "n"].sum())
    silent = int(table.loc[table["reason"] == "no consent recorded", "n"].sum())
    text += (f" {fmt.people(opted)} opted out and {fmt.people(silent)} have no consent on record: none of them is in a "
             "file.")
    if refused:
        text += f" {fmt.counted(refused, 'row')} did not fit the file's patterns and were left out."
    return Sentence(text, {"exported": out, "customers": total, "opted_out": opted, "no_consent": silent,
                           "refused": refused})


@shows
def registered(plan: dict) -> Sentence:
    """That the test was registered before anything left."""
    return Sentence(f"Campaign {plan['campaign']} was registered for {plan['registered_for']} with its outcomes, arms "
                    "and targets before any file was written.", {}, tone="method")


@shows
def checked(experiments: pd.DataFrame, budget: pd.DataFrame, capacity: int, audiences: pd.DataFrame,
            strategies: pd.DataFrame) -> Sentence:
    """Whether the plan's own sums hold; raises AssertionError naming the one that does not."""
    assert not capacity or budget["contacts"].sum() <= capacity, "the budget exceeds the capacity"
    arms = experiments.set_index("segment")
    assert (arms["n_treated"] + arms["n_control"] <= arms["n_available"]).all(), "a test needs more than there are"
    exported = audiences[audiences["reason"] == "exported"].groupby("segment")["n"].sum()
    drawn = (arms["n_treated"] + arms["n_control"]).reindex(exported.index)
    assert (exported == drawn).all(), "an audience differs from its design"
    assert strategies["segment"].is_unique, "a segment has two strategies"
    return Sentence("Checked: contacts within capacity, arms within those who may be contacted, audiences equal to "
                    "their design, one strategy per segment.", {}, tone="method")


def closing(targets: pd.DataFrame | NotMeasured, facts: pd.DataFrame | NotMeasured, wrote: list[str],
            files: list[str], fmt: Format) -> Closing:
    """What was decided and written."""
    if isinstance(targets, NotMeasured):
        return Closing(f"No plan: {targets.reason}.", "05_strategy", wrote, "06_monitor")
    names = targets.merge(facts[["segment", "name", "rank"]], on="segment").sort_values("rank")
    chosen = names.loc[names["role"] == "target", "name"].tolist()
    said = f"Targets: {', '.join(chosen)}" if chosen else "No segment stands out as a target"
    return Closing(f"{said}; audience files: {fmt.count(len(files))}.", "05_strategy", wrote, "06_monitor")


def _card(r, fmt: Format) -> Card:
    moved = f"{level(r.baseline, r.metric, fmt)} → {level(r.target, r.metric, fmt)}" if r.baseline == r.baseline else ""
    heard = "assumption" if r.assumption else f"{fmt.count(r.n_evidence)} of {fmt.count(r.n_asked)}"
    need = f"{r.need} ({heard})"
    facts = [["need", need], ["channel", r.channel], ["offer", r.offer], ["watch", METRICS[r.metric]],
             ["from → to", moved or "not measured"], ["test", r.test]]
    return Card(r.name, r.objective, r.role, facts, f"“{r.message}”", f"{fmt.n(r.n)}; entry {r.source}",
                colour(r.rank))
