"""Many jobs of a simulation on every core, with the results kept: one that was stopped goes on from there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path


def side_by_side(function: Callable, jobs: list[tuple], *, workers: int = 0, kept: Path | None = None,
                 code: Iterable[Path] = ()) -> list:
    """The result of ``function`` (importable, its results plain JSON) for the arguments of each job, in order.

    ``kept``: a folder for the results; those that the same ``code`` (files) left there for a job are not made again.
    """
    known, file = {}, None
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        file = kept / f"{function.__name__.strip('_')}-{_digest(code)}.jsonl"
        known = dict(json.loads(line) for line in file.read_text().splitlines()) if file.exists() else {}
    todo = [job for job in jobs if json.dumps(job) not in known]
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for job, result in zip(todo, pool.map(function, *zip(*todo, strict=True)) if todo else (), strict=True):
            known[json.dumps(job)] = result
            if file:
                with file.open("a") as out:
                    out.write(json.dumps([json.dumps(job), result]) + "\n")
    return [known[json.dumps(job)] for job in jobs]


def _digest(code: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(f.read_bytes() for f in code)).hexdigest()[:12]
