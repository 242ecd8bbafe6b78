"""Where things live. Works from any working directory, because `lib` is installed in place.

SEGMENTS_ROOT points to another workspace (products, data, notebooks, reports), for instance a test's.
"""

import os
from pathlib import Path

ROOT = Path(os.environ.get("SEGMENTS_ROOT") or Path(__file__).resolve().parent.parent).resolve()
PRODUCTS = ROOT / "products"
DATA = ROOT / "data"
WORK = DATA / "work"
OUTBOX = DATA / "outbox"  # audiences with the product's own ids, until they are sent
REPORTS = ROOT / "reports"
NOTEBOOKS = ROOT / "notebooks"


def key_file(product_id: str) -> Path:
    """Where the key of a product's pseudonyms is kept: in the user's own configuration, outside every repository."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "segments" / f"{product_id}.key"
