"""Whether records of consent are still those that step 2 read: looked at again before any audience is written."""

from __future__ import annotations

from pathlib import Path

from lib.contracts import Blocked
from lib.paths import ROOT
from lib.sources.reader import read

NAME = "consent"


def refuse_old_consent(settings, collected: dict, root: Path = ROOT) -> None:
    """Raises Blocked when the source of consent says something else than when it was collected, or is gone.

    ``collected`` is the document of step 2. Nothing is read for a product without such a source.
    """
    if NAME not in settings.sources:
        return
    now = read(settings.model_copy(update={"sources": {NAME: settings.sources[NAME]}}), root)
    if _prints(now.files) != _prints(collected["sources"]):
        raise Blocked("consent: the records changed after they were collected", where=f"sources.{NAME}",
                      fix=f"run step 2 again, or: segments run {settings.id}")


def _prints(files) -> set[tuple[str, str]]:
    return {(f["file"], f["sha256"]) for f in files if f["source"] == NAME}
