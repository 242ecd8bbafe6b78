"""Artefacts of step 4: create segments."""

from lib.contracts.s02_collect import KEY, MINOR
from lib.contracts.s03_analyze import CLAIMS
from lib.contracts.table import Column as C, Document, Table

W = "04_create_segments"
_CI = (C("low", "float", "lower 95 % bound", nullable=True), C("high", "float", "upper 95 % bound", nullable=True))

ARTEFACTS = (
    Document("model", W, "the segmentation, portable: no pickle, applies without this library's fitters", {
        "schema": "version of this document", "lead": "clusters, user_types, rfm or icp",
        "lead_rule": "which rule chose it", "claim": "claim level of the whole", "segments": "list of {segment, name, name_rule, claim, slsw}",
        "rules": "list of {segment, when}, the first that holds; `when` is a list of alternatives, each a list of {column, op, value}",
        "solution": "scaling, centres and atoms as step 3 wrote them, or empty", "cluster_segments": "segment of each cluster, atom groups last",
        "columns": "columns that a table of customers needs",
        "cuts": "frozen RFM and user-type cut points", "as_of": "last day it learned from",
    }),
    Table("assignments", W, "customer", ("customer_key",), (
        KEY,
        C("segment", "text", "key of the lead segment; `outside` when in none"),
        C("probability", "float", "certainty of the assignment", "0-1", nullable=True),
        C("ambiguous", "bool", "the second-best segment is nearly as close"),
        C("user_type", "text", "user type", nullable=True),
        C("rfm_group", "text", "RFM group", nullable=True),
        C("icp", "text", "ideal customer profile matched, `(none)`, or `several`", nullable=True),
    )),
    Table("segments", W, "lead segment", ("segment",), (
        C("segment", "text", "stable key, lower case, joined one to one by every later table"),
        C("name", "text", "readable name made from its profile"),
        C("name_rule", "text", "the rule that made the name"),
        C("n", "int", "customers", "customers"),
        C("share", "float", "share of the base", "0-1"),
        C("share_low", "float", "lower 95 % bound", "0-1"),
        C("share_high", "float", "upper 95 % bound", "0-1"),
        C("revenue", "float", "net revenue in the window", MINOR, nullable=True),
        C("revenue_share", "float", "share of revenue", "0-1", nullable=True),
        C("mean_value", "float", "mean revenue per customer", MINOR, nullable=True),
        C("value_low", "float", "lower 95 % bound", MINOR, nullable=True),
        C("value_high", "float", "upper 95 % bound", MINOR, nullable=True),
        C("money_hidden", "bool", "revenue and value are empty: one customer makes most of it, or would be told by it"),
        C("next_active", "float", "share active in the next period, out of time", "0-1", nullable=True),
        C("next_low", "float", "lower 95 % bound", "0-1", nullable=True),
        C("next_high", "float", "upper 95 % bound", "0-1", nullable=True),
        C("claim", "text", "claim level", isin=CLAIMS),
        C("slsw", "float", "stability of the segment over resamples", "Jaccard", nullable=True),
        C("rule", "text", "rule a person can apply"),
        C("rule_accuracy", "float", "balanced accuracy of that rule, cross-validated", "0-1", nullable=True),
        C("rule_low", "float", "lower 95 % bound", "0-1", nullable=True),
        C("rule_high", "float", "upper 95 % bound", "0-1", nullable=True),
        C("rank", "int", "order by value, 1 first; fixes its colour in every figure", low=1),
    )),
    Table("profile", W, "segment and variable", ("segment", "variable"), (
        C("segment", "text", "lead segment"),
        C("variable", "text", "variable, or variable=level"),
        C("n", "int", "customers with a value", "customers"),
        C("mean", "float", "mean, or share of the level", nullable=True),
        *_CI,
        C("base", "float", "the same over the whole base", nullable=True),
        C("marker", "bool", "differs from the base by more than half, or by a quarter of its maximum"),
        C("made_segments", "bool", "whether the variable made the segments: then its difference is no finding"),
    )),
    Table("distinct", W, "pair of segments", ("first", "second"), (
        C("first", "text", "segment"), C("second", "text", "segment"),
        C("variable", "text", "held-out variable on which they differ most", nullable=True),
        C("effect", "float", "|d| or Cramér's V on it", nullable=True), *_CI,
        C("p", "float", "Holm-adjusted p", nullable=True),
        C("verdict", "text", "distinct or merge candidate", isin=("distinct", "merge candidate")),
    )),
    Table("crosstab", W, "lead segment, other scheme and its group", ("segment", "scheme", "group"), (
        C("segment", "text", "lead segment"), C("scheme", "text", "rfm, user_types, clusters or icp"),
        C("group", "text", "group of that scheme"), C("n", "int", "customers", "customers"),
        C("share", "float", "share of the segment", "0-1"), *_CI,
    )),
    Table("grid", W, "column and row of the user-type grid", ("scheme", "column", "row"), (
        C("scheme", "text", "user_types or segments", isin=("user_types", "segments")),
        C("column", "text", "user type or lead segment"),
        C("row", "text", "question of the grid"),
        C("position", "int", "order of the row"),
        C("answer", "text", "what the data or the evidence say"),
        C("n", "int", "customers or pieces of evidence behind it"),
        C("evidence_ids", "text", "ids of the evidence, comma separated; empty for behaviour"),
        C("state", "text", "measured, evidence, conflicting, or no evidence",
          isin=("measured", "evidence", "conflicting", "no evidence")),
    )),
    Table("validation", W, "check and group", ("check", "group"), (
        C("check", "text", "coders agree, coders and model, stated and observed frequency, claim ..."),
        C("group", "text", "segment, user type, or `all`"),
        C("n", "int", "ratings or pieces of evidence"),
        C("estimate", "float", "agreement", nullable=True), *_CI,
        C("verdict", "text", "what may be said", isin=(
            "validated", "tentative", "contradicted", "too few", "validation pending", "supported", "untested", "described")),
        C("evidence_ids", "text", "ids, comma separated"),
        C("finding", "text", "the verdict in a sentence"),
    )),
    Table("outside", W, "way of being outside the segments", ("state", "reason"), (
        C("state", "text", "in segments, unassigned, ambiguous, noise, filtered, opted out, potential"),
        C("reason", "text", "why"),
        C("n", "int", "customers", "customers"),
        C("share", "float", "share of all customers in the sources", "0-1", nullable=True),
        C("revenue_share", "float", "share of revenue", "0-1", nullable=True),
    )),
    Document("typing", W, "the fewest items of the survey that place a respondent in a lead segment, with points for each answer", {
        "n": "respondents in a segment, all of whom count", "accuracy": "share placed rightly, by respondents who had no part in choosing",
        "low": "lower 95 % bound", "high": "upper 95 % bound", "baseline": "share that calling everybody the largest segment gets right",
        "largest": "that segment", "gain": "accuracy over the baseline", "gain_low": "lower 95 % bound", "gain_high": "upper 95 % bound",
        "segments": "list of {segment, n, accuracy, low, high}; without accuracy: too few answered to place anybody there",
        "tried": "items tried", "items": "list of {item, chosen}: the items, first chosen first, and the share of runs that chose each; empty when refused",
        "by_items": "list of {items, accuracy, low, high}: with so many items", "start": "points of each segment to begin with",
        "points": "list of {item, answer, points}: points of each segment", "verdict": "places respondents, or no better than the largest segment",
    }),
    Document("prediction", W, "whether the segments predict the next period", {
        "gain": "out-of-sample share of variation explained over no segmentation", "low": "2.5 % point",
        "high": "97.5 % point", "n": "customers judged", "outcome": "what was predicted", "verdict": "a sentence part",
    }),
)
