"""Sentences of notebook 06 about campaigns: what worked, what did not pay, and what may not be read as an effect."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.campaign_names import called
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.report.tables.campaigns import OUTCOMES, outcome_kind, told
from lib.report.words.analyze import together
from lib.report.words.strategy import known

__all__ = ["before_the_fact", "differs", "targeting", "together", "uplift"]

CHOSEN = "chosen by earlier spend"  # verdict of `targeting`
TOLD = 3  # campaigns told by name in a sentence


@shows
def uplift(table: pd.DataFrame, checks: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """What worked, what did harm, what loses money, and what may not be read."""
    names, said = {**segments.set_index("segment")["name"].to_dict(), "all": "all treated"}, called(checks)
    unread, table = checks[checks["problem"] != ""], told(table, segments, fmt)
    clear = table[(table["segment"] != "all") & (table["p"] < 0.05) & table["outcome"].isin(["rate", "money"])]
    read = len(checks) - len(unread)
    as_one = "an experiment" if read == 1 else "experiments"
    text = f"{fmt.count(read)} of {fmt.counted(len(checks), 'campaign')} can be read as {as_one}."
    if len(clear):
        text += f" Clear of chance: {'; '.join(_effect(r, said[r.campaign], names, fmt) for r in clear.itertuples())}."
    elif read:
        text += " In no segment is the effect clear of chance."
    losing = table[table["verdict"].str.contains("loses money") & (table["segment"] == "all")]
    if len(losing):
        lost = "; ".join(
            f"campaign {said[r.campaign]} for all treated "
            f"{fmt.estimate(r.profit, r.profit_low, r.profit_high, fmt.money)}, a return of "
            f"{fmt.estimate(r.roi, r.roi_low, r.roi_high, fmt.share)}" for r in losing.itertuples())
        text += f" Loses money: {lost}."
    if len(unread):
        text += f" Not read as effects: {_unread(unread, said, fmt)}."
    values = {"campaigns": len(checks), "read": read, "names": list(said.values())}
    return Sentence(text, values | _figures(clear) | _figures(losing),
                    tone="caveat" if len(unread) else "finding")


@shows
def targeting(table: pd.DataFrame, checks: pd.DataFrame, fmt: Format) -> Sentence:
    """Which campaigns went to people chosen by what they spent, and by how much their spend changed, not causal."""
    chosen = table[table["verdict"].eq(CHOSEN) & ~hidden(table, "targeting", fmt)]
    known_of = chosen[chosen["before"].notna()].sort_values("n_treated", ascending=False).head(TOLD)
    text = (f"{fmt.count(len(chosen))} of {fmt.counted(len(table), 'campaign')} without a draw went to customers "
            "chosen by earlier spend")
    names = called(checks)
    text += "".join(f"; {_chosen(r, names[r.campaign], fmt)}" for r in known_of.itertuples())
    values = {"chosen": len(chosen), "unread": len(table), "names": list(names.values())}
    for r in known_of.itertuples():
        figures = ("before", "before_low", "before_high", "days", "change", "low", "high")
        values |= {f"{r.campaign}.{k}": getattr(r, k) for k in figures} | {f"{r.campaign}.n": r.n_treated + r.n_control}
    return Sentence(f"{text}. No uplift and no return is told for them.", values, tone="caveat")


@shows
def differs(table: pd.DataFrame, checks: pd.DataFrame, fmt: Format) -> Sentence | None:
    """Whether effects differ between segments, by an interaction test only; None where there is no effect at all."""
    if table.empty:
        return None
    if table["p"].isna().all():
        return Sentence("Whether an effect differs between segments cannot be tested: fewer than two segments have "
                        "one.", {}, tone="caveat")
    names = called(checks)
    said = [f"{names[r.campaign]}, {OUTCOMES[r.outcome]}: {'differs' if r.differs else 'no difference seen'} "
            f"({fmt.p(r.p)}, {fmt.counted(r.segments, 'segment')})"
            for r in table[table["p"].notna()].itertuples()]
    return Sentence(f"Does the effect differ between segments? {'; '.join(said)}.",
                    known({f"{r.campaign}.{r.outcome}.p": r.p for r in table.itertuples()})
                    | {"names": list(names.values())})


@shows
def before_the_fact(labelled_on: dt.date, table: pd.DataFrame, fmt: Format) -> Sentence | None:
    """Which day's segments the effects are split by, and who is in none of them; None where there is no effect."""
    whole = table[(table["segment"] == "all") & (table["outcome"] != "none")].drop_duplicates("campaign")
    if whole.empty:
        return None
    assigned = int(whole[["n_treated", "n_control"]].sum().sum())
    return Sentence(f"Effects are split by the segments of {fmt.date(labelled_on)}, before the first of these "
                    "campaigns, so that none could move anybody between them; customers who joined later count in the "
                    f"effect on all treated only ({fmt.n(assigned)} assigned).", {"assigned": assigned},
                    tone="method")


def _chosen(row, name: str, fmt: Format) -> str:
    before, change = (fmt.estimate(*v, fmt.money) for v in (
        (row.before, row.before_low, row.before_high), (row.change, row.low, row.high)))
    return (f"campaign {name} reached customers who already spent {before} more each in the "
            f"{fmt.counted(row.days, 'day')} before it ({fmt.n(row.n_treated + row.n_control)}), and whose spend then "
            f"changed by {change} against the others, which is not causal")


def _effect(row, name: str, names: dict, fmt: Format) -> str:
    """One effect with its interval, its n and the figure adjusted for earlier spend."""
    kind = outcome_kind(row.outcome, fmt)
    better = "" if pd.isna(row.adjusted) else (
        f"; adjusted for earlier spend {fmt.estimate(row.adjusted, row.adjusted_low, row.adjusted_high, kind)}")
    return (f"campaign {name} {row.verdict.split(',')[0]} for {names.get(row.segment, row.segment)} "
            f"({OUTCOMES[row.outcome]} {_points(row, fmt)}{better}; {fmt.n(row.n_treated + row.n_control)})")


def _unread(unread: pd.DataFrame, names: dict, fmt: Format) -> str:
    """Reasons with the campaigns they hold for: by name where few."""
    said = []
    for problem, rows in unread.groupby(unread["problem"].str.replace(r" \(it ends on [^)]*\)", "", regex=True)):
        few = len(rows) <= TOLD
        which = f"campaign{'s' * (len(rows) > 1)} {', '.join(rows['campaign'].map(names))}" if few else \
            fmt.counted(len(rows), "campaign")
        said.append(f"{which} ({problem.partition(': ')[2] or problem})")
    return "; ".join(said)


def _figures(rows: pd.DataFrame) -> dict:
    """Every figure of the rows by campaign, segment and outcome; rates in points, as they are written."""
    effect = ("uplift", "low", "high", "adjusted", "adjusted_low", "adjusted_high")
    values = {}
    for r in rows.itertuples():
        scale = 100 if r.outcome == "rate" else 1
        figures = {k: scale * getattr(r, k) for k in effect} | {
            k: getattr(r, k) for k in ("profit", "profit_low", "profit_high", "roi", "roi_low", "roi_high")}
        figures["n"] = r.n_treated + r.n_control
        values |= known({f"{r.campaign}.{r.segment}.{r.outcome}.{k}": v for k, v in figures.items()})
    return values


def _points(row, fmt: Format) -> str:
    kind = outcome_kind(row.outcome, fmt)
    return f"{kind(row.uplift)} ({kind(row.low)} to {kind(row.high)})"
