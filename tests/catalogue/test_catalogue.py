"""The bad-input catalogue, executed: every row on every table it applies to, each with the one permitted outcome."""

import importlib
import pkgutil

import pytest

from tests import catalogue
from tests.catalogue import clean
from tests.catalogue.case import Case, verify

MODULES = sorted(m.name for m in pkgutil.iter_modules(catalogue.__path__) if m.name.startswith("rows_"))
CASES: list[Case] = [c for m in MODULES for c in importlib.import_module(f"tests.catalogue.{m}").CASES]

FIRST = {(c.row, c.wanted): c for c in reversed(CASES)}


def _parameter(case: Case):
    """`make test` tries each row and outcome once; the other inputs and tables wait for `make full`."""
    return pytest.param(case, id=case.id, marks=[] if FIRST[case.row, case.wanted] is case else pytest.mark.full)


@pytest.mark.parametrize("case", [_parameter(c) for c in CASES])
def test_bad_input_comes_out_as_listed(case, minimal, tmp_path):
    verify(case, minimal, tmp_path)


def test_clean_files_are_read_without_a_word(minimal, tmp_path):
    for table in clean.TABLES:
        folder = tmp_path / table
        folder.mkdir()
        verify(Case(0, table, "clean", "=", clean.text(table)), minimal, folder)


def test_no_two_cases_are_the_same():
    assert len({c.id for c in CASES}) == len(CASES)
