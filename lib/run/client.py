"""papermill's client, which gives up on a kernel that no longer answers, and on a notebook that prints without end.

And what jupyter_client asks a kernel at its start, without waiting for what does not come.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from queue import Empty

import nbformat
import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.log import logger

from lib.run.folder import write_whole
from lib.run.outcome import FAILED, Stopped

ENGINE = "segments"
LARGEST = 50_000_000  # [ours] bytes of an executed notebook: its pages and figures are some hundred thousand
IDLE = "idle"
SHOWN = "the executed notebook shows the cell"
RETRY = 5  # milliseconds
SILENT = 60  # [ours] looks, one a second, at which no heartbeat was heard; a busy kernel beats, too: a thread does it


class Questions(AsyncKernelClient):
    """The channels to a kernel, asked for at ``client_factory`` of jupyter_client's manager of kernels."""

    def start_channels(self, *which, **options) -> None:
        """As jupyter_client's, whose sockets try a kernel that is not there yet again after a tenth of a second."""
        self.context.setsockopt(zmq.RECONNECT_IVL, RETRY)
        super().start_channels(*which, **options)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """As jupyter_client's, which in the end listens a fifth of a second whether the kernel says something more:
        here the kernel says that it has done with the question. Raises RuntimeError."""
        end = float("inf") if timeout is None else time.monotonic() + timeout
        while not await self._answered(self.kernel_info()):
            if not await self._async_is_alive():
                raise RuntimeError("the kernel died before it answered")
            if time.monotonic() > end:
                raise RuntimeError(f"the kernel did not answer in {timeout:.0f} seconds")

    async def _answered(self, question: str) -> bool:
        """Whether the kernel answered it, and is heard on the channel of its outputs: until that is connected, all that
        is said there is lost."""
        try:
            answer = await self._to(question, self.shell_channel, "kernel_info_reply", patience=1)
            state = ""
            while state != IDLE:
                said = await self._to(question, self.iopub_channel, "status", patience=.2)
                state = said["content"]["execution_state"]
        except Empty:
            return False
        self._handle_kernel_info_reply(answer)
        return True

    async def _to(self, question: str, channel, kind: str, patience: float) -> dict:
        """The next message of the kind that answers the question. Raises Empty when none comes for so many seconds."""
        while True:
            said = await channel.get_msg(timeout=patience)
            if said["parent_header"].get("msg_id") == question and said["msg_type"] == kind:
                return said


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
        self.fault = Stopped(FAILED, "TooMuch", f"it printed more than {LARGEST // 10**6} MB, which no page can hold",
                             f"print less; {SHOWN}")
        return None

    async def _async_check_alive(self) -> None:
        """Each second of a cell; nbclient gives up on the kernel when this raises."""
        await super()._async_check_alive()
        self.silent = 0 if self.kc.hb_channel.is_beating() else self.silent + 1
        if self.silent > SILENT:
            self.fault = Stopped(FAILED, "Silent", f"the kernel did not answer for {SILENT} s: it is frozen",
                                 f"run it again; {SHOWN}")
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
