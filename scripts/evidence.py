"""Run the simulations behind the promises, and print what they showed as docs/evidence.md.

    make evidence                    every simulation at full size (hours on two cores)
    make evidence ONLY=framework     one of them
    make evidence SIZE=small         the sizes that the tests run
    make evidence ONLY=clouds N=900  as many sets instead of the full number

Each leaves docs/evidence/<name>.json: the claim, the rows, the versions and how long it took. The page is printed from
these files, so that one simulation can be run again alone.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER, PAGE = ROOT / "docs" / "evidence", ROOT / "docs" / "evidence.md"
KEPT = ROOT / "build" / "evidence"  # results of the long ones, set by set: a run that was stopped goes on from there
PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "duckdb", "ibis-framework")


@dataclass(frozen=True)
class Simulation:
    """What is promised, the function that tries it (size -> rows of {column: text or number}), and its two sizes."""

    name: str
    title: str
    claim: str
    run: Callable[[int], list[dict]]
    small: int
    full: int


def framework(seeds: int) -> list[dict]:
    from tests.basis.simulations import framework_promise

    return framework_promise(seeds)


def clouds(sets: int) -> list[dict]:
    from tests.analyze.structure_simulations import without_groups

    return without_groups(sets, seed=1, kept=KEPT)


def planted(sets: int) -> list[dict]:
    from tests.analyze.structure_simulations import with_groups

    return with_groups(sets, seed=1, kept=KEPT)


def value(sets: int) -> list[dict]:
    from tests.analyze.value_simulations import coverage

    return coverage(sets, seed=1)


def mixed(sets: int) -> list[dict]:
    from tests.analyze.by_type_simulations import MIXED, mixed_of, of_type

    return of_type(mixed_of, MIXED, sets, seed=1)


def latent(sets: int) -> list[dict]:
    from tests.analyze.by_type_simulations import ANSWERS, answers_of, of_type

    return of_type(answers_of, ANSWERS, sets, seed=1)


def frames(number: int) -> list[dict]:
    from tests.collect.frames import run_frames

    return [run_frames(number, seed=1, kept=KEPT)]


def faults(moments: int) -> list[dict]:
    from tests.faults.moments import rows

    return rows(moments, kept=KEPT)


def suppression(tables: int) -> list[dict]:
    from tests.report.test_suppress import suppression_promise

    return [suppression_promise(tables, seed=1)]


def drift(sets: int) -> list[dict]:
    from tests.monitor.simulations import drift_promise

    return drift_promise(sets, seed=1)


def uplift(seeds: int) -> list[dict]:
    from tests.monitor.simulations import uplift_promise

    return uplift_promise(seeds, seed=1)


def noise(bases: int) -> list[dict]:
    from tests.monitor.simulations import noise_promise

    return noise_promise(bases, seed=1)


SIMULATIONS = (
    Simulation("framework", "Which engagement dimension matters most",
               "a dimension is called Primary only when the data can tell; else \"not separable\"", framework, 20, 400),
    Simulation("clouds", "No groups where there are none",
               "of clouds without groups, of all kinds together, at most 1 in 100 is called natural; the hardest kinds "
               "are long ridges that bend, of which somewhat more are", clouds, 60, 5_000),
    Simulation("planted", "Groups where there are some",
               "planted groups 4.5 spreads apart, the smallest of 200, are found natural: 9 in 10 of equal size, "
               "8 in 10 of sizes to 10:1 in up to 3 variables, 5 in 10 in 8; below that a power curve, no promise",
               planted, 4, 100),
    Simulation("value", "Intervals of the forecast",
               "of customers who follow BG/NBD and Gamma-Gamma, 95 % intervals of the parameters and of the orders of "
               "the hold-out hold the truth in about 95 of 100 bases", value, 12, 400),
    Simulation("mixed", "Groups in mixed data",
               "groups planted in amounts and categories together are found by k-means on their factors, and no cut of "
               "mixed data is called natural; without groups, how often a cut is called reproducible, and how often it "
               "only says a category again", mixed, 3, 100),
    Simulation("latent", "Classes of answers",
               "classes that yes-or-no answers were drawn from are found by latent classes, none where there are none, "
               "and never called natural", latent, 3, 100),
    Simulation("drift", "Drift that is one",
               "without a change at most 1 of 100 variables of 1,000 customers is an alarm, and 20 show any p < .05 "
               "in about 5 of 100, whether values are spread or 98 of 100 are the same; a shift of .8 spreads, "
               "newcomers of another kind and a level that appears are alarms, a rare level that doubles is small but "
               "seen; of too few nothing is told", drift, 10, 400),
    Simulation("noise", "Moves that are none",
               "where nobody changed, at most 1 in 100 kinds of move goes beyond the noise floor, whether "
               "segments are cut by days, breadth or depth of use; a planted rise does in every base", noise, 1, 60),
    Simulation("uplift", "Intervals of an effect",
               "95 % intervals hold the planted effect, positive, none or negative, in 93 to 97 of 100 trials "
               "(in somewhat fewer where the effect is in proportion to spend), and an "
               "effect is seen where there is none in about 5 of 100", uplift, 500, 5_000),
    Simulation("frames", "Bad input, generated",
               "rows in = kept + repaired + quarantined + excluded, money to the cent, and no error without a fix",
               frames, 200, 10_000),
    Simulation("suppression", "Suppressed cells", "no suppressed cell can be recovered from what is published",
               suppression, 60, 1_000),
    Simulation("faults", "Real faults in a running batch",
               "whatever is killed, stopped, filled up or edited, whenever: what is published is the old set or the "
               "new one, whole; no old report is lost, no false success, no other product touched, not even one that "
               "runs at once; the exit code says what happened, no traceback is shown, no process and no temporary "
               "file is left behind, and the next run publishes the same tables, documents and audiences to the byte",
               faults, 1, 20),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[s.name for s in SIMULATIONS], help="run this one")
    parser.add_argument("--size", choices=["small", "full"], default="full")
    parser.add_argument("--n", type=int, help="as many sets instead of the full number")
    parser.add_argument("--print", action="store_true", help="only print the page again")
    options = parser.parse_args()
    for simulation in SIMULATIONS if not options.print else ():
        if options.only in (None, simulation.name):
            record(simulation, options.size, options.n)
    PAGE.write_text(page(), encoding="utf-8")


def record(simulation: Simulation, size: str, n: int | None) -> None:
    """Run a simulation and keep what it showed."""
    began = time.monotonic()
    rows = simulation.run(n or getattr(simulation, size))
    FOLDER.mkdir(parents=True, exist_ok=True)
    said = f" N={n}" if n else " SIZE=small" if size == "small" else ""
    found = {"command": f"make evidence ONLY={simulation.name}{said}",
             "seconds": round(time.monotonic() - began), "versions": versions(), "rows": rows}
    (FOLDER / f"{simulation.name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{simulation.name}: {len(rows)} rows in {found['seconds']} s")


def versions() -> dict[str, str]:
    """What the figures depend on."""
    return {"python": platform.python_version()} | {p: importlib.metadata.version(p) for p in PACKAGES}


def page() -> str:
    """docs/evidence.md, from the files of the simulations."""
    parts = ["# Evidence", "",
             "What the promises of the method rest on: simulations with a known truth. Printed by `make evidence`; the",
             "tests run the same functions at a smaller size.", ""]
    for simulation in SIMULATIONS:
        path = FOLDER / f"{simulation.name}.json"
        if path.is_file():
            parts += _section(simulation, json.loads(path.read_text(encoding="utf-8")))
    return "\n".join(parts).rstrip() + "\n"


def _section(simulation: Simulation, found: dict) -> list[str]:
    columns = list(dict.fromkeys(c for row in found["rows"] for c in row))
    table = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    table += ["| " + " | ".join(_cell(row.get(c, "")) for c in columns) + " |" for row in found["rows"]]
    used = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return [f"## {simulation.title}", "", f"Promise: {simulation.claim}.", "", *table, "",
            f"`{found['command']}`, {found['seconds']:,} s; {used}.", ""]


def _cell(value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
