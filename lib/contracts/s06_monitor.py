"""Artefacts of step 6: monitor."""

from lib.contracts.s02_collect import MINOR
from lib.contracts.table import Column as C, Document, Table

W = "06_monitor"
_CI = (C("low", "float", "lower 95 % bound", nullable=True), C("high", "float", "upper 95 % bound", nullable=True))

ARTEFACTS = (
    Table("migration", W, "segment before and segment now", ("before", "now"), (
        C("before", "text", "segment, Dormant, or New: not known one period earlier"),
        C("now", "text", "segment, Dormant, or Left: no longer among the customers"),
        C("n", "int", "customers", "customers"),
        C("n_before", "int", "customers of the row", "customers"),
        C("share", "float", "share of the row", "0-1", nullable=True), *_CI,
        C("noise", "float", "share that moves when each customer's own period is resampled", "0-1", nullable=True),
        C("direction", "text", "to a segment of higher or lower value; below the segments stand those in none, then "
          "Dormant, then Left", isin=("up", "down", "stayed", "new")),
        C("noise_up", "float", "share of the row that goes up when each period is resampled", "0-1", nullable=True),
        C("noise_down", "float", "share of the row that goes down when each period is resampled", "0-1",
          nullable=True),
        C("verdict", "text", "moved or within noise", isin=("moved", "within noise", "stayed", "too few", "not judged")),
    )),
    Table("drift", W, "variable, or the segment shares", ("variable",), (
        C("variable", "text", "variable"), C("n_before", "int", "customers"), C("n_now", "int", "customers"),
        C("bins", "int", "bins left after ties are joined"),
        C("psi", "float", "population stability index", nullable=True),
        C("p", "float", "Benjamini-Hochberg adjusted p", nullable=True),
        C("verdict", "text", "what may be said", isin=("alarm", "significant but small", "none", "too few to tell")),
    )),
    Table("drift_history", W, "period and variable", ("ends_on", "variable"), (
        C("ends_on", "text", "last day of the period, which is held against the one before of the same length"),
        C("variable", "text", "variable, counted in the period alone"), C("n_before", "int", "customers"),
        C("n_now", "int", "customers"), C("psi", "float", "population stability index", nullable=True),
        C("p", "float", "Benjamini-Hochberg adjusted p, within the period", nullable=True),
        C("verdict", "text", "what may be said", isin=("alarm", "significant but small", "none", "too few to tell")),
    )),
    Table("kpis", W, "segment and measure", ("segment", "measure"), (
        C("segment", "text", "lead segment"), C("measure", "text", "measure"),
        C("before", "float", "value one period earlier", nullable=True),
        C("before_low", "float", "lower 95 % bound of that", nullable=True),
        C("before_high", "float", "upper 95 % bound of that", nullable=True),
        C("now", "float", "value at the as-of date", nullable=True), *_CI,
        C("target", "float", "target of step 5", nullable=True),
        C("n", "int", "customers of the segment with a value now"),
    )),
    Table("uplift", W, "campaign and segment", ("campaign", "segment", "outcome"), (
        C("campaign", "text", "campaign"), C("segment", "text", "segment, or `all`"),
        C("outcome", "text", "what was compared; `none` where the campaign cannot be read as an experiment",
          isin=("rate", "money", "capped money", "none")),
        C("n_treated", "int", "units"), C("n_control", "int", "units"),
        C("control", "float", "rate or mean spend of those held out", nullable=True),
        C("uplift", "float", "difference, intention to treat", nullable=True), *_CI,
        C("adjusted", "float", "the same adjusted for earlier data", nullable=True),
        C("adjusted_low", "float", "lower 95 % bound", nullable=True),
        C("adjusted_high", "float", "upper 95 % bound", nullable=True),
        C("p", "float", "Holm-adjusted p", nullable=True),
        C("detectable", "float", "smallest difference it could have seen with 80 % power at 5 %", nullable=True),
        C("profit", "float", "uplift × margin × treated − cost", MINOR, nullable=True),
        C("profit_low", "float", "lower 95 % bound", MINOR, nullable=True),
        C("profit_high", "float", "upper 95 % bound", MINOR, nullable=True),
        C("cost", "float", "cost of treating the treated", MINOR, nullable=True),
        C("roi", "float", "profit / cost", nullable=True),
        C("roi_low", "float", "lower 95 % bound", nullable=True),
        C("roi_high", "float", "upper 95 % bound", nullable=True),
        C("cap", "float", "99th percentile of buyers, at which spend was capped", MINOR, nullable=True),
        C("verdict", "text", "what may be said"),
        C("ends_on", "text", "last day of the campaign's outcome window, YYYY-MM-DD", required=False),
        C("name", "text", "what the source calls the campaign; its id where it has no name", required=False),
    )),
    Table("targeting", W, "campaign that is not read as an experiment", ("campaign",), (
        C("campaign", "text", "campaign"),
        C("n_treated", "int", "customers treated"),
        C("n_control", "int", "others: held out, else all who had ordered before it and were not treated"),
        C("days", "int", "days of its outcome window, and of the time before that is compared", "days"),
        C("before", "float", "by how much more the treated spent per customer before it", MINOR, nullable=True),
        C("before_low", "float", "lower 95 % bound", MINOR, nullable=True),
        C("before_high", "float", "upper 95 % bound", MINOR, nullable=True),
        C("before_p", "float", "p that both spent alike before it", nullable=True),
        C("change", "float", "difference in differences of spend per customer: not causal", MINOR, nullable=True), *_CI,
        C("verdict", "text", "what the orders tell", isin=(
            "chosen by earlier spend", "earlier spend alike", "no whole period of orders before it", "too few to tell",
            "one customer makes most of the money")),
    )),
    Document("advice", W, "what to do now", {
        "decision": "keep, adjust or refit", "triggers": "list of {trigger, value, limit, fired}",
        "back_cast": "whether no earlier run exists, so that the present model looks back",
        "earlier_as_of": "day compared with: the as-of date of the earlier model, or one review period back",
        "why": "of a back-cast: why no model of that day judges; empty when one does",
        "next_review": "date", "log": "adjustment log, newest first: list of {as_of, what, changed, why}",
        "benefits": "list of {promise, status, finding}", "risks": "list of {risk, answer}",
    }),
    Table("history", W, "as-of date, segment and measure", ("as_of", "segment", "measure"), (
        C("as_of", "text", "as-of date of the run"), C("segment", "text", "segment key"),
        C("name", "text", "segment name in that run"),
        C("measure", "text", "measure"), C("value", "float", "value", nullable=True),
        *(C(c.name, c.dtype, c.meaning, nullable=True, required=False) for c in _CI),
        C("n", "float", "customers with a value", "customers", nullable=True, required=False),
        C("target", "float", "target that was due", nullable=True, required=False),
    )),
)
