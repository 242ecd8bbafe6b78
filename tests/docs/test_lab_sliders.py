"""The sliders of notebook 05 in JupyterLab, in a real browser: they are drawn, and moving one changes what is said."""

import asyncio
import contextlib
import itertools
import json
import shutil
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest
from tornado.websocket import websocket_connect

from lib.paths import ROOT
from tests.docs.test_lab import Lab
from tests.report.chromium import BROWSERS, QUIET

pytestmark = pytest.mark.full

CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}  # else JupyterLab asks which
EXPLORED = """
from lib.report.numbers import Format
from lib.report.what_if import explore
from tests.report.test_plan_blocks import BUDGET, SEGMENTS
from tests.report.test_what_if import SCAN, TARGETS

def replan(facts, *, weights, capacity):
    return TARGETS.assign(role=["target" if weights["size"] <= 60 else "keep", "not now"]), BUDGET

explore(replan, {"facts": SEGMENTS}, SCAN, TARGETS, {"size": 60.0, "value": 40.0}, 200, Format())
"""
SEGMENTS_SLIDER, SIZE_SLIDER = 0, 2  # in the order of the page: segments, contacts, then the weights
HANDLES = "document.querySelectorAll('.jp-OutputArea .widget-hslider .noUi-handle')"
SAID = "[...document.querySelectorAll('.jp-OutputArea .widget-html')].map(n => n.innerText).join(' ')"
RUN = """(async () => { const lab = window.jupyterapp; await lab.restored;
    await lab.commands.execute('docmanager:open', {path: 'what_if.ipynb', factory: 'Notebook'});
    await lab.shell.currentWidget.context.sessionContext.ready;
    await lab.commands.execute('notebook:run-all-cells'); return 'run' })()"""
KEY = {"key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39}


class Page:
    """A page of a headless Chromium, driven over its debugging protocol."""

    def __init__(self, connection):
        self.connection, self.numbers = connection, itertools.count(1)

    async def ask(self, method: str, **given) -> dict:
        number = next(self.numbers)
        await self.connection.write_message(json.dumps({"id": number, "method": method, "params": given}))
        while True:
            said = json.loads(await asyncio.wait_for(self.connection.read_message(), 120))
            if said.get("id") == number:
                assert "error" not in said, said
                return said["result"]

    async def value(self, script: str):
        """What a script gives; a promise is waited for."""
        found = await self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, script: str, holds, seconds: float = 90):
        """The value of a script, once it is what it should be; the last one after so many seconds."""
        end = time.monotonic() + seconds
        while not holds(value := await self.value(script)) and time.monotonic() < end:
            await asyncio.sleep(0.3)
        return value

    async def press(self, slider: int) -> None:
        """Press the right arrow on a slider, as somebody does who uses the keyboard."""
        await self.value(f"{HANDLES}[{slider}].focus()")
        for kind in ("keyDown", "keyUp"):
            await self.ask("Input.dispatchKeyEvent", type=kind, **KEY)


@contextlib.contextmanager
def chromium(profile: Path, url: str):
    """The debugging address of a page that shows this url, while its browser runs."""
    command = [CHROMIUM, *QUIET, "--window-size=1400,1400", f"--user-data-dir={profile}", "--remote-debugging-port=0",
               url]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield _address(profile / "DevToolsActivePort", time.monotonic() + 60)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(file: Path, until: float) -> str:
    while time.monotonic() < until:
        with contextlib.suppress(OSError, StopIteration, IndexError):
            port = file.read_text(encoding="utf-8").split()[0]
            pages = json.loads(urlopen(f"http://127.0.0.1:{port}/json", timeout=10).read())
            return next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")
        time.sleep(0.3)
    raise AssertionError("the browser did not start")


async def moved(address: str) -> dict:
    """How many sliders are drawn, and what stands below: at first, for more segments, for other weights."""
    page = Page(await websocket_connect(address))
    await page.until("typeof window.jupyterapp", lambda kind: kind == "object")
    assert await page.value(RUN) == "run"
    said = {"drawn": await page.until(f"{HANDLES}.length", lambda n: n == 4)}
    said["first"] = await page.until(SAID, lambda text: "stay as planned" in text)
    await page.press(SEGMENTS_SLIDER)
    said["segments"] = await page.until(SAID, lambda text: "If there were 3 segments" in text)
    await page.press(SIZE_SLIDER)
    said["size"] = await page.until(SAID, lambda text: "No longer a target" in text)
    return said


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_slider_moved_in_the_browser_changes_what_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    folder = tmp_path / "space"
    folder.mkdir()
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(EXPLORED)], metadata={"kernelspec": KERNEL})
    nbformat.write(book, folder / "what_if.ipynb")
    lab = Lab(folder, ROOT, tmp_path, "--LabApp.expose_app_in_browser=True")
    try:
        with chromium(tmp_path / "profile", f"{lab.url}/lab?token=t&reset") as address:
            said = asyncio.run(moved(address))
    finally:
        lab.stop()
    assert said["drawn"] == 4
    assert "If there were 2 segments" in said["first"] and "The targets stay as planned" in said["first"]
    assert "If there were 3 segments" in said["segments"] and "The targets stay as planned" in said["segments"]
    assert "No longer a target: Alpha." in said["size"]
