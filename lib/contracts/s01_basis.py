"""Artefacts of step 1: identify the basis. Aggregates only."""

from lib.contracts.table import Column as C, Document, Table

W = "01_identify_basis"
VERDICTS = ("use", "describe only", "do not use")
KINDS = ("demographic", "geographic", "firmographic", "purchasing", "usage", "psychographic", "needs", "other")
DIMENSIONS = ("breadth", "depth", "frequency")


def _difference(name: str, meaning: str, unit: str) -> tuple[C, ...]:
    """A difference with its 95 % interval."""
    parts = (("", meaning), ("_low", "lower 95 % bound"), ("_high", "upper 95 % bound"))
    return tuple(C(f"{name}{end}", "float", text, unit, nullable=True, required=False) for end, text in parts)


ARTEFACTS = (
    Table("basis", W, "candidate column", ("column",), (
        C("column", "text", "candidate, by its contract name"),
        C("source", "text", "table it comes from"),
        C("kind", "text", "kind of basis", isin=KINDS),
        C("n", "int", "customers with a value", "customers", low=0),
        C("coverage", "float", "share of customers with a value", "0-1", low=0, high=1),
        C("levels", "int", "distinct values", low=0),
        C("variety", "float", "entropy of its values over the largest possible", "0-1", nullable=True),
        C("stability", "float", "Spearman correlation or agreement between two successive periods", "0-1", nullable=True),
        C("signal", "float", "share of the next period's variation explained out of time", "R²", nullable=True),
        C("signal_low", "float", "lower 95 % bound of signal", "R²", nullable=True),
        C("signal_high", "float", "upper 95 % bound of signal", "R²", nullable=True),
        C("redundant_with", "text", "stronger candidate it repeats, empty when none", nullable=True),
        C("redundancy", "float", "largest absolute association with a stronger candidate", "0-1", nullable=True),
        C("reachable", "bool", "known when a customer must be placed"),
        C("reach", "text", "what it takes to know it then", required=False),
        C("p", "float", "permutation p of signal, corrected for all candidates (Westfall and Young)", "0-1", nullable=True,
          required=False),
        C("proxy_for", "text", "protected column that it stands for, empty when none", nullable=True, required=False),
        C("proxy_strength", "float", "largest association with a protected column that is present", "0-1", nullable=True,
          required=False),
        C("rank", "int", "place in the ranking: by verdict, then by signal", low=1, required=False),
        C("sensitivity", "text", "data-protection class", isin=("none", "proxy", "protected", "special")),
        C("verdict", "text", "what the column may be used for", isin=VERDICTS),
        C("reason", "text", "the one reason for the verdict"),
    )),
    Table("icps", W, "ideal customer profile, and one row for customers who match none", ("icp",), (
        C("icp", "text", "name of the profile; `(none)` for customers who match no profile"),
        C("rule", "text", "who belongs, as declared"),
        C("source", "text", "where the profile comes from"),
        C("n", "int", "customers who match", "customers", low=0),
        C("share", "float", "share of customers", "0-1", nullable=True),
        C("share_low", "float", "lower 95 % bound", "0-1", nullable=True),
        C("share_high", "float", "upper 95 % bound", "0-1", nullable=True),
        C("revenue_share", "float", "share of revenue", "0-1", nullable=True),
        C("overlap", "float", "share of its members who also match another profile", "0-1", nullable=True),
        C("mean_value", "float", "mean revenue per customer in the window", "minor units", nullable=True),
        C("value_low", "float", "lower 95 % bound", "minor units", nullable=True),
        C("value_high", "float", "upper 95 % bound", "minor units", nullable=True),
        C("retained", "float", "share active in the last period among those active before", "0-1", nullable=True),
        C("retained_low", "float", "lower 95 % bound", "0-1", nullable=True),
        C("retained_high", "float", "upper 95 % bound", "0-1", nullable=True),
        *_difference("value_diff", "mean revenue of members minus that of all others", "minor units"),
        *_difference("retained_diff", "share of members active again minus that of all others", "difference of shares"),
        C("finding", "text", "what the data say about the profile"),
    )),
    Table("engagement_framework", W, "dimension of engagement", ("dimension",), (
        C("dimension", "text", "breadth, depth or frequency", isin=DIMENSIONS),
        C("relevance", "text", "Primary, Secondary, Tertiary, or not separable",
          isin=("Primary", "Secondary", "Tertiary", "not separable")),
        C("metric", "text", "key metric to track"),
        C("importance", "float", "loss of out-of-time R² when the metric is permuted", "R²", nullable=True),
        C("importance_low", "float", "2.5 % point over bootstrap draws", "R²", nullable=True),
        C("importance_high", "float", "97.5 % point over bootstrap draws", "R²", nullable=True),
        C("first_share", "float", "share of draws in which it came first", "0-1", nullable=True),
        C("stability", "float", "Spearman correlation between two successive periods", "-1-1", nullable=True),
        C("chosen_by", "text", "data or declared", isin=("data", "declared")),
        C("n", "int", "customers judged", "customers"),
        C("r2", "float", "out-of-time R² of all three together", "R²", nullable=True),
        C("outcome", "text", "what of the next period was judged"),
        *(C(f"with_{d}", "float", f"Spearman correlation with {d}", "-1-1", nullable=True, required=False)
          for d in DIMENSIONS),
        C("rationale", "text", "why, in a sentence"),
    )),
    Document("readiness", W, "whether this base may be segmented, and on what", {
        "verdict": "go, caution or no-go",
        "reasons": "why not go, a list of sentence parts",
        "needed": "what would change that, a list of sentence parts",
        "checks": "list of {check, value (null where it would tell of few customers), unit (count, people or share), "
                  "needed, state}",
        "n_customers": "customers who may be analysed",
        "largest_k": "most segments this base can carry",
        "lead_basis": "basis that leads: icp, revenue, features used, behaviour, or as declared",
        "lead_rule": "which rule chose the lead basis",
        "why_now": "declared reason",
        "rfm": "{applies, reasons, needed}: one sentence part a reason, and what would change it",
        "cost_value": "{cost, margin_at_stake, break_even_uplift, each with its 95 % bounds, and n} in minor units, or "
                      "null with a reason",
        "not_measured": "what could not be answered and why, a list of {question, reason, needed}",
    }),
)
