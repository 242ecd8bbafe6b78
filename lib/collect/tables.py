"""The table artefacts of step 2, from screened sources; and which columns they keep (data minimisation)."""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect import activity, campaigns, people as persons, voices
from lib.collect.doubts.attributes import IDENTIFIER
from lib.collect.found import found_at
from lib.collect.screens import kept, kept_frame
from lib.contracts import INPUTS, NotMeasured, UserError
from lib.contracts.counts import number_of
from lib.contracts.raw import Rules

SOURCE_OF = {"transactions": "transactions", "events": "events", "catalogue": "features", "survey": "survey",
             "campaigns": "campaigns", "treatments": "assignments", "consents": "consent"}
GIVEN = {  # what a source holds, as its owner would say it
    "transactions": "orders, each with its customer and its day", "events": "what customers used, and when",
    "features": "a list of what the product offers", "survey": "answers of customers to a survey",
    "campaigns": "campaigns of the past", "assignments": "who was contacted in each campaign, and who was held out",
    "consent": "records of who agreed to be contacted"}
KEPT_AS = {"customer_id": "customer_key", "order_id": "order_key", "session_id": "session_key", "user_id": "user_key",
           "birth_year": "age"}
# mapped columns that no artefact holds
CLEANING = ("erased_at", "price", "transaction_id", "currency", "kind", "consent")


def minimised(kinds: dict[str, dict], keep: Collection[str] | None, survey: dict[str, str], useless: dict[str, str]
              ) -> tuple[dict, list[dict]]:
    """Columns kept by table, and those dropped with the reason: only what the basis needs goes on.

    ``survey`` names columns of the survey that hold no answers, ``useless`` attributes that divide nobody or identify
    people, each with the reason. One that identifies is never kept.
    """
    columns, dropped = {}, []
    attributes = set(kinds.get("customers", {})) - {c.name for c in INPUTS["customers"].columns}
    for name, known in kinds.items():
        used = {c: "used for cleaning only" for c in CLEANING if c in known}
        if name == "customers" and keep is not None:
            used |= {c: useless.get(c, "not needed by the basis") for c in known
                     if KEPT_AS.get(c, c) not in keep and (c in attributes or c in ("birth_year", "age"))}
        if name == "customers":
            used |= {c: why for c, why in useless.items() if why == IDENTIFIER}
        if name == "survey":
            used |= survey | {c: "used for cleaning only" for c in known if c == "seconds"}
        columns[name] = [KEPT_AS.get(c, c) for c in known if c not in used]
        dropped += [{"table": name, "column": c, "reason": reason} for c, reason in used.items()]
    return columns, dropped


def artefacts(states: dict, rules: Rules, base: pd.Series, kinds: dict, columns: dict,
              voice: pd.DataFrame | None) -> dict:
    """Every table artefact of the step, NotMeasured where its source is missing; ``voice`` is made already."""
    tables = {"customers": _customers(states.get("customers"), base, columns.get("customers", []), rules)}
    makers = {
        "transactions": lambda: activity.transactions(states["transactions"]),
        "events": lambda: activity.events(states["events"]),
        "catalogue": lambda: _catalogue(states["features"]),
        "survey": lambda: voices.survey(states["survey"], rules.sources["survey"], base,
                                        *_items(kinds["survey"], columns["survey"])),
        "campaigns": lambda: campaigns.campaigns(states["campaigns"]),
        "treatments": lambda: campaigns.treatments(kept(states["assignments"]).to_pandas(), states.get("outcomes")),
        "consents": lambda: persons.consents(states["consent"]),
    }
    for name, make in makers.items():
        source = SOURCE_OF[name]
        tables[name] = make() if source in states else NotMeasured(
            f"there is no source of {source}", f"{GIVEN[source]} (sources.{source} in the product file)")
    tables["voice"] = voice if voice is not None else NotMeasured(
        "nobody was asked: no survey, interviews or texts",
        "what customers say: a survey, interviews or messages (sources in the product file)")
    return tables


def _customers(table: ir.Table | None, base: pd.Series, columns: list[str], rules: Rules) -> pd.DataFrame:
    """Columns as the contract `customers`, one row for everybody in the base."""
    frame = pd.DataFrame({"customer_key": base.astype("str")})
    if table is None:
        return frame
    known = kept_frame(table)
    if "birth_year" in known:
        known["age"] = rules.as_of.year - known["birth_year"].astype("float64")
    wanted = ["customer_key", *(c for c in columns if c in known and c != "customer_key")]
    return frame.merge(known[wanted], on="customer_key", how="left", validate="one_to_one")


def _catalogue(table: ir.Table) -> pd.DataFrame:
    frame = kept(table).to_pandas()
    _refuse_two_rows(table, list(frame.loc[frame["feature"].duplicated(), "feature"].unique()))
    wanted = [c.name for c in INPUTS["features"].columns if c.name in frame]
    return frame[wanted].sort_values("feature", ignore_index=True)


def _refuse_two_rows(table: ir.Table, features: list[str]) -> None:
    """Events are joined to their feature: one with two rows would count its use twice (catalogue 47)."""
    rows = kept(table).filter(ibis._.feature.isin(features)) if features else None
    if rows is not None:
        count, where = found_at(rows, "feature")
        raise UserError(f"features: {number_of(count, 'row')} of {number_of(len(features), 'feature')} listed twice "
                        "with different facts", where=where, fix="one row a feature")


def _items(kinds: dict[str, str], columns: list[str]) -> tuple[list[str], list[str]]:
    """Survey items (numbers on a scale) and further text columns."""
    known = {c.name for c in INPUTS["survey"].columns}
    extra = [c for c in columns if c in kinds and c not in known]
    return [c for c in extra if kinds[c] in ("float", "int")], [c for c in extra if kinds[c] not in ("float", "int")]
