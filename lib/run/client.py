"""papermill's client, which gives up on a kernel that no longer answers, and on a notebook that prints without end."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import nbformat
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.log import logger

from lib.run.folder import write_whole
from lib.run.outcome import FAILED, Stopped

ENGINE = "segments"
LARGEST = 50_000_000  # [ours] bytes of an executed notebook: its pages and figures are some hundred thousand
SILENT = 60  # [ours] looks, one a second, at which no heartbeat was heard; a busy kernel beats, too: a thread does it


class Client(PapermillNotebookClient):
    """Executes one notebook."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.printed, self.silent = 0, 0
        self.fault: Stopped | None = None

    def papermill_execute_cells(self) -> None:
        """As papermill's. Raises Stopped when it gave up, or would have at the next look."""
        try:
            super().papermill_execute_cells()
        except DeadKernelError:
            if not self.fault:
                raise
        if self.fault:
            raise self.fault

    def process_message(self, msg, cell, cell_index):
        """As papermill's, while what the notebook shows has room on a page."""
        self.printed += _size(msg["content"])
        if self.printed <= LARGEST:
            return super().process_message(msg, cell, cell_index)
        self.fault = Stopped(FAILED, "TooMuch", f"it printed more than {LARGEST // 10**6} MB, which no page can hold")
        return None

    async def _async_check_alive(self) -> None:
        """Each second of a cell; nbclient gives up on the kernel when this raises."""
        await super()._async_check_alive()
        self.silent = 0 if self.kc.hb_channel.is_beating() else self.silent + 1
        if self.silent > SILENT:
            self.fault = Stopped(FAILED, "Silent", f"the kernel did not answer for {SILENT} s: it is frozen")
        if self.fault:
            raise DeadKernelError(self.fault.cause)


class _Engine(Engine):
    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, start_timeout, execution_timeout, on_cell_start, config,
                                 broken_to: Path, **_others):
        """The executed notebook. One that is given up stands at ``broken_to``, as far as it came; papermill itself
        writes the others."""
        client = Client(nb_man, kernel_name=kernel_name, startup_timeout=start_timeout, timeout=execution_timeout,
                        on_cell_start=on_cell_start, config=config, log=logger)
        try:
            return client.execute()
        except Exception:
            with suppress(OSError):  # no room: why it was given up is worth more
                write_whole(broken_to, nbformat.writes(nb_man.nb))
            raise


papermill_engines.register(ENGINE, _Engine)


def _size(content: dict) -> int:
    """About how many bytes an output takes in the executed notebook."""
    shown = (content.get("data") or {}).values()
    return len(content.get("text") or "") + sum(len(value) for value in shown if isinstance(value, str))
