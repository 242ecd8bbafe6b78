"""More than 500 identifiers of every kind, in every column of every input: none is in anything that step 2 makes."""

import json

import nbformat
import pytest

from lib import collect, engine, sources
from lib.contracts import UserError
from lib.personal import regions_of
from lib.product import Product
from lib.report.figures import collect as figures
from lib.report.numbers import Format
from lib.report.privacy import Searched, found_in, texts_of
from lib.report.tables import collect as tables
from lib.report.words import collect as words
from lib.store import Store
from tests.conftest import MINIMAL
from tests.protection.planted import Plant, customers
from tests.protection.search import leaks

N = 160
FMT = Format("en", "EUR")
COLUMNS = {
    "customers": {"customer_id": "id", "signup_date": "since", "birth_year": "born", "city": "city", "remark": "remark",
                  "email": "email", "telephone": "telephone", "last_name": "last_name", "refers_to": "refers_to"},
    "transactions": {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount",
                     "category": "category", "quantity": "quantity"},
    "events": {"customer_id": "customer", "occurred_at": "at", "feature": "what", "value": "value", "user_id": "user"},
    "features": {"feature": "feature", "area": "area", "cvp": "cvp"},
    "survey": {"customer_id": "customer", "wave": "wave", "answered_at": "at", "nps": "nps", "pain": "pain", "q1": "q1",
               "said": "said"},
    "interviews": {"interview_id": "id", "customer_id": "customer", "held_at": "at", "consent": "consent",
                   "transcript": "transcript", "pain": "pain", "coder_1": "coder_1"},
    "texts": {"text_id": "id", "customer_id": "customer", "written_at": "at", "text": "text", "channel": "channel"},
    "campaigns": {"campaign": "id", "name": "name", "starts_on": "from", "ends_on": "to", "cost_per_contact": "cost"},
    "assignments": {"campaign": "id", "customer_id": "customer", "arm": "arm", "assigned_at": "at"},
    "outcomes": {"campaign": "id", "customer_id": "customer", "spend": "spend"},
    "consent": {"customer_id": "customer", "channel": "channel", "status": "status", "recorded_at": "at"},
}


class Files:
    """The inputs, planted; and all that must be found nowhere."""

    def __init__(self, folder):
        self.folder, self.plant, self.ids = folder, Plant(), customers(N)
        self.orders = [f"RG/{2026_000_417 + 13 * i}" for i in range(N)]
        self.users = [f"usr_{c[3:].lower()}" for c in self.ids]
        for name in COLUMNS:
            rows = getattr(self, name)()
            # two columns that nobody maps, one with an identifier for a name, both full of them
            head = [*COLUMNS[name].values(), self.plant("e-mail"), "unmapped"]
            lines = [head, *([*row, self._spare(i), self.orders[i % N]] for i, row in enumerate(rows))]
            (folder / f"{name}.csv").write_text("\n".join(map(";".join, lines)) + "\n", encoding="utf-8")

    @property
    def secrets(self) -> dict[str, list[str]]:
        return {"planted": self.plant.used, "customer": self.ids, "order": self.orders, "user": self.users}

    def _spare(self, i: int) -> str:
        return self.plant() if i < 12 and self.plant.queue else ""

    def _at(self, i: int, text: str, *places: int, kind: str = "") -> str:
        """The cell: planted in these rows, else the text."""
        return self.plant(kind) if i in places else text

    def customers(self):
        for i, c in enumerate(self.ids):
            yield (c, self._at(i, "2025-01-07", 5), self._at(i, "1980", 9), self._at(i, ["Ulm", "Rom"][i % 2], 11, 12),
                   self.plant("iban") if i < 20 else "", self.plant("e-mail") if i < 30 else "",
                   self.plant("phone") if i < 30 else "", self.plant("name").split()[1] if i < 12 else f"Berg{i}",
                   self.ids[i - 1])

    def transactions(self):
        for i, c in enumerate(self.ids):
            yield (c, self.orders[i], self._at(i, "2026-05-04", 3, kind="phone"),
                   self._at(i, "12.50", 4, kind="e-mail"), self._at(i, "tea", 21, 22), self._at(i, "2", 8, kind="card"))

    def events(self):
        for i, c in enumerate(self.ids):
            yield (c, self._at(i, "2026-05-05", 2), self._at(i, ["plan", "cook"][i % 2], 31, 32),
                   self._at(i, "3.5", 6, kind="iban"), self.users[i])

    def features(self):
        yield from (("plan", "home", "time"), ("cook", self.plant("card"), self.plant("e-mail")))

    def survey(self):
        for i, c in enumerate(self.ids[:60]):
            said = f"hello, my name is {self.plant('name')} and you can reach me under {self.plant()} all day"
            yield (c, "1", "2026-05-06", "9", self._at(i, "too dear", 7, kind="e-mail"), str(1 + i % 5),
                   said if i < 12 else f"it takes far too long to plan meal {i} of the week for us")

    def interviews(self):
        for i, c in enumerate(self.ids[:20]):
            who = self.plant("name") if i < 8 else "happy"
            said = (f"I am {who}. Write to {self.plant()} or call {self.plant('phone')}. My number is {c}, the order "
                    f"was {self.orders[i]}.")
            yield f"i{i}", c, "2026-05-07", "yes", said, "price", self._at(i, "Core", 4, kind="e-mail")

    def texts(self):
        for i, c in enumerate(self.ids[:60]):
            said = f"please send it to {self.plant()} and charge {self.plant()} for {c} today"
            yield f"t{i}", c, "2026-05-08", said, self._at(i, "app", 5, kind="e-mail")

    def campaigns(self):
        yield from (("c1", "Spring", "2026-05-01", "2026-05-20", "1"),
                    ("c2", f"for {self.plant('e-mail')}", "2026-05-01", "2026-05-20", "1"))

    def assignments(self):
        for i, c in enumerate(self.ids):
            yield "c1", c, self._at(i, ["treated", "control"][i % 2], 40), self._at(i, "2026-05-01", 41)

    def outcomes(self):
        for i, c in enumerate(self.ids):
            yield "c1", c, self._at(i, "4.50", 42)

    def consent(self):
        for i, c in enumerate(self.ids):
            yield c, self._at(i, "analytics", 51, kind="e-mail"), "granted", "2025-02-02"


def settings(root, **changed) -> Product:
    listed = {n: {"path": f"{n}.csv", "delimiter": ";", "columns": c, "quarantine_limit": 0.5}
              for n, c in COLUMNS.items()}
    for name, more in changed.items():
        listed[name] |= more
    return Product.model_validate(MINIMAL | {"sources": listed, "as_of": "2026-06-30"})


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """The files, and everything that step 2 makes of them: shown, said, saved."""
    root = tmp_path_factory.mktemp("planted")
    files, product = Files(root), settings(root)
    result = collect.collect(sources.read(product, root=root), sources.rules(product))
    work = Store(product.id, product.as_of, root / "work", root / "work")
    wrote = work.save(**engine.materialise(result.tables), ledger=result.ledger, quality=result.quality,
                      collected=result.collected, processing_register=result.register, quarantine=result.quarantine,
                      barred=result.barred)
    made = {p.name: p.read_text(encoding="utf-8") for p in work.folder.glob("*.json")}
    made |= {p.name: work.load(p.stem).to_csv() if p.stem in wrote and hasattr(work.load(p.stem), "to_csv") else
             _raw(p) for p in work.folder.glob("*.parquet")}
    made["notebook"] = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[
        nbformat.v4.new_output("display_data", data=block._repr_mimebundle_()[0] if isinstance(
            block._repr_mimebundle_(), tuple) else block._repr_mimebundle_()) for block in shown(result, product)])]))
    return files, result, made


def _raw(path) -> str:
    import pyarrow.parquet as pq

    return json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False)


def shown(result, product) -> list:
    """Every block of notebook 02."""
    c, smallest = result.collected, product.data_protection.smallest_cell
    return [words.base(c, FMT), tables.sources(c, product.as_of, FMT), words.fresh(c, product.as_of, FMT),
            tables.absent(c), words.books(collect.reconcile(result.ledger), result.ledger, FMT),
            figures.ledger(result.ledger, smallest, FMT), tables.ledger(result.ledger, c, FMT), tables.files(c, FMT),
            words.findings(result.quality, FMT), tables.quality(result.quality, c, smallest, FMT),
            figures.coverage(c, FMT), words.voices(c, smallest, FMT), figures.response(c, smallest, FMT),
            tables.answers(c, smallest, FMT), words.protection(c, smallest, FMT),
            tables.protection(c, result.quality, smallest, FMT), words.register(result.register), tables.columns(c),
            words.closing(c, result.quality, [], FMT)]


def test_more_than_500_of_every_kind_were_planted(planted):
    files, *_ = planted
    counts = {kind: sum(t in files.plant.used for t in texts) for kind, texts in files.plant.kinds.items()}
    assert sum(counts.values()) >= 500 and min(counts.values()) >= 8, counts  # beside 3 * N ids of our customers


def test_none_is_in_anything_that_was_made(planted):
    files, result, made = planted
    assert len(made) > 25 and result.collected["n_customers"] > 100
    assert not leaks(files.secrets, made)


def test_the_search_would_find_one(planted):
    files, _, made = planted
    assert leaks(files.secrets, made | {"x": f"see {files.ids[3]}"}) == {"x": {("customer", files.ids[3])}}


def test_the_gate_agrees(planted):
    files, _, made = planted
    regions = regions_of("Europe/Berlin", "EUR")
    secrets = {text for texts in files.secrets.values() for text in texts}
    searched = Searched(regions, frozenset(), lambda seen: set(seen) & secrets)
    texts = {name: texts_of(f"{name}.ipynb" if name == "notebook" else name, text) for name, text in made.items()}
    assert not found_in(texts, searched, pseudonyms=False)


MISTAKES = [
    ("customers", {"columns": COLUMNS["customers"] | {"customer_id": "email"}}),
    ("customers", {"columns": COLUMNS["customers"] | {"city": "no such column"}}),
    ("transactions", {"quarantine_limit": 0.001}),
    ("consent", {"columns": COLUMNS["consent"] | {"status": "unmapped"}}),
    ("customers", {"columns": COLUMNS["customers"] | {"signup_date": "telephone"}, "quarantine_limit": 0.01}),
    ("events", {"columns": COLUMNS["events"] | {"feature": "user"}}),
    ("transactions", {"columns": COLUMNS["transactions"] | {"category": "customer"}}),
    ("transactions", {"columns": COLUMNS["transactions"] | {"amount": "order"}}),
    ("survey", {"columns": COLUMNS["survey"] | {"nps": "customer"}}),
    ("campaigns", {"columns": COLUMNS["campaigns"] | {"campaign": "name"}}),
    ("transactions", {"encoding": "utf-16"}), ("transactions", {"delimiter": ","}),
]


@pytest.mark.parametrize(("name", "changed"), [
    case if i < 4 else pytest.param(*case, marks=pytest.mark.full) for i, case in enumerate(MISTAKES)])
def test_no_error_quotes_one(planted, name, changed):
    files, *_ = planted
    product = settings(files.folder, **{name: changed})
    with pytest.raises(UserError) as stopped:
        collect.collect(sources.read(product, root=files.folder), sources.rules(product))
    assert not leaks(files.secrets, {"error": str(stopped.value)})
