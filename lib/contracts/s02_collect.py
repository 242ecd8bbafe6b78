"""Artefacts of step 2: collect. Customer level and pseudonymised; these stay under data/work."""

from lib.contracts.table import Column as C, Document, Table

W = "02_collect"
KEY = C("customer_key", "text", "keyed pseudonym of the customer (128 bits, hex)")
MINOR = "minor units"


def _opt(name, dtype, meaning, unit="", **more):
    return C(name, dtype, meaning, unit, nullable=True, required=False, **more)


ARTEFACTS = (
    Table("customers", W, "customer who may be analysed", ("customer_key",), (
        KEY,
        _opt("signup_date", "date", "first day as a customer"),
        _opt("age", "float", "age at the as-of date", "years"),
    ), open_columns="attributes: the columns that the basis allows, by their mapped names"),
    Table("transactions", W, "order line", (), (
        KEY,
        C("order_key", "text", "order; a keyed pseudonym"),
        C("ordered_at", "time", "when, local time of the product"),
        C("ordered_on", "date", "the day of it"),
        _opt("amount", "int", "net value, refunds negative", MINOR),
        _opt("category", "text", "product category, module or plan"),
        _opt("quantity", "float", "items"),
        C("is_refund", "bool", "whether the line gives money back"),
        _opt("opens", "int", "1: first line of an order whose lines were all bought, on one day; 0: a further line of it; "
             "empty: a line that must be joined by order"),
    ), raw=True),
    Table("events", W, "use of a feature", (), (
        KEY,
        C("occurred_at", "time", "when, local time of the product"),
        C("occurred_on", "date", "the day of it"),
        _opt("feature", "text", "feature used"),
        _opt("value", "float", "value units", "as declared"),
        _opt("session_key", "text", "visit; a keyed pseudonym"),
        _opt("user_key", "text", "person inside the account; a keyed pseudonym"),
    ), raw=True),
    Table("catalogue", W, "feature of the product", ("feature",), (
        C("feature", "text", "its id in events"),
        _opt("area", "text", "part of the product"),
        _opt("is_core", "bool", "whether it carries the core value"),
        _opt("cvp", "text", "core value proposition it serves"),
        _opt("jtbd", "text", "job to be done it serves"),
    )),
    Table("survey", W, "respondent and wave", ("customer_key", "wave"), (
        KEY,
        C("wave", "text", "survey wave"),
        _opt("answered_on", "date", "day of the answer"),
        _opt("nps", "float", "likelihood to recommend", "0-10"),
        _opt("stated_frequency", "text", "how often the respondent says to use the product"),
        _opt("weight", "float", "how many people the respondent stands for"),
        _opt("in_base", "bool", "whether the respondent is among the customers"),
    ), open_columns="items on their declared scale, reverse items already turned"),
    Table("voice", W, "piece of evidence: one coded statement of one person", ("evidence_id",), (
        C("evidence_id", "text", "stable id, cited by every claim built on it"),
        C("customer_key", "text", "keyed pseudonym; empty when the source names nobody", nullable=True),
        C("kind", "text", "where it was said", isin=("survey", "interview", "text")),
        C("said_on", "date", "day", nullable=True),
        C("topic", "text", "what it is about", isin=(
            "pain_point", "valued_feature", "cvp", "jtbd", "discovery", "frequency", "user_type", "text")),
        C("code", "text", "the coded statement; empty for free text"),
        C("speaker", "text", "who judged or spoke: respondent, a role, coder_1, coder_2"),
        C("text", "text", "masked free text; empty when there is none"),
    )),
    Table("campaigns", W, "campaign", ("campaign",), (
        C("campaign", "text", "its id in treatments"),
        C("name", "text", "display name"),
        C("starts_on", "date", "first day"),
        C("ends_on", "date", "last day of the outcome window"),
        _opt("channel", "text", "channel"),
        _opt("cost_per_contact", "int", "cost of treating one customer", MINOR),
        _opt("margin_rate", "float", "share of revenue that is margin", "0-1"),
        _opt("randomised", "bool", "whether arms were drawn by chance, as declared"),
        _opt("treated_share", "float", "planned share of treated, as declared", "0-1"),
    )),
    Table("treatments", W, "campaign and customer", ("campaign", "customer_key"), (
        C("campaign", "text", "campaign"),
        KEY,
        C("arm", "text", "what was assigned", isin=("treated", "control")),
        _opt("stratum", "text", "stratum of the draw"),
        C("assigned_on", "date", "day of the draw"),
        _opt("converted", "float", "1 when the aim was reached in the window, else 0", "0-1"),
        _opt("spend", "float", "spend in the window", MINOR),
        _opt("spend_before", "float", "spend in as many days before", MINOR),
    )),
    Table("consents", W, "customer and channel", ("customer_key", "channel"), (
        KEY,
        C("channel", "text", "analytics, marketing, or a channel"),
        C("status", "text", "most restrictive record; grants count up to the as-of date, withdrawals and objections always",
          isin=("granted", "withdrawn", "objected")),
        C("recorded_on", "date", "day of that record", nullable=True),
    )),
    Table("ledger", W, "source, state and reason", ("source", "state", "reason"), (
        C("source", "text", "input table"),
        C("state", "text", "where the rows went", isin=("in", "kept", "repaired", "quarantined", "excluded")),
        C("reason", "text", "why; empty for `in` and plain `kept`"),
        C("rows", "int", "rows", "rows", low=0),
        C("customers", "int", "distinct customers among them", "customers", low=0),
        C("amount", "float", "money on those rows", MINOR, nullable=True),
    )),
    Table("quality", W, "rule and source", ("source", "rule"), (
        C("source", "text", "input table"),
        C("rule", "text", "what was checked"),
        C("severity", "text", "what a breach leads to", isin=("pass", "repaired", "quarantined", "excluded", "warning")),
        C("rows_in", "int", "rows checked", "rows"),
        C("rows_affected", "int", "rows that broke the rule", "rows"),
        C("first_lines", "text", "line numbers of the first breaches; empty when none"),
        C("meaning", "text", "what it means for the reader"),
    )),
    Table("quarantine", W, "row that was set aside", (), (
        C("source", "text", "input table"),
        C("file", "text", "file it stands in"),
        C("line", "int", "line number in that file"),
        C("reason", "text", "why, as in the ledger"),
        C("customer_key", "text", "keyed pseudonym of its customer, when known; empty, as the row, for who may not be analysed", nullable=True),
        C("row", "text", "its mapped cells as JSON, masked; ids, names, free text and what the basis does not need left out"),
    )),
    Table("barred", W, "customer who left before features", ("customer_key",), (
        C("customer_key", "text", "keyed pseudonym; the privacy gate knows by it whose id may stand nowhere"),
        C("barred_for", "text", "why, the first of the reasons; those who were erased are not listed"),
    )),
    Document("collected", W, "what was read and what was not there", {
        "sources": "list of {source, file, sha256, bytes, rows, newest, customers, coverage, kept, repaired, quarantined, "
                   "excluded}; the last four in rows of the file",
        "lists": "lists of codes and rates that were read: list of {source, file, sha256, bytes}",
        "absent": "list of {source, would_allow}",
        "kept_columns": "columns kept, by table",
        "dropped_columns": "columns not kept, with the reason",
        "period": "[first, last] day of what was kept",
        "n_customers": "customers who may be analysed",
        "voices": "{survey, interviews, texts}: who was heard, and who answered by active days; null without the source",
        "protection": "customers who left before features, by reason: {reason: customers}, each counted once",
    }),
    Document("processing_register", W, "entry of the register of processing activities", {
        "purpose": "what the segmentation is for, as declared",
        "lawful_basis": "as declared",
        "owner": "who answers for the processing",
        "legitimate_interest": "the interest and how it was weighed; empty where another basis holds",
        "impact_assessment": "where it is, or why none is needed, as declared",
        "key_id": "fingerprint of the key of the pseudonyms",
        "retention_days": "older rows leave before features",
        "minimum_age": "younger customers leave before features",
        "as_of": "last day that counts",
        "categories": "columns kept, by table",
        "compared": "protected attributes that are loaded apart in step 5, to compare selection rates; never saved",
        "sources": "tables that were read",
        "people": "customers who may be analysed",
        "left_out": "customers who left before features, by reason",
        "recipients": "who sees what",
        "measures": "technical and organisational measures",
        "remark": "what else must be known",
    }),
)
