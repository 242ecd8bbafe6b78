"""`segments audience ID`: the audiences of a registered plan with the product's own ids, for those who send.

Pseudonyms are joined with the sources of today: who withdrew, was erased, is too young or left since the plan was made
is in no file, in either arm. Drafts, expired plans and plans that were changed hand over nothing. No id is ever said.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from lib import sources
from lib.contracts import Blocked, ContractError, NotMeasured, UserError
from lib.contracts.counts import number_of
from lib.paths import WORK
from lib.run.identities import identities
from lib.run.lock import product_lock
from lib.run.outbox import folder_for, put
from lib.run.register import HandOver, read_register, register_file, write_register
from lib.settings import nearest, relative
from lib.store import Store
from lib.strategy.handover import STILL, handed_files, rechecked


@dataclass(frozen=True)
class Audience:
    """What was handed over. Of reasons of few customers the number is not said (None)."""

    product: str
    campaign: str
    expires_on: str
    written_to: str
    files: tuple[str, ...]
    segments: tuple[dict, ...]
    left_out: dict[str, int | None]
    dry_run: bool
    rows: int = field(repr=False, default=0)

    def as_dict(self) -> dict:
        return asdict(self)

    def text(self) -> str:
        """One screen for a person."""
        lines = [f"{self.product}: campaign {self.campaign}, to be sent until {self.expires_on}"]
        lines += [f"  {s['name']}, {s['channel']}: {number_of(s['treated'], 'customer')} to contact, "
                  f"{s['control']:,} held out" for s in self.segments]
        lines += ["left out since the plan was made, in both arms alike:"] if self.left_out else []
        lines += [f"  {reason}: {'few' if n is None else format(n, ',')}" for reason, n in self.left_out.items()]
        if not self.files:
            return "\n".join([*lines, "nobody may be contacted any more: nothing was written"])
        verb = "would be written" if self.dry_run else "written"
        return "\n".join([*lines, f"{verb} to {self.written_to}: your own ids, personal data, for the sender only",
                          *(f"  {name}" for name in self.files),
                          "contact nobody but those in the files `send`; hand `assigned` back as sources.assignments, "
                          "and the next run can measure the effect"])


@dataclass(frozen=True)
class Planned:
    """A published plan: its store and document, the rows exported under it, and what it says of each segment."""

    store: Store
    plan: dict
    rows: pd.DataFrame
    strategies: pd.DataFrame
    names: pd.Series


def audience(settings, *, as_of: str = "", segment: str = "", channel: str = "", to: str = "", replace: bool = False,
             dry: bool = False, today: dt.date | None = None) -> Audience:
    """Hand over. Raises UserError, Blocked, and Stopped while a run of the product goes on."""
    today = today or dt.date.today()
    with product_lock(settings.id):
        planned = published(settings, as_of, today)
        rows = _chosen(planned, segment, channel)
        now = identities(settings, today)
        rows = rechecked(rows, now.ids, now.customers, now.consents, now.barred,
                         minimum_age=settings.data_protection.minimum_age)
        kept = rows[rows["reason"] == STILL]
        files = handed_files(kept, planned.strategies, planned.names, assigned_at=today.isoformat())
        folder = folder_for(settings.id, planned.plan["campaign"], to)
        done = _told(settings, planned, rows, sorted(files), folder, dry)
        if files and not dry:
            manifest = {"product": settings.id, "campaign": done.campaign, "written_on": today.isoformat(),
                        "expires_on": done.expires_on, "plan": planned.plan["fingerprint"],
                        "files": [{"file": name, "bytes": len(files[name])} for name in done.files]}
            put(folder, files, manifest, replace=replace)
            register = read_register(settings)
            register.handed_over.append(HandOver(
                on=today, campaign=done.campaign, written_to=done.written_to, files=list(done.files), rows=done.rows,
                expires_on=done.expires_on))
            write_register(register, register_file(settings.id))
    return done


def published(settings, as_of: str, today: dt.date) -> Planned:
    """The plan of that as-of date (default: the newest), if it may still be used. Raises UserError and Blocked."""
    days = sorted(p.parent.name for p in (WORK / settings.id).glob("*/plan.json"))
    day = str(settings.as_of) if as_of else days[-1] if days else ""
    if day not in days:
        raise UserError(f"{settings.id} has no plan{f' of {day}' if day else ''}", where=f"data/work/{settings.id}",
                        fix=f"plans: {', '.join(days) or 'there is none'}; make one: segments run {settings.id}")
    store = Store(settings.id, dt.date.fromisoformat(day), WORK, WORK, settings.data_protection.retention_days)
    again = f"segments run {settings.id} --as-of {day}"
    try:
        plan, files = store.load("plan"), store.load_audiences()
        strategies, segments = store.load("strategies"), store.load("segments")
        entry = store.load("processing_register")
    except (ContractError, OSError, ValueError, KeyError) as error:
        why = str(error) if isinstance(error, ContractError) else "one of its files cannot be read"
        raise UserError(f"the plan is damaged: {why}", where=relative(store.folder), fix=again) from None
    _refuse(settings, plan, files, day, today)
    if entry["key_id"] != sources.rules(settings).key_id:
        raise Blocked("the plan was made with another key, so nobody can be told", where=relative(store.folder),
                      fix=f"use the key that it was made with; or {again}")
    rows = pd.concat([pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
                      for content in files.values()], ignore_index=True)
    return Planned(store, plan, rows, strategies, segments.set_index("segment")["name"])


def _refuse(settings, plan, files: dict, day: str, today: dt.date) -> None:
    where = f"data/work/{settings.id}/{day}"
    if isinstance(plan, NotMeasured):
        raise UserError(f"nothing was planned at {day}: {plan.reason}", where=where, fix=plan.needed)
    if settings.is_draft or not plan["exported"]["files"]:
        open_now = "; ".join(d.key for d in settings.undecided)
        why = plan["exported"]["reason"] or "the product file waits for decisions"
        raise Blocked(f"nobody may be contacted by this plan: {why}", where=open_now or where,
                      fix=f"decide, then: segments run {settings.id}" if settings.is_draft else
                      f"segments run {settings.id}")
    if plan["expires_on"] < today.isoformat():
        raise Blocked(f"the audience of {plan['campaign']} expired on {plan['expires_on']}", where=where,
                      fix=f"plan again with data of today: segments run {settings.id} --as-of DATE")
    if not files:
        raise UserError(f"the plan of {day} drew nobody", where=where, fix="its page of step 5 says why")


def _chosen(planned: Planned, segment: str, channel: str) -> pd.DataFrame:
    """The rows of one segment or channel, if one was named. Raises UserError naming the nearest there is."""
    rows = planned.rows
    for column, wanted in (("segment", segment), ("channel", channel)):
        known = sorted(rows[column].unique())
        if wanted and wanted not in known:
            raise UserError(f"no audience of the {column} {wanted[:60]!r}{nearest(wanted, known)}",
                            where=f"--{column}", fix=f"one of: {', '.join(known)}")
        rows = rows[rows[column] == wanted] if wanted else rows
    return rows.reset_index(drop=True)


def _told(settings, planned: Planned, rows: pd.DataFrame, files: list[str], folder: Path, dry: bool) -> Audience:
    """What may be said: whom a file holds can be counted in it; why few others are not in it is not said."""
    smallest = settings.data_protection.smallest_cell
    kept = rows[rows["reason"] == STILL]
    arms = kept.groupby(["segment", "channel", "arm"]).size()
    segments = tuple({"segment": s, "name": planned.names[s], "channel": c,
                      **{arm: int(arms.get((s, c, arm), 0)) for arm in ("treated", "control")}}
                     for s, c in rows[["segment", "channel"]].drop_duplicates().itertuples(index=False))
    left = rows.loc[rows["reason"] != STILL, "reason"].value_counts()
    left_out = {reason: int(n) if n >= smallest else None for reason, n in left.sort_index().items()}
    return Audience(settings.id, planned.plan["campaign"], planned.plan["expires_on"], relative(folder), tuple(files),
                    segments, left_out, dry, len(kept))
