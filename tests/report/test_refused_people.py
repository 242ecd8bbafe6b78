"""A refusal counts people as the product publishes them: on its page, in the summary, the portfolio and the outcome."""

import datetime as dt
import json
import re

import nbformat.v4 as nbf
import pandas as pd
import pytest

from lib.basis.readiness import Base, readiness
from lib.contracts import Refused
from lib.report.exporter import export_notebook
from lib.report.facts import Facts, data_facts
from lib.report.numbers import Format
from lib.report.page import refusal_page
from lib.report.portfolio import portfolio_page
from lib.report.summary import summarise
from lib.report.tables.basis import bases, checks
from lib.report.words.basis import base as base_words, lead, verdict
from tests.report import example_product as example

AS_OF = dt.date(2026, 6, 30)


def published(n: int, fmt: Format) -> dict[str, str]:
    """Everything that is published about a refused base of n customers, all of whom have bought."""
    measured = Base(n_customers=n, n_buyers=n, repeat_share=2 / n, history_days=400, last_order=AS_OF, period_days=7.0,
                    variables=["frequency", "depth"], n_icps=2, n_active=n, gap_variation=0.9, returned_share=2 / n)
    made = example.refused()
    found = readiness(measured, business="b2c", stage="scaling", billing="transactional", as_of=AS_OF,
                      why_now="test", basis=made["basis"], people=fmt)
    assert found["verdict"] == "no-go"
    made = {"basis": made["basis"], "readiness": found,
            "collected": made["collected"] | {"n_customers": n, "protection": {}}, "ledger": made["ledger"]}
    blocks = [verdict(found, fmt), lead(found), checks(found, fmt),
              base_words(made["collected"], pd.DataFrame(index=range(n)), fmt)]
    notebook = nbf.new_notebook(cells=[nbf.new_markdown_cell("# 01 · Identify the basis"), *(
        nbf.new_code_cell("x", metadata={"tags": ["story"]}, outputs=[
            nbf.new_output("display_data", data=block._repr_mimebundle_())]) for block in blocks)])
    facts = example.facts(smallest_cell=fmt.smallest, rounding=fmt.rounding)
    summary = summarise(made, facts, {"01_identify_basis": notebook})
    facts = data_facts(facts, summary)
    return {"summary": json.dumps({k: summary[k] for k in (
                "reasons", "needed", "data", "readiness", "statements", "first_screen")}),
            "page": refusal_page(summary, {"01_identify_basis": notebook}, facts),
            "portfolio": portfolio_page([summary]),
            "notebook": export_notebook(notebook, facts), "outcome": str(Refused(found["reasons"], found["needed"]))}


def telling(texts: dict[str, str], *numbers: int) -> list[str]:
    """Where one of these numbers stands, as a number of its own; styles and drawings are no text."""
    alone = re.compile(rf"(?<![\w.#,-])(?:{'|'.join(map(str, numbers))})(?:\.0)?(?![\w%,-]|\.\d)")
    plain = {k: re.sub(r"<(style|svg|script|head).*?</\1>|<[^>]*>|[a-z]+=\"[^\"]*\"", " ", t, flags=re.S)
             for k, t in texts.items()}
    return [k for k, t in plain.items() if alone.search(t)]


def test_the_search_finds_an_exact_count():
    assert set(telling(published(113, Format()), 113)) == {"summary", "page", "portfolio", "notebook", "outcome"}


@pytest.mark.parametrize("n", [83, 113])
def test_a_rounded_base_is_told_nowhere(n):
    texts = published(n, Format(rounding=5))
    assert not telling(texts, n, 120 - n, 500 - n)
    assert len(telling(texts, Format(rounding=5).rounded(n))) == 5, "its rounded number is"


@pytest.mark.parametrize(("n", "smallest"), [(7, 10), (13, 20)])
def test_few_are_told_nowhere(n, smallest):
    texts = published(n, Format(smallest=smallest))
    assert not telling(texts, n, 120 - n, 500 - n)
    said = [k for k, t in texts.items() if f"fewer than {smallest} customers" in t.lower()]
    assert set(said) == {"summary", "page", "portfolio", "notebook", "outcome"}


def test_a_candidate_known_for_few_shows_no_score():
    fmt, made = Format(), example.refused()["basis"]
    some = made.assign(n=[7, *made["n"].iloc[1:]])
    shown, hid = bases(made, fmt).rows[0], bases(some, fmt).rows[0]
    assert "–" not in shown[2:8] and hid[2:8] == ["–"] * 6


def test_facts_know_no_count_of_few():
    assert Facts.model_validate(example.facts()).fmt.published(7) is None
