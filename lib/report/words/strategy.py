"""Sentences of notebook 05: what to do, why, and how sure."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.contracts.labels import AIMS
from lib.report.blocks import Absent, Card, Cards, Sentence, shows
from lib.report.contacts import NEXT_ACTIVE, tellable
from lib.report.numbers import Format
from lib.report.style import colour
from lib.report.tables.strategy import METRICS, TOPICS, UNTESTED, change, heard, level
from lib.report.words.analyze import together
from lib.report.words.budget import budget, sensitivity

__all__ = ["budget", "clustered", "known", "left_out", "needs", "robustness", "sensitivity", "strategy_cards", "tests",
           "together", "what_to_do"]

FAILS = {"distinct": "cannot be told from another segment", "large enough": "too few customers",
         "identifiable": "no short rule tells who belongs", "reachable": "too few may be contacted",
         "fits our strengths": "does not fit our strengths"}
MEASURED_BY = {"growth": "an earlier day by which the whole window of behaviour is known",
               "value": "revenue", "margin": "revenue and a margin rate",
               "retention": "an earlier period to look back from", "reach": "records of consent"}


def known(values: dict) -> dict:
    """The values that exist: what was not measured is no number."""
    return {name: value for name, value in values.items() if value == value and value is not None}


@shows
def what_to_do(targets: pd.DataFrame, strategies: pd.DataFrame, budget: pd.DataFrame, facts: pd.DataFrame,
               fmt: Format) -> Sentence:
    """Which segments to target and with what objective, whom else to contact, and whom to leave for now."""
    rows = _joined(facts, targets, strategies[["segment", "objective"]], budget[["segment", "contacts", "basis"]])
    chosen, out = rows[rows["role"] == "target"], rows[rows["role"] == "not now"]
    said = [f"{r.name} ({_n(r, fmt)}): {AIMS[r.objective]}" for r in chosen.itertuples()]
    text = f"Target {'; '.join(said)}." if said else "No segment stands out: keep serving all as they are, and test."
    besides = rows[(rows["role"] == "keep") & (rows["contacts"] > 0)]
    for tested, why in ((False, "an effect earns its cost there"), (True, "a test can see its aim there")):
        if len(told := besides[besides["basis"].eq("test budget") == tested]):
            text += (f" Contact as well, because {why}: "
                     f"{'; '.join(f'{r.name} ({AIMS[r.objective]})' for r in told.itertuples())}.")
    if len(out):
        text += f" Not now: {'; '.join(f'{r.name} ({FAILS[r.knocked_out]})' for r in out.itertuples())}."
    return Sentence(text, {r.name: r.n for r in chosen.itertuples() if not r.few}, tone="decision")


@shows
def strategy_cards(strategies: pd.DataFrame, facts: pd.DataFrame, targets: pd.DataFrame, experiments: pd.DataFrame,
                   fmt: Format) -> Cards:
    """One card a segment, those that are contacted first: objective, message, offer, aim, arms."""
    rows = _joined(facts, strategies, targets[["segment", "role"]],
                   experiments[["segment", "n_treated", "n_control", "verdict"]])
    rows = rows.assign(later=rows["n_treated"] == 0).sort_values(["later", "rank"])
    shown = [(r, (*(("n", "n_treated", "n_control") if not r.quiet else ("n",) if not r.few else ()),
                  *(() if _untold(r) else ("baseline", "target")), "n_evidence", "n_asked")) for r in rows.itertuples()]
    aims = {f"{r.name}.aimed": r.target - r.baseline for r, _ in shown if _untold(r)}
    return Cards([_card(r, fmt) for r, _ in shown],
                 known({f"{r.name}.{k}": getattr(r, k) for r, told in shown for k in told} | aims)
                 | {"smallest": fmt.smallest})


@shows
def needs(strategies: pd.DataFrame, fmt: Format) -> Sentence:
    """How many strategies answer a need somebody named."""
    n, assumed = len(strategies), int(strategies["assumption"].sum())
    text = (f"{fmt.count(n - assumed)} of {fmt.counted(n, 'strategy', 'strategies')} answer a need that customers of "
            f"the segment named; {fmt.counted(assumed, 'rests', 'rest')} on an assumption.")
    return Sentence(text, {"strategies": n, "assumed": assumed}, tone="caveat" if assumed else "finding")


@shows
def robustness(targets: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Sentence:
    """How firm the ranking is against other weights."""
    rows = targets[targets["p_first"].notna()].merge(facts[["segment", "name"]], on="segment")
    if rows.empty:
        return _unranked(targets, facts)
    first = rows.sort_values(["p_first", "segment"], ascending=[False, True]).iloc[0]
    both = first["p_first"] + first["p_second"]
    firm = "so its place does not hang on the weights" if first["p_first"] >= 0.9 else \
        "so other weights would choose another segment first"
    text = (f"{first['name']} ranks first in {fmt.share(first['p_first'])} and among the first two in "
            f"{fmt.share(both)} of 2,000 draws of the weights, {firm} (n = {fmt.counted(len(rows), 'segment')}).")
    return Sentence(text, {"p_first": first["p_first"], "p_top_two": both, "segments": len(rows), "draws": 2000})


def _unranked(targets: pd.DataFrame, facts: pd.DataFrame) -> Sentence:
    """Why nothing is ranked: no segment, or one only, passed the knock-outs."""
    names = targets[targets["knocked_out"] == ""].merge(facts[["segment", "name"]], on="segment")["name"].tolist()
    if not names:
        return Sentence("No segment passed the knock-outs, so nothing is ranked.", {}, tone="caveat")
    return Sentence(f"Only {names[0]} passed the knock-outs, so there is no segment to compare it with and nothing is "
                    "ranked: it is the target because the others are ruled out, not because it is attractive.",
                    {"name": names[0]}, tone="caveat")


@shows
def left_out(scored: pd.DataFrame, weights: dict[str, float], gone: dict[str, list[str]], fmt: Format) -> Sentence:
    """Which criteria were compared, which have a weight and could not be measured, and ratings of no segment."""
    used = scored["criterion"].unique().tolist()
    missing = {c: w for c, w in weights.items() if w and c not in used}
    text = f"Compared by {', '.join(used)}."
    if missing:
        text += (f" Not measured for every segment, so left out, and the other weights made larger: "
                 f"{'; '.join(f'{c} (needed: {MEASURED_BY[c]})' for c in missing)}.")
    if gone:
        said = "; ".join(f"{name}: {', '.join(keys)}" for name, keys in gone.items())
        text += (f" Rated in the product file, and no segment has that key any more, so not used: {said}. Rate the "
                 "segments of today (strategy.ratings in the product file).")
    return Sentence(text, {f"rated {i}": name for i, name in enumerate(gone)},
                    tone="caveat" if missing or gone else "method")


@shows
def tests(experiments: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Sentence:
    """What the tests can and cannot show."""
    drawn = _joined(facts, experiments[~experiments["verdict"].isin(UNTESTED)])
    hopeless, refused = _hopeless(_joined(facts, experiments[experiments["verdict"] == "hopeless"]), fmt)
    if drawn.empty:
        none = hopeless or "No test can be drawn: nobody may be contacted, or no contact is planned."
        return Sentence(none.strip(), known(refused), tone="caveat")
    small = drawn[(drawn["verdict"] == "underpowered") & ~drawn["quiet"]]
    text = (f"{fmt.people(drawn['n_treated'].sum())} are treated and {fmt.people(drawn['n_control'].sum())} held out "
            f"by chance in {fmt.counted(len(drawn), 'test')}.")
    told = tellable(drawn)
    if not told:
        text = f"Part of every segment that is contacted is held out by chance: {fmt.counted(len(drawn), 'test')}."
    unsaid = drawn[(drawn["verdict"] == "underpowered") & drawn["quiet"]]
    if len(unsaid):
        text += f" Too small for what is aimed at: {'; '.join(unsaid['name'])}."
    if len(small):
        said = [f"{r.name} aims at {change(r.aimed, r.outcome, fmt)} in {METRICS[r.outcome]} and would show "
                f"{change(r.smallest_effect, r.outcome, fmt)} or more" for r in small.itertuples()]
        text += f" Too small for what is aimed at: {'; '.join(said)}. A null result there will not mean no effect."
    arms = {"treated": int(drawn["n_treated"].sum()), "control": int(drawn["n_control"].sum())} if told else {}
    values = {"tests": len(drawn)} | arms
    points = {f"{r.name}.{k}": getattr(r, k) for r in small.itertuples() for k in ("smallest_effect", "aimed")}
    tone = "caveat" if len(small) + len(unsaid) or hopeless else "finding"
    return Sentence(text + hopeless, known(values | points | refused), tone=tone)


def _hopeless(rows: pd.DataFrame, fmt: Format) -> tuple[str, dict]:
    """In which segments no test is planned because it could not see its aim, and what would make one possible."""
    if rows.empty:
        return "", {}
    said, values = [], {}
    for r in rows.itertuples():
        if r.quiet:
            said.append(r.name)
            continue
        shown = change(r.smallest_effect, r.outcome, fmt)
        seen = "no effect at all" if pd.isna(r.smallest_effect) else f"{shown} or more"
        said.append(f"{r.name}, which aims at {change(r.aimed, r.outcome, fmt)} in {METRICS[r.outcome]}, where a test "
                    f"would show {seen}, and {fmt.count(r.n_needed)} an arm are needed")
        values |= {f"{r.name}.{k}": getattr(r, k) for k in ("aimed", "smallest_effect", "n_needed")}
    text = (f" No test is planned in {'; '.join(said)}: it could not see its aim. It could if segments with the same "
            "offer were tested as one, if more may be contacted, or over several campaigns.")
    if rows["n_treated"].gt(0).any():
        text += (" Where such a segment is contacted all the same, those left alone count in the effect on everyone "
                 "contacted.")
    return text, values


def clustered(found: dict | NotMeasured, unit: str, fmt: Format) -> Sentence | Absent | None:
    """How much less the people of whole accounts tell than as many strangers; None where customers are drawn singly."""
    if unit == "customer":
        return None
    if isinstance(found, NotMeasured):
        return Absent(found.reason, found.needed)
    text = (f"Whole accounts are drawn, held out and judged. People of one account resemble each other (intraclass "
            f"correlation {fmt.number(found['icc'])} of their days of use, n = {fmt.people(found['people'])} people in "
            f"{fmt.people(found['accounts'])} accounts), so that they tell as much as {fmt.people(found['effective'])} "
            f"strangers would: a design effect of {fmt.number(found['design_effect'], 1)}. Sizes and smallest effects "
            "here are in accounts and hold it.")
    return Sentence(text, dict(found), tone="method")


def _joined(facts: pd.DataFrame, *tables: pd.DataFrame) -> pd.DataFrame:
    rows = facts[["segment", "name", "rank", "n", "few", "quiet"]].assign(rate_few=facts.get("rate_few", False))
    rows = rows.sort_values("rank")
    for table in tables:
        rows = rows.merge(table, on="segment", validate="one_to_one")
    return rows


def _untold(row) -> bool:
    """Whether the value that a strategy moves would tell of few customers."""
    return bool(row.rate_few) and row.metric == NEXT_ACTIVE


def _n(row, fmt: Format) -> str:
    return "few customers, or hidden beside few" if row.few else fmt.n(row.n)


def _card(r, fmt: Format) -> Card:
    moved = f"{level(r.baseline, r.metric, fmt)} → {level(r.target, r.metric, fmt)}" if r.baseline == r.baseline else ""
    if _untold(r):
        more = change(r.target - r.baseline, r.metric, fmt)
        moved = f"{more} more; how many now is not shown: it would tell of {fmt.few} customers"
    said = "an assumption, nobody was heard" if r.assumption else heard(r.n_evidence, r.n_asked, fmt)
    arms = "nobody in this plan"
    if r.n_treated:
        arms = "some, and some left alone by chance" if r.quiet else \
            f"{fmt.people(r.n_treated)}, and {fmt.people(r.n_control)} left alone by chance"
    facts = [[TOPICS[r.topic], f"{r.need} ({said})"], ["offer", f"{r.offer}, by {r.channel}"],
             [METRICS[r.metric], moved or "not measured"], ["contact", arms], ["how we will know", r.test]]
    if r.n_treated and r.verdict == "underpowered":
        facts.append(["caveat", "too small a test to see the aim"])
    if r.verdict == "hopeless":
        facts[-1][1] = "not by a test: too few may be contacted to see the aim"
    elif not r.n_treated:
        facts[-1][1] = "not by a test: nobody is contacted"
    return Card(r.name, AIMS[r.objective], r.role, facts, f"“{r.message}”", _n(r, fmt),
                colour(r.rank))
