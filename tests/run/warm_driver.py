"""A process that does with a warm parent what a worker does, and tells as JSON what its kernels said.

Forking needs a process without threads, which pytest's is not.
"""

import ast
import json
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path

from lib.run import warm

FIGURE = """
from matplotlib import pyplot
for i in range(3):
    figure, ax = pyplot.subplots()
    ax.plot([1, 2, i])
    pyplot.show()
import pandas
pandas.DataFrame({"a": [1.5, 2], "b": ["x", "y"]})
"""
DRAWN = """
import json, os, random, sys, numpy
print(random.random(), numpy.random.random())
print(json.dumps([os.getppid(), os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()]))
"""
WORKS = """
import threading
from concurrent.futures import ProcessPoolExecutor
import numpy, pyarrow, pyarrow.compute, duckdb
from sklearn.cluster import KMeans
rows = numpy.random.default_rng(1).normal(size=(500, 3))
print(round(KMeans(3, random_state=1, n_init=2).fit(rows).inertia_, 6), round((rows @ rows.T).sum(), 6))
print(duckdb.sql("select sum(i) from range(1000000) t(i)").fetchone(), pyarrow.compute.sum(pyarrow.array([1, 2])))
with ProcessPoolExecutor(2) as pool:
    print(list(pool.map(abs, [-1, -2])))
"""


def imported() -> list[str]:
    """The statements by which the six notebooks import."""
    from lib.paths import NOTEBOOKS

    books = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(NOTEBOOKS.glob("0*.ipynb"))]
    cells = ["".join(c["source"]) for book in books for c in book["cells"] if c["cell_type"] == "code"]
    found = [node for cell in cells for node in ast.walk(ast.parse(cell))]
    return sorted({ast.unparse(node) for node in found if isinstance(node, ast.Import | ast.ImportFrom)})


def outputs(name: str, source: str) -> list:
    """What the only cell of a notebook shows."""
    import nbformat

    from lib.run.notebook import execute

    folder = Path(sys.argv[1])
    book, target = nbformat.v4.new_notebook(), folder / "out.ipynb"
    parameters = nbformat.v4.new_code_cell('product: str = ""', metadata={"tags": ["parameters"]})
    book.cells = [parameters, nbformat.v4.new_code_cell(source)]
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / f"{name}.ipynb")
    execute(folder / f"{name}.ipynb", target, {}, timeout=120, on_cell=lambda index: None, sockets=folder)
    shown = nbformat.read(target, as_version=4).cells[-1].outputs
    printed = "".join(o.text for o in shown if o.output_type == "stream")  # in one piece or several, as it happens
    return [printed, *(dict(o.data) for o in shown if o.output_type != "stream")]


def stopped(source: str) -> str:
    from lib.run.outcome import Stopped

    try:
        return f"no error: {outputs('stopped', source)}"
    except Stopped as error:
        return error.cause


def orphan(parent: warm.WarmParent) -> float:
    """Seconds until a kernel that sleeps is gone after its parent was killed."""
    kernel = parent.kernel([sys.executable, "-m", "ipykernel_launcher", "-f", str(Path(sys.argv[1]) / "c.json")],
                           dict(os.environ), sys.argv[1])
    process = os.pidfd_open(kernel.pid)
    time.sleep(1)
    os.kill(parent.pid, signal.SIGKILL)
    began = time.monotonic()
    select.select([process], [], [], 30)
    return time.monotonic() - began


def main() -> dict:
    parent = warm.start(("numpy", "pandas", "matplotlib.pyplot", "ipykernel.kernelapp", "papermill"))
    from lib.run.kernels import KERNELS

    told, said = {"pid": parent.pid}, []
    KERNELS.use(parent, said.append)
    told["warm"] = outputs("works", WORKS + FIGURE)
    told["drawn"] = [outputs("drawn", DRAWN)[0].split("\n") for _ in range(2)]
    told["died"] = [stopped("import os; os._exit(7)"), stopped("import os; os.kill(os.getpid(), 9)")]
    told["warm after deaths"], told["said before"] = KERNELS.facts(), list(said)
    os.kill(parent.pid, signal.SIGKILL)
    told["cold"] = outputs("works", WORKS + FIGURE)
    told["facts"], told["said"] = KERNELS.facts(), said
    return told


def alone() -> dict:
    """What needs a process of its own: an orphan, and doubts."""
    told = {"orphan": orphan(warm.start(("numpy", "ipykernel.kernelapp")))}
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    told["threads"] = warm.start(("numpy",))
    told["missing"] = warm.start(("no_such_library",))
    sys.platform = "darwin"
    told["system"] = warm.start()
    return told


if __name__ == "__main__":
    done = {"main": main, "alone": alone}[sys.argv[2]]()
    (Path(sys.argv[1]) / "told.json").write_text(json.dumps(done))
