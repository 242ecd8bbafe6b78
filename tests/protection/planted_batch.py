"""A workspace whose every file is full of identifiers: the small sample of meals, renamed, with a key of its own.

Every text column that a product file maps has identifiers in two cells, the free texts in most of theirs; columns that
nobody maps are full of them. `acme` is sound, the products of `BROKEN` each stop at one mistake.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from lib.paths import ROOT
from tests.protection.planted import Plant, addresses, devices, identifiers, letters_only

KEY = "a key that only this test knows"
KEYS = ("customer_id", "order_id", "session_id", "campaign", "text_id", "interview_id", "feature_id")
# a word in one of these stops the reading, whatever it is: they are among the mistakes
STOPPING = ("wave", "currency", *(f"q{i:02d}" for i in range(1, 13)))
FREE = ("text", "transcript")
PATTERNED = ("e-mail", "phone", "iban", "card", "national id", "ip", "link")
LONGEST = 600  # seconds of a command
WITHDRAWN = 25  # customers, the first ones: they leave before features
# an attribute of each kind that a careless export maps, filled for this many customers
MAPPED = {"last_name": ("name", 40), "street": ("address", 24), "iban": ("iban", 15), "e_mail": ("e-mail", 30),
          "telephone": ("phone", 30), "remark": ("e-mail", 15),
          "device_id": ("device", 20)}
SPARE = {"unmapped_mobile": "phone", "unmapped_device": "device", "unmapped_holder": "name", "unmapped_iban": "iban"}
# product: the source that is wrong, and what is changed in its declaration
BROKEN = {
    "wrong-amount": ("transactions", {"columns": {"amount": "unmapped_mobile"}, "quarantine_limit": 0.01}),
    "wrong-date": ("customers", {"columns": {"signup_date": "e_mail"}, "quarantine_limit": 0.01}),
    "wrong-feature": ("events", {"columns": {"feature": "session_id"}, "lookups": {}}),
    "wrong-currency": ("transactions", {"columns": {"currency": "unmapped_mobile"}}),
    "wrong-answer": ("survey", {"columns": {"q01": "unmapped_iban"}}),
    "wrong-header": ("survey", {"columns": {"pain": "no such column"}}),
    "wrong-status": ("consent", {"columns": {"status": "unmapped_holder"}}),
}


@dataclass
class Planted:
    """The workspace, and all that must be found nowhere but in its inputs."""

    root: Path
    plant: Plant = field(default_factory=lambda: Plant(identifiers() | {"device": devices(), "address": addresses()}))
    ids: dict[str, str] = field(default_factory=dict)  # as the sample has them: as they are written here
    orders: dict[str, str] = field(default_factory=dict)
    visits: dict[str, str] = field(default_factory=dict)

    @cached_property
    def planted(self) -> dict[str, list[str]]:
        """{kind: identifiers} that do stand in an input."""
        inputs = "\n".join(map(self.text_of, self.files().values()))
        kinds = self.plant.kinds | {"customer": list(self.ids.values()), "order": list(self.orders.values()),
                                    "visit": list(self.visits.values()),
                                    "mapped by nobody": [f"c{i:04d}@example.org" for i in range(1, 400)]}
        return {kind: [t for t in texts if t in inputs] for kind, texts in kinds.items()}

    def text_of(self, path: Path) -> str:
        """The cells of a file, one a line."""
        return "\n".join(cell for row in rows_of(path) for cell in row.values())

    def files(self) -> dict[str, Path]:
        """{source: its file}; not the names of features, which hold the product's own words and no rows of people."""
        sample = self.root / "data" / "sample" / "meals"
        return {p.name.split(".")[0]: p for p in sample.iterdir() if p.name != "feature_names.csv"}

    def make(self) -> Planted:
        """The files and the product files."""
        sample = [sys.executable, str(ROOT / "scripts" / "make_sample.py"), "--product", "meals", "--size", "ci"]
        subprocess.run([*sample, "--out", str(self.root)], check=True, capture_output=True, stdin=subprocess.DEVNULL)
        (self.root / "notebooks").symlink_to(ROOT / "notebooks")
        shipped = self.root / "products" / "meals.yml"
        settings = yaml.safe_load(shipped.read_text(encoding="utf-8"))
        shipped.unlink()
        self._rename()
        for source in settings["sources"].values():
            self._plant(Path(source["path"]).name, set(source["columns"].values()))
        self._products(settings)
        return self

    def _rename(self) -> None:
        """Ids as shops write them; every sixth customer's has no digit."""
        customers = [row["customer_id"] for row in rows_of(self.files()["customers"])]
        customers += sorted({r["customer_id"] for r in rows_of(self.files()["order_lines"])} - set(customers))
        letters = iter(letters_only(len(customers)))
        self.ids = {c: next(letters) if i % 6 == 1 else f"KD-{70_000 + 37 * i}X" for i, c in enumerate(customers)}
        orders = dict.fromkeys(row["order_id"] for row in rows_of(self.files()["order_lines"]))
        self.orders = {o: f"RG/{2_026_000_417 + 13 * i}" for i, o in enumerate(orders)}
        visits = dict.fromkeys(row["session_id"] for row in rows_of(self.files()["events"]))
        self.visits = {v: f"visit-{5_550_000 + 7 * i}" for i, v in enumerate(visits)}

    def _plant(self, name: str, mapped: set[str]) -> None:
        path = self.root / "data" / "sample" / "meals" / name
        rows = rows_of(path)
        kinds = itertools.cycle(PATTERNED)
        for i, row in enumerate(rows):
            row["customer_id"] = self.ids.get(row.get("customer_id", ""), row.get("customer_id", ""))
            if "order_id" in row:
                row["order_id"] = self.orders[row["order_id"]]
            if "session_id" in row:
                row["session_id"] = self.visits[row["session_id"]]
            for column in FREE:
                if column in row:
                    row[column] = self._said(i, row)
        for place, column in enumerate(c for c in rows[0] if c in mapped and c not in (*KEYS, *FREE, *STOPPING)):
            # two cells: a column of the contract with many would be mapped to the wrong thing
            for row in [rows[(3 + 5 * place) % len(rows)], rows[(4 + 5 * place) % len(rows)]][:len(rows) // 4]:
                row[column] = self.plant(next(kinds))
        if "customer_id" not in mapped:
            rows = [{k: v for k, v in row.items() if k != "customer_id"} for row in rows]
        for i, row in enumerate(rows):
            row |= {column: self._spare(kind, i) for column, kind in SPARE.items()}
        if name.startswith("customers"):
            for column, (kind, filled) in MAPPED.items():
                for i, row in enumerate(rows):
                    row[column] = self.plant(kind) if i < filled else ""
        if name.startswith("consent"):
            gone = set(list(self.ids.values())[:WITHDRAWN])
            rows = [row | ({"status": "withdrawn"} if row["customer_id"] in gone and row["channel"] == "analytics"
                           else {}) for row in rows]
        write(path, rows)

    def _said(self, i: int, row: dict) -> str:
        """What a person wrote, with a name, an address, a number and ids in it."""
        said = row.get("text") or row.get("transcript") or ""
        told = [f"My name is {self.again('name', i)}.", f"Write to {self.again('e-mail', i)}.",
                f"Call me at {self.again('phone', i)} or charge {self.again('iban', i)}.",
                f"My customer number is {row['customer_id']}.", f"The card is {self.again('card', i)}.",
                f"The order was {list(self.orders.values())[i]}.", f"My device is {self.again('device', i)}.",
                f"I live at {self.again('address', i)}.", f"See {self.again('link', i)}, from {self.again('ip', i)}.",
                f"I am {self.again('national id', i)} to the state."]
        if row["customer_id"].isalpha():
            said += f" I am {row['customer_id']}."
        return f"{said} {told[i % len(told)]}" if i % 3 else f"{told[i % len(told)]} {said}"

    def again(self, kind: str, i: int) -> str:
        """One of the kind; when all are planted, one that is: texts may repeat."""
        left = [t for t in self.plant.queue if t in self.plant.kinds[kind]]
        # some stay for the columns
        return self.plant(kind) if len(left) > len(self.plant.kinds[kind]) // 2 else self.plant.kinds[kind][i % 8]

    def _spare(self, kind: str, i: int) -> str:
        texts = self.plant.kinds[kind]
        return texts[i] if i < len(texts) else ""

    def _products(self, settings: dict) -> None:
        """`acme`, and one product for each mistake."""
        del settings["sample_notice"]
        sources = {n: s | {"quarantine_limit": 0.5} for n, s in settings["sources"].items()}
        sources["customers"]["columns"] |= {column: column for column in MAPPED}
        sources["customers"]["types"] = {"household": "int"}  # two planted cells make words of it
        for product in ("acme", *BROKEN):
            wrong, changed = BROKEN.get(product, ("", {}))
            listed = {n: s | (changed | {"columns": s["columns"] | changed.get("columns", {})} if n == wrong else {})
                      for n, s in sources.items()}
            content = settings | {"id": product, "name": "Acme", "public_data": False, "sources": listed}
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            (self.root / "products" / f"{product}.yml").write_text(text, encoding="utf-8")

    def segments(self, *commands: tuple[str, ...]) -> dict[str, str]:
        """{"run acme stdout": what it said}, also its stderr and code: the commands, at once, with this key."""
        given = {**os.environ, "SEGMENTS_ROOT": str(self.root), "SEGMENTS_KEY": KEY}
        started = {" ".join(words[:2]): subprocess.Popen(
            [sys.executable, "-m", "lib.run.commands", *words], cwd=ROOT, env=given, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for words in commands}
        said = {}
        for name, process in started.items():
            out, err = process.communicate(timeout=LONGEST)
            said |= {f"{name} stdout": out, f"{name} stderr": err, f"{name} code": str(process.returncode)}
        return said


def rows_of(path: Path) -> list[dict[str, str]]:
    with _opened(path, "rt") as stream:
        return list(csv.DictReader(stream))


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with _opened(path, "wt") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def _opened(path: Path, mode: str):
    return (gzip.open if path.suffix == ".gz" else open)(path, mode, encoding="utf-8", newline="")
