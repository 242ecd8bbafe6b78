"""What stands around every page: title, language, banners, the card of facts and the colophon."""

from __future__ import annotations

from lib.report.blocks import environment
from lib.report.facts import Facts
from lib.report.safety import POLICY
from lib.report.style import label

DECISIONS = {"as_of": "the last day that counts", "dates": "how dates are written", "currency": "the currency",
             "legitimate_interest": "how the interest was weighed against that of customers",
             "why_now": "why customers are to be divided now", "owner": "who answers for the processing",
             "purpose": "what the segmentation is for", "lawful_basis": "on what ground the data may be processed",
             "retention_days": "after how many days rows leave"}  # by the last part of their key in the product file


def fill(template: str, **content) -> str:
    """A page from its template, everything escaped."""
    return environment().get_template(template).render(policy=POLICY, **content)


def frame(facts: Facts, *, kind: str, step: str = "") -> dict:
    """The values that `base.html` and the mastheads show."""
    as_of = facts.fmt.date(facts.as_of)
    title = " - ".join(["Segments", label(facts.name, 80), facts.as_of.isoformat()])
    title += f" - {label(step, 80)}" if step else ""
    return {"kind": kind, "lang": facts.lang, "title": title, "name": facts.name, "as_of": as_of,
            "draft": facts.draft, "draft_text": _open(facts), "notice": facts.sample_notice, "why_now": facts.why_now,
            "heading": step, "variant": facts.variant,
            "facts": card(facts), "colophon": colophon(facts)}


def _open(facts: Facts) -> str:
    """Which decisions make the page a draft; empty where they are not known."""
    keys = [key for key in facts.undecided if not key.startswith("icps")]
    profiles = len(facts.undecided) - len(keys)
    open_ = list(dict.fromkeys(_decision(key) for key in keys))
    open_ += [f"whether {facts.fmt.counted(profiles, 'profile')} of ideal customers fit"] if profiles else []
    if not open_:
        return ""
    return (f"To be decided first: {'; '.join(open_)}. Until then these pages are for you alone, and nothing is "
            f"exported. Whoever keeps the product file goes on with: make check NAME={facts.product}")


def _decision(key: str) -> str:
    """A decision that is open, in plain words."""
    name = key.rpartition(".")[2]
    return DECISIONS.get(name, name.replace("_", " "))


def card(facts: Facts) -> list[tuple[str, str]]:
    """Label and value of what the figures rest on; what is not known is left out."""
    fmt = facts.fmt
    period = " to ".join(fmt.date(day) for day in facts.period)
    dropped = "" if facts.rows_dropped is None else f", {fmt.count(facts.rows_dropped)} left out"
    pairs = [
        ("As of", fmt.date(facts.as_of)), ("Data from", period),
        ("Customers", "" if facts.n_customers is None else fmt.people(facts.n_customers)),
        ("Rows used", "" if facts.rows_used is None else fmt.count(facts.rows_used) + dropped),
        ("Answered for by", facts.owner),
    ]
    return [(name, value) for name, value in pairs if value]


def colophon(facts: Facts) -> list[tuple[str, str]]:
    """How the page was made, and on what grounds the data were processed."""
    pairs = [
        ("Run", facts.run_id), ("Parameters", _pairs(facts.parameters)), ("Code", facts.code_version),
        ("Libraries", _pairs(facts.versions)), ("Data fingerprint", facts.fingerprint),
        ("Purpose", facts.purpose), ("Lawful basis", facts.lawful_basis), ("Owner", facts.owner),
        ("Processing register", facts.register_file),
    ]
    return [(name, value) for name, value in pairs if value]


def _pairs(values: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value not in ("", None))
