"""model.json has a published shape: every kind of model fits it, what does not is refused; pickles are nowhere."""

import ast
import json

import jsonschema
import pytest

from lib.contracts.model_document import fault, schema
from lib.paths import ROOT
from lib.segments.model import assign, column_kinds, signed
from tests.segments.kinds import KINDS, customers

PUBLISHED = json.loads((ROOT / "docs/model.schema.json").read_text(encoding="utf-8"))


def document(kind: str) -> dict:
    return signed(KINDS[kind](), product="acme", draft=False)


def test_the_published_schema_is_current():
    assert (ROOT / "docs/model.schema.json").read_text() == schema(), (
        "python -m lib.contracts.model_document > docs/model.schema.json")
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_fits_the_schema_and_comes_back_from_text_as_it_was(kind):
    model = document(kind)
    written = json.dumps(model, allow_nan=False)
    jsonschema.validate(json.loads(written), PUBLISHED)
    assert fault(json.loads(written)) == ""
    table = customers(500, model).to_pandas()
    assert assign(table, json.loads(written)).equals(assign(table, model))
    assert set(model["columns"]) == set(column_kinds(model))


def test_fitted_models_fit_it_too(models):
    for model in models.values():
        if model:
            jsonschema.validate(signed(model, product="acme", draft=False), PUBLISHED)


SPOILT = {
    "a key of its own": lambda m: m | {"pickle": "gASV"},
    "no product": lambda m: {k: v for k, v in m.items() if k != "product"},
    "another version": lambda m: m | {"schema": 2},
    "a family nobody knows": lambda m: m | {"solution": m["solution"] | {"family": "forest"}},
    "a centre too few": lambda m: m | {"solution": m["solution"] | {"centres": m["solution"]["centres"][1:]}},
    "a segment nobody is placed in": lambda m: m | {"segments": [*m["segments"], m["segments"][0] | {"segment": "x"}]},
    "a segment twice": lambda m: m | {"segments": [*m["segments"], m["segments"][0]]},
    "a key that is no key": lambda m: m | {"segments": [m["segments"][0] | {"segment": "x'; --"}]},
    "neither rules nor a solution": lambda m: m | {"solution": {}},
    "infinite": lambda m: m | {"solution": m["solution"] | {"shift": [float("inf")] * 4}},
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_does_not_fit_is_named(case):
    assert fault(SPOILT[case](document("k-means")))


def test_nothing_reads_or_writes_pickles():
    named = set()
    for path in [*(ROOT / "lib").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named |= {a.name.split(".")[0] for a in node.names}
            named |= {node.module.split(".")[0]} if isinstance(node, ast.ImportFrom) else set()
            named |= {node.attr} if isinstance(node, ast.Attribute) else set()
    assert not named & {"pickle", "joblib", "dill", "cloudpickle", "shelve", "read_pickle", "to_pickle"}
