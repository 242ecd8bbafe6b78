"""What a data owner must fix: findings with file, column, lines, count and fix, worst first; and the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from lib.contracts.counts import in_lines, number_of

READY, MUST_FIX, NO_GO, BLOCKED = 0, 2, 3, 4
# severity of a finding: the heading above it, worst first
HEADINGS = {
    "error": "Errors: nothing runs before they are fixed",
    "blocked": "Blocked by data protection",
    "no-go": "Not enough to divide customers by",
    "decide": "Decisions that are yours: until then every page says DRAFT, and no audience is exported",
    "quarantined": "Rows set aside, because they cannot be read",
    "warning": "Doubts: rows are kept, a person should look",
    "excluded": "Rows left out, as declared or required",
    "repaired": "Repaired, counted",
}
# what to do about a rule that broke: the first whose pattern is found in the rule
FIXES = (
    (r"not a date as declared", "correct the dates, or `dates` of the source"),
    (r"not an? (amount|number|whole)", "correct the numbers, or `decimal` and `thousands` of the source"),
    (r"neither yes nor no", "write yes or no"),
    (r": missing$", "fill them in at the source, or leave the rows out of the export"),
    (r"out of range|unknown value", "correct the values at the source"),
    (r"too few or too many fields", "quote values that hold the delimiter"),
    (r"one order under two customers|contradict", "keep one row, the right one"),
    (r"id not among the customers", "export the missing customers, or declare `partial: true` for customers"),
    (r"equal to an earlier row", "nothing, if they are copies; else `equal_rows: keep`"),
    (r"after the as-of date", "nothing, or a later `as_of`"),
    (r"test or excluded id", "nothing: `exclude_ids` says so"),
    (r"without consent|objected|erased|younger|retention", "nothing: the law or your declaration says so"),
)


@dataclass(frozen=True)
class Finding:
    """One thing to know: how bad, where, what, how many rows, in which lines, and what to do."""

    severity: str
    what: str
    where: str = ""
    fix: str = ""
    rows: int = 0
    lines: str = ""

    def text(self) -> str:
        count = f", {number_of(self.rows, 'row')}" if self.rows else ""
        lines = f", first in {in_lines(self.lines)}" if self.lines else ""
        fix = f"\n      fix: {self.fix}" if self.fix else ""
        return f"  - {': '.join(p for p in (self.where, self.what) if p)}{count}{lines}{fix}"


@dataclass(frozen=True)
class Checked:
    """A product as `segments check` found it: what was read, findings worst first, the verdict and its exit code."""

    product: str
    read: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        found = {f.severity for f in self.findings}
        codes = (("error", MUST_FIX), ("blocked", BLOCKED), ("no-go", NO_GO))
        return next((code for severity, code in codes if severity in found), READY)

    @property
    def verdict(self) -> str:
        """One line: may it run, and if not, why."""
        counts = {severity: sum(f.severity == severity for f in self.findings) for severity in HEADINGS}
        if counts["error"]:
            return f"{self.product}: not ready, {number_of(counts['error'], 'error')} to fix"
        if counts["blocked"]:
            return f"{self.product}: blocked by data protection"
        if counts["no-go"]:
            return f"{self.product}: reads well, and will not be segmented; a report would say why"
        if counts["decide"]:
            return f"{self.product}: ready as a DRAFT, {number_of(counts['decide'], 'decision')} open"
        return f"{self.product}: ready"

    def text(self) -> str:
        """One screen or a little more: what was read, then findings by severity, then the verdict."""
        parts = [*self.read]
        for severity, heading in HEADINGS.items():
            found = [f for f in self.findings if f.severity == severity]
            if found:
                parts += [f"\n{heading}", *(f.text() for f in found)]
        return "\n".join([*parts, "", self.verdict])

    def as_dict(self) -> dict:
        return {"product": self.product, "verdict": self.verdict, "exit_code": self.exit_code, "read": self.read,
                "findings": [asdict(f) for f in sorted(self.findings, key=lambda f: list(HEADINGS).index(f.severity))]}


def of_quality(quality, files: dict[str, str]) -> list[Finding]:
    """Findings of the quality table (contract `quality`); ``files`` names the file of each source."""
    broken = quality[(quality["rows_affected"] > 0) & (quality["severity"] != "pass")]
    broken = broken.sort_values(["severity", "rows_affected", "source", "rule"], ascending=[True, False, True, True])
    return [Finding(r.severity, f"{r.rule} ({r.meaning})", f"{r.source} ({files.get(r.source, '')})", fix_of(r.rule),
                    int(r.rows_affected), r.first_lines) for r in broken.itertuples()]


def fix_of(rule: str) -> str:
    """What to do about a rule that broke; empty where its meaning says it."""
    return next((fix for pattern, fix in FIXES if re.search(pattern, rule)), "")


def worst(checked: Iterable[Checked]) -> int:
    """The exit code of several products: the first in the order of severity."""
    codes = {c.exit_code for c in checked}
    return next((code for code in (MUST_FIX, BLOCKED, NO_GO) if code in codes), READY)
