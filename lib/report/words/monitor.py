"""Sentences of notebook 06: what to do now, what changed, what worked, and how sure."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Card, Cards, Closing, Sentence, shows
from lib.report.inside import untold
from lib.report.numbers import Format
from lib.report.protect import Sum, protect
from lib.report.scorecard import scorecard
from lib.report.suppress import hidden
from lib.report.tables.monitor import measure_kind, measure_name
from lib.report.words.analyze import together
from lib.report.words.strategy import known
from lib.stats import wilson

__all__ = ["beyond_noise", "checked", "closing", "compared_with", "decision", "drift", "drift_history", "history",
           "kpis", "movement", "promises", "season", "together"]

ALARMS = 4  # periods with an alarm told in a sentence, the newest; and variables that moved but little
DECISIONS = {"keep": "Keep the segmentation as it is", "adjust": "Adjust the segmentation",
             "refit": "Refit the segmentation"}


@shows
def decision(advice: dict, fmt: Format) -> Sentence:
    """Keep, adjust or refit, with the triggers that fired."""
    fired = [t for t in advice["triggers"] if t["fired"]]
    unknown = [t for t in advice["triggers"] if t["value"] is None or t["value"] != t["value"]]
    which = [", ".join(measure_name(v) for v in t["which"].split(", ")) or fmt.number(t["value"]) for t in fired]
    why = "; ".join(f"{t['trigger']} ({said})" for t, said in zip(fired, which, strict=True))
    text = f"{DECISIONS[advice['decision']]}: " + (f"{why}." if fired else "no trigger fired.")
    if unknown:
        text += f" Not measured in this run: {', '.join(t['trigger'] for t in unknown)}."
    text += f" Next review: {fmt.date(dt.date.fromisoformat(advice['next_review']))}."
    return Sentence(text, known({t["trigger"]: t["value"] for t in advice["triggers"]}), tone="decision")


def compared_with(judge: dict, as_of: dt.date, age: int, fmt: Format, then=None) -> Sentence:
    """What the period is held against, and what a back-cast cannot show; that nothing is, where ``then`` (the features
    of the day compared) was not measured, and from which day on something will be."""
    if isinstance(then, NotMeasured):
        return Sentence(f"Nothing is held against an earlier day yet: {then.reason}. Needed: {then.needed}.", {},
                        tone="caveat")
    since = fmt.date(dt.date.fromisoformat(judge["earlier_as_of"]))
    if not judge["back_cast"]:
        text = (f"Customers on {fmt.date(as_of)} are scored with the frozen model that the run of {since} published, "
                f"which is {fmt.counted(age, 'day')} old, and held against that day.")
        return Sentence(text, {"age_days": age}, tone="method")
    if judge["why"]:
        text = (f"Back-cast: no earlier run exists, so the present model looks back to {since}. It shows who crossed "
                f"today's borders since then; it cannot show how a model made on that day would have held: "
                f"{judge['why']}.")
    else:
        text = (f"Back-cast: no earlier run exists, so a model was fitted to the data up to {since} alone, by the same "
                "method and with as many segments. It found the same segments, and judges who moved since then.")
    return Sentence(text, {"age_days": age}, tone="caveat")


@shows
def movement(moves: pd.DataFrame, fmt: Format) -> Sentence:
    """Upgrades and downgrades with intervals, and the value moved; both together where one of them is few."""
    rows = moves.set_index("move")
    directions = rows.loc[["upgraded", "downgraded", "stayed"], "n"].to_numpy()
    if (out := protect(directions, [Sum((0, 1, 2))], fmt.smallest, last=[False, False, True])).any():
        return _moved_at_all(rows, bool(out[2]), fmt)
    said, values = [], {"n": int(rows["n_base"].iloc[0])}
    for move in ("upgraded", "downgraded"):
        r = rows.loc[move]
        money = "" if pd.isna(r["value"]) else f", changing their revenue in the window by {fmt.money(r['value'])}"
        share = fmt.estimate(r["share"], r["low"], r["high"], lambda v: fmt.share(v, 1))
        chance = "" if pd.isna(r["noise"]) else f" where chance alone moves {fmt.share(r['noise'], 1)}"
        said.append(f"{fmt.people(r['n'])} {move}, {share}{chance}{money}")
        values |= {f"{move}.{k}": r[k] for k in ("n", "share", "low", "high", "noise", "value")}
    return Sentence(f"Of {fmt.people(values['n'])} customers known then, {'; '.join(said)}.", known(values))


def _moved_at_all(rows: pd.DataFrame, stayed_is_few: bool, fmt: Format) -> Sentence:
    """How many moved, up or down: apart they would tell of few customers."""
    base, both = int(rows["n_base"].iloc[0]), rows.loc[["upgraded", "downgraded"]]
    text = f"Of {fmt.people(base)} customers known then, "
    if stayed_is_few:
        return Sentence(f"{text}how many moved is not said: it would tell of few.", {"n": base}, tone="caveat")
    n, noise = int(both["n"].sum()), both["noise"].sum(skipna=False)
    low, high = wilson(n, base)
    chance = "" if pd.isna(noise) else f" where chance alone moves {fmt.share(noise, 1)}"
    text += f"{fmt.people(n)} moved, {fmt.estimate(n / base, low, high, lambda v: fmt.share(v, 1))}{chance}"
    values = {"n": base, "moved.n": n, "moved.share": n / base, "moved.low": low, "moved.high": high,
              "moved.noise": noise}
    return Sentence(f"{text}; how many went up and how many down is not said, because one of them is few.",
                    known(values))


@shows
def beyond_noise(migration: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Which moves are more than chance."""
    names = segments.set_index("segment")["name"].to_dict()
    rows = migration.assign(out=hidden(migration, "migration", fmt, untold(segments, fmt)))
    rows = rows[rows["before"] != "New"]
    real = rows[(rows["verdict"] == "moved") & ~rows["out"]].sort_values("n", ascending=False)
    judged = int((rows["verdict"].isin(["moved", "within noise"]) & ~rows["out"]).sum())
    if rows["verdict"].eq("not judged").any() and not judged:
        return Sentence("Moves are not judged against chance: the days of customers could not be drawn again.", {},
                        tone="caveat")
    if not judged:
        return Sentence(f"No kind of move can be shown: each was made by fewer than {fmt.count(fmt.smallest)} "
                        "customers, or would give such a number away.", {"smallest": fmt.smallest}, tone="caveat")
    said = [f"{names.get(r.before, r.before)} → {names.get(r.now, r.now)} "
            f"({fmt.estimate(r.share, r.low, r.high, lambda v: fmt.share(v, 1))} against a floor of "
            f"{fmt.share(r.noise, 1)}, {fmt.n(r.n_before)})" for r in real.head(3).itertuples()]
    text = (f"{fmt.count(len(real))} of {fmt.counted(judged, 'kind of move', 'kinds of move')} that can be shown "
            f"{'goes' if len(real) == 1 else 'go'} beyond what chance moves")
    text += f", the largest: {'; '.join(said)}." if said else "."
    return Sentence(text, {"real": len(real), "judged": judged})


@shows
def drift(table: pd.DataFrame, days: int, fmt: Format) -> Sentence:
    """Alarms, and what may not be said, of the last period against the one before."""
    counts = table["verdict"].value_counts()
    alarms = table[table["verdict"] == "alarm"].sort_values("psi", ascending=False)
    said = [f"{measure_name(r.variable)} (index {fmt.number(r.psi)}, {fmt.n(r.n_now)})"
            for r in alarms.itertuples()]
    text = f"Drift alarm for {', '.join(said)}." if said else "No variable raises a drift alarm."
    small, few = int(counts.get("significant but small", 0)), int(counts.get("too few to tell", 0))
    text += (f" Of {fmt.count(len(table))} tested, the last {fmt.counted(days, 'day')} against as many before, "
             f"{fmt.count(small)} moved significantly but little{_little(table, fmt)} and {fmt.count(few)} rest on too "
             "few customers to "
             f"tell ({fmt.n(table['n_now'].max())} now).")
    values = {"alarms": len(alarms), "tested": len(table), "small": small, "too_few": few, "days": days,
              "n": int(table["n_now"].max())}
    values |= {f"{r.variable}.{k}": v for r in alarms.itertuples() for k, v in (("psi", r.psi), ("n", r.n_now))}
    return Sentence(text, values, tone="caveat" if len(alarms) else "finding")


@shows
def drift_history(table: pd.DataFrame, fmt: Format) -> Sentence:
    """When behaviour changed: the periods with an alarm, newest first."""
    periods = table["ends_on"].nunique()
    alarms = table[table["verdict"] == "alarm"].sort_values(["ends_on", "psi"], ascending=False)
    text = f"Looking back over {fmt.counted(periods, 'period')}, "
    if alarms.empty:
        return Sentence(f"{text}none differs from the one before it by an alarm.", {"periods": periods})
    said = [f"{', '.join(_drifted(r, fmt) for r in rows.itertuples())} in the period to "
            f"{fmt.date(dt.date.fromisoformat(day))}" for day, rows in alarms.groupby("ends_on", sort=False)][:ALARMS]
    values = {"periods": periods, "alarms": alarms["ends_on"].nunique()}
    values |= {f"{r.ends_on}.{r.variable}": r.psi for r in alarms.itertuples()}
    text += f"{fmt.count(values['alarms'])} raised an alarm: {'; '.join(said)}."
    return Sentence(text, values)


@shows
def kpis(table: pd.DataFrame, segments: pd.DataFrame, due_on: str, untouched: list[str], fmt: Format) -> Sentence:
    """Targets reached, missed, or not settled yet: judged by the interval; or when the first ones are due.

    ``untouched``: segments of which the plan that set the targets contacted nobody.
    """
    due = table[table["target"].notna() & (table["n"] > 0) & ~hidden(table, "kpis", fmt, untold(segments, fmt))]
    if due.empty:
        text = (f"No target is due yet: those of this plan are judged by the next run, on "
                f"{fmt.date(dt.date.fromisoformat(due_on))} or later.")
        return Sentence(text, {}, tone="caveat")
    names = segments.set_index("segment")["name"].to_dict()
    low, high = (due[bound].fillna(due["now"]) for bound in ("low", "high"))
    state = pd.Series("not settled", due.index).mask(low >= due["target"], "reached")
    state = state.mask(high < due["target"], "missed")
    text = f"Of {fmt.counted(len(due), 'target')}, {fmt.count((state == 'reached').sum())} clearly reached"
    values = {"due": len(due), "reached": int((state == "reached").sum())}
    for word in ("missed", "not settled"):
        rows = due[state == word]
        text += f", {fmt.count(len(rows))} {word}"
        text += f" ({'; '.join(_against(r, names, fmt) for r in rows.itertuples())})" if len(rows) else ""
        values |= {word: len(rows)} | known({f"{r.segment}.{r.measure}.{k}": getattr(r, k) for r in rows.itertuples()
                                             for k in ("now", "low", "high", "target", "n")})
    idle = [names.get(s, s) for s in due.loc[state != "reached", "segment"].unique() if s in untouched]
    if idle:
        text += f". In {'; '.join(idle)} that plan contacted nobody: what was missed there tells of no strategy"
    values |= {f"idle {i}": name for i, name in enumerate(idle)}
    return Sentence(f"{text}.", values, tone="caveat" if (state == "missed").any() else "finding")


@shows
def promises(advice: dict, segments: pd.DataFrame, fmt: Format) -> Cards:
    """The promised benefits and the risks, each with what this run can say."""
    names = segments.set_index("segment")["name"].to_dict()
    rows = scorecard(advice, names, fmt)
    return Cards([Card(r["title"], r["status"], r["kind"], [], r["text"]) for r in rows],
                 known({f"{r['title']}.{k}": v for r in rows for k, v in r["values"].items()}))


@shows
def history(table: pd.DataFrame, missing: list[str] | NotMeasured, next_review: str, fmt: Format) -> Sentence:
    """How many runs the history holds, which reviews are missing, and when the first comparison can be drawn."""
    runs = table["as_of"].nunique()
    text = f"The history holds {fmt.counted(runs, 'run')}."
    if runs == 1:
        text += f" A second one, on {fmt.date(dt.date.fromisoformat(next_review))} or later, can be compared with it."
    if missing:
        text += f" Without a run: {fmt.dated(', '.join(missing))}."
    return Sentence(text, {"runs": runs, "missing": len(missing)}, tone="caveat" if missing else "method")


def closing(advice: dict | NotMeasured, wrote: list[str]) -> Closing:
    """The decision, and where to read it."""
    said = advice.reason if isinstance(advice, NotMeasured) else DECISIONS[advice["decision"]]
    return Closing(f"{said}.", "06_monitor", wrote, "report.html")


@shows
def checked(migration: pd.DataFrame) -> Sentence:
    """That every row of the migration matrix sums to one; raises AssertionError when not."""
    sums = migration.groupby("before")["share"].sum()
    assert ((sums - 1).abs() < 1e-9).all(), "a row of the migration matrix does not sum to one"
    return Sentence("Checked: every row of the migration matrix sums to one, and every customer is in one cell.", {},
                    tone="method")


@shows
def season(table: pd.DataFrame, fmt: Format) -> Sentence | None:
    """Whether what drifted is as it was in the same period a year before; nothing where nothing raised an alarm."""
    if table.empty:
        return None
    told = {"as it was then, so that a season may explain the alarm": ("none", "significant but small"),
            "otherwise than then, so that no season explains it": ("alarm",),
            "too few customers to tell": ("too few to tell",)}
    said = [f"{what}: {', '.join(_drifted(r, fmt) for r in rows.itertuples())}" for what, verdicts in told.items()
            if len(rows := table[table["verdict"].isin(verdicts)])]
    day = fmt.date(dt.date.fromisoformat(table["ends_on"].iloc[0]))
    return Sentence(f"Against the period of a year before (to {day}): {'; '.join(said)}.",
                    known({f"{r.variable}.year": r.psi for r in table.itertuples()}), tone="caveat")


def _little(table: pd.DataFrame, fmt: Format) -> str:
    """The variables that moved significantly but little, those that did most first: ` (plan, and 2 more)`."""
    rows = table[table["verdict"] == "significant but small"].sort_values("psi", ascending=False)
    if rows.empty:
        return ""
    more = len(rows) - ALARMS
    return f" ({', '.join(map(measure_name, rows['variable'].head(ALARMS)))}" + (
        f", and {fmt.count(more)} more)" if more > 0 else ")")


def _drifted(row, fmt: Format) -> str:
    return f"{measure_name(row.variable)} (index {fmt.number(row.psi)})"


def _against(row, names: dict, fmt: Format) -> str:
    kind = measure_kind(row.measure, fmt)
    return (f"{names.get(row.segment, row.segment)}, {measure_name(row.measure)}: "
            f"{fmt.estimate(row.now, row.low, row.high, kind)} against {kind(row.target)}, {fmt.n(row.n)}")
