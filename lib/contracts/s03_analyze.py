"""Artefacts of step 3: analyze."""

from lib.contracts.s02_collect import KEY, MINOR, _opt
from lib.contracts.table import Column as C, Document, Table

W = "03_analyze"
USER_TYPES = ("Casual", "Core", "Power", "New", "Dormant", "Prospect")
CLAIMS = ("natural", "reproducible", "constructed")

_FEATURES = (
    KEY,
    C("tenure_days", "float", "days since signup, or since the first sign of life", "days", nullable=True),
    _opt("recency_days", "float", "days from the last occasion (or active day) to the as-of date", "days"),
    _opt("n_occasions", "float", "days with an order in the window", "days"),
    _opt("n_orders", "float", "orders in the window", "orders"),
    _opt("revenue", "float", "net revenue in the window", MINOR),
    _opt("mean_occasion_value", "float", "mean net value per occasion", MINOR),
    _opt("refund_share", "float", "money given back over money taken", "0-1"),
    _opt("n_categories", "float", "distinct categories bought in the window", "categories"),
    _opt("mean_gap_days", "float", "mean days between occasions", "days"),
    _opt("active_days", "float", "days with an event in the window", "days"),
    _opt("breadth", "float", "distinct features used over features offered", "0-1"),
    _opt("depth", "float", "value units per active day", "as declared"),
    _opt("frequency", "float", "active days per natural period", "days"),
    _opt("seen", "float", "1 when the customer ordered or used anything in the window, else 0", "0-1"),
)

ARTEFACTS = (
    Table("features", W, "customer, at the as-of date", ("customer_key",), _FEATURES,
          open_columns="numeric and categorical attributes that the basis allows"),
    Table("features_before", W, "customer known one period before the as-of date, with what came next",
          ("customer_key",), (
              *_FEATURES,
              C("next_active", "float", "1 when active in the last period, else 0", "0-1"),
              _opt("next_revenue", "float", "net revenue in the last period", MINOR),
          ), open_columns="attributes"),
    Table("rfm", W, "customer", ("customer_key",), (
        KEY,
        C("recency_days", "float", "days since the last occasion", "days", nullable=True),
        C("n_occasions", "float", "occasions in the window", "days"),
        C("monetary", "float", "mean net value per occasion, or total, as declared", MINOR, nullable=True),
        C("r", "int", "recency score; 0 = not scored", low=0, high=5),
        C("f", "int", "frequency score; 0 = not scored", low=0, high=5),
        C("m", "int", "monetary score; 0 = not scored", low=0, high=5),
        C("group", "text", "name of the R×F cell; Lapsed: every order lies before the window; Prospect: never ordered; Not scored"),
        C("high_value", "bool", "monetary score 4 or 5"),
    )),
    Document("rhythm", W, "the natural frequency of use", {
        "period_days": "natural period used for every rate", "bucket_days": "bucket it is named by",
        "median_gap": "median over users of their median gap, days", "low": "2.5 % point", "high": "97.5 % point",
        "n": "users with at least three gaps", "one_day_share": "share of users active on one day only",
        "bucket_certainty": "share of bootstrap draws that choose the same bucket",
        "verdict": "clear, uncertain, bursts, mixed rhythms, or not measured (then the period is assumed)",
        "n_users": "users with an active day", "spread": "20 % and 80 % points of users' median gaps, days", "window_bucket": "bucket by the window check",
        "second_day": "Kaplan-Meier curve of time to the second active day: list of {day, share, low, high, at_risk}",
        "by_use": "list of {use, n, median_gap, low, high} per feature or category",
    }),
    Table("engagement", W, "customer and natural period", ("customer_key", "period"), (
        KEY,
        C("period", "int", "0 is the period that ends at the as-of date, -1 the one before", high=0),
        C("breadth", "float", "distinct features or categories over those offered; 0 where none is recorded", "0-1"),
        C("depth", "float", "value units per active day", "as declared", nullable=True),
        C("frequency", "float", "active days", "days"),
        _opt("revenue", "float", "net revenue in the period", MINOR),
    )),
    Table("user_types", W, "customer", ("customer_key",), (
        KEY,
        C("rate", "float", "active days per natural period over the last four", "days"),
        C("user_type", "text", "type", isin=USER_TYPES),
        _opt("type_now", "text", "type by the last window alone, before it has held twice"),
        C("near_cut", "bool", "rate inside the interval of a cut"),
    )),
    Document("user_type_cuts", W, "the cuts between the user types", {
        "period_days": "continuous natural period, days", "cuts": "list of {cut, value, low, high, how, n_inside, share_inside}",
        "power": "declared, estimated or not separable", "n": "customers", "n_rated": "customers who are Casual, Core or Power", "sizes": "list of {user_type, n, share, low, high}",
    }),
    Table("retention", W, "cohort and periods since start", ("cohort", "age"), (
        C("cohort", "text", "first month (or quarter) of its customers"),
        C("age", "int", "periods since the start", "periods", low=0),
        C("n", "int", "customers of the cohort observed that long", "customers"),
        C("retained", "float", "share of them active", "0-1"),
        C("low", "float", "lower 95 % bound", "0-1"),
        C("high", "float", "upper 95 % bound", "0-1"),
    )),
    Table("lifecycle", W, "period and state", ("period", "state"), (
        C("period", "int", "0 is the last period", high=0),
        C("state", "text", "state", isin=("new", "current", "resurrected", "dormant")),
        C("n", "int", "customers", "customers"),
    )),
    Table("lifecycle_flows", W, "period, state before and state after", ("period", "before", "after"), (
        C("period", "int", "0 is the last period", high=0),
        C("before", "text", "state one period earlier", isin=("new", "current", "resurrected", "dormant")),
        C("after", "text", "state in the period", isin=("current", "resurrected", "dormant")),
        C("n", "int", "customers", "customers", low=0),
    )),
    Document("survival", W, "how long customers under contract stay", {
        "curve": "Kaplan-Meier: list of {day, share, low, high, at_risk}, days since the contract began",
        "n": "customers watched", "ended": "contracts that ended", "one_year": "the point of the curve at 365 days, or null",
        "median_days": "days by which half have ended, or null",
    }),
    Table("feature_matrix", W, "feature (or category) with ten users or more", ("use",), (
        C("use", "text", "feature or category"),
        C("n", "int", "customers who used it in the last four natural periods", "customers"),
        C("n_active", "int", "customers who used anything then", "customers"),
        C("reach", "float", "share of those active", "0-1"), C("reach_low", "float", "lower 95 % bound", "0-1"),
        C("reach_high", "float", "upper 95 % bound", "0-1"),
        C("frequency", "float", "days of use per natural period of those who used it", "days"),
        C("frequency_low", "float", "lower 95 % bound", "days"), C("frequency_high", "float", "upper 95 % bound", "days"),
    )),
    Document("concentration", W, "how unevenly revenue is spread", {
        "top20": "share of revenue of the top 20 % of customers", "low": "2.5 % point", "high": "97.5 % point",
        "n": "customers with revenue", "gini": "Gini coefficient", "lorenz": "list of {customers, revenue}, both shares",
    }),
    Table("structure", W, "family of methods and number of segments", ("family", "k"), (
        C("family", "text", "kmeans, tied, diagonal or latent classes"),
        C("k", "int", "number of segments"),
        C("smallest", "int", "customers in the smallest segment"),
        C("stability", "float", "median adjusted Rand index between bootstrap pairs", "ARI", nullable=True),
        C("stability_low", "float", "2.5 % point over pairs", "ARI", nullable=True),
        C("stability_high", "float", "97.5 % point over pairs", "ARI", nullable=True),
        C("worst_slsw", "float", "stability of the least stable segment", "Jaccard", nullable=True),
        C("valley_p", "float", "largest Holm p over adjacent pairs", "p", nullable=True),
        C("bridged", "bool", "whether a ridge joins two of its segments"),
        C("separated", "bool", "valley between every adjacent pair, none bridged"),
        C("silhouette", "float", "mean silhouette, shown but not decisive", "-1-1", nullable=True),
        C("chosen", "bool", "the one taken"),
    )),
    Document("structure_choice", W, "whether groups exist, and the cut that was chosen", {
        "claim": "natural, reproducible or constructed", "k": "segments chosen (of the clustered part)",
        "family": "method chosen", "case": "which rule of the choice applied", "reason": "why, a sentence part",
        "runner_up": "{family, k, why_not}", "variables": "columns clustered on", "logged": "columns logged first",
        "atoms": "list of {rule, name, n}: customers split off before clustering",
        "n": "customers searched", "m": "size of each resample", "pairs": "bootstrap pairs",
        "slsw": "stability of each segment", "slsa": "list of {k, segment, value}",
        "solution": "portable fitted model: {family, columns, shift, scale, centres, covariances, weights}",
        "valleys": "list of {pair, p, bridged, density} between neighbours",
    }),
    Document("value", W, "expected orders and value, or why they are not estimated", {
        "status": "estimated, realised or not estimated", "reasons": "why not estimated, a list",
        "parameters": "fitted parameters with intervals, or empty", "holdout": "{predicted, actual, low, high} orders, or null",
        "by_earlier": "list of {earlier_orders, n, predicted, actual}", "n": "customers fitted",
    }),
    Table("customer_value", W, "customer with an order", ("customer_key",), (
        KEY,
        C("expected_orders", "float", "orders expected in the next period", "orders", nullable=True),
        C("value", "float", "expected next-period value, or realised revenue of the last one", MINOR),
        C("estimated", "bool", "whether the value is a forecast"),
    )),
    Table("themes", W, "theme of the free text and group", ("theme", "group"), (
        C("theme", "text", "its most telling terms"),
        C("group", "text", "user type of the writers, or `all`"),
        C("n", "int", "texts", "texts"),
        C("share", "float", "share of the group's texts", "0-1", nullable=True),
        C("low", "float", "lower 95 % bound", "0-1", nullable=True),
        C("high", "float", "upper 95 % bound", "0-1", nullable=True),
        C("example_id", "text", "evidence id of a typical text"),
    )),
)
