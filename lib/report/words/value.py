"""Sentences of notebook 03 about the next period's value: the forecast, or why there is none."""

from __future__ import annotations

from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format


@shows
def value(found: dict, fmt: Format) -> Sentence:
    """Whether the next period's orders could be forecast, or why realised revenue is used."""
    return _forecast(found, fmt) if found["status"] == "estimated" else _refused(found, fmt)


def _forecast(found: dict, fmt: Format) -> Sentence:
    hold = found["holdout"]
    away = hold["predicted"] / hold["actual"] - 1
    inside = hold["low"] <= hold["actual"] <= hold["high"]
    place = "inside the model's own interval and" if inside else "outside the model's own interval but"
    text = (f"Orders of the next {fmt.days(found['period_days'])} are forecast for {fmt.people(found['n'])} customers. "
            f"The same model, shown nothing of the last {fmt.days(found['period_days'])}, foresaw "
            f"{fmt.counted(hold['predicted'], 'order')} {fmt.interval(hold['low'], hold['high'], fmt.count)} in them "
            f"by {fmt.people(hold['n'])} customers; {fmt.count(hold['actual'])} were made: {fmt.share(abs(away))} too "
            f"{'many' if away > 0 else 'few'}, {place} within the error allowed. Assuming that everyone goes on at the "
            f"rate so far would have given {fmt.count(hold['same_rate'])}. {_second(found['second'], fmt)}"
            "The total held; single customers may not follow the model.")
    numbers = {k: v for k, v in hold.items() if isinstance(v, int | float) and k != "n"}
    second = {"second": found["second"]["predicted"]} if found["second"] and found["second"]["predicted"] else {}
    return Sentence(text, {"n": found["n"], "n_known": hold["n"], "away": abs(away),
                           "period_days": found["period_days"], **numbers, **second})


def _refused(found: dict, fmt: Format) -> Sentence:
    refused = [g for g in found["gates"] if g["held"] is False]
    reasons = "; ".join(_with_figures(g, fmt) for g in refused) or "no model applies"
    values = {f"{g['gate']}, {key}": g[key] for g in refused for key in ("figure", "limit") if g[key] is not None}
    text = (f"Future value is not estimated: {reasons}. Realised revenue of the last {fmt.days(found['period_days'])} "
            f"is used instead, for {fmt.people(found['n'])} customers.")
    return Sentence(text, {"n": found["n"], "period_days": found["period_days"], **values}, tone="caveat")


def _with_figures(gate: dict, fmt: Format) -> str:
    """The reason with what was found and what is allowed."""
    beside = beside_it(gate, fmt)
    return f"{gate['reason']} ({beside})" if beside else gate["reason"]


def beside_it(gate: dict, fmt: Format) -> str:
    """What was found and what is allowed, in the units of the gate; empty where there is no number to tell."""
    figure, limit = gate["figure"], gate["limit"]
    if limit is None:
        return ""
    match gate["gate"]:
        case "enough customers" | "enough who came back":
            return f"{fmt.count(limit)} are needed"
        case "enough history":
            return f"{fmt.days(figure)}, {fmt.days(limit)} are needed"
        case "values apart from orders":
            return f"rank correlation {fmt.number(figure)}, at most ±{fmt.number(limit)} is allowed"
        case "hold-out total":
            return f"off by {fmt.share(figure)}, at most {fmt.share(limit)} is allowed"
        case _:
            return f"off by {fmt.share(figure)}, the same rate by {fmt.share(limit)}"


def _second(second: dict | None, fmt: Format) -> str:
    """What the model that was not chosen foresaw: two models agreeing says the total does not hang on one of them."""
    if not second or second["predicted"] is None:
        return ""
    return (f"A second model, in which customers may leave at any time ({second['model']}), foresaw "
            f"{fmt.count(second['predicted'])}. ")
