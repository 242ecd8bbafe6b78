"""`make bench ONLY=content`: what the six notebooks of a product spend their time on, and what several of them do.

Their cells run in order in one process, as papermill would run them, with a profiler on. Printed are the seconds of
each notebook, the share of each part of the work (one inside another counts once, as the outer one), and every function
of lib that more than one notebook calls and that takes at least one hundredth of the time.
"""

from __future__ import annotations

import argparse
import ast
import cProfile
import json
import os
import pstats
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = {  # name: (file, function) at which a part begins; in this order
    "search for structure": (("structure/scan.py", "search"), ("analyze/answers.py", "classes")),
    "simulations and resamples": (
        ("basis/framework.py", "engagement_framework"), ("monitor/noise.py", None), ("basis/signal.py", None),
        ("analyze/concentration.py", "concentration"), ("stats.py", "bootstrap_interval")),
    "models of value": (("value/bgnbd.py", "fit"), ("value/gamma_gamma.py", "fit"), ("value/pareto_nbd.py", "fit")),
    "themes of texts": (("analyze/themes.py", "themes"),),
    "reading and cleaning": (("lib/sources/", None), ("lib/collect/", None)),
    "queries of the engine": (("backends/duckdb/__init__.py", None),),
    "pictures": (("report/blocks.py", "_png"), ("report/style.py", "canvas"), ("report/style.py", "heat_map")),
    "saving and loading": (("lib/store.py", None),),
}
WORTH = 0.01  # of all time: smaller functions are not listed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--product", default="meals")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="segments-content-") as folder:
        for name in ("products", "notebooks", "data/sample"):
            shutil.copytree(ROOT / name, Path(folder) / name)
        os.environ |= {"SEGMENTS_ROOT": folder, "MPLBACKEND": "agg"}
        profiles = {path.stem: run(path, options.product) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    told(profiles)
    return 0


def run(path: Path, product: str) -> tuple[float, pstats.Stats]:
    """Seconds and profile of one notebook's cells."""
    cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    world = {"display": _display}
    profile, began = cProfile.Profile(), time.perf_counter()
    for cell in cells:
        profile.runcall(_cell, "".join(cell["source"]), world)
        if "parameters" in cell["metadata"].get("tags", []):
            world["product"] = product
    return time.perf_counter() - began, pstats.Stats(profile)


def _cell(source: str, world: dict) -> None:
    """A cell as a kernel runs it: the value of a last expression is shown."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), world)
    if last is not None:
        _display(eval(compile(ast.Expression(last.value), "cell", "eval"), world))


def _display(*shown) -> None:
    for block in shown:
        getattr(block, "_repr_mimebundle_", lambda: None)()


def told(profiles: dict[str, tuple[float, pstats.Stats]]) -> None:
    """Print the seconds of each notebook, the share of each part, and what is called in several notebooks."""
    total = sum(seconds for seconds, _ in profiles.values())
    print("seconds with the profiler on: " + ", ".join(f"{n[:2]} {s:.1f}" for n, (s, _) in profiles.items()))
    spent = {name: sum(part(stats, name) for _, stats in profiles.values()) for name in PARTS}
    for name, seconds in spent.items():
        print(f"{name}: {seconds / total:.0%}")
    print(f"everything else, imports among it: {1 - sum(spent.values()) / total:.0%}")
    for name, places in several(profiles, WORTH * total):
        print(f"in several notebooks: {name}: " + ", ".join(f"{n[:2]} {s:.1f} s" for n, s in places.items()))


def part(stats: pstats.Stats, name: str) -> float:
    """Own time of everything below the beginning of a part, but below no part that comes before it."""
    return sum(stats.stats[f][2] for f, owner in _owners(stats).items() if owner == name)


def _owners(stats: pstats.Stats) -> dict:
    """The part that each function belongs to: its own, else that of the caller who spends most on it."""
    owners: dict = {}

    def owner(function, above: tuple = ()):
        if function not in owners:
            begins = next((p for p, starts in PARTS.items() if any(_is(function, *s) for s in starts)), None)
            callers = {c: v[3] for c, v in stats.stats[function][4].items() if c not in above and c != function}
            up = [owner(c, (*above, function)) for c in sorted(callers, key=callers.get, reverse=True)[:1]]
            outer = up[0] if up else None
            known = [p for p in PARTS if p in (begins, outer)]
            if above and not begins and not outer:
                return None
            owners[function] = known[0] if known else None
        return owners[function]

    sys.setrecursionlimit(10_000)
    for function in stats.stats:
        owner(function)
    return owners


def _is(function: tuple, file: str, name: str | None) -> bool:
    return file in function[0].replace(os.sep, "/") and name in (None, function[2])


def several(profiles: dict, least: float) -> list[tuple[str, dict]]:
    """Public functions of lib's steps that two or more notebooks call, with their seconds in each; dearest first."""
    found: dict[str, dict[str, float]] = {}
    for notebook, (_, stats) in profiles.items():
        for (file, _, name), (*_, seconds, _) in stats.stats.items():
            inside = file.replace(os.sep, "/").partition("/lib/")[2]
            if inside.split("/")[0] in ("basis", "collect", "analyze", "segments", "strategy", "monitor", "sources") \
                    and not name.startswith(("_", "<")) and "site-packages" not in file:
                place = found.setdefault(f"{inside[:-3]}.{name}", {})
                place[notebook] = place.get(notebook, 0.0) + seconds
    shared = [(n, p) for n, p in found.items() if len(p) > 1 and sum(p.values()) >= least]
    return sorted(shared, key=lambda item: -sum(item[1].values()))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
