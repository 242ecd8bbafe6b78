"""The data dictionary is the contracts, printed."""

from lib.contracts import ARTEFACTS, INPUTS
from lib.contracts.dictionary import data_dictionary
from lib.paths import DATA


def test_the_data_dictionary_is_current():
    told = (DATA / "README.md").read_text(encoding="utf-8")
    assert told == data_dictionary(), "python -m lib.contracts.dictionary > data/README.md"


def test_every_table_and_column_is_in_it():
    page = data_dictionary()
    for table in (*INPUTS.values(), *ARTEFACTS.values()):
        assert f"# {table.name}\n" in page
        names = table.keys if hasattr(table, "meaning") else [c.name for c in table.columns]
        assert all(f"| `{name}` |" in page for name in names)
