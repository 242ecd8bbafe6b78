"""Processes whose parent has ended: taken over, and ended, with those that start while they are."""

import os
import subprocess
import sys

ENDED = """
import subprocess, psutil
from lib.run import orphans
orphans.adopt()
restless = subprocess.Popen("while :; do sleep 300 & sleep 0.01; done", shell=True, start_new_session=True)
subprocess.Popen("setsid sleep 300 & sleep 0.5", shell=True).wait()
below = psutil.Process().children(recursive=True)
adopted = [p for p in psutil.Process().children() if p.pid != restless.pid]
orphans.end_all([restless.pid])
kept = (restless.poll() is None, len(psutil.Process().children()))
orphans.end_all()
alive = [p for p in below if p.is_running()] + psutil.Process().children(recursive=True)
print(len(below) > 3, len(adopted), *kept, len(alive))
orphans.end_all()  # nothing is left to end
"""


def test_none_is_left_and_none_is_anybody_elses():
    done = subprocess.run([sys.executable, "-c", ENDED], env=os.environ | {"PYTHONPATH": os.getcwd()}, text=True,
                          capture_output=True, timeout=60)
    assert done.stdout.split() == ["True", "1", "True", "1", "0"], done.stderr
