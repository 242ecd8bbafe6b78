"""`make bench ONLY=batch`: what the batch itself costs, against the command lines of papermill and nbconvert.

    python scripts/batch.py --products 20 200

The notebooks are small ones with real imports, a k-means and two pictures each, so that what is not content shows. The
content alone is the same cells run by exec in one process, their pictures drawn as a notebook draws them. Overhead is
wall time times workers, less the content. The share of the exporter is measured on the six real notebooks of the
sample. Prints ratios of one run, and the bars of the project's plan; a missed one is printed as missed. Beside each
ratio stands that of processor time, which a machine that has other work to do does not change. What was measured is
kept in build/bench/ until the code or the machine is another: a bench that was stopped goes on from there (--anew
begins again).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "bench" / "batch.jsonl"  # a line for each thing that was measured
WORKERS = 2
COMMAND_LINES = 2  # products that the command lines run: each takes half a minute
WARM, COLD, WHOLE, EXPORT = 0.08, 0.40, 2.0, 0.05  # the bars
LOOK = 3  # seconds between looks at the memory: each takes a tenth of one, of a processor that the batch could use
GROWTH = 1.15  # [ours] of the time a product, and of the memory, from few products to many: more is not flat
IMPORTS = "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\nfrom sklearn.cluster import KMeans"
WORK = ("rng = np.random.default_rng(0)\nx = pd.DataFrame(rng.normal(size=(20_000, 6)))\n"
        "groups = KMeans(5, n_init=5, random_state=0).fit_predict(x)\nlen(x)")
PICTURE = "plt.scatter(x[{0}], x[{1}], c=groups, s=2)\nplt.show()"


def main() -> int:
    """Exit code 0 when every bar is kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, nargs="+", default=[20, 200], metavar="N")
    parser.add_argument("--anew", action="store_true", help="measure again what an earlier bench has measured")
    parser.add_argument("--content", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.content:
        return content(Path(options.content))
    if options.anew:
        KEPT.unlink(missing_ok=True)
    few, *more = sorted(set(options.products))
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
    base = measured(f"warm {products}", lambda: batch(workspace(folder / "warm", products)))
    cold = measured(f"cold {products}", lambda: batch(workspace(folder / "cold", products), "--cold"))
    alone = measured(f"content {products}", lambda: content_of(workspace(folder / "alone", products)))
    lines = measured("command lines", lambda: command_lines(workspace(folder / "lines", COMMAND_LINES)))
    workers, each = min(WORKERS, products), {"seconds": {}, "processor": {}}
    for what, times in (("seconds", workers), ("processor", 1)):
        content = alone[what] / products
        each[what] = {"alone": content, "lines": lines[what] / COMMAND_LINES - content,
                      "warm": base[what] * times / products - content, "cold": cold[what] * times / products - content}
        print(f"{'wall' if what == 'seconds' else 'processor'} time: content alone {content:.2f} s a product; over it: "
              + ", ".join(f"{name} {each[what][name]:.1f} s" for name in ("lines", "warm", "cold")), flush=True)
    print(f"({products} products, {workers} workers; the command lines of papermill and nbconvert on {COMMAND_LINES})")
    over = {name: [each[what][name] / each[what]["lines"] for what in each] for name in ("warm", "cold")}
    whole = [base["seconds"] * workers / alone["seconds"], base["processor"] / alone["processor"]]
    return [judged("warm overhead / that of the command lines", *over["warm"], WARM),
            judged("cold overhead / that of the command lines", *over["cold"], COLD),
            judged(f"whole warm batch / its content on {workers} workers", *whole, WHOLE)], base


def grows(folder: Path, few: int, many: int, base: dict) -> bool:
    """Bar 10: time a product, and memory, do not grow with the number of products."""
    large = measured(f"warm {many}", lambda: batch(workspace(folder / f"many{many}", many)))
    grown = [(large[what] / many) / (base[what] / few) for what in ("seconds", "processor")]
    memory = {what: large[what] / base[what] for what in ("supervisor", "all")}
    print(f"{few} and {many} products: the supervisor held at most {base['supervisor']:.0f} and "
          f"{large['supervisor']:.0f} MB, all processes {base['all']:.0f} and {large['all']:.0f} MB", flush=True)
    return all([judged(f"time a product at {many} / at {few}", *grown, GROWTH),
                judged("memory of the supervisor, likewise", memory["supervisor"], None, GROWTH),
                judged("memory of all processes, likewise", memory["all"], None, GROWTH)])


def export(root: Path) -> bool:
    """Bar 3: the page of a finished notebook against its run, over the six real ones of the sample."""
    seen = measured("export", lambda: exported(root))
    print(f"six real notebooks ran {seen['ran']:.1f} s (the whole run: {seen['run processor']:.1f} s of processor) and "
          f"were exported in {seen['exported']:.2f} s ({seen['export processor']:.2f} s of processor)", flush=True)
    processor = seen["export processor"] / seen["run processor"]
    return judged("export / run", seen["exported"] / seen["ran"], processor, EXPORT)


def exported(root: Path) -> dict:
    """Seconds that the six notebooks of the sample ran, and that the exporter took for them; of processor, too."""
    import nbformat

    from lib.report.exporter import export_notebook

    for name in ("products", "notebooks", "data/sample"):
        shutil.copytree(ROOT / name, root / name)
    command = [sys.executable, "-m", "lib.run.commands", "run", "meals"]
    run = timed(lambda: subprocess.run(command, env=os.environ | {"SEGMENTS_ROOT": str(root)}, check=True,
                                       stdout=subprocess.DEVNULL))
    [place] = root.glob("data/work/meals/*/notebooks")
    facts = {"product": "meals", "name": "Meals", "as_of": place.parent.name, "locale": "en", "currency": "EUR",
             "sample_notice": "", "parameters": {}, "versions": {}, "hidden_before": {}, "smallest_cell": 10,
             "rounding": 1, "draft": False}
    found = {"ran": 0.0, "run processor": run["processor"], "exported": 0.0, "export processor": 0.0}
    for path in sorted(place.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        found["ran"] += notebook.metadata.papermill.duration
        began, used = time.perf_counter(), time.process_time()
        export_notebook(notebook, facts)
        found["exported"] += time.perf_counter() - began
        found["export processor"] += time.process_time() - used
    return found


def batch(space, *arguments: str) -> dict:
    """Seconds of `segments run --all`, of wall and of processor, and the most memory (MB) of its supervisor and of all
    its processes."""
    seen = {"supervisor": 0.0, "all": 0.0}

    def run() -> None:
        with space.start("run", "--all", "--jobs", str(WORKERS), "--json", *arguments) as command:
            threading.Thread(target=_watch, args=(psutil.Process(command.pid), seen), daemon=True).start()
            out, said = command.communicate()
        if command.returncode:
            failed = [o for o in json.loads(out or "[]") if o["exit_code"]]
            sys.exit(f"the batch failed on {len(failed)} products: " + "; ".join(
                f"{o['product']}: {o['cause']}" for o in failed[:5]) + ("" if failed else said[-500:]))

    return timed(run) | seen


def timed(work: Callable[[], None]) -> dict:
    """Seconds of the work: `seconds` of wall, and `processor` of the processes that it starts and that have ended."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": seconds, "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def measured(name: str, make: Callable[[], dict]) -> dict:
    """What was measured under that name, by this code on this machine: kept from an earlier bench, else made now."""
    from lib.run.resume import fingerprint
    from lib.store import sha256

    told = {"name": name, "code": fingerprint(), "script": sha256(Path(__file__)),
            "machine": f"{platform.node()} {psutil.cpu_count()} {psutil.virtual_memory().total}"}
    lines = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.is_file() else []
    for known in map(json.loads, lines):
        if {k: known[k] for k in told} == told:
            print(f"{name}: kept from {known['on']} (--anew measures again)", flush=True)
            return known["found"]
    found = make()
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    with KEPT.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(told | {"on": time.strftime("%Y-%m-%d %H:%M"), "found": found}) + "\n")
    return found


def _watch(top: psutil.Process, seen: dict) -> None:
    """Memory, pages that several processes share counted once (by proportion), until the process ends."""
    with suppress(psutil.NoSuchProcess):
        while top.is_running() and top.status() != psutil.STATUS_ZOMBIE:
            seen["supervisor"] = max(seen["supervisor"], _held(top))
            seen["all"] = max(seen["all"], sum(_held(p) for p in (top, *top.children(recursive=True))))
            time.sleep(LOOK)


def _held(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        info = process.memory_full_info()
        return getattr(info, "pss", info.rss) / 1e6
    return 0.0


def command_lines(space) -> dict:
    """Papermill and nbconvert as commands, notebook after notebook, of every product: `timed`."""
    def run() -> None:
        for product in sorted(p.stem for p in (space.root / "products").glob("p[0-9]*.yml")):
            for path in sorted((space.root / "notebooks").glob("0*.ipynb")):
                out = space.root / f"{product}-{path.name}"
                for words in (["papermill", "--no-progress-bar", "-p", "product", product, str(path), str(out)],
                              ["jupyter", "nbconvert", "--to", "html", str(out)]):
                    subprocess.run([Path(sys.executable).parent / words[0], *words[1:]], cwd=space.root, check=True,
                                   env=space.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return timed(run)


def content_of(space) -> dict:
    """Seconds of the same cells for every product in one process, its imports among them; of wall and of processor."""
    done = subprocess.run([sys.executable, __file__, "--content", str(space.root)], env=space.environment, check=True,
                          capture_output=True, text=True)
    seconds, processor = map(float, done.stdout.strip().splitlines()[-1].split())
    return {"seconds": seconds, "processor": processor}


def content(root: Path) -> int:
    began, used = time.perf_counter(), time.process_time()
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
                    for number in plt.get_fignums():
                        plt.figure(number).savefig(io.BytesIO(), format="png", bbox_inches="tight")
                    plt.close("all")
                    if "parameters" in cell["metadata"].get("tags", []):
                        world["product"] = product
    print(time.perf_counter() - began, time.process_time() - used)
    return 0


def judged(says: str, ratio: float, processor: float | None, bar: float) -> bool:
    """Whether the bar is kept by wall time; what processor time says stands beside it."""
    beside = "" if processor is None else f" (by processor time {processor:.3g})"
    print(f"{says}: {ratio:.3g}{beside}, the bar is {bar:g}: {'kept' if ratio <= bar else 'MISSED'}", flush=True)
    return ratio <= bar


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from lib.run.supervisor import THREADS
    from scripts.bars import machine

    os.environ |= dict.fromkeys(THREADS, "1")  # as the batch does; content and command lines are given the same
    print(machine())
    sys.exit(main())
