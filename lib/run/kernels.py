"""Where kernels come from: forked from the warm parent, or started the ordinary way when that cannot be relied on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import EntryPoint

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from lib.run import kernel
from lib.run.forking import Cold
from lib.run.warm import WarmParent

NAME = "segments"
SOON = 1.0  # seconds in which a kernel ends that is asked to


class Kernels:
    """How this process starts kernels: warm while nothing speaks against it; once cold, cold to the end."""

    def __init__(self):
        self.parent: WarmParent | None = None
        self.reason, self._say = "", print

    def use(self, parent: WarmParent | str, say: Callable[[str], None]) -> None:
        """Fork kernels from the warm parent, or start them cold for the reason given, which is said."""
        self._say = say
        factory = KernelProvisionerFactory.instance()
        factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:Provisioner", factory.GROUP_NAME)
        factory.default_provisioner_name = NAME
        if isinstance(parent, str):
            self.fall_back(parent)
        else:
            self.parent = parent

    def fall_back(self, reason: str) -> None:
        """From now on kernels start cold; the first reason is said and kept."""
        if not self.reason:
            self.reason = reason
            self._say(reason)
        self.close()

    def close(self) -> None:
        """End the warm parent, if there is one."""
        if self.parent:
            self.parent.close()
            self.parent = None

    def facts(self) -> dict:
        """For the manifest."""
        return {"warm": self.parent is not None, "reason": self.reason}


KERNELS = Kernels()


class Provisioner(LocalProvisioner):
    """Starts a kernel as a fork of the warm parent; in any doubt as a new interpreter."""

    async def launch_kernel(self, cmd: list[str], **kwargs):
        if KERNELS.parent is None:
            return await self._launch_cold(cmd, **kwargs)
        place = kwargs.get("cwd") or os.getcwd()
        try:
            self.process = KERNELS.parent.kernel(cmd, kwargs["env"], place)
        except Cold as cold:
            KERNELS.fall_back(str(cold))
            return await self._launch_cold(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = place
        return self.connection_info

    async def _launch_cold(self, cmd: list[str], **kwargs):
        arguments = kernel.ours(cmd)
        command = cmd if arguments is None else [sys.executable, "-m", kernel.__name__, *arguments]
        return await super().launch_kernel(command, **kwargs)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Notice its end when it comes: jupyter_client looks every tenth of a second."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(SOON)
