"""Pictures of notebook 05: the target matrix, where the contacts go, what a test can see."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import Picture, shows
from lib.report.contacts import tellable
from lib.report.inside import untold
from lib.report.numbers import Format
from lib.report.style import BASE, INK, MUTED, RULE, canvas, colour, label, name_points
from lib.report.suppress import hidden
from lib.report.tables.strategy import UNTESTED, VERDICTS
from lib.report.words.fairness import compared, selected

RATES = ("next_active", "breadth")
ROLE_MARKS = {"target": "o", "keep": "s"}
ONE = ["attribute", "kind", "selection"]  # what tells one selection from another


@shows
def target_matrix(targets: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture | None:
    """Attractiveness by competitiveness of the segments that are compared; area: customers, mark: role.

    A segment of which counts must not be said is not drawn: its place would tell them. None where fewer than two are
    drawn, or compared: a place alone says nothing.
    """
    rows = targets.merge(facts[["segment", "name", "rank", "n", "quiet"]], on="segment", validate="one_to_one")
    chosen = rows[rows["role"] == "target"].sort_values("rank")["name"].tolist()
    compared = rows[rows["knocked_out"] == ""]
    rows = compared[~compared["quiet"]].sort_values("rank")
    if len(rows) < 2:
        return None
    rows = rows.assign(x=rows["competitiveness"].fillna(50.0), y=rows["attractiveness"].fillna(50.0))
    rows = rows.assign(area=80 + 900 * rows["n"] / rows["n"].max())
    fig, ax = canvas(7.2, 4.4)
    for r in rows.itertuples():
        ax.scatter(r.x, r.y, s=r.area, color=colour(r.rank), alpha=0.75, lw=0,
                   marker=ROLE_MARKS[r.role], label=label(f"{r.name} ({r.role})"))
    ax.axhline(50, color=RULE, lw=1, zorder=0)
    ax.axvline(50, color=RULE, lw=1, zorder=0)
    ax.set(xlim=(-14, 114), ylim=(-14, 114), xlabel="our competitiveness there (0-100)",
           ylabel="attractiveness (0-100)")
    name_points(ax, [(label(r.name, 36), r.x, r.y) for r in rows.itertuples()], areas=rows["area"].tolist())
    title = "No segment stands out as a target" if not chosen else f"Targets: {'; '.join(chosen)}"
    return Picture(ax, title=label(title, 110), alt=f"Segments by attractiveness and competitiveness. {title}.",
                   caption=f"{fmt.n(rows['n'].sum())} customers in {fmt.counted(len(rows), 'segment')}; area: "
                           "customers; circle: target, square: keep. Not drawn: segments that were knocked out"
                           + ", and those beside few customers" * (len(rows) < len(compared)) + ". 0 is the weakest "
                           "segment on a criterion, 100 the strongest. Source: the criteria below.",
                   values={"n": int(rows["n"].sum()), "segments": len(rows), "weakest": 0, "strongest": 100,
                           "targets": chosen})


@shows
def rank_robustness(targets: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture | None:
    """How often each segment comes first, and first or second, over draws of the weights; None where none is ranked."""
    rows = targets[targets["p_first"].notna()].merge(facts[["segment", "name", "rank"]], on="segment")
    rows = rows.sort_values(["p_first", "rank"], ignore_index=True)
    if rows.empty:
        return None
    fig, ax = canvas(7.2, 0.9 + 0.42 * len(rows))
    both = rows["p_first"] + rows["p_second"]
    ax.barh(rows.index, both, color=RULE, height=0.6)
    ax.barh(rows.index, rows["p_first"], color=[colour(r) for r in rows["rank"]], height=0.6)
    for i, (first, top) in enumerate(zip(rows["p_first"], both, strict=True)):
        ax.text(top + 0.01, i, f"{fmt.share(first)} · {fmt.share(top)}", va="center", fontsize=8.5, color=MUTED)
    ax.set(yticks=rows.index, yticklabels=[label(n, 36) for n in rows["name"]], xlim=(0, 1.18),
           xlabel="share of 2,000 draws of the weights")
    title = f"{rows['name'].iloc[-1]} comes first in {fmt.share(rows['p_first'].iloc[-1])} of the draws of the weights"
    return Picture(ax, title=label(title, 110), alt=f"Bars of how often each segment ranks first or second. {title}.",
                   caption=f"n = {fmt.counted(len(rows), 'segment')} that passed the knock-outs. Colour: first; grey: "
                           "second. Weights drawn around those declared (Dirichlet, 20 × weight / 100), ties shared "
                           "equally.", values={"segments": len(rows), "factor": 20, "name": rows["name"].tolist()[-1:],
                                               "p_first": rows["p_first"].tolist()[-1:]})


@shows
def budget_split(budget: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture | None:
    """Contacts per segment, hatched where they buy knowledge and not a promised return; None where none may be told."""
    rows = budget.merge(facts[["segment", "name", "rank", "quiet"]], on="segment")
    paid = rows[rows["contacts"] > 0]
    total, told = paid["contacts"].sum(), tellable(paid)
    rows = rows[~rows["quiet"]].sort_values("rank", ascending=False).reset_index(drop=True)
    if not rows["contacts"].any():
        return None
    fig, ax = canvas(7.2, 0.9 + 0.42 * len(rows))
    for i, r in enumerate(rows.itertuples()):
        ax.barh(i, r.contacts, color=colour(r.rank) if r.contacts else BASE, height=0.6,
                hatch="" if r.basis in ("measured", "declared") else "///", edgecolor="white")
        ax.text(r.contacts, i, f" {fmt.people(r.contacts)} ({r.basis if r.contacts else r.reason})", va="center",
                fontsize=8.5, color=MUTED)
    ax.set(yticks=range(len(rows)), yticklabels=[label(n, 36) for n in rows["name"]], xlabel="customers to contact",
           xlim=(0, rows["contacts"].max() * 1.5))
    most, of = rows.loc[rows["contacts"].idxmax()], f" of {fmt.people(total)}" if told else ""
    title = f"Most contacts shown go to {most['name']}: {fmt.people(most['contacts'])}{of}"
    values = {"contacts": int(total)} if told else {}
    values |= {r.name: int(r.contacts) for r in rows.itertuples()}
    return Picture(ax, title=label(title, 110), values=values, alt=f"Bars of planned contacts per segment. {title}.",
                   caption=f"{fmt.n(total) if told else 'not said how many'} contacts"
                           f"{', some not drawn' * (len(rows) < len(budget))}. Hatched: a test budget, without any "
                           "figure of return. Source: measured effects, else declared assumptions.")


@shows
def selection_rates(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture | None:
    """Share of each protected group that is in each segment and file, with intervals; what tells of few is left out.
    None where nothing is left."""
    rows = compared(table.assign(out=hidden(table, "fairness", fmt, untold(facts, fmt))))
    drawn = rows[~rows["out"] & rows["rate"].notna()]
    places = drawn.drop_duplicates(ONE).iloc[::-1].reset_index(drop=True)
    if places.empty:
        return None
    fig, ax = canvas(7.2, 1.3 + 0.4 * len(places))
    names, groups = facts.set_index("segment")["name"], drawn["group"].drop_duplicates().tolist()
    for y, place in places.iterrows():
        here = drawn[(drawn[ONE] == place[ONE]).all(axis=1)]
        for r in here.itertuples():
            at = y + 0.16 * (groups.index(r.group) % 4 - 1.5)
            ax.plot([r.low, r.high], [at, at], color=colour(1 + groups.index(r.group)), lw=2)
            ax.scatter([r.rate], [at], color=colour(1 + groups.index(r.group)), s=24, zorder=3)
        ax.plot([0.8 * here["rate"].max()] * 2, [y - 0.4, y + 0.4], color=INK, lw=1, ls=":")
    for i, group in enumerate(groups):
        ax.scatter([], [], color=colour(1 + i), label=label(group, 24))
    ax.set(yticks=places.index, xlim=(0, None), ylim=(-0.6, len(places) - 0.4),
           yticklabels=[label(selected(r.kind, r.selection, names), 42) for r in places.itertuples()],
           xlabel="share of the group that is selected")
    ax.xaxis.set_major_formatter(lambda v, _: fmt.share(v))
    fig.legend(loc="outside upper right", ncols=min(len(groups), 4), fontsize=8.5)
    low = drawn[drawn["verdict"] == "below the line"].drop_duplicates(ONE)
    title = f"{fmt.count(len(low))} of {fmt.counted(len(places), 'selection')} drawn below four fifths, beyond chance"
    some = ", selections that would tell of few customers are not drawn" * bool(rows["out"].any())
    attributes = ", ".join(map(readable, places["attribute"].unique()))
    return Picture(ax, title=title, alt=f"Selection rates of protected groups with 95 % intervals. {title}.",
                   caption="95 % intervals; dotted: four fifths of the highest rate of any group, a screening line"
                           f"{some}. Attributes compared: {attributes}.",
                   values={"selections": len(places), "below": len(low), "line": 0.8, "level": 0.95})


@shows
def test_power(experiments: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture | None:
    """The smallest effect that each test can see, held against the one that is aimed at (1).

    None where no test is planned, or of none that is drawn an effect is known.
    """
    rows = experiments.merge(facts[["segment", "name", "rank", "quiet"]], on="segment")
    tested = rows[~rows["verdict"].isin(UNTESTED)]
    told, n = tellable(tested), int((tested["n_treated"] + tested["n_control"]).sum())
    units = fmt.n(n) if told else "not said"
    rows = rows[~rows["quiet"]].sort_values("rank", ascending=False, ignore_index=True)
    times = rows["smallest_effect"] / rows["aimed"].abs().where(rows["aimed"] != 0)
    if tested.empty or times.isna().all():
        return None
    fig, ax = canvas(7.2, 1.0 + 0.42 * len(rows))
    ax.axvline(1, color=INK, lw=1)
    ax.hlines(rows.index, 1, times.fillna(1), color=RULE, lw=3)
    ax.scatter(times, rows.index, color=[colour(r) for r in rows["rank"]], zorder=3)
    for i, (t, verdict) in enumerate(zip(times, rows["verdict"], strict=True)):
        said = f"{'not known' if np.isnan(t) else fmt.number(t, 1)} ({VERDICTS.get(verdict, verdict)})"
        ax.annotate(said, (1 if np.isnan(t) else max(t, 1), i), xytext=(9, 0), fontsize=8.5,
                    textcoords="offset points", va="center", color=MUTED)
    ax.set(yticks=rows.index, yticklabels=[label(n, 36) for n in rows["name"]], ylim=(-0.6, len(rows) - 0.4),
           xlim=(0, max(times.max(), 1) * 1.5),
           xlabel="smallest effect that would be seen, in multiples of the one aimed at")
    enough = int((tested["verdict"] == "large enough").sum())
    title = f"{fmt.count(enough)} of {fmt.counted(len(tested), 'test')} large enough for the effect aimed at"
    return Picture(ax, title=title, alt=f"Effect aimed at and smallest detectable effect per segment. {title}.",
                   caption=f"Units in the tests: {units}; power "
                           "80 % at 5 %, two-sided. Left of the line the aim would be seen. Without a test: what "
                           "the arms that could be drawn would show.",
                   values={"large_enough": enough, "tests": len(tested), "power": 0.8, "level": 0.05}
                   | ({"n": n} if told else {}))
