"""A tab of a headless Chromium over its own protocol: opens a page, evaluates, presses keys. Nothing but the browser is
needed beside what JupyterLab itself brings."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import websocket

from tests.report.chromium import BROWSERS, QUIET


class Tab:
    """One tab. ``open`` starts the browser at an address; ``close`` ends it."""

    def __init__(self, profile: Path, address: str):
        program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        if program is None:
            raise AssertionError("no Chromium on this machine: `make browser` installs it")
        self.process = subprocess.Popen(
            [program, *QUIET, "--window-size=1400,1400", "--remote-debugging-port=0", "--remote-allow-origins=*",
             f"--user-data-dir={profile}", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.count, self.line = 0, self._connected(profile / "DevToolsActivePort")

    def _connected(self, ports: Path, patience: float = 60) -> websocket.WebSocket:
        until = time.monotonic() + patience
        while time.monotonic() < until:
            time.sleep(0.2)
            if not ports.is_file() or not (port := ports.read_text().split("\n")[0]):
                continue
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
                pages = [t for t in json.load(answer) if t["type"] == "page"]
            if pages:
                return websocket.create_connection(pages[0]["webSocketDebuggerUrl"], timeout=900)
        raise AssertionError("the browser did not answer")

    def ask(self, method: str, **parameters) -> dict:
        self.count += 1
        self.line.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while True:
            told = json.loads(self.line.recv())
            if told.get("id") == self.count:
                assert "error" not in told, told
                return told["result"]

    def js(self, expression: str):
        """The value of an expression; of a promise what it comes to."""
        found = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str, patience: float = 300):
        """The value of an expression once it is true."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if value := self.js(expression):
                return value
            time.sleep(0.5)
        raise AssertionError(f"never true: {expression}")

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                     windowsVirtualKeyCode={"ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35}[key])

    def close(self) -> None:
        self.line.close()
        self.process.terminate()
        self.process.wait(timeout=60)
