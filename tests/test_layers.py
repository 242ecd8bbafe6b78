"""Who may import whom, read from the source with `ast`."""

import ast
from pathlib import Path

import pytest

LIB = Path(__file__).resolve().parent.parent / "lib"
STEPS = {"basis", "collect", "analyze", "segments", "strategy", "monitor"}
BASE = {"contracts", "paths", "decisions"}
# layer: what of lib it may import besides itself
ALLOWED = {
    "__init__": set(), "paths": set(), "contracts": set(), "stats": {"contracts"}, "personal": set(), "machine": set(),
    "scratch": set(),
    "settings": BASE, "decisions": {"contracts"}, "product": BASE | {"settings"}, "reference": BASE | {"product"},
    "engine": BASE | {"product", "stats", "machine", "scratch"},
    "sources": BASE | {"product", "stats", "engine", "settings", "store", "personal", "scratch"},
    "store": BASE | {"product", "stats"},
    **{step: {"contracts", "stats", "personal"} for step in STEPS},
    "propose": {"contracts", "stats", "personal", "basis"},  # what step 1 refuses by name is never offered to it
    "report": {"contracts", "stats", "personal"},
    "run": BASE | {"product", "settings", "store", "report", "personal", "machine", "scratch"},
}
# these compose steps and sources, as notebooks do
COMPOSERS = {"run/check.py": {"collect", "sources", "strategy"}, "run/commands.py": {"sources"},
             "run/packages.py": {"sources"},
             "run/new.py": {"propose"}, "run/erase.py": {"collect", "sources"}, "run/scrub.py": {"strategy"},
             "run/gate.py": {"collect", "sources"}, "run/score.py": {"collect", "segments", "sources"},
             "run/audience.py": {"sources", "strategy"}, "run/identities.py": {"collect", "sources"},
             "run/outbox.py": {"collect"}, "run/look.py": {"engine", "propose", "sources"},
             "run/resume.py": {"sources"}, "run/changed.py": {"sources"}, "run/preflight.py": {"sources"},
             "run/ready.py": {"analyze", "basis", "collect"}}
# a step is plain values in, plain values out
BANNED_IN_STEPS = {"matplotlib", "seaborn", "yaml", "duckdb", "pyarrow.parquet", "pathlib", "shutil", "requests",
                   "time", "IPython"}
CLOCKS = {"now", "today", "utcnow"}
OF_OS = {"cpu_count"}  # how many threads to use is no input: it changes no result


def layer(path: Path) -> str:
    return path.relative_to(LIB).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Every module that a file imports, with full names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


FILES = sorted(LIB.rglob("*.py"))
NAMES = [str(p.relative_to(LIB)) for p in FILES]


def faults(path: Path, source_layer: str, extra: set[str]) -> set[str]:
    inner = {name.split(".")[1] for name in imported(path) if name.startswith("lib.")}
    return inner - ALLOWED[source_layer] - {source_layer} - extra


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_imports_keep_to_the_layers(path):
    assert layer(path) in ALLOWED, f"{path.name}: a new layer needs a line in ALLOWED"
    assert not faults(path, layer(path), COMPOSERS.get(str(path.relative_to(LIB)), set()))


@pytest.mark.parametrize("path", [p for p in FILES if layer(p) in STEPS],
                         ids=[n for p, n in zip(FILES, NAMES, strict=True) if layer(p) in STEPS])
def test_steps_have_no_disk_no_plot_no_clock(path):
    names = imported(path)
    assert not {n for n in names if n in BANNED_IN_STEPS or n.split(".")[0] in BANNED_IN_STEPS}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    attributes = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
    assert not {a.attr for a in attributes if getattr(a.value, "id", "") == "os"} - OF_OS
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    named = {c.func.attr if isinstance(c.func, ast.Attribute) else getattr(c.func, "id", "") for c in calls}
    assert not named & (CLOCKS | {"open", "read_csv", "read_parquet", "to_csv", "to_parquet", "print"})


def test_steps_never_import_one_another():
    for path in (p for p in FILES if layer(p) in STEPS):
        others = {f"lib.{step}" for step in STEPS - {layer(path)}}
        assert not {n for n in imported(path) if n in others or n.rsplit(".", 1)[0] in others}


def test_the_rules_would_catch_a_breach(tmp_path):
    breach = tmp_path / "breach.py"
    breach.write_text("from lib.store import Store\nimport lib.analyze.rfm\n", encoding="utf-8")
    assert faults(breach, "segments", set()) == {"store", "analyze"}
