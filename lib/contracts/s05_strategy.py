"""Artefacts of step 5: strategy."""

from lib.contracts.s02_collect import MINOR
from lib.contracts.table import Column as C, Document, Table

W = "05_strategy"

ARTEFACTS = (
    Table("targets", W, "lead segment", ("segment",), (
        C("segment", "text", "lead segment"),
        C("knocked_out", "text", "knock-out criterion it failed; empty when none"),
        C("attractiveness", "float", "weighted score", "0-100", nullable=True),
        C("competitiveness", "float", "weighted score of our strengths there", "0-100", nullable=True),
        C("p_first", "float", "share of weight draws in which it ranks first", "0-1", nullable=True),
        C("p_second", "float", "share of weight draws in which it ranks second", "0-1", nullable=True),
        C("role", "text", "target, keep, or not now", isin=("target", "keep", "not now")),
        C("criteria", "text", "the computed and rated criteria with their source"),
    )),
    Table("strategies", W, "lead segment", ("segment",), (
        C("segment", "text", "lead segment"),
        C("need", "text", "need it answers"),
        C("situation", "text", "where its customers stand, computed from their profile; chose the entry of the playbook"),
        C("evidence_ids", "text", "evidence of that need; empty when assumed"),
        C("n_evidence", "int", "people who named that need"),
        C("n_asked", "int", "people of the segment with any statement on that topic"),
        C("assumption", "bool", "whether the need has no evidence"),
        C("objective", "text", "what to achieve",
          isin=("activate", "deepen", "widen", "raise frequency", "retain", "win back", "refer")),
        C("dimension", "text", "engagement dimension it moves"),
        C("message", "text", "message"), C("channel", "text", "channel it is sent through"),
        C("discovered", "text", "where its customers say they found the product, with how many; empty when nobody was asked"),
        C("offer", "text", "offer"),
        C("metric", "text", "metric to watch, a column of the segment's facts"),
        C("baseline", "float", "its value now", nullable=True),
        C("target", "float", "its value to reach", nullable=True),
        C("test", "text", "how the effect will be known"),
        C("source", "text", "entry of the playbook"),
    )),
    Table("budget", W, "lead segment", ("segment",), (
        C("segment", "text", "lead segment"),
        C("basis", "text", "what the allocation rests on", isin=("measured", "declared", "test budget", "none")),
        C("contacts", "int", "customers to treat", "customers"),
        C("cost", "float", "cost of treating them", MINOR, nullable=True),
        C("expected_margin", "float", "expected incremental margin after cost; empty unless measured or declared", MINOR, nullable=True),
        C("low", "float", "lower 95 % bound or low case", MINOR, nullable=True),
        C("high", "float", "upper 95 % bound or high case", MINOR, nullable=True),
        C("source", "text", "campaign or assumption id it rests on"),
    )),
    Table("experiments", W, "lead segment", ("segment",), (
        C("segment", "text", "lead segment"), C("campaign", "text", "campaign it is drawn for"),
        C("unit", "text", "customer or account"),
        C("n_available", "int", "units that may be contacted", "units"),
        C("n_treated", "int", "units treated", "units"), C("n_control", "int", "units held out", "units"),
        C("outcome", "text", "metric judged"), C("baseline", "float", "its rate or mean now", nullable=True),
        C("smallest_effect", "float", "smallest effect seen with 80 % power at 5 %", nullable=True),
        C("n_needed", "int", "units per arm for the effect aimed at", nullable=False),
        C("verdict", "text", "large enough, or underpowered", isin=("large enough", "underpowered", "no test")),
    )),
    Table("audiences", W, "lead segment, channel and reason", ("segment", "channel", "reason"), (
        C("segment", "text", "lead segment"), C("channel", "text", "channel"),
        C("reason", "text", "exported, or why not"),
        C("n", "int", "customers", "customers"),
    )),
    Document("plan", W, "the plan as registered before launch", {
        "campaign": "id", "registered_for": "as-of date", "expires_on": "last day the audience files may be used",
        "assumptions": "list of {id, statement, source}", "weights": "weights of the target matrix",
        "exported": "whether audience files were written, and why not",
    }),
)
