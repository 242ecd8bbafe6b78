"""What the product is, as far as files can say: business, stage, billing, critical event, engagement."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pandas as pd

from lib.contracts.counts import number_of
from lib.propose.calendar import CONSTANT, Span
from lib.propose.roles import Table
from lib.propose.said import Said
from lib.propose.shapes import Shape
from lib.propose.words import COMPANY, RECURRING, words_of

ANY_USE = "use"  # no feature has this name, so every event counts (lib.analyze.activity)
EARLY = 180  # days of history below which a product is early (method.md §1: RFM needs as many)
MATURE = 730  # days of history from which a product may be mature [ours]
GROWING = 1.10  # more customers than in the same time before: scaling [ours]
FEWEST_GAPS, MONTHLY = 30, 0.6  # gaps between payments, and the share of a month that speaks of a contract [ours]
# [ours] addresses at work: so many domains at least, such a share of all addresses, and no domain with most of them
FEWEST_DOMAINS, AT_WORK, LARGEST_DOMAIN = 10, 0.8, 0.5
# names of domains at which people have addresses of their own
PROVIDERS = {
    "163", "aol", "arcor", "bluewin", "fastmail", "free", "freenet", "gmail", "gmx", "googlemail", "hey",
    "hotmail", "hushmail", "icloud", "laposte", "libero", "live", "mac", "mail", "mailbox", "me", "msn",
    "orange", "outlook", "posteo", "proton", "protonmail", "qq", "rocketmail", "sfr", "t-online", "terra",
    "tuta", "tutanota", "uol", "verizon", "virgilio", "wanadoo", "web", "yahoo", "yandex", "ymail", "zoho",
}
OPENING = (
    "login",
    "log_in",
    "logout",
    "session",
    "app_open",
    "open_app",
    "open",
    "start",
    "page_view",
    "pageview",
    "screen",
    "view",
    "visit",
    "heartbeat",
    "push",
    "install",
    "anmeld",
)


def business(tables: list[Table]) -> Said:
    """b2b where columns speak of companies, or addresses are at companies' own domains, else b2c."""
    headers = [s.header for t in tables for s in t.shapes if words_of(s.header) & COMPANY - {"account"}]
    if len(headers) >= 2:
        return Said("b2b", f"columns speak of companies: {', '.join(headers[:4])}", "likely")
    for column in (s.column for t in tables for s in t.shapes if s.personal == "e-mail address"):
        if domains := _companies(column.sample):
            return Said("b2b", f"most addresses of {column.header} are at {number_of(domains, 'domain')} of companies, "
                               "not at providers of mail", "likely")
    return Said("b2c", "no column speaks of companies", "guess")


def _companies(addresses: tuple[str, ...]) -> int:
    """How many domains of companies these addresses are at; 0 where most are not, or one domain holds most of them."""
    domains = [a.rpartition("@")[2].lower() for a in addresses if "@" in a]
    own = Counter(d for d in domains if not PROVIDERS & set(d.split(".")))
    if len(own) < FEWEST_DOMAINS or sum(own.values()) < AT_WORK * len(domains):
        return 0
    return len(own) if max(own.values()) < LARGEST_DOMAIN * len(domains) else 0


def billing(tables: list[Table], people: pd.DataFrame | None, has_orders: bool) -> Said:
    """How customers pay, from the rhythm of payments and from headers."""
    headers = [s.header for t in tables for s in t.shapes if words_of(s.header) & RECURRING]
    if not has_orders:
        if headers:
            return Said(
                "subscription", f"no payments are given, and {', '.join(headers[:3])} speak of a contract", "guess"
            )
        return Said("usage", "no payments are given, so nothing says how customers pay", "guess")
    varied = people["variation"].dropna() if people is not None else pd.Series(dtype=float)
    if len(varied) >= 10 and varied.median() < CONSTANT:
        return Said("subscription", "most customers pay at constant intervals", "likely")
    gaps = int(people["gaps"].sum()) if people is not None else 0
    if gaps >= FEWEST_GAPS and people["monthly"].sum() >= MONTHLY * gaps:
        share = people["monthly"].sum() / gaps
        return Said("subscription", f"{share:.0%} of payments come a month after the one before", "likely")
    if len(headers) >= 2:
        return Said("subscription", f"columns speak of a contract: {', '.join(headers[:3])}", "guess")
    return Said("transactional", "customers pay at intervals that vary", "likely")


def stage(spans: list[Span], people: pd.DataFrame | None) -> Said:
    """The stage, from how far the data go back and whether more customers come."""
    if not spans or people is None:
        return Said("early", "there is no history to judge by", "guess")
    length = max(s.length for s in spans)
    if length < EARLY:
        return Said("early", f"the data cover {number_of(length, 'day')}", "guess")
    last = people["last"].max()
    half = dt.timedelta(days=min(length // 2, 365))
    now, before = (
        ((people["first"] > last - (k + 1) * half) & (people["first"] <= last - k * half)).sum() for k in (0, 1)
    )
    if length >= MATURE and now < GROWING * max(before, 1):
        return Said("mature", f"{number_of(length, 'day')} of data, and no more new customers than before", "guess")
    return Said("scaling", f"{number_of(length, 'day')} of data, and customers still come", "guess")


def critical_event(columns: dict[str, dict[str, Shape]], billing: str) -> Said:
    """`order`; without orders, or where a contract pays them, the feature used most often that is not merely opening
    the product, or any use where no feature is named."""
    by_contract = billing == "subscription" and "events" in columns
    if "transactions" in columns and not by_contract:
        return Said("order", "there are orders; a feature in events may carry the core value better", "guess")
    feature = columns.get("events", {}).get("feature")
    if not feature and by_contract:
        return Said(ANY_USE, "a contract pays whether it is used or not, and events name no feature: each row of them "
                             "is use", "guess")
    if not feature:
        return Said("order", "there is no column of features to choose from", "guess")
    useful = [v for v, _ in feature.column.frequent if not any(word in v.lower() for word in OPENING)]
    chosen = (useful or [v for v, _ in feature.column.frequent])[0]
    return Said(
        chosen,
        "the most frequent event that is more than opening the product: is this where customers get its value?",
        "guess",
    )


def engagement(columns: dict[str, dict[str, Shape]]) -> dict[str, Said]:
    """What breadth, depth and frequency may be counted on."""
    events, orders = columns.get("events", {}), columns.get("transactions", {})
    found = {}
    if "feature" in events or "category" in orders:
        breadth = "feature" if "feature" in events else "category"
        found["breadth"] = Said(breadth, "distinct values are what a customer makes use of")
    if "value" in events or "amount" in orders or "price" in orders:
        found["depth"] = Said("value" if "value" in events else "amount", "how much on an active day")
    if events or orders:
        found["frequency"] = Said("event" if events else "order", "what counts as use")
    return found
