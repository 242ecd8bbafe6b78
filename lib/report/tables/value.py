"""Tables of notebook 03 about value: the gates of the forecast, and the parameters of its models."""

from __future__ import annotations

from lib.report.blocks import TableBlock, shows
from lib.report.numbers import Format
from lib.report.words.value import beside_it

ASKS = {
    "free to leave": "Customers may leave without saying so",
    "enough customers": "Enough customers to learn from",
    "enough who came back": "Enough of them came back",
    "enough history": "Enough history before the last period",
    "orders converged": "The model of orders fits inside its bounds",
    "order values converged": "The model of order values fits, with a finite mean",
    "values apart from orders": "The value of an order does not go with the number of orders",
    "hold-out total": "The orders of the last period were foreseen",
    "better than the same rate": "Better than by assuming the same rate as before",
}
STATES = {True: "yes", False: "no", None: "not reached"}
MEANINGS = {"r": "orders: shape of the rates", "alpha": "orders: scale of the rates, days",
            "a": "leaving: first shape", "b": "leaving: second shape", "p": "order values: shape within a customer",
            "q": "order values: shape between customers", "v": "order values: scale, smallest coins"}


@shows
def gates(found: dict, fmt: Format) -> TableBlock:
    """What a forecast must pass to be published, and where this one stands."""
    rows = [[ASKS[g["gate"]], STATES[g["held"]], beside_it(g, fmt) if g["held"] is not None else ""]
            for g in found["gates"]]
    return TableBlock("What a forecast must pass", ["condition", "holds", "found and allowed"], rows,
                      note="A forecast is published only where every condition holds.", tone="method")


@shows
def parameters(found: dict, fmt: Format) -> TableBlock | None:
    """The fitted parameters with their intervals; nothing where no model was fitted."""
    if not found["parameters"]:
        return None
    rows = [[name, MEANINGS[name], fmt.number(i["value"], 3), fmt.interval(i["low"], i["high"],
                                                                           lambda v: fmt.number(v, 3))]
            for name, i in found["parameters"].items()]
    note = (f"{fmt.n(found['n'])} customers; time in days, money in smallest coins. Maximum likelihood; intervals from "
            "the observed information.")
    return TableBlock("BG/NBD and Gamma-Gamma", ["parameter", "of", "estimate", "95 % interval"], rows, ["estimate"],
                      note, tone="method")
