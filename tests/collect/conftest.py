"""Small raw files of a product, and step 2 on them."""

import pytest

from lib import collect, sources
from lib.product import Product


@pytest.fixture
def shop(minimal, tmp_path):
    """A function: texts of files by source, and changes of settings, to (settings, root)."""
    shapes = {
        "customers": {"customer_id": "id", "signup_date": "since", "birth_year": "born", "erased_at": "erased",
                      "city": "city"},
        "transactions": {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount"},
        "events": {"customer_id": "customer", "occurred_at": "at", "feature": "what"},
        "features": {"feature": "what", "area": "area"},
        "consent": {"customer_id": "customer", "channel": "channel", "status": "status", "recorded_at": "at"},
        "survey": {"customer_id": "customer", "wave": "wave", "answered_at": "at", "pain": "pain", "q1": "q1",
                   "q2": "q2"},
        "interviews": {"interview_id": "id", "customer_id": "customer", "held_at": "at", "consent": "consent",
                       "transcript": "transcript", "pain": "pain", "coder_1": "coder_1", "coder_2": "coder_2"},
        "texts": {"customer_id": "customer", "written_at": "at", "text": "text"},
        "campaigns": {"campaign": "id", "starts_on": "from", "ends_on": "to", "cost_per_contact": "cost"},
        "assignments": {"campaign": "id", "customer_id": "customer", "arm": "arm", "assigned_at": "at"},
        "outcomes": {"campaign": "id", "customer_id": "customer", "spend": "spend"},
    }

    def make(files: dict[str, str], root=None, sources_of: dict | None = None, **settings):
        root = root or tmp_path
        for name, text in files.items():
            (root / f"{name}.csv").write_text(text, encoding="utf-8")
        declared = {name: {"path": f"{name}.csv", "columns": shapes[name], "delimiter": ";"} for name in files}
        for name, more in (sources_of or {}).items():
            declared[name] |= more
        return Product.model_validate(minimal | {"sources": declared} | settings), root

    return make


@pytest.fixture
def collected(shop):
    """A function: the same arguments, to what step 2 collects."""

    def run(files: dict[str, str], keep=None, **more):
        settings, root = shop(files, **more)
        return collect.collect(sources.read(settings, root=root), sources.rules(settings), keep)

    return run
