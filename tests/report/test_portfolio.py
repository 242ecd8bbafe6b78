"""The page over all runs: newest first, failures with their cause and the last good report."""

import pytest

from lib.report.portfolio import portfolio_page
from lib.report.safety import check_page
from tests.report import example_product as example
from tests.report.page_reader import Page

FAILED = {
    "product": "meals",
    "name": "Meals & Co",
    "as_of": "2026-07-31",
    "state": "failed",
    "cause": "02_collect: no such file",
}


@pytest.fixture(scope="module")
def runs(good, refused) -> list[dict]:
    return [
        {**good["summary"], "as_of": "2026-05-31"},
        good["summary"],
        {**refused["summary"], "product": "tiny", "name": "Tiny"},
    ]


def test_each_product_shows_its_newest_run_and_links_it(runs):
    page = Page(portfolio_page(runs))
    assert [n.text for n in page.of("h2")] == ["Meals & Co", "Tiny"]
    assert [n.text for n in page.having("pill")] == ["With caution", "With caution", "Not segmented"]
    links = [n.attrs["href"] for n in page.of("a")][1:]
    assert links[0] == "meals/2026-06-30/report.html" and "meals/2026-05-31/report.html" in links
    assert "tiny/2026-06-30/03_analyze.html" in links and "tiny/2026-06-30/04_create_segments.html" not in links
    assert page.having("headline")[0].text == "2 products: 1 with caution, 1 not segmented."


def test_a_failed_run_says_why_and_links_the_last_good_one(runs):
    html = portfolio_page([*runs, FAILED])
    check_page(html)
    meals = Page(html).having("product")[0]
    assert "Failed" in meals.text and "Step 2 Collect: no such file." in meals.text
    assert "The last good report is of 30 June 2026." in meals.text
    primary = next(n for n in Page(html).of("a") if "primary" in n.classes)
    assert primary.attrs["href"] == "meals/2026-06-30/report.html"


def test_a_product_that_only_failed_has_no_link():
    page = Page(portfolio_page([FAILED]))
    assert not [n for n in page.of("a") if "report.html" in n.attrs["href"]]


def test_no_run_is_said(runs):
    assert "No product has been run yet." in portfolio_page([])


def test_names_are_only_text():
    html = portfolio_page([{**FAILED, "name": "<script>x</script>", "cause": '"><img src=x onerror=x>' + "y" * 3000}])
    check_page(html)
    assert example.TOTAL and len(html) < 40_000


def test_a_draft_is_marked_here_too(runs):
    drafted = Page(portfolio_page([*runs, {**runs[1], "product": "acme", "name": "Acme", "draft": True}]))
    banner = drafted.having("banner")[0].text
    assert "DRAFT" in banner and "Acme" in banner and "Meals" not in banner
    assert not Page(portfolio_page(runs)).having("banner")


def test_what_changed_since_the_last_run_is_said(runs, good):
    change = {"since": "2026-05-31", "n": 2000, "moved": 150, "share": 0.075, "low": 0.064, "high": 0.087}
    text = Page(portfolio_page([{**good["summary"], "change": change}])).having("product")[0].text
    assert "Since 31 May 2026" in text and "8 % (6 % to 9 %) of 2,000" in text.replace("\u00a0", " ")
    nothing = Page(portfolio_page([{**good["summary"], "change": {}}])).having("product")[0].text
    assert "changed segment" not in nothing


def test_definitions_that_differ_are_not_comparable(good):
    now = {**good["summary"], "product": "meals", "rhythm": {"period_days": 14}}
    before = {**now, "as_of": "2026-05-31", "segments": now["segments"][:-1], "currency": "USD",
              "rhythm": {"period_days": 99}}
    page = Page(portfolio_page([now, before]))
    row = next(n for n in page.of("tr") if "31 May 2026" in n.text).text
    count = len(now["segments"])
    assert "Not comparable with the newest report: currency (EUR; then USD); length of a period" in row
    assert "99 days" in row and f"segments ({count}; then {count - 1})" in row
    same = Page(portfolio_page([now, {**now, "as_of": "2026-05-31"}]))
    assert "Not comparable" not in "".join(n.text for n in same.of("tr"))
    other = {**before, "product": "tiny", "name": "Tiny"}
    lines = [n.text for n in Page(portfolio_page([now, other])).of("li") if n.text.startswith(("currency", "length"))]
    assert lines[0] == "currency: EUR (Meals & Co); USD (Tiny)" and "14 days (Meals & Co); 99 days (Tiny)" in lines[1]
    others = [{**now, "product": f"p{i}", "name": f"Product {i}"} for i in range(4)]
    text = " ".join(n.text for n in Page(portfolio_page([now, other, *others])).of("li"))
    assert "EUR (Meals & Co, Product 0, Product 1 and 2 more)" in text
    assert "Not comparable between" not in portfolio_page([now, {**now, "product": "tiny"}])


def test_a_run_that_goes_on_is_said_beside_what_is_published(runs):
    going = {"product": "meals", "name": "Meals & Co", "as_of": "2026-07-31", "state": "running", "since": "12:00"}
    meals = Page(portfolio_page([*runs, going])).having("product")[0]
    assert "Being run now , since 12:00" in meals.text and "With caution" in meals.text
    first = Page(portfolio_page([{**going, "product": "new", "name": "New"}]))
    assert "First run" in first.having("product")[0].text
    assert not [n for n in first.of("a") if "report.html" in n.attrs["href"]]
