"""What to do with each campaign now: go on, stop, test again, or hold customers out first; and why."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from lib.report.blocks import Card, Cards, shows
from lib.report.campaign_names import named
from lib.report.numbers import Format
from lib.report.scorecard import capital
from lib.report.tables.campaigns import OUTCOMES, outcome_kind, told
from lib.report.words.strategy import known

RUNNING = "the outcome window is not over"  # as the checks of step 6 say it


@shows
def next_steps(table: pd.DataFrame, checks: pd.DataFrame, differs: pd.DataFrame, segments: pd.DataFrame,
               fmt: Format) -> Cards:
    """One card a campaign that can be read as an experiment, and one for the others together."""
    names, open_ = segments.set_index("segment")["name"].to_dict(), told(table, segments, fmt)
    read, unread = checks[checks["problem"] == ""], checks[checks["problem"] != ""]
    cards, called = [], named(checks)
    values = {"names": list(called.values())}
    for c in read.itertuples():
        rows = open_[open_["campaign"] == c.campaign]
        step, why, figures = _step(rows, differs[differs["campaign"] == c.campaign], names, fmt)
        n = c.n_treated + c.n_control
        cards.append(Card(called[c.campaign], step, text=why, foot=fmt.n(n)))
        values |= known({f"{c.campaign}.{k}": v for k, v in {**figures, "n": n}.items()})
    for card, more in _unread(unread, table, fmt):
        cards.append(card)
        values |= more
    return Cards(cards, values)


def _unread(unread: pd.DataFrame, table: pd.DataFrame, fmt: Format) -> list[tuple[Card, dict]]:
    """A card for campaigns with a holdout that are still running, and one for those that will never tell."""
    running = unread["problem"].str.contains(RUNNING, regex=False) & (unread["n_control"] > 0)
    found, rest = [], unread[~running]
    if running.any():
        n = int(running.sum())
        last = max(table.loc[table["campaign"].isin(unread.loc[running, "campaign"]), "ends_on"])
        text = (f"{fmt.counted(n, 'campaign')} with customers held out: the time in which the outcome counts is not "
                f"over. The last ends on {fmt.date(dt.date.fromisoformat(last))}; a run after it can tell.")
        found.append((Card("Still running", "Wait", text=text), {"running": n}))
    if len(rest):
        why = rest["problem"].mask(rest["problem"].str.contains(RUNNING, regex=False),
                                   "nobody was held out, and they are still running").value_counts()
        reasons = "; ".join(f"{fmt.counted(n, 'campaign')}: {text.partition(': ')[2] or text}"
                            for text, n in why.items())
        text = (f"{reasons}. Draw some customers by chance who are not treated next time: without them nothing tells "
                "what a campaign changed.")
        found.append((Card("No answer", "Hold out first", text=text),
                      {"unread": len(rest), **{f"unread.{i}": n for i, n in enumerate(why)}}))
    return found


def _step(rows: pd.DataFrame, differs: pd.DataFrame, names: dict, fmt: Format) -> tuple[str, str, dict]:
    """(what to do, why, its figures): money first, then whom it harms, then whom it moves, then what is not known."""
    if not rows["segment"].eq("all").any():
        return "Test again, with more", f"An arm held fewer than {fmt.count(fmt.smallest)}: so few tell nothing.", {}
    money, parts = rows[(rows["segment"] == "all") & (rows["outcome"] == "money")], rows[rows["segment"] != "all"]
    harmed = parts[parts["verdict"].str.startswith("harms")]
    moved = parts[parts["verdict"].str.startswith("works") & ~parts["verdict"].str.contains("loses")]
    profit = money.iloc[0] if len(money) else None
    but, figures = _but(harmed, names, fmt)
    if profit is not None and profit["profit_high"] < 0:
        return "Stop, or make it cheaper", f"Loses money: {_profit(profit, fmt)}{but}.", figures | _figures(profit)
    if profit is not None and profit["profit_low"] > 0:
        return "Go on", f"Pays: {_profit(profit, fmt)}{but}.", figures | _figures(profit)
    if len(harmed):
        return "Stop where it harms", f"{capital(but[2:])}.", figures
    if len(moved):
        said, more = _effects(moved, names, fmt)
        return "Go on where it works", f"It moves {said}; whether it pays cannot be told yet.", more
    apart = differs[differs["differs"]]
    if len(apart):
        return "Treat segments apart", *_apart(apart.iloc[0], parts, names, fmt)
    why, figures = _unknown(money if len(money) else rows[rows["segment"] == "all"], fmt)
    return "Test again, with more", why, figures


def _but(harmed: pd.DataFrame, names: dict, fmt: Format) -> tuple[str, dict]:
    said, figures = _effects(harmed, names, fmt)
    return (f"; it harms {said}" if said else ""), figures


def _effects(rows: pd.DataFrame, names: dict, fmt: Format, between: str = ", ") -> tuple[str, dict]:
    said, figures = [], {}
    for r in rows.drop_duplicates("segment").itertuples():
        kind = outcome_kind(r.outcome, fmt)
        said.append(f"{names.get(r.segment, r.segment)} ({OUTCOMES[r.outcome]} "
                    f"{fmt.estimate(r.uplift, r.low, r.high, kind)}, {fmt.n(r.n_treated + r.n_control)})")
        scale = 100 if r.outcome == "rate" else 1
        figures |= {f"{r.segment}.{k}": scale * getattr(r, k) for k in ("uplift", "low", "high")}
        figures[f"{r.segment}.n"] = r.n_treated + r.n_control
    return between.join(said), figures


def _apart(test: pd.Series, parts: pd.DataFrame, names: dict, fmt: Format) -> tuple[str, dict]:
    """Effects that differ between segments, of which none alone is clear: from the least to the largest."""
    rows = parts[(parts["outcome"] == test["outcome"]) & parts["low"].notna()].sort_values("uplift")
    said, figures = _effects(rows.iloc[[0, -1]], names, fmt, " to ")
    text = f"Its effect differs between segments ({fmt.p(test['p'])}), and none is clear alone: test them one by one"
    return f"{text}. It goes from {said}.", figures | {"p": test["p"]}


def _profit(row: pd.Series, fmt: Format) -> str:
    return (f"{fmt.estimate(row['profit'], row['profit_low'], row['profit_high'], fmt.money)}, a return of "
            f"{fmt.estimate(row['roi'], row['roi_low'], row['roi_high'], fmt.share)} on its cost")


def _figures(row: pd.Series) -> dict:
    return {k: row[k] for k in ("profit", "profit_low", "profit_high", "roi", "roi_low", "roi_high")}


def _unknown(rows: pd.DataFrame, fmt: Format) -> tuple[str, dict]:
    """What the test could have seen, and how many customers would show the break-even."""
    row = rows.iloc[0]
    if np.isnan(row["detectable"]):
        return f"{capital(row['verdict'])}.", {}
    kind = outcome_kind(row["outcome"], fmt)
    scale = 100 if row["outcome"] == "rate" else 1
    figures = {"detectable": scale * row["detectable"]}
    text = f"No effect is clear of chance; it could have seen {kind(row['detectable'])} or more."
    earned = (row["profit_high"] - row["profit_low"]) / (row["high"] - row["low"])  # margin of all treated
    if not np.isnan(earned) and earned > 0 and row["cost"] > 0:
        even = row["cost"] / earned
        needed = int(np.ceil((row["n_treated"] + row["n_control"]) * (row["detectable"] / even) ** 2 / 100) * 100)
        text += f" It pays from {kind(even)} a customer: a test of about {fmt.count(needed)} customers would see that."
        figures |= {"break_even": scale * even, "needed": needed}
    return text, figures
