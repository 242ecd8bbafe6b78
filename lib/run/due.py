"""Which products should be run now, and for which day: a review has come, data have changed, or a run broke off."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lib.contracts import UserError
from lib.paths import REPORTS, WORK
from lib.product import load_product
from lib.run.changed import changes
from lib.run.folder import RUNS
from lib.run.lock import Locked, product_lock, running_since
from lib.run.manifest import FILE
from lib.run.outcome import KEPT, REFUSED, as_stopped
from lib.run.packages import lacks
from lib.settings import relative

DAY = dt.timedelta(days=1)
ALONE = (KEPT, REFUSED)  # how steps that were run alone can end


@dataclass(frozen=True)
class Due:
    """One product: why it should be run now (empty: it should not) and for which as-of date (empty: for none before its
    file is mended), what else is to be known, the day it was last published for, and its next review."""

    product: str
    reasons: tuple[str, ...] = ()
    run_for: str = ""
    remarks: tuple[str, ...] = ()
    as_of: str = ""
    next_review: str = ""

    def as_dict(self) -> dict:
        return {**asdict(self), "due": bool(self.reasons)}

    def text(self) -> str:
        told = "".join(f"; {remark}" for remark in self.remarks)
        if self.reasons and not self.run_for:
            return f"{self.product}: mend it, because {'; '.join(self.reasons)}"
        if self.reasons:
            return f"{self.product}: run it now for {self.run_for}, because {'; '.join(self.reasons)}{told}"
        last = f"last run for {self.as_of}" if self.as_of else "never run"
        return f"{self.product}: nothing to do, {last}{told}"


def due_of(product: str, as_of: str, today: dt.date) -> Due:
    """As `due_for`, for the date of its file or the one given; a mistake in its file is a reason, too."""
    try:
        settings = load_product(product, as_of=as_of)
    except UserError as error:
        return Due(product, (f"its product file cannot be used: {as_stopped(error).cause}",))
    return due_for(settings, today, fixed=bool(as_of))


def due_for(settings, today: dt.date, *, fixed: bool = False) -> Due:
    """Whether a product should be run on that day, and for which as-of date.

    That is the date of its file, while it was not run for that; then the newest one that it was run for; and once the
    day of a review is over and newer data have come, the day of that review. ``fixed``: only the date of ``settings``
    counts, as with --as-of.
    """
    days = sorted(dt.date.fromisoformat(path.parent.name) for path in (REPORTS / settings.id).glob(f"*/{FILE}"))
    last = str(days[-1]) if days else ""
    if hindrance := _hindrance(settings, today):
        return Due(settings.id, remarks=(hindrance,), as_of=last)
    if settings.as_of not in days:
        reason = "it was never run"
        if days:
            asked = f"it was not run for {settings.as_of}" if fixed else f"its file says {settings.as_of}"
            reason = f"{asked}, and the last run is for {last}"
        return Due(settings.id, (reason,), str(settings.as_of), as_of=last)
    day = max(d for d in days if d == settings.as_of or (not fixed and settings.as_of < d <= today))
    return _due_again(settings, day, today, fixed=fixed)


def _due_again(settings, day: dt.date, today: dt.date, *, fixed: bool) -> Due:
    """Of a product that was run for that day: whether it should be again, or for the day of a review."""
    record = REPORTS / settings.id / str(day) / FILE
    try:
        inputs = _read(record)["inputs"]
    except (ValueError, LookupError, TypeError):
        return Due(settings.id, (f"what its last run read is not known: {relative(record)} cannot be read",), str(day),
                   as_of=str(day))
    found = changes(settings, inputs)
    review = _next_review(settings, day)
    to_review = None if fixed else _to_review(review, settings.monitor.review_days, min(found.reach, today - DAY))
    if to_review:
        reasons, run_for = (f"its review was due on {review}", *found.said), str(to_review)
    else:
        reasons = (*found.said, *_broken(settings.id, day))
        run_for = str(day) if reasons else ""
    remarks = (*(() if fixed or to_review else (_of_review(review, today),)), *found.remarks)
    return Due(settings.id, reasons, run_for, remarks, str(day), str(review))


def _next_review(settings, day: dt.date) -> dt.date:
    """As the run of that day planned it; as the product file does, of a run that was refused or purged."""
    with suppress(OSError, ValueError, KeyError):
        return dt.date.fromisoformat(_read(WORK / settings.id / str(day) / "advice.json")["next_review"])
    return day + settings.monitor.review_days * DAY


def _to_review(review: dt.date, every: int, reach: dt.date) -> dt.date | None:
    """The newest day of a review that the data may reach: the first one, and one every so many days after it."""
    return review + (reach - review).days // every * every * DAY if reach >= review else None


def _of_review(review: dt.date, today: dt.date) -> str:
    if today <= review:
        return f"next review on {review}"
    return f"its review was due on {review}, and no newer data have come since: bring data that reach that day"


def _hindrance(settings, today: dt.date) -> str:
    """Why a product is left alone, whatever its review and its data say."""
    if lacking := lacks(settings):
        return f"passed over: {lacking}"
    if since := _going_on(settings.id):
        return f"a run of it is going on since {since}"
    kept = [path for path in _folders(settings.id) if _is_kept(path, today)]
    return f"somebody works on it: steps of a run of today are kept ({relative(kept[-1])})" if kept else ""


def _going_on(product: str) -> str:
    """When the run that is going on began. A lock that can be had was left by a process that was killed: in a
    container whose name nobody knows any more, or under a number that another process has now."""
    if since := running_since(product):
        with suppress(Locked), product_lock(product):
            return ""
    return since


def _is_kept(folder: Path, today: dt.date) -> bool:
    """Whether it holds steps that were run alone on that day: the next run goes on from there on the same day only."""
    content = _manifest(folder)
    if content.get("state") not in ALONE:
        return False
    return dt.datetime.fromisoformat(content["started_at"]).astimezone().date() == today


def _broken(product: str, day: dt.date) -> list[str]:
    left = [path for path in _folders(product) if (content := _manifest(path)).get("state") not in ALONE
            and content.get("as_of", str(day)) == str(day)]
    return [f"a run of it broke off or failed ({relative(left[-1])})"] if left else []


def _folders(product: str) -> list[Path]:
    place = RUNS / product
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def _manifest(folder: Path) -> dict:
    """What a run says of itself; nothing where it ended before it could."""
    with suppress(OSError, ValueError):
        return _read(folder / "pages" / FILE)
    return {}


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
