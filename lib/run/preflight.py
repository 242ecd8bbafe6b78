"""What must hold before anything is started: kernels, fonts, room on the disk, inputs and folders that can be used."""

from __future__ import annotations

import errno
import importlib
import importlib.util
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import zmq

from lib.contracts import UserError
from lib.paths import REPORTS, WORK
from lib.product import Product, load_product
from lib.run.folder import RUNS
from lib.run.kernel import ANEW
from lib.run.order import Order
from lib.run.outcome import TEMPORARY, Outcome, Stopped, as_stopped
from lib.scratch import PREFIX
from lib.settings import relative
from lib.sources import input_files

TIMES = 3  # what a run writes at most, times its inputs: text, typed and finished side by side (reliability.md R9)
LEAST = 200_000_000  # [ours] bytes of a run with small inputs: notebooks, pages, features
KERNEL = "ipykernel.kernelapp"
ROOM = "segments purge --all, or make room"
INPUTS = "read permission for whoever runs this"
SOCKET = f"/{PREFIX}12345678/k-99"  # how one of a kernel is called in the folder for temporary files
FONT = "mpl-data/fonts/ttf/DejaVuSans.ttf"  # of every figure (lib.report.style); some systems leave it out


def preflight(products: list[Product]) -> None:
    """Raises UserError for an input, a folder or an installation that cannot be used, Stopped when the disk has too
    little room. Leaves nothing but the folders that every run needs."""
    _refuse_incomplete()
    _refuse_too_long(tempfile.gettempdir())
    for folder in (WORK, REPORTS):
        _refuse_unwritable(folder)
    for product in products:
        _refuse_unfit(product)
    needed = max(LEAST, TIMES * sum(place.path.stat().st_size for product in products for place in _inputs(product)))
    free = shutil.disk_usage(_existing(WORK)).free
    if free < needed:
        raise Stopped(TEMPORARY, "DiskFull", f"the disk has {free / 1e9:.1f} GB free, and a run may need "
                      f"{needed / 1e9:.1f} GB", ROOM)


def fit(orders: list[Order]) -> tuple[list[Order], list[Outcome]]:
    """The orders whose product has inputs and folders that can be used, and an outcome for each of the others."""
    good, unfit = [], []
    for order in orders:
        product = load_product(order.product, as_of=order.as_of)
        try:
            _refuse_unfit(product)
            good.append(order)
        except UserError as error:
            stopped = as_stopped(error)
            unfit.append(Outcome(order.product, stopped.state, stopped.cause, stopped.fix, as_of=str(product.as_of)))
    return good, unfit


def _refuse_unfit(product: Product) -> None:
    for place in _inputs(product):
        _refuse_unreadable(place)
    _refuse_unpublishable(product)


def _refuse_incomplete() -> None:
    """An installation without what runs a notebook, or without the font that figures are written in."""
    try:
        importlib.import_module(KERNEL)  # what every kernel does first
    except Exception as error:
        raise UserError(f"no kernel can be started: {KERNEL} cannot be imported ({type(error).__name__})",
                        fix=ANEW) from None
    drawing = importlib.util.find_spec("matplotlib")
    if drawing is None or not (Path(drawing.origin).parent / FONT).is_file():
        raise UserError("figures could not be labelled: matplotlib's font DejaVu Sans is missing", fix=ANEW)


def _refuse_too_long(temporary: str) -> None:
    """A folder for temporary files in which no kernel could open its sockets."""
    most = zmq.IPC_PATH_MAX_LEN - len(SOCKET)
    if (length := len(os.fsencode(temporary))) > most:
        raise UserError(f"the name of the folder for temporary files is too long for a kernel: {length} characters, "
                        f"where this system allows {most}", where="TMPDIR", fix="TMPDIR=/tmp, or another short one")


def _inputs(product: Product) -> list:
    """The files of its sources; a file that is missing is step 1's to tell, with what it belongs to."""
    try:
        return input_files(product) or []
    except UserError:
        return []


def _refuse_unreadable(place) -> None:
    try:
        place.path.open("rb").close()
    except FileNotFoundError:
        raise UserError("there is no such file", where=place.shown,
                        fix="put it there, or correct its path in the product file") from None
    except OSError as error:
        raise UserError(f"the file cannot be read ({os.strerror(error.errno)})", where=place.shown,
                        fix=INPUTS) from None


def _refuse_unwritable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Stopped(TEMPORARY, "DiskFull", f"the folder {folder.name} cannot be written "
                          f"({os.strerror(error.errno)})", ROOM) from None
        raise UserError(f"the folder cannot be written ({os.strerror(error.errno)})", where=folder.name,
                        fix="permission to write, and a disk that is not read-only") from None


def _refuse_unpublishable(product: Product) -> None:
    """Publishing moves folders: all of a product's own must be this user's, and on one file system."""
    runs = _existing(RUNS / product.id)
    for top in (WORK, REPORTS):
        published = top / product.id / product.as_of.isoformat()
        for folder in (runs, *(p for p in (published, published.parent) if p.exists())):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise UserError(f"{product.id} cannot be published: the folder cannot be written",
                                where=relative(folder), fix="permission to write for whoever runs this")
        if _is_apart(runs, _existing(published)):
            raise UserError(f"{product.id} cannot be published: that moves folders, and these are on two file systems",
                            where=f"{relative(runs)} and {relative(_existing(published))}",
                            fix="reports/ and data/, with all below them, on one file system")


def _is_apart(one: Path, other: Path) -> bool:
    """Whether nothing can be moved from one folder to the other. One disk may be mounted twice, which only an attempt
    tells: it is refused before anybody looks whether what is to be moved is there."""
    nothing = f".{secrets.token_hex(16)}"
    try:
        os.rename(one / nothing, other / nothing)
    except OSError as error:
        return error.errno == errno.EXDEV or one.stat().st_dev != other.stat().st_dev
    return False


def _existing(folder: Path) -> Path:
    return next(p for p in (folder, *folder.parents) if p.exists())
