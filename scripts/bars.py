"""`make bench`: the methods against a yardstick that runs beside them. Ratios of paired runs, and the machine.

    make bench ONLY=features     customer features of order lines, against a scan of the columns they need
    make bench ONLY=structure    the search for groups, against one k-means fit, and against itself at a tenth
    make bench ONLY=value        BG/NBD, against the package lifetimes
    make bench ONLY=rfm          features, RFM scores and k-means, against the package rfm
    make bench ONLY=score        segments by the exported SQL, against a scan of the table of features
    make bench ONLY=content      what the notebooks spend their time on (scripts/content.py)
    make bench ONLY=stream       how a large file streams (scripts/bench.py)

Every measurement is a process of its own that reports the seconds of the work and its peak memory above idle; ours
and the yardstick take turns, and the median counts. Bars from the project's plan; a missed one is printed as missed.
For the resampled pairs the plan read 26 with one solution a resample and two processors; a pair is two solutions, and
here they run on one: four times that.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
LINES_A_CUSTOMER, CATEGORIES, DAYS = 20, 40, 540
PERIOD = 14
SMALLEST = 100  # customers of a segment among those searched: as step 3 asks of ten variables, whatever the base


@dataclass(frozen=True)
class Bar:
    """One bar: what is compared with what, at which size, and the ratio that must not be exceeded."""

    group: str
    says: str
    ours: str
    yardstick: str
    rows: int
    limit: float
    yardstick_rows: int = 0
    pairs: int = 3
    memory: float = 0  # peak above idle, times the size of the file of order lines; 0: not judged


BARS = (
    Bar("features", "customer features / scan of their columns", "features", "scan", 10_000_000, 6, memory=6),
    Bar("features", "customer features / scan of their columns", "features", "scan", 50_000_000, 8, pairs=1,
        memory=6),
    Bar("structure", "search for groups / the same at a tenth of the customers", "search", "search", 1_000_000, 1.2,
        100_000, pairs=1),
    Bar("structure", "50 resampled pairs of k-means for k 2 to 10 / one fit on all customers", "pairs", "kmeans",
        1_000_000, 104),
    Bar("value", "BG/NBD / the package lifetimes", "bgnbd", "lifetimes", 1_000_000, 0.05),
    Bar("rfm", "features, RFM scores, k-means / the package rfm", "scored", "rfm_package", 1_000_000, 0.15),
    Bar("score", "segments by the exported SQL (k-means, 6 variables, 4 groups) / scan of the features", "small_model",
        "scan_features", 1_000_000, 2, pairs=5),
    Bar("score", "the same (tied mixture, 8 variables, 6 groups) / scan of the features", "large_model",
        "scan_features", 1_000_000, 2, pairs=5),
    Bar("score", "the same (RFM names, 25 cells) / scan of the features", "rfm_model", "scan_features", 1_000_000, 2,
        pairs=5),
)


def main() -> int:
    """Exit code 0 when every bar that was asked for is kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=sorted({b.group for b in BARS}))
    parser.add_argument("--rows", type=int, help="another size than the bar's, for a quick look")
    parser.add_argument("--child", nargs=3, metavar=("WHAT", "ROWS", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, rows, folder = options.child
        print(json.dumps(measure(WORK[what], int(rows), Path(folder))))
        return 0
    print(machine())
    with tempfile.TemporaryDirectory(prefix="segments-bars-") as folder:
        asked = [b for b in BARS if options.only in (None, b.group)]
        kept = [judge(b, options.rows or b.rows, folder) for b in asked]
    return int(not all(kept))


def judge(bar: Bar, rows: int, folder: str) -> bool:
    """Measure a bar in turns and print it."""
    other = bar.yardstick_rows or rows
    if bar.memory:
        child("prepared", rows, folder)  # in a process of its own: what that takes is not what is measured
    turns = [(child(bar.ours, rows, folder), child(bar.yardstick, other, folder)) for _ in range(bar.pairs)]
    (ours, theirs), (work, beside) = ([statistics.median(t[i][what] for t in turns) for i in (0, 1)]
                                      for what in ("seconds", "processor"))
    memory, file = max(t[0]["megabytes"] for t in turns), Path(folder) / f"transactions_{rows}.parquet"
    room = bar.memory * file.stat().st_size / 1e6 if bar.memory else float("inf")
    kept = ours <= bar.limit * theirs and memory <= room
    asked = f" (at most {room:,.0f})" if bar.memory else ""
    print(f"{bar.says}: {rows:,} rows, {ours:.2f} s against {theirs:.2f} s = {ours / theirs:.3g}, the bar is "
          f"{bar.limit:g}: {'kept' if kept else 'MISSED'}; {work / beside:.3g} in processor time; "
          f"{memory:,.0f} MB above idle{asked}; {bar.pairs} pairs", flush=True)
    return kept


def child(what: str, rows: int, folder: str) -> dict:
    """One measurement in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--child", what, str(rows), folder], cwd=ROOT,
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{what}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def measure(work: Callable, rows: int, folder: Path) -> dict:
    """Seconds of the work, without its preparation, and the peak memory above what was there before."""
    ready = work(rows, folder)
    process = psutil.Process()
    idle, began, worked = process.memory_info().rss, time.perf_counter(), time.process_time()
    ready()
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    peak = process.memory_info().peak_wset if sys.platform == "win32" else _peak()
    return {"seconds": seconds, "processor": processor, "megabytes": max(0, peak - idle) / 1e6}


def _peak() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def machine() -> str:
    return (f"{platform.machine()}, {psutil.cpu_count()} processors, {psutil.virtual_memory().total / 1e9:.0f} GB, "
            f"Python {platform.python_version()}, load {psutil.getloadavg()[0]:.1f}")


# ---- the work: (rows, folder) -> what is timed

def order_lines(rows: int, folder: Path) -> Path:
    """Order lines as step 2 leaves them, drawn by hash: two an order, twenty a customer; sorted, keys of 32 digits.

    The second line of every 25th order gives some of it back, ten days later.
    """
    import duckdb
    import pyarrow.parquet as pq

    from lib.collect.opening import mark_orders

    path = folder / f"transactions_{rows}.parquet"
    if not path.exists():
        customers, back = max(rows // LINES_A_CUSTOMER, 1), "(i % 50 = 1)"
        lines = duckdb.sql(f"""SELECT
            md5('c' || (hash(i // 2) % {customers})) AS customer_key, md5('t' || (i // 2)) AS order_key,
            TIMESTAMP '2025-01-01' + to_days((hash(i // 2 + 7) % {DAYS} + 10 * {back}::INT)::INTEGER) AS ordered_on,
            (hash(i + 1) % 20000)::BIGINT * (CASE WHEN {back} THEN -1 ELSE 1 END) + 1 AS amount,
            'c' || (hash(i + 3) % {CATEGORIES}) AS category, {back} AS is_refund
            FROM range({rows}) t(i) ORDER BY ALL""").to_arrow_table()
        pq.write_table(mark_orders({"transactions": lines})["transactions"], path, compression="zstd")
    return path


def prepared(rows: int, folder: Path) -> Callable:
    order_lines(rows, folder)
    return lambda: None


def features(rows: int, folder: Path) -> Callable:
    import datetime as dt

    from lib import engine
    from lib.analyze.features import customer_features
    from lib.contracts import NotMeasured

    path, none = order_lines(rows, folder), NotMeasured("no such table")
    engine.scan(path).count().execute()  # the engine is open
    return lambda: customer_features(engine.scan(path), none, none, critical_event="order", period_days=PERIOD,
                                     as_of=dt.date(2026, 6, 30))


def scan(rows: int, folder: Path) -> Callable:
    import duckdb

    path, con = order_lines(rows, folder), duckdb.connect()
    asked = ", ".join(f"max({c})" for c in ("customer_key", "order_key", "ordered_on", "category", "is_refund"))
    return lambda: con.sql(f"SELECT {asked}, sum(amount) FROM '{path}'").fetchall()


def feature_table(rows: int, folder: Path) -> Path:
    """A table of customers as step 3 leaves it: a key, 14 numbers and 7 attributes, drawn by hash."""
    import duckdb

    path = folder / f"features_{rows}.parquet"
    if not path.exists():
        drawn = "(hash(i * 31 + {}) % 1000003) / 1000003e0"
        counts = {"tenure_days": 900, "recency_days": 365, "n_occasions": 30, "n_orders": 40, "n_categories": 12,
                  "active_days": 60, "seen": 2}
        spread = ("revenue", "mean_occasion_value", "refund_share", "mean_gap_days", "breadth", "depth", "frequency")
        numbers = [f"floor({top} * pow({drawn.format(j)}, 3)) AS {c}" for j, (c, top) in enumerate(counts.items())]
        numbers += [f"-ln(1e-9 + {drawn.format(j + 50)}) AS {name}" for j, name in enumerate(spread)]
        texts = [f"'level ' || (hash(i + {j}) % {j + 3}) AS attribute_{j}" for j in range(7)]
        duckdb.sql(f"""COPY (SELECT printf('%016x%016x', hash(i), hash(i + 1)) AS customer_key,
            {', '.join(numbers + texts)} FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet)""")
    return path


def scan_features(rows: int, folder: Path) -> Callable:
    import duckdb

    path, con = feature_table(rows, folder), duckdb.connect()
    columns = [name for (name, *_) in con.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]
    asked = ", ".join(f"max({c})" for c in columns)
    return lambda: con.sql(f"SELECT {asked} FROM '{path}'").fetchall()


def small_model(rows: int, folder: Path) -> Callable:
    return _assigning(_clustered("kmeans", 6, 4), rows, folder)


def large_model(rows: int, folder: Path) -> Callable:
    return _assigning(_clustered("tied", 8, 6), rows, folder)


def rfm_model(rows: int, folder: Path) -> Callable:
    import pandas as pd

    from lib.analyze.rfm import NAMES, rfm_table
    from lib.contracts import NotMeasured
    from lib.segments.schemes import candidate_models

    few = pd.read_parquet(feature_table(rows, folder)).head(20_000)
    none = NotMeasured("not asked")
    models = candidate_models(few, choice=none, rfm=rfm_table(few), cuts=none, icps=[], rfm_names=NAMES,
                              as_of="2026-06-30")
    return _assigning(models["rfm"], rows, folder)


def _assigning(model: dict, rows: int, folder: Path) -> Callable:
    """Every customer of the table assigned; what comes out is read as the scan reads what it finds."""
    import duckdb

    from lib.segments.sql import sql

    path, con = feature_table(rows, folder), duckdb.connect()
    con.execute(f"CREATE VIEW features AS FROM '{path}'")
    asked = "max(customer_key), max(segment), max(probability), max(ambiguous), count(*)"
    return lambda: con.execute(f"SELECT {asked} FROM ({sql(model)})").fetchall()


def _clustered(family: str, p: int, k: int) -> dict:
    """A model of so many variables and groups, every second one logged, and three atoms."""
    import numpy as np

    from lib.segments.model import build_model

    names = ["active_days", "breadth", "depth", "mean_occasion_value", "n_categories", "revenue", "frequency",
             "mean_gap_days"][:p]
    rng = np.random.default_rng(1)
    precisions = {"kmeans": 1.0, "tied": (np.eye(p) + 0.2).tolist()}[family]
    atoms = [{"column": c, "equals": 0.0} for c in ("active_days", "n_categories", "seen")]
    solution = {"columns": names, "atom_columns": [a["column"] for a in atoms], "atoms": atoms, "atom_groups": [
        {"patterns": [[0], [0, 1]]}, {"patterns": [[1]]}, {"patterns": [[2]]}], "family": family, "k": k,
        "logged": [i % 2 == 0 for i in range(p)], "lowest": [0.01] * p, "log_shift": [0.1] * p, "shift": [0.5] * p,
        "scale": [1.5] * p, "centres": rng.normal(0, 1.5, (k, p)).tolist(),
        "precisions": precisions, "offsets": [0.0] * k, "weights": [1 / k] * k}
    return build_model(lead="clusters", claim="reproducible", segments=[], rules=[], solution=solution,
                       cluster_segments=[f"segment-{j}" for j in range(k + 3)], as_of="2026-06-30")


def search(rows: int, folder: Path) -> Callable:
    from lib.analyze import structure

    return lambda: structure.search(_customers(rows), largest_k=10, smallest=SMALLEST, seed=1)


def pairs(rows: int, folder: Path) -> Callable:
    from threadpoolctl import threadpool_limits

    from lib.analyze.structure.families import fit
    from lib.analyze.structure.stability import bootstrap_pairs

    points = _customers(rows).to_numpy()

    def work():
        with threadpool_limits(1):
            for k in range(2, 11):
                bootstrap_pairs(fit("kmeans", points[:50_000], k, seed=1), points, pairs=50, seed=1)

    return work


def kmeans(rows: int, folder: Path) -> Callable:
    from sklearn.cluster import KMeans

    points = _customers(rows).to_numpy()
    return lambda: KMeans(6, n_init=1, random_state=1).fit(points)


def bgnbd(rows: int, folder: Path) -> Callable:
    from lib.analyze.value import bgnbd as model

    table = _histories(rows)
    return lambda: model.fit(*table)


def lifetimes(rows: int, folder: Path) -> Callable:
    from lifetimes import BetaGeoFitter

    table = _histories(rows)
    return lambda: BetaGeoFitter().fit(*table)


def scored(rows: int, folder: Path) -> Callable:
    from sklearn.cluster import KMeans

    from lib.analyze.rfm import rfm_table

    made = features(rows, folder)

    def work():
        table = made()
        rfm_table(table)
        KMeans(6, n_init=5, random_state=1).fit(table[["recency_days", "n_occasions", "revenue"]].fillna(0))

    return work


def rfm_package(rows: int, folder: Path) -> Callable:
    import pandas as pd
    from rfm import RFM

    table = pd.read_parquet(order_lines(rows, folder), columns=["customer_key", "ordered_on", "amount"])
    table = table.astype({"customer_key": object}).rename(columns={"ordered_on": "date"})  # it looks for that word
    drop = pd.DataFrame.drop

    def drop_as_before(frame, *args, **given):
        """pandas 3 refuses an axis beside columns, which the package names; pandas 2 took it."""
        return drop(frame, *args, **{k: v for k, v in given.items() if k != "axis" or "columns" not in given})

    pd.DataFrame.drop = drop_as_before
    return lambda: RFM(table, customer_id="customer_key", transaction_date="date", amount="amount")


def _customers(rows: int):
    """Five groups of unequal size in ten variables."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    centres = rng.normal(0, 2, (5, 10))
    group = rng.choice(5, rows, p=[0.4, 0.25, 0.15, 0.12, 0.08])
    points = centres[group] + rng.normal(size=(rows, 10))
    return pd.DataFrame(points, columns=[f"v{i}" for i in range(10)],
                        index=pd.Index([f"c{i:07d}" for i in range(rows)], name="customer_key"))


def _histories(rows: int) -> tuple:
    """(x, t_x, T) of customers drawn from a BG/NBD model, in days."""
    import numpy as np

    rng = np.random.default_rng(1)
    age = rng.integers(200, 540, rows)
    rate, leaves = rng.gamma(0.6, 1 / 40, rows), rng.beta(0.8, 2.5, rows)
    x = np.minimum(rng.poisson(rate * age), rng.geometric(leaves))
    t_x = np.where(x > 0, np.floor(age * rng.beta(np.maximum(x, 1), 1)), 0)
    return x.astype(float), t_x, age.astype(float)


WORK = {f.__name__: f for f in (prepared, features, scan, search, pairs, kmeans, bgnbd, lifetimes, scored, rfm_package,
                                scan_features, small_model, large_model, rfm_model)}

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
