"""Artefacts of step 5: strategy."""

from lib.contracts.s02_collect import MINOR
from lib.contracts.table import Column as C, Document, Table

W = "05_strategy"
OBJECTIVES = ("activate", "deepen", "widen", "raise frequency", "retain", "win back", "refer")
CHANNEL = r"[a-z][a-z0-9_-]{0,31}"  # how a channel is written: part of file names and a column of machine files

ARTEFACTS = (
    Table("knock_outs", W, "lead segment and knock-out criterion", ("segment", "criterion"), (
        C("segment", "text", "lead segment"),
        C("criterion", "text", "what it must be", isin=(
            "distinct", "large enough", "identifiable", "reachable", "fits our strengths")),
        C("value", "float", "higher ranked segments it cannot be told from; customers; balanced accuracy of its rule; share "
          "that may be contacted; rating 0-10", nullable=True),
        C("limit", "float", "what it must not exceed (distinct) or reach (others)"),
        C("verdict", "text", "what came of it; without data it does not knock out", isin=("passes", "fails", "not measured")),
    )),
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
        C("topic", "text", "kind of evidence its need is taken from", isin=("pain_point", "valued_feature", "cvp", "jtbd")),
        C("need", "text", "need it answers"),
        C("situation", "text", "where its customers stand, computed from their profile; chose the entry of the playbook"),
        C("evidence_ids", "text", "evidence of that need; empty when assumed"),
        C("n_evidence", "int", "people who named that need"),
        C("n_asked", "int", "people of the segment with any statement on that topic"),
        C("assumption", "bool", "whether the need has no evidence"),
        C("objective", "text", "what to achieve", isin=OBJECTIVES),
        C("dimension", "text", "engagement dimension it moves"),
        C("message", "text", "message"), C("channel", "text", "channel it is sent through"),
        C("discovered", "text", "where most of its customers say they found the product; empty when nobody was asked"),
        C("n_discovered", "int", "people who said so"), C("n_discovered_asked", "int", "people who said where"),
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
        C("cost_each", "float", "cost of one contact: of the campaign that was measured, else of the product", MINOR),
        C("cost", "float", "cost of treating them", MINOR, nullable=True),
        C("expected_margin", "float", "expected incremental margin after cost; empty unless measured or declared", MINOR, nullable=True),
        C("low", "float", "lower 95 % bound or low case", MINOR, nullable=True),
        C("high", "float", "upper 95 % bound or high case", MINOR, nullable=True),
        C("source", "text", "campaign or assumption id it rests on"),
        C("reason", "text", "why there are no contacts; empty where there are", isin=(
            "", "knocked out", "not among the targets", "measured below its cost", "assumed below its cost",
            "nobody may be contacted", "no capacity left", "no test could see its aim")),
    )),
    Table("sensitivity", W, "case and lead segment", ("case", "segment"), (
        C("case", "text", "what is varied, one thing at a time; `as planned` for nothing"),
        C("segment", "text", "lead segment"),
        C("contacts", "int", "contacts that rest on a measured effect or a declared assumption in that case", "customers"),
        C("expected_margin", "float", "their expected margin after cost in that case", MINOR),
        C("moved", "int", "contacts of the whole case that go elsewhere, or nowhere, compared with the plan", "customers"),
    )),
    Table("experiments", W, "lead segment", ("segment",), (
        C("segment", "text", "lead segment"), C("campaign", "text", "campaign it is drawn for"),
        C("unit", "text", "customer or account"),
        C("n_available", "int", "units that may be contacted", "units"),
        C("n_treated", "int", "units treated", "units"), C("n_control", "int", "units held out", "units"),
        C("outcome", "text", "metric judged"), C("baseline", "float", "its rate or mean now", nullable=True),
        C("aimed", "float", "change aimed at", nullable=True),
        C("smallest_effect", "float", "smallest effect seen with 80 % power at 5 %", nullable=True),
        C("n_needed", "int", "units per arm for the effect aimed at, at least what a result can be read from; 0: no effect is aimed at", nullable=False),
        C("stratified_by", "text", "earlier measure whose quarters the draw spreads evenly; empty: not worth it, or not known",
          required=False),
        C("explained", "float", "share of the outcome's variance between customers that those quarters explain", "0-1",
          nullable=True, required=False),
        C("n_least", "float", "units treated from which the test, beside those held out, is not hopeless; empty: no number is",
          nullable=True, required=False),
        C("verdict", "text", "large enough, underpowered, or hopeless: not planned as a test", isin=(
            "large enough", "underpowered", "hopeless", "no test")),
    )),
    Table("audiences", W, "lead segment, channel and reason", ("segment", "channel", "reason"), (
        C("segment", "text", "lead segment"), C("channel", "text", "channel"),
        C("reason", "text", "exported, or why not"),
        C("n", "int", "customers", "customers"),
    )),
    Table("fairness", W, "protected attribute, selection and group", ("attribute", "kind", "selection", "group"), (
        C("attribute", "text", "protected attribute, loaded apart for this comparison only"),
        C("kind", "text", "what customers are selected into: a segment, an audience file; or the rest of a segment that is in no "
          "file, kept so that the rows add up", isin=("segment", "audience", "rest")),
        C("selection", "text", "segment; `(none)`: in no segment; `(any)`: in any file"),
        C("group", "text", "group of customers; small ones are counted with the next larger"),
        C("n", "int", "customers of the group who are selected", "customers"),
        C("n_group", "int", "customers of the group", "customers"),
        C("rate", "float", "share of the group that is selected", "0-1", nullable=True),
        C("low", "float", "lower 95 % bound", nullable=True), C("high", "float", "upper 95 % bound", nullable=True),
        C("ratio", "float", "rate over the highest rate of any group", nullable=True),
        C("ratio_low", "float", "lower 95 % bound", nullable=True),
        C("ratio_high", "float", "upper 95 % bound", nullable=True),
        C("p", "float", "p of no difference between the groups, Holm over all that is compared", nullable=True),
        C("verdict", "text", "held against .8 of the highest rate, a screening line", isin=(
            "above the line", "below the line", "below, may be chance", "too few to tell", "not compared")),
    )),
    Table("proxies", W, "protected attribute", ("attribute",), (
        C("attribute", "text", "protected attribute, loaded apart for this comparison only"),
        C("n", "int", "customers whose group is known", "customers"),
        C("groups", "int", "groups compared"),
        C("association", "float", "Cramér's V of segment and group, bias-corrected", "0-1", nullable=True),
        C("association_low", "float", "lower 95 % bound", nullable=True),
        C("association_high", "float", "upper 95 % bound", nullable=True),
        C("p", "float", "permutation p of no association, Holm over the attributes", nullable=True),
        C("columns", "text", "columns that divide customers"),
        C("auc", "float", "how well these columns tell the group of customers that the fit had not seen; .5 is chance", "0-1",
          nullable=True),
        C("auc_low", "float", "lower 95 % bound", nullable=True), C("auc_high", "float", "upper 95 % bound", nullable=True),
        C("verdict", "text", "whether the columns stand in for the attribute: the whole interval above .7", isin=(
            "stands in for it", "tells something of it", "no better than chance", "too few to tell",
            "nothing to tell by")),
    )),
    Document("plan", W, "the plan as registered before launch", {
        "campaign": "id", "registered_for": "as-of date", "expires_on": "last day the audience files may be used",
        "assumptions": "list of {id, statement, source}", "weights": "weights of the target matrix",
        "judged_on": "first day on which the tests may be judged: a natural period after the last contact",
        "analysis": "how each test will be judged", "decision": "what will be done after each result",
        "fingerprint": "SHA-256 of what was registered: campaign, arms, outcomes, targets, analysis and decision",
        "exported": "whether audience files were written, and why not",
    }),
)
