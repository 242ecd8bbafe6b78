"""Moments against the standard library: zones, summer time, serial days, epochs; rows in any order, the same tables."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from lib.collect.moments import SLOT, jumps
from tests.collect.collect_cases import rows_of

HOME = "Europe/Berlin"
ZONES = ("America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")


def read(collected, texts: list[str], **source) -> list[dt.datetime]:
    """When the orders with these texts were made, in the product's time."""
    lines = "".join(f"K{i};A{i};{t};5.00\n" for i, t in enumerate(texts))
    found = collected({"transactions": "customer;order;at;amount\n" + lines}, sources_of={"transactions": source},
                      as_of="2026-12-31")
    orders = rows_of(found.tables["transactions"])
    assert len(orders) == len(texts), found.ledger.to_string()
    return sorted(orders["ordered_at"].dt.to_pydatetime().tolist())


def moments(n: int, seed: int) -> list[dt.datetime]:
    """Seconds of 2025 and 2026, one in three beside a change of the clocks of HOME."""
    draw = random.Random(seed)
    near = [dt.datetime(2026, 3, 29, 1), dt.datetime(2026, 10, 25, 0), dt.datetime(2025, 3, 30, 1)]
    return [(draw.choice(near) if i % 3 == 0 else dt.datetime(2025, 1, 2) + dt.timedelta(days=draw.randrange(700)))
            + dt.timedelta(seconds=draw.randrange(5 * 3600)) for i in range(n)]


def test_times_with_offsets_are_the_same_instants(collected):
    draw, texts, wanted = random.Random(1), [], []
    for when in moments(300, 1):
        minutes = draw.choice([0, 60, -300, 330, 765])
        instant = when.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
        sign, size = "-" if minutes < 0 else "+", abs(minutes)
        texts.append(f"{when:%Y-%m-%d %H:%M:%S}{sign}{size // 60:02d}:{size % 60:02d}")
        wanted.append(instant.astimezone(ZoneInfo(HOME)).replace(tzinfo=None))
    assert read(collected, texts) == sorted(wanted)


@pytest.mark.parametrize("zone", [HOME, *ZONES])
def test_times_of_a_zone_are_read_as_the_documented_rule_says(collected, zone):
    """Skipped hours one hour later, as PEP 495 reads fold=0; repeated ones in winter time, fold=1."""
    shown = moments(300, 2)
    instants = [_instant(w, ZoneInfo(zone)) for w in shown]
    wanted = [i.astimezone(ZoneInfo(HOME)).replace(tzinfo=None) for i in instants]
    if zone == HOME:  # of the repeated hour both passes show the same time
        wanted = [w if _exists(w, ZoneInfo(HOME)) else i for w, i in zip(shown, wanted, strict=True)]
    assert read(collected, [f"{w:%Y-%m-%d %H:%M:%S}" for w in shown], timezone=zone) == sorted(wanted)


@pytest.mark.parametrize(("dates", "write"), [
    ("epoch_s", lambda w: str(int(w.replace(tzinfo=dt.UTC).timestamp()))),
    ("epoch_ms", lambda w: str(int(w.replace(tzinfo=dt.UTC).timestamp()) * 1000))])
def test_seconds_since_1970_are_instants(collected, dates, write):
    shown = moments(200, 3)
    wanted = [w.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(HOME)).replace(tzinfo=None) for w in shown]
    assert read(collected, [write(w) for w in shown], dates=dates) == sorted(wanted)


def test_serial_days_agree_with_a_spreadsheet_to_the_second(collected):
    from openpyxl.utils.datetime import to_excel

    shown = [w for w in moments(300, 4) if _exists(w, ZoneInfo(HOME))]
    assert read(collected, [f"{to_excel(w):.9f}" for w in shown], dates="excel") == sorted(shown)


@pytest.mark.parametrize("zone", [HOME, *ZONES, "Africa/Casablanca", "Pacific/Apia"])
def test_the_half_hours_that_a_zone_skips_and_repeats_are_those_of_the_standard_library(zone):
    found, info = jumps(zone, dt.date(2010, 1, 1), dt.date(2016, 12, 31)), ZoneInfo(zone)
    repeated, skipped = set(found.repeated), {slot for slots in found.skipped.values() for slot in slots}
    start = dt.datetime(2010, 1, 3)
    for half_hour in range(6 * 365 * 48):
        shown = start + dt.timedelta(seconds=SLOT * half_hour)
        slot = int(shown.replace(tzinfo=dt.UTC).timestamp()) // SLOT
        early, late = shown.replace(tzinfo=info).utcoffset(), shown.replace(tzinfo=info, fold=1).utcoffset()
        assert (slot in skipped, slot in repeated) == (early < late, early > late), shown


def test_the_order_of_rows_changes_nothing(collected, tmp_path):
    head = "customer;order;at;amount\n"
    lines = [f"K{i % 40};A{i};2026-0{1 + i % 6}-{1 + i % 28:02d} 10:{i % 60:02d};{5 + i % 9}.00\n" for i in range(200)]
    lines += ["K1;A9;2026-03-29 02:30;1.00\n", "K2;A10b;2025-10-26T02:30:00Z;2.00\n"]
    first = collected({"transactions": head + "".join(lines)})
    random.Random(5).shuffle(lines)
    other = collected({"transactions": head + "".join(lines)})
    for name in ("transactions", "customers"):
        a, b = (rows_of(f.tables[name]).pipe(lambda t: t.sort_values(list(t.columns), ignore_index=True))
                for f in (first, other))
        pd.testing.assert_frame_equal(a, b)
    pd.testing.assert_frame_equal(first.ledger, other.ledger)
    columns = ["source", "rule", "severity", "rows_affected"]
    pd.testing.assert_frame_equal(first.quality[columns], other.quality[columns])


def _exists(shown: dt.datetime, info: ZoneInfo) -> bool:
    return shown.replace(tzinfo=info).astimezone(dt.UTC).astimezone(info).replace(tzinfo=None) == shown


def _instant(shown: dt.datetime, info: ZoneInfo) -> dt.datetime:
    return shown.replace(tzinfo=info, fold=1 if _exists(shown, info) else 0).astimezone(dt.UTC)
