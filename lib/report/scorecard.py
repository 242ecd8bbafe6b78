"""Promises and risks of segmenting, each with what this run can say about it (method.md, Promises)."""

from __future__ import annotations

from lib.report.numbers import Format


def scorecard(advice: dict, names: dict[str, str], fmt: Format) -> list[dict]:
    """Cards for the benefits and risks of the advice: kind, title, status, text and values."""
    promises = [_card("promise", b["promise"], b["status"], b["finding"], b.get("values"), names, fmt)
                for b in advice.get("benefits") or []]
    risks = [_card("risk", r["risk"], "", r["answer"], r.get("values"), names, fmt) for r in advice.get("risks") or []]
    return promises + risks


def _card(kind: str, title: str, status: str, text: str, values: dict | None, names: dict, fmt: Format) -> dict:
    return {"kind": kind, "title": capital(title), "status": capital(status),
            "text": capital(_said(text, values or {}, names, fmt)), "values": values or {}}


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _said(text: str, values: dict, names: dict, fmt: Format) -> str:
    """The finding with its numbers, worded by what was measured; without numbers it stands as it is."""
    match values:
        case {"gain": float() as gain}:
            interval = fmt.interval(values["low"], values["high"], lambda v: fmt.share(v, 1))
            return f"{text}: {fmt.share(gain, 1)} {interval}, {fmt.n(values['n'])}."
        case {"differing": int() as differing, "tested": int() as tested}:
            return f"{text}: {fmt.count(differing)} of {fmt.count(tested)}."
        case {"highest": str() as highest, "lowest": str() as lowest, "high": float() as high, "low": float() as low}:
            kind = fmt.share if 0 <= low <= high <= 1 else fmt.number
            return f"{text}: {names.get(highest, highest)} {kind(high)}, {names.get(lowest, lowest)} {kind(low)}."
        case {"clear": int() as clear, "judged": int() as judged}:
            return f"{text}: {fmt.count(clear)} of {fmt.count(judged)}, {fmt.money(values.get('profit'))} in all."
        case {"cost": int() | float() as cost, "margin_at_stake": int() | float() as margin}:
            even = values.get("break_even_uplift")
            tail = "" if even is None else f", paid back by an uplift of {fmt.share(even, 2)}"
            return f"{text}: {fmt.money(cost)} against {fmt.money(margin)}{tail}."
        case {"n": int() as n, "share": float() as share}:
            return f"{text}: {fmt.people(n)} customers ({fmt.share(share, 1)}) are in no segment."
        case _:
            return text if text.endswith(".") else f"{text}."
