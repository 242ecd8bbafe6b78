"""`segments due`: a review whose day is over, new data, another as-of date, a run that broke off; and nothing else."""

import datetime as dt
import json
import os
from functools import partial

import duckdb
import pytest

from lib.product import Product
from lib.run import changed, due as module, folder as of_folder, lock as of_lock
from lib.sources import list_files, source_files
from lib.store import sha256
from tests.conftest import MINIMAL

TODAY = dt.date(2026, 7, 10)
REVIEW = dt.date(2026, 9, 28)
COLUMNS = MINIMAL["sources"]["transactions"]["columns"]
ORDERS = {"path": "orders.csv", "columns": COLUMNS}


@pytest.fixture
def product(tmp_path, monkeypatch):
    """A product that was run for 30 June, with a review planned for 28 September."""
    for name, place in {"REPORTS": "reports", "WORK": "data/work", "RUNS": "data/work/.runs"}.items():
        monkeypatch.setattr(module, name, tmp_path / place)
    for of in (of_folder, of_lock):
        monkeypatch.setattr(of, "RUNS", tmp_path / "data/work/.runs")
    for function in (source_files, list_files):
        monkeypatch.setattr(changed, function.__name__, partial(function, root=tmp_path))
    (tmp_path / "orders.csv").write_text("a;b\n")
    ran(tmp_path, "2026-06-30", recorded(tmp_path / "orders.csv"))
    advice = tmp_path / "data/work/acme/2026-06-30/advice.json"
    advice.parent.mkdir(parents=True)
    advice.write_text(json.dumps({"next_review": str(REVIEW)}))
    return tmp_path


def ran(root, day, *inputs):
    """A run of that day that was published, and read these."""
    place = root / "reports/acme" / day / "run.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"as_of": day, "inputs": inputs}))


def recorded(path, source="transactions", name="") -> dict:
    return {"source": source, "file": name or path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}


def left(root, **manifest):
    """The folder of a run that was not published."""
    place = root / "data/work/.runs/acme/20260701T000000-x/pages/run.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(manifest))


def write(path, text, day):
    """A file that was written on that day."""
    path.write_text(text)
    at = dt.datetime.combine(day, dt.time(12)).timestamp()
    os.utime(path, (at, at))


def found(today=TODAY, sources=None, fixed=False, **changes):
    content = MINIMAL | {"sources": sources or {"transactions": ORDERS}} | changes
    return module.due_for(Product.model_validate(content), today, fixed=fixed)


def reasons(today=TODAY, **changes) -> tuple[str, ...]:
    return found(today, **changes).reasons


def test_nothing_is_due_before_its_time(product):
    due = found()
    assert (due.reasons, due.run_for) == ((), "")
    assert due.text() == "acme: nothing to do, last run for 2026-06-30; next review on 2026-09-28"


@pytest.mark.parametrize("torn", ["", '{"inputs": [', "[]", "{}"])
def test_a_product_whose_last_record_cannot_be_read_is_run_again(product, torn):
    (product / "reports/acme/2026-06-30/run.json").write_text(torn)
    due = found()
    assert due.run_for == "2026-06-30" and due.reasons[0].endswith("run.json cannot be read")


def test_a_review_is_due_for_its_day_once_the_day_is_over_and_newer_orders_have_come(product):
    write(product / "orders.csv", "a;b\n1;2\n", REVIEW)
    of_data = "1 input changed since: orders.csv"
    on_the_day, after, long_after = (found(REVIEW + dt.timedelta(d)) for d in (0, 1, 200))
    assert (on_the_day.run_for, on_the_day.reasons) == ("2026-06-30", (of_data,))
    assert (after.run_for, after.reasons) == ("2026-09-28", ("its review was due on 2026-09-28", of_data))
    assert long_after.run_for == "2026-09-28"  # the orders reach no later review


def test_a_review_takes_the_newest_of_its_days_that_the_orders_reach(product):
    write(product / "orders.csv", "a;b\n1;2\n", dt.date(2027, 1, 30))
    days = {today: found(today, monitor={"review_days": 30}).run_for for today in (
        dt.date(2026, 10, 28), dt.date(2026, 10, 29), dt.date(2027, 1, 26), dt.date(2027, 1, 27), dt.date(2027, 9, 1))}
    assert [*days.values()] == ["2026-09-28", "2026-10-28", "2026-12-27", "2027-01-26", "2027-01-26"]


def test_a_review_without_newer_orders_waits_for_them(product):
    due = found(REVIEW + dt.timedelta(5))
    assert due.reasons == () and "its review was due on 2026-09-28, and no newer data have come since" in due.text()


def test_a_correction_is_run_for_the_old_day_and_the_review_waits(product):
    write(product / "orders.csv", "a;b\n1;2\n", dt.date(2026, 7, 5))
    due = found(REVIEW + dt.timedelta(5))
    assert (due.run_for, due.reasons) == ("2026-06-30", ("1 input changed since: orders.csv",))
    assert "no newer data" in due.remarks[0]


def test_a_new_survey_alone_brings_no_review(product):
    answers = {"path": "answers.csv", "columns": {"customer_id": "c", "q1": "q"}}
    write(product / "answers.csv", "c;q\n", REVIEW + dt.timedelta(1))
    due = found(REVIEW + dt.timedelta(5), sources={"transactions": ORDERS, "survey": answers})
    assert (due.run_for, due.reasons) == ("2026-06-30", ("1 input came since: answers.csv",))


def test_after_a_review_the_next_one_counts_from_its_day(product):
    write(product / "orders.csv", "a;b\n1;2\n", REVIEW)
    ran(product, "2026-09-28", recorded(product / "orders.csv"))
    due = found(REVIEW + dt.timedelta(1))
    assert (due.reasons, due.as_of, due.next_review) == ((), "2026-09-28", "2026-10-28")


def test_a_look_ahead_is_compared_with_what_it_read_itself(product):
    """A run for a later day counts from that day on; until then that of the file's day does."""
    write(product / "orders.csv", "a;b\n1;2\n", TODAY)
    ran(product, "2026-07-31", recorded(product / "orders.csv"))
    assert (found().run_for, found().as_of) == ("2026-06-30", "2026-06-30")
    assert found(dt.date(2026, 7, 31)).reasons == ()
    write(product / "orders.csv", "a;b\n1;3\n", TODAY)
    assert found(dt.date(2026, 7, 31)).run_for == "2026-07-31"


def test_with_a_date_given_only_that_date_counts(product):
    later = REVIEW + dt.timedelta(50)
    assert found(later, fixed=True).reasons == ()
    write(product / "orders.csv", "a;b\n1;2\n", later)
    assert (found(later, fixed=True).run_for, found(later).run_for) == ("2026-06-30", "2026-10-28")
    asked = found(later, fixed=True, as_of="2026-05-31")
    assert (asked.run_for, asked.reasons) == (
        "2026-05-31", ("it was not run for 2026-05-31, and the last run is for 2026-06-30",))


def test_a_product_that_was_never_run_is_due_for_the_date_of_its_file(product):
    due = found(id="other")
    assert (due.reasons, due.run_for) == (("it was never run",), "2026-06-30")


def test_another_as_of_date_is_due(product):
    due = found(as_of="2026-07-31")
    assert due.reasons == ("its file says 2026-07-31, and the last run is for 2026-06-30",)
    assert due.run_for == "2026-07-31"


def test_data_are_told_by_content_not_by_time(product):
    (product / "orders.csv").touch()
    assert reasons() == ()
    (product / "orders.csv").write_text("a;c\n")
    assert reasons() == ("1 input changed since: orders.csv",)


def test_a_file_that_came_into_a_folder_or_left_it_is_seen(product):
    folder = product / "orders"
    folder.mkdir()
    for month in (1, 2):
        (folder / f"{month}.csv").write_text(f"{month}\n")
    ran(product, "2026-06-30", *(recorded(folder / f"{m}.csv", name=f"orders/{m}.csv") for m in (1, 2)))
    sources = {"transactions": {**ORDERS, "path": "orders"}}
    assert reasons(sources=sources) == ()
    (folder / "2.csv").unlink()
    assert reasons(sources=sources) == ("1 input gone since: orders/2.csv",)
    (folder / "3.csv").write_text("3\n")
    assert reasons(sources=sources) == ("1 input came since: orders/3.csv", "1 input gone since: orders/2.csv")


@pytest.mark.parametrize("path", ["codes.csv", "./codes.csv", "sub/../codes.csv"])
def test_a_list_is_no_new_input_and_its_change_is_seen_where_it_was_recorded(product, path):
    (product / "codes.csv").write_text("code,name\n")
    lists = {"amount": {"path": path, "key": "code", "value": "name"}}
    sources = {"transactions": {**ORDERS, "lookups": lists, "rates": path}}
    assert reasons(sources=sources) == ()
    ran(product, "2026-06-30", *(recorded(product / name) for name in ("orders.csv", "codes.csv")))
    assert reasons(sources=sources) == ()
    (product / "codes.csv").write_text("code,text\n")
    assert reasons(sources=sources) == ("1 input changed since: codes.csv",)


@pytest.fixture
def with_table(product):
    """The orders of the product are a table; its survey is a file."""
    duckdb.connect(product / "shop.duckdb").close()
    (product / "answers.csv").write_text("c;q\n")
    table = {"source": "transactions", "file": "duckdb: shop.duckdb.orders", "bytes": 9, "sha256": "0"}
    ran(product, "2026-06-30", table, recorded(product / "answers.csv", "survey"))
    return {"transactions": {"url": "duckdb:///shop.duckdb", "table": "orders", "columns": COLUMNS},
            "survey": {"path": "answers.csv", "columns": {"customer_id": "c", "q1": "q"}}}


def test_files_beside_a_table_are_compared_and_that_the_table_is_not_is_said(product, with_table):
    due = found(sources=with_table)
    assert due.reasons == () and due.text().endswith("whether its table changed is not looked at")
    assert due.as_dict()["remarks"][-1] == "whether its table changed is not looked at"
    (product / "answers.csv").write_text("c;r\n")
    assert reasons(sources=with_table) == ("1 input changed since: answers.csv",)


def test_a_product_with_tables_is_due_on_its_review_also_after_it_was_refused(product, with_table):
    later = found(REVIEW + dt.timedelta(1), sources=with_table)
    assert (later.run_for, later.reasons) == ("2026-09-28", ("its review was due on 2026-09-28",))
    (product / "data/work/acme/2026-06-30/advice.json").unlink()
    assert reasons(dt.date(2026, 7, 30), sources=with_table) == ()
    assert found(dt.date(2026, 7, 31), sources=with_table).run_for == "2026-07-30"
    ran(product, "2026-07-30", {"source": "transactions", "file": "duckdb: shop.duckdb.orders"},
        recorded(product / "answers.csv", "survey"))
    assert reasons(dt.date(2026, 7, 31), sources=with_table) == ()


def test_a_run_that_broke_off_is_due_if_it_is_of_the_day(product):
    left(product, state="running", as_of="2026-06-30")
    assert "broke off or failed" in reasons()[0]
    left(product, state="failed", as_of="2026-05-31")
    assert reasons() == ()


def test_a_run_that_ended_before_it_could_say_anything_is_due(product):
    (product / "data/work/.runs/acme/20260701T000000-x").mkdir(parents=True)
    assert "broke off or failed" in reasons()[0]


@pytest.mark.parametrize("state", ["kept", "refused"])
def test_steps_that_are_kept_today_are_left_alone_and_older_ones_are_nothing_to_run(product, state):
    (product / "orders.csv").write_text("a;c\n")
    noon = dt.datetime.combine(TODAY, dt.time(12)).astimezone(dt.UTC)
    left(product, state=state, as_of="2026-06-30", started_at=noon.isoformat())
    assert found().reasons == () and "kept" in found().remarks[0]
    (product / "orders.csv").write_text("a;b\n")
    assert found(TODAY + dt.timedelta(1)).reasons == ()
    (product / "orders.csv").write_text("a;c\n")
    assert reasons(TODAY + dt.timedelta(1)) == ("1 input changed since: orders.csv",)


def test_a_run_that_is_going_on_is_left_alone_and_a_lock_that_was_left_behind_is_none(product):
    (product / "orders.csv").write_text("a;c\n")
    with of_lock.product_lock("acme"):
        assert found().reasons == () and "going on since" in found().remarks[0]
    (product / "data/work/.runs/acme/lock").write_text("process 7 on elsewhere, since 2026-07-01 05:00:00")
    assert reasons() == ("1 input changed since: orders.csv",)


def test_a_product_whose_data_package_is_missing_is_passed_over(product):
    due = found(id="other", sources={"transactions": {**ORDERS, "package": "no_such_package"}})
    assert due.reasons == () and not due.as_dict()["due"]
    assert due.remarks[0].startswith("passed over: its data package no_such_package is not installed")


def test_the_command_runs_what_is_due_and_nothing_else(published):
    told = json.loads(published.segments("due", "--json").stdout)
    assert [(d["product"], d["due"], len(d["reasons"])) for d in told] == [("acme", True, 1)]
    assert "no such file" in told[0]["reasons"][0]
    published.put_orders("2,50")
    done = published.segments("run", "--due")
    assert (done.returncode, done.stdout) == (0, "nothing is due\n")


def test_a_mistake_in_one_product_file_stops_no_other_product(published):
    published.put_orders("2,50")
    published.add_product("borea", colour="red")
    told = {d["product"]: d for d in json.loads(published.segments("due", "--json").stdout)}
    assert {p: d["due"] for p, d in told.items()} == {"acme": False, "borea": True}
    assert "colour" in told["borea"]["reasons"][0] and not told["borea"]["run_for"]
    assert "borea: mend it, because its product file cannot be used" in published.segments("due").stdout
    left = published.segments("run", "--due", "--json")
    [outcome] = json.loads(left.stdout)
    assert (left.returncode, outcome["product"], outcome["state"]) == (2, "borea", "mistake")
    page = (published.root / "reports/index.html").read_text(encoding="utf-8")
    assert "borea" in page and "colour" in page
    done = published.segments("run", "--all", "--json")
    states = {o["product"]: o["state"] for o in json.loads(done.stdout)}
    assert (done.returncode, states) == (2, {"acme": "published", "borea": "mistake"})


@pytest.mark.parametrize("words", [
    ("run", "acme", "borea"), ("run", "--all", "--as-of", "soon"), ("due", "borea"), ("due", "--as-of", "soon")])
def test_a_mistake_in_what_is_asked_for_ends_the_command(published, words):
    (published.root / "products/borea.yml").write_text("id: borea\n")
    done = published.segments(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert ("soon" in done.stderr) if "soon" in words else ("borea.yml" in done.stderr)


READS = """
from lib import sources
none = dict.fromkeys(("kept_columns", "dropped_columns", "voices", "protection"), {})
raw = sources.read(settings)
work.save(collected={"sources": list(raw.files), "lists": list(raw.lists), "absent": [], "period": [None, None],
                     "n_customers": 900, **none})
"""


def test_after_what_is_due_was_run_nothing_is(workspace):
    """First for the date of the file, then for the day of the review that newer orders reach, then not at all."""
    workspace.add_product("acme", monitor={"review_days": 30})
    workspace.put("02_collect", READS, wrote=["collected"])
    workspace.put_orders("2,50")
    yesterday = dt.date.today() - dt.timedelta(1)
    review = dt.date(2026, 6, 30) + (yesterday - dt.date(2026, 6, 30)).days // 30 * dt.timedelta(30)
    for day, amount in ("2026-06-30", "3,50"), (str(review), None):
        done = workspace.segments("run", "--due", "--json")
        [outcome] = json.loads(done.stdout)
        assert (done.returncode, outcome["state"], outcome["as_of"]) == (0, "published", day)
        assert workspace.segments("run", "--due").stdout == "nothing is due\n"
        [told] = json.loads(workspace.segments("due", "--json").stdout)
        assert (told["due"], told["as_of"]) == (False, day)
        if amount:
            workspace.put_orders(amount)
