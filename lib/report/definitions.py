"""What the figures of a report rest on: two reports in which it differs cannot be set side by side."""

from __future__ import annotations

from lib.report.numbers import Format

LONGEST = 3  # names that are told


def definitions(summary: dict) -> dict[str, str]:
    """{what: as it is in this report}, from a summary.json; what a refused run did not define is left out."""
    lead, rhythm = summary.get("lead") or {}, summary.get("rhythm") or {}
    counts = {row["dimension"]: row["metric"] for row in _rows(summary, "engagement_framework")}
    fmt = Format(summary.get("locale", "en"), summary.get("currency", ""))
    found = {
        "currency": summary.get("currency", ""),
        "length of a period": f"{fmt.number(rhythm['period_days'])} days" if rhythm.get("period_days") else "",
        "what engagement counts": ", ".join(f"{d} by {m.replace('_', ' ')}" for d, m in sorted(counts.items())),
        "what leads": lead.get("lead", ""),
        "segments": "\n".join(sorted(s["name"] for s in _rows(summary, "segments"))),
        "version of the figures": str(summary.get("schema_version", "")),
    }
    return {what: value for what, value in found.items() if value}


def listed(names: list[str], longest: int = LONGEST) -> str:
    """The first names, and how many more there are."""
    more = len(names) - longest
    return ", ".join(names[:longest]) + (f" and {more} more" if more > 0 else "")


def _rows(summary: dict, section: str) -> list[dict]:
    """The rows of a section; one that was not measured says why instead."""
    rows = summary.get(section)
    return rows if isinstance(rows, list) else []


def differing(now: dict[str, str], before: dict[str, str]) -> list[str]:
    """In words, what both define and define differently."""
    return [_told(what, now[what], before[what]) for what in now if what in before and now[what] != before[what]]


def _told(what: str, now: str, before: str) -> str:
    if what != "segments":
        return f"{what} ({now}; then {before})"
    names, known = set(now.split("\n")), set(before.split("\n"))
    gone = sorted(known - names)
    lost = f"; no longer there: {listed(gone)}" if gone else ""
    return f"segments ({len(names)}; then {len(known)}{lost})"
