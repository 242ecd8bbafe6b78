"""Hostile ids, parameters, paths and product files at the command line: one screen, exit 2, nothing written."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from lib.basis.rule import matches
from lib.contracts import UserError
from tests.conftest import MINIMAL
from tests.protection import attack_driver
from tests.run.conftest import Workspace

IDS = ["../acme", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "acme\x00", "acme\n", "acme;touch pwned",
       "$(touch pwned)", "`touch pwned`", "{product}", "{product.__class__.__mro__}", "ACME", "con", "nul", "lpt1",
       "a" * 300, "", ".", "..", "~root", "C:\\x", "file:///etc/passwd", "\uff41\uff43\uff4d\uff45", "acme\u202e",
       "%2e%2e%2facme", "acme.yml", "*"]
PARAMETERS = ['product="x";open("pwned","w").write("x");z=1', "groups=__import__('os').system('touch pwned')",
              "groups=1e5", "groups=1_000", "groups=True", "groups=\u0663", "groups=" + "9" * 400, "groups", "=1", "",
              "__class__=1", "groups=1\nimport os", "as_of=2026-01-01", "product=borea", "groups=1 --debug",
              "{groups}=1", "lambda: 0=1", "GROUPS=1"]
DAYS = ["../../x", "2026-06-30; x", "9999-99-99", "today", "{product}", "2026-06-30\x00",
        "\u0662\u0660\u0662\u0666-06-30"]
FILES_OF_IDS = ["/etc/shadow-not-there", "/", "ids\x00", "notutf8", "nul", "empty", "http://localhost/ids"]


def product(**changes) -> str:
    return yaml.safe_dump({**MINIMAL, "id": "evil", **changes})


def columns(**mapped) -> str:
    source = MINIMAL["sources"]["transactions"]
    return product(sources={"transactions": {**source, "columns": {**source["columns"], **mapped}}})


def source(**changes) -> str:
    return product(sources={"transactions": {**MINIMAL["sources"]["transactions"], **changes}})


GOOD = product()
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
PRODUCTS = {
    "an object": "!!python/object/apply:os.system ['touch pwned']\n", "a name": "id: !!python/name:os.system\n" + GOOD,
    "a module": GOOD + "x: !!python/module:os\n",
    "a new object": GOOD + "x: !!python/object/new:os.system [touch pwned]\n",
    "a tag": GOOD + "x: !evil y\n", "a bomb": BOMB + GOOD, "an alias to itself": "a: &a [*a]\n" + GOOD,
    "a merge": GOOD + "b: &b {x: y}\nc:\n  <<: *b\n", "a key twice": GOOD + "id: evil\n",
    "two documents": GOOD + "---\n" + GOOD, "no mapping": "- a\n- b\n", "a scalar": "x", "nothing": "",
    "blanks": "\n\n",
    "NUL": GOOD + "x: a\0b\n", "no UTF-8": GOOD + "x: \udcff\udcfe\n", "huge": GOOD + "# " + "x" * 1_100_000,
    "deep": "x: " + "[" * 5000, "a set": GOOD + "x: !!set {a, b}\n", "bytes": GOOD + "name: !!binary aGVsbG8=\n",
    "a list as a key": GOOD + "? [a, b]\n: c\n", "a mapping as a key": GOOD + "? {a: b}\n: c\n",
    "a dunder": GOOD + "__class__: x\n", "another id": GOOD.replace("id: evil", "id: acme"),
    "an id out": GOOD.replace("id: evil", "id: ../evil"), "a long name": product(name="x" * 201),
    "a number as id": GOOD.replace("id: evil", "id: 12"),
    "SQL in a header": columns(amount='x"; COPY (SELECT 1) TO \'pwned\'; --'),
    "SQL in a header, single": columns(amount="x'; ATTACH 'pwned'; --"),
    "an expression": columns(amount="read_csv('/etc/passwd')"),
    "a column of nobody": columns(**{"amount; DROP TABLE x": "Betrag"}), "a dunder column": columns(__class__="Betrag"),
    "a column of ours": columns(_digest="Betrag"), "a path out": source(path="../../../etc/passwd"),
    "a path from the root": source(path="/etc/passwd"), "a device": source(path="/dev/zero"),
    "a URL": source(path="https://localhost/x.csv"),
    "a package with code": source(package="os; import x", path="x.csv"),
    "a package up": source(package="..", path="x.csv"), "a codec": source(encoding="rot13"),
    "a codec of objects": source(encoding="../../x"), "a delimiter of two": source(delimiter=";;"),
    "a line break for a delimiter": source(delimiter="\n"), "a zone out": product(timezone="../../etc/passwd"),
    "a playbook out": product(strategy={"playbook": "../../etc/passwd"}),
    "a playbook from the root": product(strategy={"playbook": "/etc/passwd.yml"}),
    "a playbook by URL": product(strategy={"playbook": "http://localhost/x.yml"}),
    "a formula as a date": GOOD.replace("'2026-06-30'", "=1+1"), "an unknown section": product(exec={"x": "y"}),
    "a locale of code": GOOD.replace("currency: EUR", "currency: EUR; x"),
}
ATTACKS = {f"{command} {id!r}"[:60]: ([command, id], None) for command in ("run", "check", "new", "erase", "purge")
           for id in (IDS if command == "run" else IDS[:12])}
ATTACKS |= {f"-p {p!r}"[:60]: (["run", "acme", "-p", p], None) for p in PARAMETERS}
ATTACKS |= {f"--as-of {d!r}": (["run", "acme", "--as-of", d], None) for d in DAYS}
ATTACKS |= {f"--on {d!r}": (["purge", "acme", "--on", d], None) for d in DAYS}
ATTACKS |= {f"--ids {f!r}": (["erase", "acme", "--ids", f], None) for f in FILES_OF_IDS}
ATTACKS |= {"an id as an argument": (["erase", "acme", "K-00123"], None)}
ATTACKS |= {f"product file: {what}": (["check", "evil"], text) for what, text in PRODUCTS.items()}


@pytest.fixture(scope="module")
def tried(tmp_path_factory) -> dict:
    """What came of each attack, and every file before and after."""
    place = tmp_path_factory.mktemp("attacks")
    space = Workspace(place / "space")
    orders = space.root / "data/acme/orders.csv"
    orders.parent.mkdir(parents=True)
    orders.write_text("KundenNr;Beleg;Datum;Betrag\nA1;b1;01.05.2026;2,50\n", encoding="utf-8")
    for name, content in {"notutf8": b"\xff\xfe\xfa", "nul": b"a\0b\n", "empty": b" \n\n"}.items():
        (space.root / name).write_bytes(content)
    (place / "attacks.json").write_text(json.dumps([{"arguments": a, "product": p} for a, p in ATTACKS.values()]))
    before = files(place)
    subprocess.run([sys.executable, attack_driver.__file__, str(place / "attacks.json"), str(place / "told.json")],
                   check=True, timeout=300, cwd=space.root,
                   env={**os.environ, "SEGMENTS_ROOT": str(space.root), "PYTHONPATH": os.getcwd(),
                        "XDG_CONFIG_HOME": str(place / "config")})
    told = json.loads((place / "told.json").read_text())
    (place / "told.json").unlink()
    return {"told": dict(zip(ATTACKS, told, strict=True)), "before": before, "after": files(place)}


def files(folder) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_there_are_enough_of_them():
    assert len(ATTACKS) >= 150


@pytest.mark.parametrize("attack", list(ATTACKS))
def test_it_is_refused_on_one_screen(tried, attack):
    told = tried["told"][attack]
    assert told["code"] == 2, told
    screen = told["err"] + told["out"]
    assert "Traceback" not in screen and "root:" not in screen
    assert 0 < len(screen) < 3000 and len(screen.splitlines()) <= 30


def test_nothing_was_written_anywhere(tried):
    assert tried["after"] == tried["before"]


@pytest.mark.parametrize("rule", [
    "1 = 1; DROP TABLE x", "__import__('os').system('touch pwned')", "role = 'a' or 1 = 1 --", "role = 'a",
    "(((role = 'a'",
    "role.__class__ = 'x'", "role = read_csv('/etc/passwd')", "@role = 'x'", "lambda: 0",
    "role = 'a' UNION SELECT 1", "",
    "role in ('a'", "not not", "`role` = 1", "role == 'a'"])
def test_a_rule_is_no_code(rule):
    import pandas as pd

    with pytest.raises(UserError):
        matches(rule, pd.DataFrame({"role": ["a", "b"]}))
