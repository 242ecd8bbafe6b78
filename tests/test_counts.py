"""One row is a row: a count and what it counts come from one helper, and no text puts a plural behind a bare number."""

import ast
import re
from pathlib import Path

import pytest

from lib.contracts.counts import People, few_of, in_lines, number_of
from lib.report.numbers import Format

LIB = Path(__file__).resolve().parent.parent / "lib"
PLURAL = re.compile(r" (?:of (?:them|these|the \w+) )?(?:[a-z]+ ){0,2}?(rows|ids|cells|values|dates|numbers|records|"
                    r"lines|files|tables|columns|customers|people|users|buyers|answers|respondents|items|texts|days|orders|"
                    r"amounts|sheets|groups|codes|currencies|formulas|parts|fields|times|cases|accounts|decisions|"
                    r"profiles|segments|variables|sources|products|checks|tests|themes|months|periods|seconds|pairs|"
                    r"others|entries|interviews|cohorts|markers|candidates|campaigns|contacts|questions|words)\b")
# What is no bare count: a helper that knows one from many, people (of whom few are hidden), shares and bounds, names.
KNOWN = re.compile(r"(?:fmt|people)\.(?:people|n|share|number|interval|estimate|few|smallest|counted|days|said"
                   r"|part_of|money)\b|number_of\(|in_lines\(|few_of\(|^[A-Z_\d *+/()-]+$|(?<!\w)(?:self\.)?smallest$")
# Two or more by what comes before, or no count at all: file and expression.
NEVER_ONE = {
    ("basis/icps.py", "icp['name']"), ("collect/scales.py", "_codes(rows, item)"), ("segments/schemes.py", "t"),
    ("report/figures/collect.py", "last['group']"), ("report/words/collect.py", "said"),
    ("report/tables/collect.py", "fmt.count(smallest)"), ("propose/attributes.py", "said"),
    ("report/tables/basis.py", "fmt.count(readiness['smallest_segment'])"),
    ("run/gate.py", "len(published) + len(kept)"),
    ("report/headline.py", "of_all(alike, segments, fmt)"),
    ("report/headline.py", "interval"), ("collect/scales.py", "name"),
    ("analyze/structure/scan.py", "least"), ("report/figures/analyze.py", "told"), ("report/words/staying.py", "early"),
    ("report/figures/structure.py", "ks[-1]"), ("report/figures/value.py", "', '.join(groups)"),
    ("report/words/ledger.py", "capital(_few(inside, fmt))"), ("report/words/next_campaigns.py", "fmt.count(needed)"),
    ("report/words/campaigns.py", "change"), ("report/words/campaigns.py", "name"),
    ("report/tables/strategy.py", "fmt.count(limits['large enough'])"), ("analyze/fresh.py", "needed"),
    ("report/figures/analyze.py", "reach"), ("run/client.py", "timeout"),
    ("report/words/collect.py", "_at_least(outside, smallest, fmt)"), ("segments/schemes.py", "cuts['period_days']"),
    ("report/figures/structure.py", "how_many"), ("report/figures/segments.py", "how_many"),
    ("report/words/structure.py", "capital(how_many)"), ("report/words/structure.py", "drawn"),
    ("report/words/handover.py", "_people(out, fmt).capitalize()"), ("report/words/growing.py", "few"),
    ("report/words/growing.py", "fmt.count(len(group))"), ("report/words/typing.py", "n"),
    ("run/forking.py", "patience"),
}


def bare_counts(tree: ast.AST) -> list[str]:
    """Expressions in f-strings that stand before a plural, without a helper that knows one from many."""
    found = []
    for text in (n for n in ast.walk(tree) if isinstance(n, ast.JoinedStr)):
        for value, after in zip(text.values, text.values[1:], strict=False):
            plural = isinstance(after, ast.Constant) and PLURAL.match(after.value)
            if plural and isinstance(value, ast.FormattedValue) and not (
                    value.format_spec and "%" in ast.unparse(value.format_spec)):
                found.append(ast.unparse(value.value))
    return [expression for expression in found if not KNOWN.search(expression)]


def test_no_plural_stands_behind_a_bare_number():
    """`number_of`, or `fmt.counted` on a page, says one row and two rows."""
    there = {(str(p.relative_to(LIB)), e) for p in LIB.rglob("*.py")
             for e in bare_counts(ast.parse(p.read_text(encoding="utf-8")))}
    assert there == NEVER_ONE


@pytest.mark.parametrize(("source", "fault"), [
    ("f'{n} rows'", True), ("f'{len(x):,} bad rows of it'", True), ("f'{fmt.count(n)} of them rows'", True),
    ("f'{number_of(n, \"row\")}'", False), ("f'{fmt.people(n)} customers'", False),
    ("f'{share:.0%} of the rows'", False)])
def test_the_search_finds_what_it_should(source, fault):
    assert bool(bare_counts(ast.parse(source))) == fault


def test_one_and_many():
    assert [number_of(n, "row is", "rows are") for n in (0, 1, 2, 1200)] == [
        "0 rows are", "1 row is", "2 rows are", "1,200 rows are"]
    assert [few_of(n, "column") for n in (0, 1, 2)] == ["no column is", "only 1 column is", "2 columns are"]
    assert (in_lines([7]), in_lines("7, 9")) == ("line 7", "lines 7, 9")
    assert [Format("de").counted(n, "class", "classes") for n in (1, 1200)] == ["1 class", "1.200 classes"]
    assert [People().said(n) for n in (0, 9, 10, 1200)] == [
        "no customers", "fewer than 10 customers", "10 customers", "1,200 customers"]
