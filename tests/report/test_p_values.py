"""A p value that rounds to zero is not zero: it is said as smaller than the smallest that is told."""

import pytest

from lib.report.blocks import Sentence
from lib.report.numbers import Format
from lib.report.statements import statement, untraced


@pytest.mark.parametrize(("p", "cell", "said"), [
    (0.1652, "0.165", "p = 0.165"), (0.001, "0.001", "p = 0.001"), (0.0009, "< 0.001", "p < 0.001"),
    (0.0, "< 0.001", "p < 0.001"), (1.0, "1", "p = 1"), (float("nan"), "not measured", "p not measured")])
def test_a_small_p_is_not_zero(p, cell, said):
    assert Format().p_value(p) == cell and Format().p(p) == said


def test_it_is_written_as_the_locale_writes_numbers():
    assert Format("de").p(0.00001) == "p < 0,001" and Format("de").p(0.2) == "p = 0,2"


def said(values: dict) -> dict:
    return Sentence(f"It differs ({Format().p(0.00002)}).", values).content()


def test_its_sentence_is_traced_to_its_value():
    assert not untraced(statement("01", said({"p": 0.00002})), Format())
    assert untraced(statement("01", said({"p": 0.4})), Format())
