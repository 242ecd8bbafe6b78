"""An Airflow DAG that runs the products that are due, one task each; copy it into Airflow's folder of DAGs.

Tried with Airflow 3.3. Airflow needs nothing of this project: it calls the command where the workspace is.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess

try:
    from airflow.sdk import dag, task
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # before Airflow 3
    from airflow.decorators import dag, task
    from airflow.exceptions import AirflowException, AirflowFailException

WORKSPACE = os.environ.get("SEGMENTS_ROOT", "/srv/segments")
SEGMENTS = os.path.join(WORKSPACE, ".venv", "bin", "segments")
SOUND = (0, 3)  # published; or the base cannot carry segments, which is an answer
AGAIN = (5, 75, 130)  # another run goes on, no room, stopped: the next try goes on where this one was


@dag(schedule="0 5 * * 1", start_date=dt.datetime(2026, 1, 1), catchup=False, max_active_runs=1, tags=["segments"])
def segments():
    """Every Monday at five: ask which products are due, run each of them."""

    @task
    def due() -> list[str]:
        """The products that should be run now."""
        import json

        done = subprocess.run([SEGMENTS, "due", "--json"], cwd=WORKSPACE, capture_output=True, text=True, check=True)
        return [product["product"] for product in json.loads(done.stdout) if product["due"]]

    @task(retries=3, retry_delay=dt.timedelta(minutes=15), max_active_tis_per_dag=2)
    def run(product: str) -> None:
        """Run one product for the date that it is due for. Only what another try can help is tried again."""
        code = subprocess.run([SEGMENTS, "run", "--due", product], cwd=WORKSPACE).returncode
        if code in AGAIN:
            raise AirflowException(f"{product}: exit {code}, try again")
        if code not in SOUND:
            raise AirflowFailException(f"{product}: exit {code}; the log of this task says why and how to mend it")

    run.expand(product=due())


segments()
