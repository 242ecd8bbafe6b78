"""reports/index.html: every product and date with its state, its headline and links that work from any folder."""

from __future__ import annotations

import datetime as dt

from lib.report.definitions import definitions, differing, listed
from lib.report.frame import fill
from lib.report.numbers import Format
from lib.report.style import label

STEPS = ("01_identify_basis", "02_collect", "03_analyze", "04_create_segments", "05_strategy", "06_monitor")
STATES = {"ok": ("go", "Segmented"), "caution": ("caution", "With caution"), "refused": ("stop", "Not segmented"),
          "failed": ("stop", "Failed"), "running": ("caution", "First run")}
SHARED = ("currency", "length of a period", "what engagement counts")  # segments are each product's own
OF_VERDICT = {"go": "ok", "caution": "caution", "no-go": "refused"}
LONGEST = 300  # characters of a headline or cause here; the report has all of it


def run_of(summary: dict) -> dict:
    """The run that a published summary.json tells of."""
    return {"product": summary["product"], "name": summary["name"], "as_of": summary["as_of"],
            "state": OF_VERDICT[summary["verdict"]], "headline": summary["first_screen"]["headline"]["text"],
            "cause": "", "sample": summary["sample"], "draft": summary.get("draft", False),
            "tables": "tables" in summary, "analyst": summary.get("variant") == "analyst",
            "change": _change(summary), "definitions": definitions(summary)}


def _change(summary: dict) -> str:
    """How many customers changed segment since the date before."""
    change = summary.get("change")
    if not change:
        return ""
    fmt = Format(summary["locale"], summary["currency"])
    since = fmt.date(dt.date.fromisoformat(change["since"]))
    cast = " (no report is of that day: the same segments were looked for then)" if (
        summary.get("advice") or {}).get("back_cast") else ""
    chance = f", where chance alone moves {fmt.share(change['noise'])}" if "noise" in change else ""
    return (f"Since {since}{cast}, {fmt.share(change['share'])} "
            f"{fmt.interval(change['low'], change['high'], fmt.share)} of {fmt.people(change['n'])} customers have "
            f"changed segment{chance}.")


def portfolio_page(runs: list[dict]) -> str:
    """The page over all runs.

    A run is the content of a published summary.json, or, for one that failed, a dict with product, name, as_of
    (text), state "failed" and cause. A failed run shows its cause and links the last good report of its product; one
    that goes on has the state "running" and `since`, and shows beside the newest that is published.
    """
    known = [run_of(run) if "first_screen" in run else run for run in runs]
    grouped: dict[str, list[dict]] = {}
    for run in sorted(known, key=lambda r: (r["state"] == "running", r["as_of"], r["state"] == "failed"), reverse=True):
        grouped.setdefault(run["product"], []).append(run)
    products = sorted((_product(of) for of in grouped.values()), key=lambda p: (p["name"].casefold(), p["id"]))
    drafts = [product["name"] for product in products if product["draft"]]
    page = {"kind": "portfolio", "lang": "en", "title": "Segments - all products", "notice": "", "draft": bool(drafts),
            "draft_text": f"Not confirmed yet, and nothing is exported: {', '.join(drafts)}."}
    return fill("portfolio.html", page=page, headline=_headline(products), products=products,
                differ=_across(list(grouped.values())))


def _product(runs: list[dict]) -> dict:
    """One product by its newest run; the others below it."""
    going = next((run["since"] for run in runs if run["state"] == "running"), "")
    runs = [run for run in runs if run["state"] != "running"] or runs[:1]
    newest = runs[0]
    good = [run for run in runs if run["state"] != "failed"]
    failed = newest["state"] == "failed"
    last = f" The last good report is of {_day(good[0])}." if failed and good else ""
    return {
        **_entry(newest), "id": newest["product"], "name": label(newest.get("name") or newest["product"], 120),
        "sample": newest.get("sample", False), "draft": newest.get("draft", False),
        "cause": label(_where(newest.get("cause") or ""), LONGEST), "cause_label": "Cause:",
        "headline": _cut(newest.get("headline") or (f"The newest run failed.{last}" if failed else "")),
        "going": going, "change": newest.get("change", ""),
        "links": _links(good[0]) if good and good[0]["state"] != "running" else [],
        "earlier": [{**_entry(run), "differs": _differs(good[0], run) if good else ""} for run in runs[1:]],
    }


def _where(cause: str) -> str:
    """The cause, with the step that it begins with as pages call it."""
    step, sign, why = cause.partition(": ")
    return f"Step {_step(step)}: {why}" if sign and step in STEPS else cause


def _differs(newest: dict, run: dict) -> str:
    """What makes a date not comparable with the newest report; empty when nothing does."""
    found = differing(newest.get("definitions") or {}, run.get("definitions") or {})
    return f"Not comparable with the newest report: {'; '.join(found)}." if found else ""


def _across(products: list[list[dict]]) -> list[dict]:
    """What makes the newest published runs of products not comparable: each thing, and whose is how."""
    newest = [next((r for r in runs if r.get("definitions")), None) for runs in products]
    kept = [run for run in newest if run]
    return [{"what": what, "how": found} for what in SHARED if len(found := _by_value(kept, what)) > 1]


def _by_value(runs: list[dict], what: str) -> list[str]:
    """How a thing is defined, and in which products."""
    names: dict[str, list[str]] = {}
    for run in runs:
        if value := run["definitions"].get(what):
            names.setdefault(value, []).append(label(run.get("name") or run["product"], 120))
    return [f"{value} ({listed(sorted(of, key=str.casefold))})" for value, of in sorted(names.items())]


def _entry(run: dict) -> dict:
    tone, said = STATES[run["state"]]
    failed = run["state"] in ("failed", "running")
    return {"as_of": _day(run), "state": run["state"], "tone": tone, "label": said,
            "headline": _cut(run.get("headline") or _where(run.get("cause") or "")),
            "href": "" if failed else f"{run['product']}/{run['as_of']}/report.html"}


def _links(run: dict) -> list[dict]:
    folder = f"{run['product']}/{run['as_of']}"
    steps = STEPS[:3] if run["state"] == "refused" else STEPS
    beside = [("Tables", "report.xlsx")] * run["tables"] + [("For analysts", "analyst.html")] * run["analyst"]
    return [{"text": "Read the report", "href": f"{folder}/report.html"},
            *({"text": text, "href": f"{folder}/{file}"} for text, file in beside),
            *({"text": _step(step), "href": f"{folder}/{step}.html"} for step in steps)]


def _step(stem: str) -> str:
    number, _, name = stem.partition("_")
    return f"{int(number)} {name.replace('_', ' ').capitalize()}"


def _headline(products: list[dict]) -> str:
    counts = {said: sum(p["label"] == said for p in products) for _, said in STATES.values()}
    parts = [f"{n} {said.lower()}" for said, n in counts.items() if n]
    return f"{len(products)} {'product' if len(products) == 1 else 'products'}: {', '.join(parts)}." if products else ""


def _day(run: dict) -> str:
    return Format().date(dt.date.fromisoformat(run["as_of"]))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
