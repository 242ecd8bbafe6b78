"""What must hold before anything is started: kernels, fonts, room on the disk, inputs and folders that can be used."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from lib.contracts import UserError
from lib.paths import REPORTS, WORK
from lib.product import Product
from lib.run.kernel import ANEW
from lib.run.outcome import TEMPORARY, Stopped
from lib.sources import input_files

TIMES = 3  # what a run writes at most, times its inputs: text, typed and finished side by side (reliability.md R9)
LEAST = 200_000_000  # [ours] bytes of a run with small inputs: notebooks, pages, features
INPUTS = "read permission for whoever runs this"
FONT = "mpl-data/fonts/ttf/DejaVuSans.ttf"  # of every figure (lib.report.style); some systems leave it out


def preflight(products: list[Product]) -> None:
    """Raises UserError for an input, a folder or an installation that cannot be used, Stopped when the disk has too
    little room."""
    _refuse_incomplete()
    inputs = [place for product in products for place in _inputs(product)]
    for place in inputs:
        if not os.access(place.path, os.R_OK):
            raise UserError("the file cannot be read", where=place.shown, fix=INPUTS)
    for folder in (WORK, REPORTS):
        _refuse_unwritable(folder)
    needed = max(LEAST, TIMES * sum(place.path.stat().st_size for place in inputs))
    free = shutil.disk_usage(_existing(WORK)).free
    if free < needed:
        raise Stopped(TEMPORARY, "DiskFull", f"the disk has {free / 1e9:.1f} GB free, and a run may need "
                      f"{needed / 1e9:.1f} GB", "segments purge --all, or make room")


def _refuse_incomplete() -> None:
    """An installation without what runs a notebook, or without the font that figures are written in."""
    if importlib.util.find_spec("ipykernel") is None:
        raise UserError("no kernel can be started: ipykernel is not installed", fix=ANEW)
    drawing = importlib.util.find_spec("matplotlib")
    if drawing is None or not (Path(drawing.origin).parent / FONT).is_file():
        raise UserError("figures could not be labelled: matplotlib's font DejaVu Sans is missing", fix=ANEW)


def _inputs(product: Product) -> list:
    """The files of its sources; a file that is missing is step 1's to tell, with what it belongs to."""
    try:
        return input_files(product) or []
    except UserError:
        return []


def _refuse_unwritable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise UserError(f"the folder cannot be written ({os.strerror(error.errno)})", where=folder.name,
                        fix="permission to write, and a disk that is not read-only") from None


def _existing(folder: Path) -> Path:
    return next(p for p in (folder, *folder.parents) if p.exists())
