"""One notebook: its declared parameters, its execution through papermill, and the proof that it succeeded."""

from __future__ import annotations

import ast
import math
import os
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from lib.contracts import ContractError, UserError
from lib.paths import ROOT
from lib.report.blocks import MIME
from lib.run.client import ENGINE, LARGEST, SHOWN, Questions
from lib.run.folder import write_whole
from lib.run.kernel import ANEW
from lib.run.kernels import KERNELS
from lib.run.outcome import FAILED, SAY_THEMSELVES, Stopped, one_line, state_of, unexpected, without_values
from lib.settings import nearest, relative
from lib.store import manifest_of, sha256, told_of

ALWAYS = ("product", "as_of")  # what every notebook is given
TRY = "try"  # tag of cells in which people change a value and look
KERNEL = "python3"  # always this interpreter's own: see supervisor.environment
NUMBER = {"int": re.compile(r"[+-]?[0-9]{1,18}"), "float": re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")}
FRAME = re.compile(r"(?:\x1b\[[\d;]*m)*(?:File|Cell) ")  # begins the parts of a traceback that hold places and code
START_TIMEOUT = 60  # seconds for a kernel to answer
UNSTARTED = f"{ANEW}, or fewer --jobs on a busy machine; worker.log beside its run folder says why"


def declared(notebook: Path) -> dict[str, str]:
    """The notebook's parameters and the type that each declares.

    UserError when the notebook is not there, or when papermill would not see `product` and `as_of`: it skips a
    line that it cannot read (one with a second `=`, for instance), and the default would be used in silence.
    """
    if not notebook.is_file():
        raise UserError("the notebook is missing", where=relative(notebook))
    seen = papermill.inspect_notebook(_literal(notebook))
    known = {name: parameter["inferred_type_name"].strip() for name, parameter in seen.items()}
    if lacking := [name for name in ALWAYS if name not in known]:
        raise UserError(f"its cell of parameters does not declare {' and '.join(lacking)} in a way papermill can read",
                        where=relative(notebook), fix='one a line: name: type = value  # help, with no other "="')
    return known


def typed(given: dict[str, str], known: dict[str, str]) -> dict:
    """Values from the command line in their declared types. UserError for an unknown name or a wrong type."""
    for name in given:
        if name not in known:
            raise UserError(f"no notebook has a parameter {name[:60]!r}{nearest(name, known)}",
                            fix=f"one of: {', '.join(sorted(known))}")
    return {name: _typed(name, text, known[name]) for name, text in given.items()}


def to_run(notebook: Path) -> nbformat.NotebookNode:
    """The notebook without what is for people who explore: cells tagged `try` are in no batch, and on no page."""
    book = nbformat.read(notebook, as_version=4)
    book.cells = [cell for cell in book.cells if TRY not in cell.metadata.get("tags", [])]
    return book


def execute(notebook: Path, target: Path, parameters: dict, *, timeout: int, on_cell: Callable[[int], None],
            sockets: Path) -> None:
    """Run a notebook into `target`. Raises Stopped with the state, the kind of error and its cause.

    A kernel that does not start is tried once more; an error in a cell never is.
    """
    for last in (False, True):
        begun: list[int] = []

        def started(cell, cell_index, begun=begun):
            begun.append(cell_index)
            on_cell(cell_index)

        try:
            _execute(notebook, target, parameters, timeout, started, sockets)
            return
        except Exception as error:
            if begun or last or not isinstance(error, RuntimeError):
                if isinstance(error, PapermillExecutionError):
                    _leave_out_values(target)
                raise _stopped(error, timeout, bool(begun)) from error
            if KERNELS.parent:
                KERNELS.fall_back("a kernel forked from the warm parent did not answer")


def prove(target: Path, run_id: str, artefacts: Path) -> dict:
    """The closing block of a notebook that ran to its end and wrote what it says, else Stopped.

    papermill's own status cannot tell success from a dead kernel or from sys.exit: every code cell must have
    started and not raised, the last must show this run's closing, and each artefact must match its hash.
    """
    if target.stat().st_size > LARGEST:
        raise _unproved(f"it printed more than {LARGEST // 10**6} MB, which no page can hold")
    cells = [c for c in nbformat.read(target, as_version=4).cells if c.cell_type == "code"]
    for number, cell in enumerate(cells, 1):
        run = cell.metadata.get("papermill", {})
        if run.get("exception") is not False or not run.get("start_time"):
            raise _unproved(f"cell {number} of {len(cells)} did not run to its end")
    closing = _closing(cells[-1]) if cells else None
    if closing is None or closing.get("run") != run_id:
        raise _unproved("its last cell did not show the closing of this run")
    for name in closing["wrote"]:
        _prove_artefact(name, artefacts)
    for name in closing.get("exported", ()):
        _prove_file(manifest_of(artefacts / "audiences" / name))
    return closing


def prove_all(artefacts: Path) -> None:
    """Raises Stopped when a file of any step is no longer as its manifest says: a later cell may have touched it."""
    for manifest in sorted(artefacts.rglob("*.manifest.json")):
        _prove_file(manifest)


def warnings_of(target: Path) -> dict[str, int]:
    """How often each category of warning was printed. Texts stay in the executed notebook: they may hold values."""
    text = "".join(o.text for c in nbformat.read(target, as_version=4).cells for o in c.get("outputs", [])
                   if o.output_type == "stream" and o.name == "stderr")
    found = [word.rstrip(":") for word in text.split() if word.endswith("Warning:")]
    return {category: found.count(category) for category in sorted(set(found))}


def _execute(notebook, target, parameters, timeout, started, sockets) -> None:
    config = {"transport": "ipc", "ip": str(sockets / "k")}  # no ports: two runs cannot take each other's
    source = sockets / notebook.name
    write_whole(source, nbformat.writes(to_run(notebook)))
    from traitlets.config import Config

    papermill.execute_notebook(
        _literal(source), _literal(target), parameters, engine_name=ENGINE, kernel_name=KERNEL, progress_bar=False,
        cwd=str(ROOT), start_timeout=START_TIMEOUT, execution_timeout=timeout, on_cell_start=started,
        request_save_on_cell_execute=False, broken_to=target,  # not before and after every cell: once, at its end
        config=Config({"AsyncKernelManager": {**config, "client_factory": Questions}}))


def _leave_out_values(target: Path) -> None:
    """The notebook that failed stays for whoever mends it, without the values that its error quotes."""
    book = nbformat.read(target, as_version=4)
    for error in (o for c in book.cells for o in c.get("outputs", []) if o.output_type == "error"):
        if error.ename not in SAY_THEMSELVES:
            error.evalue = without_values(error.evalue)
            error.traceback = [p if FRAME.match(p) else without_values(p) for p in error.traceback]
    write_whole(target, nbformat.writes(book))


def _literal(path: Path) -> str:
    """papermill formats paths with the parameters: braces in a folder's name must stay braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _stopped(error: Exception, timeout: int, begun: bool) -> Stopped:
    if isinstance(error, Stopped):
        return error
    if isinstance(error, RuntimeError) and not begun:
        return Stopped(FAILED, "NoKernel", f"no kernel could be started: {error}", UNSTARTED)
    if isinstance(error, PapermillExecutionError):
        if error.ename == "SystemExit":
            return Stopped(FAILED, "SystemExit", "a cell ended the notebook with sys.exit",
                           "raise Refused or UserError there, which say why")
        if error.ename in SAY_THEMSELVES:
            return Stopped(state_of(error.ename, error.evalue), error.ename, error.evalue)
        return unexpected(error.ename, error.evalue)
    if isinstance(error, CellTimeoutError):
        return Stopped(FAILED, "Timeout", f"a cell ran longer than {timeout} s",
                       f"--cell-timeout allows more, a smaller base takes less; {SHOWN}")
    if isinstance(error, DeadKernelError):
        return Stopped(FAILED, "DeadKernel", "the kernel died: it was killed, or memory ran out",
                       f"fewer --jobs at once, a larger machine or a smaller base; {SHOWN}")
    return unexpected(type(error).__name__, one_line(str(error)))


def _closing(cell) -> dict | None:
    shown = [o.data[MIME] for o in cell.outputs if "data" in o and MIME in o.data]
    return shown[-1] if shown and shown[-1].get("kind") == "closing" else None


def _prove_artefact(name: str, artefacts: Path) -> None:
    manifests = sorted(artefacts.glob(f"{name}.*.manifest.json"))
    if not manifests:
        raise _unproved(f"it says that it wrote {name}, which is not there")
    for manifest in manifests:
        _prove_file(manifest)


def _prove_file(manifest: Path) -> None:
    path = manifest.with_name(manifest.name.removesuffix(".manifest.json"))
    if not manifest.is_file() or not path.is_file():
        raise _unproved(f"it says that it wrote {path.name}, which is not there")
    try:
        promised = told_of(path)["sha256"]
    except ContractError as error:
        raise _unproved(str(error)) from None
    if os.path.getsize(path) == 0 or sha256(path) != promised:
        raise _unproved(f"{path.name} does not match the hash in its manifest")


def _unproved(reason: str) -> Stopped:
    return Stopped(FAILED, "NotProved", f"success is not proved: {reason}")


def _number(text: str, kind: str) -> int | float:
    """A number as one writes it: `1_000`, other digits than 0-9, and infinities are none."""
    if not NUMBER[kind].fullmatch(text) or not math.isfinite(value := {"int": int, "float": float}[kind](text)):
        raise ValueError(text)
    return value


def _typed(name: str, text: str, kind: str):
    if kind in ("str", "None", ""):
        return text
    words = {"true": True, "false": False}
    try:
        if kind == "bool":
            return words[text.lower()]
        if kind in ("int", "float"):
            return _number(text, kind)
        return ast.literal_eval(text)
    except (ValueError, KeyError, SyntaxError):
        raise UserError(f"parameter {name}: {text[:60]!r} is no {kind}") from None
