"""The tables a product may bring, as its column map names them. Only transactions *or* events are required.

Inputs are read as text first and typed by these contracts. A mapped column that no contract names is a
customer attribute (in `customers`) or a survey item (in `survey`).
"""

from lib.contracts.table import Column, Table


def _input(name: str, one_row_per: str, *columns: Column, open_columns: str = "") -> Table:
    return Table(name, "the product's files", one_row_per, (), columns, open_columns, raw=True)


def _optional(name: str, dtype: str, meaning: str, unit: str = "") -> Column:
    return Column(name, dtype, meaning, unit, nullable=True, required=False)


CUSTOMER = Column("customer_id", "text", "who: person or account, as the source writes it; a keyed pseudonym replaces it on load")

NO_CURRENCY = "XXX"  # ISO 4217's own code for "no currency is involved"

INPUTS: dict[str, Table] = {t.name: t for t in (
    _input("customers", "customer", CUSTOMER,
           _optional("signup_date", "date", "first day as a customer"),
           _optional("birth_year", "int", "year of birth; becomes `age` at the as-of date, and is used to exclude minors", "year"),
           _optional("age", "float", "age at the as-of date, where no year of birth is given", "years"),
           _optional("erased_at", "date", "day the customer asked to be erased; such customers leave before features"),
           open_columns="attributes: any further mapped column"),
    _input("transactions", "order line", CUSTOMER,
           _optional("order_id", "text", "order or invoice; lines of one order share it"),
           Column("ordered_at", "time", "when, in the product's time zone unless the value carries its own"),
           _optional("amount", "float", "net value of the line; refunds negative, or marked by `kind`", "product currency"),
           _optional("category", "text", "product category, module or plan"),
           _optional("quantity", "float", "items"),
           _optional("price", "float", "net price of one item; quantity times price is compared with the amount, or stands for it", "product currency an item"),
           _optional("transaction_id", "text", "id of the line itself: twice with equal content is a copy, with other content refused"),
           _optional("kind", "text", "sale, refund or not sold (cancelled, failed), where a column says so"),
           _optional("currency", "text", "ISO code; any other than the product's is refused, or converted by a file of rates")),
    _input("events", "use of a feature", CUSTOMER,
           Column("occurred_at", "time", "when, in the product's time zone"),
           _optional("feature", "text", "feature or module used"),
           _optional("value", "float", "value units: minutes, actions, items", "as declared"),
           _optional("session_id", "text", "visit"),
           _optional("user_id", "text", "person inside the account (B2B)")),
    _input("features", "feature of the product", Column("feature", "text", "its id in events"),
           _optional("area", "text", "part of the product"),
           _optional("is_core", "bool", "whether it carries the core value"),
           _optional("cvp", "text", "core value proposition it serves"),
           _optional("jtbd", "text", "job to be done it serves")),
    _input("survey", "respondent and wave", CUSTOMER,
           _optional("wave", "text", "survey wave"), _optional("answered_at", "date", "day of the answer"),
           _optional("nps", "int", "likelihood to recommend", "0-10"),
           _optional("main_job", "text", "job to be done, coded"), _optional("pain", "text", "main pain point, coded"),
           _optional("discovery", "text", "where the product was found, coded"),
           _optional("valued_feature", "text", "feature valued most"),
           _optional("stated_frequency", "text", "how often the respondent says to use the product"),
           _optional("weight", "float", "how many people the respondent stands for; above 0, given for everybody"),
           _optional("seconds", "float", "how long the answering took; used to tell speeders only", "seconds"),
           open_columns="items: any further mapped column, a scale"),
    _input("interviews", "interview", Column("interview_id", "text", "id of the evidence"),
           _optional("customer_id", "text", "who, as in customers"), _optional("held_at", "date", "day"),
           _optional("role", "text", "role of the person (B2B)"), _optional("transcript", "text", "what was said"),
           _optional("consent", "text", "whether the interview may be used"),
           _optional("pain", "text", "pain point, coded"), _optional("main_job", "text", "job to be done, coded"),
           _optional("discovery", "text", "where the product was found, coded"),
           _optional("valued_feature", "text", "feature valued most"),
           _optional("cvp", "text", "core value proposition named, coded"),
           _optional("coder_1", "text", "user type that the first coder gave"),
           _optional("coder_2", "text", "user type that the second coder gave")),
    _input("texts", "message", _optional("text_id", "text", "id of the evidence"), CUSTOMER,
           Column("written_at", "time", "when"), _optional("channel", "text", "where it came in"),
           Column("text", "text", "what was written"), _optional("user_role", "text", "role of the writer (B2B)")),
    _input("campaigns", "campaign", Column("campaign", "text", "its id in assignments"),
           _optional("name", "text", "display name"), Column("starts_on", "date", "first day"),
           Column("ends_on", "date", "last day of the outcome window"), _optional("channel", "text", "e-mail, app, call"),
           _optional("cost_per_contact", "float", "cost of treating one customer", "product currency"),
           _optional("margin_rate", "float", "share of revenue that is margin", "0-1"),
           _optional("randomised", "bool", "whether arms were drawn by chance"),
           _optional("treated_share", "float", "share of those assigned that was to be treated, as planned", "0-1")),
    _input("assignments", "campaign and customer", Column("campaign", "text", "campaign"), CUSTOMER,
           Column("arm", "text", "treated or control"), _optional("stratum", "text", "stratum of the draw"),
           Column("assigned_at", "date", "day of the draw")),
    _input("outcomes", "campaign and customer", Column("campaign", "text", "campaign"), CUSTOMER,
           _optional("converted", "bool", "whether the aim was reached in the window"),
           _optional("spend", "float", "spend in the window", "product currency"),
           _optional("spend_before", "float", "spend in as many days before", "product currency")),
    _input("consent", "customer and channel", CUSTOMER,
           Column("channel", "text", "analytics, marketing, or a channel: email, push, call"),
           Column("status", "text", "granted, withdrawn or objected"),
           _optional("recorded_at", "date", "day of the record")),
)}
