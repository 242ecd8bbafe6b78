"""Where things live. Works from any working directory, because `lib` is installed in place."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCTS = ROOT / "products"
DATA = ROOT / "data"
WORK = DATA / "work"
REPORTS = ROOT / "reports"
NOTEBOOKS = ROOT / "notebooks"
