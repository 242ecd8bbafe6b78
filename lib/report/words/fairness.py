"""Sentences and table of notebook 05 about selection rates by protected group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import Sentence, TableBlock, shows
from lib.report.inside import untold
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.report.tables.monitor import measure_name

KINDS = {"segment": "in segment", "audience": "in the file of"}
FEW = "few"


@shows
def screened(table: pd.DataFrame, associations: dict[str, float], facts: pd.DataFrame, fmt: Format) -> Sentence:
    """Which selections fall below the screening line, beyond chance."""
    rows = compared(table)
    once = rows.drop_duplicates(["attribute", "kind", "selection"])
    low = rows[rows["verdict"] == "below the line"]
    few = rows[rows["verdict"] == "too few to tell"].drop_duplicates(["attribute", "kind", "selection"])
    names, attributes = facts.set_index("segment")["name"], ", ".join(map(readable, rows["attribute"].unique()))
    values = {"compared": len(once), "line": 0.8, "few": len(few)}
    values |= {f"V.{k}": v for k, v in associations.items() if v == v}
    selections = fmt.counted(len(once), "segment or file", "segments and files")
    text = f"Selection was compared by {attributes} for {selections}."
    if low.empty:
        text += " None falls below four fifths of the highest rate beyond chance."
    else:
        said = [f"{r.group} {selected(r.kind, r.selection, names)}" for r in low.itertuples()]
        text += (f" Below four fifths of the highest rate, beyond chance: {'; '.join(said)}. Ask whether the basis "
                 "stands in for the attribute, and whether the offer may differ by it.")
        values |= {f"group {i}": r.group for i, r in enumerate(low.itertuples())}
    if len(few):
        text += f" Too few to tell: {fmt.count(len(few))}."
    text += " It is a screen: it proves neither fairness nor its absence."
    values |= {f"name {i}": n for i, n in enumerate(names)}
    return Sentence(text, values, tone="finding" if low.empty else "caveat")


@shows
def stand_ins(table: pd.DataFrame, fmt: Format) -> Sentence:
    """Whether segments go with a protected attribute, and whether what divides customers would tell it."""
    said = [f"{readable(r.attribute)}: segments and groups go together with Cramér's V "
            f"{_two(r.association, r.association_low, r.association_high, fmt)}, {fmt.p(r.p)} by permutation; "
            f"{_told(r, fmt)}" for r in table.itertuples()]
    told = ". ".join(s[:1].upper() + s[1:] for s in said)
    text = (f"Does what divides customers stand in for a protected attribute? {told}. 0.5 is chance; above 0.7 the "
            "columns stand in for the attribute.")
    values = {f"{k}.{r['attribute']}": r[k] for r in table.to_dict("records")
              for k in ("association", "association_low", "association_high", "p", "auc", "auc_low", "auc_high", "n")
              if r[k] == r[k]}
    alarm = table["verdict"].eq("stands in for it").any()
    return Sentence(text, values | {"chance": 0.5, "line": 0.7}, tone="caveat" if alarm else "finding")


def _two(value: float, low: float, high: float, fmt: Format) -> str:
    return fmt.estimate(value, low, high, fmt.number)


def _told(r, fmt: Format) -> str:
    if r.verdict == "nothing to tell by":
        return "no column varies, so nothing could tell it"
    columns = ", ".join(measure_name(c) for c in r.columns.split(", "))
    return (f"{columns} tell it with an area under the curve of {_two(r.auc, r.auc_low, r.auc_high, fmt)} among "
            f"{fmt.people(r.n)} customers: {r.verdict}")


@shows
def rates(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> TableBlock:
    """Selection rates by group, one row per segment or file; aggregates only."""
    names = facts.set_index("segment")["name"]
    rows = compared(table.assign(out=hidden(table, "fairness", fmt, untold(facts, fmt))))
    shown = [_line(part, names, fmt) for _, part in rows.groupby(["attribute", "kind", "selection"], sort=False)]
    columns = ["selected", "attribute", "share of each group (95 % interval)", "lowest to highest (95 % interval)", "p",
               "four-fifths line"]
    return TableBlock("Who is selected, by protected group", columns, shown, ["p"],
                      "Shares are of all customers of a group. Attributes are loaded apart for this comparison and not "
                      "saved; groups of fewer than 5 % or 30 customers count with the next larger one. p: no "
                      f"difference between the groups, Holm over all rows. few: {fmt.few} customers of a group, or "
                      "what would give such a number away.")


def selected(kind: str, selection: str, names: pd.Series) -> str:
    """A selection as a reader knows it."""
    return f"{KINDS[kind]} {_name(selection, names)}"


def compared(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that are compared, in their order: segments, then files."""
    rows = table[(table["kind"] != "rest") & (table["selection"] != "(none)")]
    order = {"segment": 0, "audience": 1}
    return rows.sort_values(["attribute", "kind", "selection"], key=lambda c: c.map(order) if c.name == "kind" else c)


def _line(part: pd.DataFrame, names: pd.Series, fmt: Format) -> list[str]:
    first = part.iloc[0]
    lowest = part.loc[part["ratio"].fillna(np.inf).idxmin()]
    what = selected(first["kind"], first["selection"], names)
    if first["out"]:
        return [what, readable(first["attribute"]), FEW, FEW, FEW, _verdict(part)]
    shares = "; ".join(f"{r.group} {fmt.estimate(r.rate, r.low, r.high, fmt.share)}" for r in part.itertuples())
    return [what, readable(first["attribute"]), shares,
            fmt.estimate(lowest["ratio"], lowest["ratio_low"], lowest["ratio_high"]), fmt.p_value(first["p"]),
            _verdict(part)]


def _verdict(part: pd.DataFrame) -> str:
    """The worst verdict of a selection's groups."""
    order = ["below the line", "below, may be chance", "too few to tell", "above the line", "not compared"]
    return min(part["verdict"], key=order.index)


def _name(selection: str, names: pd.Series) -> str:
    return "any segment" if selection == "(any)" else names.get(selection, selection)
