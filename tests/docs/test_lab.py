"""Restart and run all, as JupyterLab does it: a real server, a fresh kernel a notebook, every cell, nothing given."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from jupyter_client import BlockingKernelClient

from lib.paths import NOTEBOOKS, ROOT
from lib.run.order import STEPS

pytestmark = pytest.mark.full


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


class Lab:
    """JupyterLab's server over a folder; kernels start where it starts them, beside their notebook."""

    def __init__(self, folder: Path, workspace: Path, scratch: Path, *options: str):
        self.runtime = scratch / f"runtime-{folder.name}"
        places = {"SEGMENTS_ROOT": str(workspace), "JUPYTER_RUNTIME_DIR": str(self.runtime),
                  "JUPYTER_CONFIG_DIR": str(scratch), "IPYTHONDIR": str(scratch)}
        command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
                   f"--port={free_port()}", "--IdentityProvider.token=t", f"--ServerApp.root_dir={folder}", *options]
        self.process = subprocess.Popen(command, env={**os.environ, **places}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = self.when_up(time.monotonic() + 120)

    def when_up(self, until: float) -> str:
        """The address, once the server answers there."""
        while time.monotonic() < until and self.process.poll() is None:
            time.sleep(0.5)
            for file in self.runtime.glob("jpserver-*.json"):
                self.url = f"http://127.0.0.1:{json.loads(file.read_text())['port']}"
                with contextlib.suppress(OSError):
                    self.ask("status")
                    return self.url
        raise AssertionError("JupyterLab did not start")

    def ask(self, path: str, content: dict | None = None) -> dict:
        request = urllib.request.Request(f"{self.url}/api/{path}", json.dumps(content).encode() if content else None,
                                         {"Authorization": "token t", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def run_all(self, path: str) -> list[dict]:
        """Every output of the notebook's cells, in order; fails at the first error."""
        session = self.ask("sessions", {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}})
        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{session['kernel']['id']}.json"))
        client.load_connection_file()
        client.start_channels(hb=False)  # a heart that beats late on a busy machine is no dead kernel
        client.wait_for_ready(timeout=120)
        try:
            book = self.ask(f"contents/{path}")["content"]
            code = [c["source"] for c in book["cells"] if c["cell_type"] == "code"]
            return [output for source in code for output in run(client, source)]
        finally:
            client.shutdown()
            client.stop_channels()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


def run(client: BlockingKernelClient, source: str) -> list[dict]:
    asked, shown, until = client.execute(source), [], time.monotonic() + 900
    while time.monotonic() < until:
        try:
            message = client.get_iopub_msg(timeout=30)
        except queue.Empty:
            continue
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        assert kind != "error", f"{source[:200]}\n{content['ename']}: {content['evalue']}"
        if kind in ("display_data", "execute_result"):
            shown.append(content["data"])
        if kind == "status" and content["execution_state"] == "idle":
            return shown
    raise AssertionError(f"no end of {source[:80]}")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """A small sample in a workspace of its own, with the notebooks as they are committed."""
    folder = tmp_path_factory.mktemp("lab") / "space"
    subprocess.run([sys.executable, ROOT / "scripts/make_sample.py", "--out", folder, "--size", "ci"], check=True,
                   capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    (folder / "notebooks").mkdir(exist_ok=True)
    for path in NOTEBOOKS.glob("*.ipynb"):
        (folder / "notebooks" / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize(("below", "steps"), [("", STEPS), ("notebooks", STEPS[:1])],
                         ids=["root", "notebooks"])
def test_restart_and_run_all(workspace, tmp_path, below, steps):
    """From the root all six, one after the other; from notebooks/ the first, which reads raw files."""
    lab = Lab(workspace / below, workspace, tmp_path)
    try:
        for step in steps:
            outputs = lab.run_all(f"{step}.ipynb" if below else f"notebooks/{step}.ipynb")
            kinds = {kind for data in outputs for kind in data}
            assert "text/html" in kinds and len(outputs) >= 12, step
            sliders = "application/vnd.jupyter.widget-view+json" in kinds
            assert sliders == (step == STEPS[4])
            tables = [data["text/html"] for data in outputs if "<table>" in str(data.get("text/html"))]
            assert tables and all("<caption>" in t or "dataframe" in t for t in tables)
    finally:
        lab.stop()
    assert all(nbformat.read(p, as_version=4) for p in (workspace / "notebooks").glob("*.ipynb"))
