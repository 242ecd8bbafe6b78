"""`make bench ONLY=stream`: how a large file streams. A generated CSV of transactions is read and cleaned in a child.

Prints the child's peak memory against the bar, rows a second, and the machine. Nothing is kept.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

import duckdb
import psutil

BAR = 2.0  # GB of peak memory, whatever the size of the file
BYTES_A_ROW = 52
ORDERS_A_CUSTOMER = 100
SPILLED = 12  # [ours] bytes of disk for one of the file: itself, and what cleaning puts beside memory
CHILD = "child"
HIGHEST, PAUSE = 6, 0.1  # functions with the most memory that are shown; seconds between two looks


def main() -> int:
    """Exit code 0 when the peak stays below the bar."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--gb", type=float, default=5.0, help="size of the generated file (default 5)")
    gb = arguments.parse_args().gb
    with tempfile.TemporaryDirectory(prefix="segments-bench-") as folder:
        path, rows = generated(Path(folder), gb)
        print(machine())
        print(f"{path.stat().st_size / 1e9:.2f} GB, {rows:,} order lines, {rows // ORDERS_A_CUSTOMER:,} customers")
        started = time.monotonic()
        child = subprocess.run([sys.executable, __file__, CHILD, folder], env=os.environ | {"TMPDIR": folder})
        seconds = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    if child.returncode:
        return child.returncode
    print(f"read and cleaned in {seconds:,.0f} s, {rows / seconds:,.0f} rows a second; "
          f"peak memory {peak:.2f} GB, the bar is {BAR:g} GB: {'kept' if peak < BAR else 'MISSED'}")
    return int(peak >= BAR)


def generated(folder: Path, gb: float) -> tuple[Path, int]:
    """A CSV of order lines of about so many GB: (path, rows). The same seed, the same bytes."""
    rows, path = int(gb * 1e9 / BYTES_A_ROW), folder / "orders.csv"
    customers = max(1, rows // ORDERS_A_CUSTOMER)
    needed = gb * 1e9 * SPILLED
    if shutil.disk_usage(folder).free < needed:
        sys.exit(f"{needed / 1e9:.0f} GB of free disk are needed in {folder.parent}")
    with duckdb.connect(config={"memory_limit": "1GB", "threads": 2, "temp_directory": str(folder)}) as con:
        con.execute(f"""COPY (SELECT printf('C%08d', hash(i // 2) % {customers}) AS customer,
            printf('A%010d', i // 2) AS "order", strftime(
                TIMESTAMP '2025-01-01' + to_seconds((hash(i // 2 + 7) % 46656000)::BIGINT), '%Y-%m-%d %H:%M:%S') AS at,
            printf('%d.%02d', hash(i + 1) % 200, hash(i + 2) % 100) AS amount, 'c' || (hash(i + 3) % 12) AS category
            FROM range({rows}) t(i)) TO '{path}' (HEADER, DELIMITER ',')""")
    return path, rows


def child(folder: Path) -> None:
    """What is measured: step 2 on the file, without the notebook."""
    from lib import collect, sources
    from lib.product import Product

    settings = Product.model_validate(declared())
    heights = {}
    threading.Thread(target=watch, args=(heights, threading.get_ident()), daemon=True).start()
    raw = sources.read(settings, root=folder)
    at = time.monotonic()
    print(f"  read: {time.process_time():,.0f} s of processor time, peak so far {peak_of_self():.2f} GB", flush=True)
    found = collect.collect(raw, sources.rules(settings))
    print(f"  cleaned in {time.monotonic() - at:,.0f} s, peak {peak_of_self():.2f} GB, "
          f"{found.collected['n_customers']:,} customers may be analysed", flush=True)
    for where, height in sorted(heights.items(), key=lambda item: -item[1])[:HIGHEST]:
        print(f"    {height:.2f} GB at most in {where}", flush=True)


def watch(heights: dict[str, float], thread: int) -> None:
    """Note the most memory seen in each function of the library that the thread is in, until the process ends."""
    process, library = psutil.Process(), str(Path(__file__).parent.parent / "lib")
    while True:
        stack = traceback.extract_stack(sys._current_frames()[thread])
        inner = next((f for f in reversed(stack) if f.filename.startswith(library)), None)
        if inner:
            where = f"{inner.filename.removeprefix(library)[1:]} {inner.name}"
            heights[where] = max(heights.get(where, 0.0), process.memory_info().rss / 1e9)
        time.sleep(PAUSE)


def declared() -> dict:
    """The product whose transactions the file holds."""
    return {
        "id": "bench", "name": "Bench", "business": "b2c", "stage": "scaling", "billing": "transactional",
        "currency": "EUR", "timezone": "Europe/Berlin", "as_of": "2026-06-30", "why_now": "measuring",
        "critical_event": "order", "public_data": True,
        "data_protection": {"owner": "nobody", "purpose": "measuring", "lawful_basis": "public data",
                            "retention_days": 1095},
        "sources": {"transactions": {"path": "orders.csv", "delimiter": ",", "columns": {
            "customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount",
            "category": "category"}}}}


def peak_of_self() -> float:
    """Peak memory of this process in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def machine() -> str:
    """What the figures were measured on."""
    memory = psutil.virtual_memory().total / 2**30
    return (f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}, DuckDB {duckdb.__version__}")


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        child(Path(sys.argv[2]))
    else:
        sys.exit(main())
