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
        case {"highest": str(), "lowest": str(), "highest_value": float(), "lowest_value": float()}:
            text += f": {'; '.join(_end(values, end, names, fmt) for end in ('highest', 'lowest'))}."
            if not values.get("compared"):
                return text
            return (f"{text} Since the day compared the share active is clearly up in {fmt.count(values['up'])} and "
                    f"down in {fmt.count(values['down'])} of {fmt.counted(values['compared'], 'segment')}.")
        case {"clear": int() as clear, "judged": int() as judged}:
            whole = fmt.estimate(values.get("profit"), values.get("profit_low"), values.get("profit_high"), fmt.money)
            return f"{text}: {fmt.count(clear)} of {fmt.count(judged)}, {whole} in all ({fmt.n(values.get('n'))})."
        case {"cost": int() | float() as cost, "margin_at_stake": int() | float() as margin}:
            even = values.get("break_even_uplift")
            tail = "" if even is None else f", paid back by an uplift of {fmt.share(even, 2)}"
            return f"{text}: {fmt.money(cost)} against {fmt.money(margin)}{tail}."
        case {"n": int() as n, "share": float() as share}:
            text += f": {fmt.people(n)} customers ({fmt.share(share, 1)}) are in no segment"
            return f"{text}, and {fmt.people(values['potential'])} known people are no customers yet." \
                if values.get("potential") else f"{text}."
        case _:
            return text if text.endswith(".") else f"{text}."


def _end(values: dict, end: str, names: dict, fmt: Format) -> str:
    """The highest or lowest segment with its value, interval and n."""
    value, low, high = (values.get(f"{end}_{part}") for part in ("value", "low", "high"))
    kind = fmt.share if 0 <= value <= 1 else fmt.number
    n = values.get(f"{end}_n")
    size = "" if n is None else f", {fmt.n(n)}"
    return f"{names.get(values[end], values[end])} {fmt.estimate(value, low, high, kind)}{size}"
