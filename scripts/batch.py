"""`make bench ONLY=batch`: what the batch itself costs, against the command lines of papermill and nbconvert.

    python scripts/batch.py --products 20 200

The notebooks are small ones with real imports, a k-means and two pictures each, so that what is not content shows. The
content alone is the same cells run by exec in one process. Overhead is wall time times workers, less the content.
The share of the exporter is measured on the six real notebooks of the sample. Prints ratios of one run, and the bars of
the project's plan; a missed one is printed as missed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
COMMAND_LINES = 2  # products that the command lines run: each takes half a minute
WARM, COLD, WHOLE, EXPORT = 0.08, 0.40, 2.0, 0.05  # the bars
GROWTH = 1.15  # [ours] of the time a product, and of the memory, from few products to many: more is not flat
IMPORTS = "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\nfrom sklearn.cluster import KMeans"
WORK = ("rng = np.random.default_rng(0)\nx = pd.DataFrame(rng.normal(size=(20_000, 6)))\n"
        "groups = KMeans(5, n_init=5, random_state=0).fit_predict(x)\nlen(x)")
PICTURE = "plt.scatter(x[{0}], x[{1}], c=groups, s=2)\nplt.show()"


def main() -> int:
    """Exit code 0 when every bar is kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, nargs="+", default=[20, 200], metavar="N")
    parser.add_argument("--content", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.content:
        return content(Path(options.content))
    few, *more = sorted(options.products)
    with tempfile.TemporaryDirectory(prefix="segments-batch-") as folder:
        kept, base = against_command_lines(Path(folder), few)
        kept += [grows(Path(folder), few, many, base) for many in more]
        kept.append(export(Path(folder) / "real"))
    return int(not all(kept))


def workspace(root: Path, products: int):
    """A workspace with so many products and six small notebooks."""
    import nbformat

    from tests.run.conftest import READINESS, SETUP, Workspace, light

    space = Workspace(root)
    (root / "products/acme.yml").unlink()
    for number in range(products):
        space.add_product(f"p{number:03d}")
    cells = (IMPORTS, WORK, PICTURE.format(0, 1), PICTURE.format(2, 3))
    space.readiness(READINESS, *cells)
    for path in sorted((root / "notebooks").glob("0[2-6]*.ipynb")):
        nbformat.write(light(SETUP, *cells), path)
    return space


def against_command_lines(folder: Path, products: int) -> tuple[list[bool], dict]:
    """Bar 1: warm and cold batch, and the command lines, over the same notebooks."""
    base = batch(workspace(folder / "warm", products))
    cold = batch(workspace(folder / "cold", products), "--cold")
    space = workspace(folder / "lines", products)
    alone, workers = content_of(space) / products, min(WORKERS, products)
    lines = statistics.mean(command_lines(space, f"p{n:03d}") for n in range(min(products, COMMAND_LINES))) - alone
    over = {name: b["seconds"] * workers / products - alone for name, b in (("warm", base), ("cold", cold))}
    print(f"content alone {alone:.2f} s a product; over it: command lines {lines:.1f} s, warm {over['warm']:.1f} s, "
          f"cold {over['cold']:.1f} s ({products} products, {workers} workers; command lines on "
          f"{min(products, COMMAND_LINES)})", flush=True)
    whole = base["seconds"] / (alone * products / workers)
    return [judged("warm overhead / that of the command lines", over["warm"] / lines, WARM),
            judged("cold overhead / that of the command lines", over["cold"] / lines, COLD),
            judged(f"whole warm batch / its content on {workers} workers", whole, WHOLE)], base


def grows(folder: Path, few: int, many: int, base: dict) -> bool:
    """Bar 10: time a product, and memory, do not grow with the number of products."""
    large = batch(workspace(folder / f"many{many}", many))
    seconds = (large["seconds"] / many) / (base["seconds"] / few)
    memory = {what: large[what] / base[what] for what in ("supervisor", "all")}
    print(f"{few} and {many} products: the supervisor held at most {base['supervisor']:.0f} and "
          f"{large['supervisor']:.0f} MB, all processes {base['all']:.0f} and {large['all']:.0f} MB", flush=True)
    return all([judged(f"time a product at {many} / at {few}", seconds, GROWTH),
                judged("memory of the supervisor, likewise", memory["supervisor"], GROWTH),
                judged("memory of all processes, likewise", memory["all"], GROWTH)])


def export(root: Path) -> bool:
    """Bar 3: the page of a finished notebook against its run, over the six real ones of the sample."""
    import nbformat

    from lib.report.exporter import export_notebook

    for name in ("products", "notebooks", "data/sample"):
        shutil.copytree(ROOT / name, root / name)
    command = [sys.executable, "-m", "lib.run.commands", "run", "meals"]
    subprocess.run(command, env=os.environ | {"SEGMENTS_ROOT": str(root)}, check=True, stdout=subprocess.DEVNULL)
    [place] = root.glob("data/work/meals/*/notebooks")
    facts = {"product": "meals", "name": "Meals", "as_of": place.parent.name, "locale": "en", "currency": "EUR",
             "sample_notice": "", "parameters": {}, "versions": {}, "hidden_before": {}, "smallest_cell": 10,
             "rounding": 1, "draft": False}
    ran = exported = 0.0
    for path in sorted(place.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        ran += notebook.metadata.papermill.duration
        began = time.perf_counter()
        export_notebook(notebook, facts)
        exported += time.perf_counter() - began
    print(f"six real notebooks ran {ran:.1f} s and were exported in {exported:.2f} s", flush=True)
    return judged("export / run", exported / ran, EXPORT)


def batch(space, *arguments: str) -> dict:
    """Seconds of `segments run --all`, and the most memory (MB) of its supervisor and of all its processes."""
    seen = {"supervisor": 0.0, "all": 0.0}
    began = time.perf_counter()
    with space.start("run", "--all", "--jobs", str(WORKERS), "--json", *arguments) as command:
        watch = threading.Thread(target=_watch, args=(psutil.Process(command.pid), seen), daemon=True)
        watch.start()
        _, said = command.communicate()
    if command.returncode:
        sys.exit(f"the batch failed: {said.strip().splitlines()[-1]}")
    return {"seconds": time.perf_counter() - began, **seen}


def _watch(top: psutil.Process, seen: dict) -> None:
    """Memory, pages that several processes share counted once (by proportion), until the process ends."""
    with suppress(psutil.NoSuchProcess):
        while top.is_running() and top.status() != psutil.STATUS_ZOMBIE:
            seen["supervisor"] = max(seen["supervisor"], _held(top))
            seen["all"] = max(seen["all"], sum(_held(p) for p in (top, *top.children(recursive=True))))
            time.sleep(0.3)


def _held(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        info = process.memory_full_info()
        return getattr(info, "pss", info.rss) / 1e6
    return 0.0


def command_lines(space, product: str) -> float:
    """Seconds of papermill and nbconvert as commands, notebook after notebook of one product."""
    began = time.perf_counter()
    for path in sorted((space.root / "notebooks").glob("*.ipynb")):
        out = space.root / f"{product}-{path.name}"
        for words in (["papermill", "--no-progress-bar", "-p", "product", product, str(path), str(out)],
                      ["jupyter", "nbconvert", "--to", "html", str(out)]):
            subprocess.run([Path(sys.executable).parent / words[0], *words[1:]], cwd=space.root, check=True,
                           env=space.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def content_of(space) -> float:
    """Seconds of the same cells for every product in one process, its imports among them."""
    done = subprocess.run([sys.executable, __file__, "--content", str(space.root)], env=space.environment, check=True,
                          capture_output=True, text=True)
    return float(done.stdout.strip().splitlines()[-1])


def content(root: Path) -> int:
    began = time.perf_counter()
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from scripts.content import _cell

    for product in sorted(p.stem for p in (root / "products").glob("p*.yml") if p.stem != "playbook"):
        for path in sorted((root / "notebooks").glob("*.ipynb")):
            world = {"display": lambda *_, **__: None}
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] == "code":
                    _cell("".join(cell["source"]), world)
                    if "parameters" in cell["metadata"].get("tags", []):
                        world["product"] = product
            plt.close("all")
    print(time.perf_counter() - began)
    return 0


def judged(says: str, ratio: float, bar: float) -> bool:
    print(f"{says}: {ratio:.3g}, the bar is {bar:g}: {'kept' if ratio <= bar else 'MISSED'}", flush=True)
    return ratio <= bar


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from lib.run.supervisor import THREADS
    from scripts.bars import machine

    os.environ |= dict.fromkeys(THREADS, "1")  # as the batch does; content and command lines are given the same
    print(machine())
    sys.exit(main())
