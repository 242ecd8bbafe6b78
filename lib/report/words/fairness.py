"""Sentences and table of notebook 05 about selection rates by protected group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.blocks import Sentence, TableBlock, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden

KINDS = {"segment": "in segment", "audience": "in the file of"}
FEW = "few"


@shows
def screened(table: pd.DataFrame, associations: dict[str, float], facts: pd.DataFrame, fmt: Format) -> Sentence:
    """Which selections fall below the screening line, beyond chance."""
    rows = _compared(table)
    once = rows.drop_duplicates(["attribute", "kind", "selection"])
    low = rows[rows["verdict"] == "below the line"]
    few = rows[rows["verdict"] == "too few to tell"].drop_duplicates(["attribute", "kind", "selection"])
    names, attributes = facts.set_index("segment")["name"], ", ".join(rows["attribute"].unique())
    values = {"compared": len(once), "line": 0.8, "few": len(few)}
    values |= {f"V.{k}": v for k, v in associations.items() if v == v}
    selections = fmt.counted(len(once), "segment or file", "segments and files")
    text = f"Selection was compared by {attributes} for {selections}."
    if low.empty:
        text += " None falls below four fifths of the highest rate beyond chance."
    else:
        said = [f"{r.group} {KINDS[r.kind]} {_name(r.selection, names)}" for r in low.itertuples()]
        text += (f" Below four fifths of the highest rate, beyond chance: {'; '.join(said)}. Ask whether the basis "
                 "stands in for the attribute, and whether the offer may differ by it.")
        values |= {f"group {i}": r.group for i, r in enumerate(low.itertuples())}
    if len(few):
        text += f" Too few to tell: {fmt.count(len(few))}."
    text += " It is a screen: it proves neither fairness nor its absence."
    values |= {f"name {i}": n for i, n in enumerate(names)}
    return Sentence(text, values, tone="finding" if low.empty else "caveat")


@shows
def rates(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Selection rates by group, one row per segment or file; aggregates only."""
    names = facts.set_index("segment")["name"]
    rows = _compared(table.assign(out=hidden(table, "fairness", fmt)))
    shown = [_line(part, names, fmt) for _, part in rows.groupby(["attribute", "kind", "selection"], sort=False)]
    columns = ["selected", "attribute", "share of each group (95 % interval)", "lowest to highest (95 % interval)", "p",
               "four-fifths line"]
    return TableBlock("Who is selected, by protected group", columns, shown, ["p"],
                      "Shares are of all customers of a group. Attributes are loaded apart for this comparison and not "
                      "saved; groups of fewer than 5 % or 30 customers count with the next larger one. p: no "
                      f"difference between the groups, Holm over all rows. few: {fmt.few} customers of a group, or "
                      "what would give such a number away.")


def _compared(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[(table["kind"] != "rest") & (table["selection"] != "(none)")]
    order = {"segment": 0, "audience": 1}
    return rows.sort_values(["attribute", "kind", "selection"], key=lambda c: c.map(order) if c.name == "kind" else c)


def _line(part: pd.DataFrame, names: pd.Series, fmt: Format) -> list[str]:
    first = part.iloc[0]
    lowest = part.loc[part["ratio"].fillna(np.inf).idxmin()]
    selected = f"{KINDS[first['kind']]} {_name(first['selection'], names)}"
    if first["out"]:
        return [selected, first["attribute"], FEW, FEW, FEW, _verdict(part)]
    shares = "; ".join(f"{r.group} {fmt.estimate(r.rate, r.low, r.high, fmt.share)}" for r in part.itertuples())
    return [selected, first["attribute"], shares,
            fmt.estimate(lowest["ratio"], lowest["ratio_low"], lowest["ratio_high"]), fmt.p_value(first["p"]),
            _verdict(part)]


def _verdict(part: pd.DataFrame) -> str:
    """The worst verdict of a selection's groups."""
    order = ["below the line", "below, may be chance", "too few to tell", "above the line", "not compared"]
    return min(part["verdict"], key=order.index)


def _name(selection: str, names: pd.Series) -> str:
    return "any segment" if selection == "(any)" else names.get(selection, selection)
