"""The product file: what a product is, typed and validated.

Every refusal is one screen: the file, the key, what is wrong with it and the nearest valid key.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from lib.contracts import INPUTS, UserError
from lib.contracts.s05_strategy import CHANNEL, OBJECTIVES
from lib.decisions import Decision, undecided
from lib.paths import PRODUCTS
from lib.settings import nearest, read_settings, relative

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
PLAIN_PATH = re.compile(r"[\w-][\w./ -]*\.ya?ml")
WITH_PASSWORD = re.compile(r"\w+://[^/@]*:[^/@]*@")
RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{value:g} is no share: it lies between 0 and 1{_percent(value)}")
    return value


def _change_of_share(value: float) -> float:
    if not -1 <= value <= 1:
        raise ValueError(f"{value:g} is no difference of two shares: it lies between -1 and 1{_percent(value)}")
    return value


def _percent(value: float) -> str:
    """What to write instead, where per cent were meant."""
    return f"; write {value / 100:g} for {value:g} %" if 1 < abs(value) <= 100 else ""


Share = Annotated[float, AfterValidator(_share)]
ChangeOfShare = Annotated[float, AfterValidator(_change_of_share)]
Rated = Annotated[float, Field(ge=0, le=10)]
Channel = Annotated[str, StringConstraints(pattern=f"^{CHANNEL}$")]


class Lookup(_Strict):
    """A code list beside a source: its codes are replaced by what they stand for."""

    path: str = Field(..., description="file of the list, as in a source")
    package: str = Field("", description="optional data package that ships the file")
    delimiter: str = Field(",", description="field separator of a text file")
    key: str = Field(..., description="header of the code")
    value: str = Field(..., description="header of what the code stands for")


class Source(_Strict):
    """One input table: where it is, how it is written, and which header each contract name has."""

    path: str = Field("", description="file below the repository (.csv, .csv.gz, .zip, .xlsx, .parquet), or a folder "
                                      "of files of the same shape")
    package: str = Field("", description="optional data package that ships the file; `path` is then inside it")
    sheet: str = Field("", description="sheet of a spreadsheet; empty = the only one that holds data")
    url: str = Field("", description="a database instead of a file, e.g. duckdb:///data/acme/shop.duckdb or "
                                     "postgresql://user@host/db; passwords come from the environment (PGPASSWORD)")
    table: str = Field("", description="table in that database, or in the product's `engine`; `schema.table` outside "
                                       "its default schema")
    delimiter: Annotated[str, StringConstraints(strip_whitespace=False, pattern=r"^[^\w\s\"'.+-]?$|^[\t ]$")] = Field(
        "", description="field separator of a text file; a blank = runs of blanks; empty = detected where it is clear")
    header: list[str] = Field([], description="headers of a text file that has no header line, in order; the "
                                              "delimiter is then declared as well")
    encoding: str = Field("utf-8", description="encoding of a text file")
    decimal: Literal["", ".", ","] = Field("", description="decimal sign; empty = detected where it is clear")
    thousands: Literal["", ".", ",", " ", "'"] = Field("", description="thousands separator")
    dates: str = Field("auto", description="strptime format of every date and time column; auto = %Y-%m-%d, or another "
                                           "where it alone fits every value; excel = serial days of a spreadsheet, "
                                           "epoch_s and epoch_ms = seconds and milliseconds since 1970")
    timezone: str = Field("", description="time zone of naive times; empty = the product's")
    times_24: bool = Field(False, description="24:00 is the end of its day: read as 00:00 of the next")
    nulls: list[str] = Field([""], description="texts that mean missing")
    columns: dict[str, str] = Field(..., description="contract name or attribute: header in the file")
    constants: dict[str, str] = Field({}, description="contract name: one text that holds for every row of the file")
    lookups: dict[str, Lookup] = Field({}, description="mapped name: a list that turns its codes into values")
    partial: bool = Field(False, description="customers only: the table lists some customers; others are kept too")
    equal_rows: Literal["remove", "keep"] = Field(
        "remove", description="rows equal in every column of the file: a copy to leave out, or two real rows")
    types: dict[str, Literal["text", "int", "float", "bool", "date"]] = Field(
        {}, description="types of attributes and items; default: number when every value is one, else text")
    sold_as: Literal["net of refunds", "negative refunds", "kind", ""] = Field(
        "", description="how refunds are written; must be declared when an amount is negative")
    refund_kinds: list[str] = Field([], description="values of `kind` that mean a refund")
    void_kinds: list[str] = Field([], description="values of `kind` in whose rows nothing was sold (cancelled, failed, "
                                                  "unpaid): left out, counted")
    exclude_ids: list[str] = Field([], description="test, guest or staff ids to leave out, counted")
    scale: tuple[int, int] = Field((1, 5), description="lowest and highest answer of survey items")
    scales: dict[str, tuple[int, int]] = Field({}, description="lowest and highest answer of items on another scale")
    reversed_items: list[str] = Field([], description="survey items that are worded against their scale")
    questions: dict[str, str] = Field({}, description="survey: the wording of its items, as respondents read them")
    not_answered: list[str] = Field([], description="codes for don't know or refused")
    answered_again: Literal["refuse", "latest"] = Field(
        "refuse", description="survey: two different answers of one respondent in a wave are refused, or the "
                              "latest counts")
    leave_out: list[Literal["straight-liners", "speeders"]] = Field(
        [], description="survey: careless respondents to leave out, counted; default: only warned of")
    max_age_days: int = Field(0, ge=0, description="consent: days that its newest record may lie before as_of; 0 = any")
    quarantine_limit: Share = Field(0.01, description="share of rows that may be quarantined")
    rates: str = Field("", description="transactions only: file of currency, rate and (optional) from; it converts "
                                       "amounts in other currencies")
    kinds: dict[str, str] = Field({}, description="kind of basis of an attribute, when its name does not say")
    notice: str = Field("", description="licence notice to show")

    @model_validator(mode="after")
    def _scales_rise(self):
        for name, (low, high) in {"scale": self.scale, **{f"scales.{c}": s for c, s in self.scales.items()}}.items():
            if low >= high:
                raise ValueError(f"{name}: {low} to {high} is no scale; write the lowest answer first")
        return self


class Icp(_Strict):
    """An ideal customer profile."""

    name: str = Field(..., description="short name")
    who: str = Field(..., description="rule over attributes, e.g. \"role = 'office' and seats >= 5\"")
    jobs: list[str] = Field([], description="jobs to be done")
    pains: list[str] = Field([], description="pain points")
    found_in: list[str] = Field([], description="where such customers discover the product")
    source: str = Field(..., description="where these statements come from")
    state: Literal["confirmed", "draft"] = Field("confirmed", description="a draft marks the report and stops exports")


class DataProtection(_Strict):
    """Purpose, basis, retention and owner: required, shown in the footer of every page."""

    owner: str = Field(..., description="who answers for the processing; empty = not decided, a draft")
    purpose: str = Field(..., description="what the segmentation is for; empty = not decided, a draft")
    lawful_basis: Literal["consent", "contract", "legitimate interests", "legal obligation", "public data", ""] = Field(
        ..., description="lawful basis of the processing; empty = not decided, a draft")
    legitimate_interest: str = Field("", description="the interest, and how it was weighed against those of customers; "
                                                     "needed where the lawful basis is legitimate interests")
    impact_assessment: str = Field("", description="where the data protection impact assessment is, or why none "
                                                   "is needed")
    retention_days: int = Field(..., ge=0, description="older rows leave before features; 0 = not decided, a draft")
    minimum_age: int = Field(16, ge=0, description="younger customers leave before features")
    ids_are_contacts: bool = Field(False, description="customers are known by e-mail, phone or name: such ids are "
                                                       "refused unless this is true; pseudonyms replace them on load")
    compare: list[str] = Field([], description="protected attributes of customers, or `age`: loaded apart, only to "
                                               "compare how often each group is selected; only aggregates are saved")
    smallest_cell: int = Field(10, ge=3, description="published cells below this are suppressed")
    round_counts: bool = Field(False, description="publish counts of people as multiples of 5, and shares from these")

    @property
    def rounding(self) -> int:
        """Published counts of people are multiples of it."""
        return 5 if self.round_counts else 1


class Bases(_Strict):
    """What may and may not divide the customers."""

    offer: list[str] = Field([], description="attributes offered as a basis")
    never: list[str] = Field([], description="attributes that must never be a basis")
    grounds: dict[str, str] = Field({}, description="recorded ground for using a protected attribute")
    divide_by: list[str] = Field([], description="columns that groups are searched in, instead of the measures of "
                                                 "habit that step 1 chose: measures, attributes or survey items")


class Engagement(_Strict):
    """What breadth, depth and frequency mean here, and which is declared to lead when data cannot tell."""

    breadth: str = Field("", description="column whose distinct values are breadth: feature or category")
    depth: str = Field("", description="column that measures depth: value or amount")
    frequency: str = Field("", description="what counts as use: order or event")
    primary: Literal["", "breadth", "depth", "frequency"] = Field("", description="declared primary dimension")
    reason: str = Field("", description="why it is declared")
    period_days: float = Field(0, ge=0, description="natural period, where use comes in bursts; 0 = from the data")
    power_from: float = Field(0, ge=0, description="active days per period that make a Power user; 0 = estimated")


class Lead(_Strict):
    """An override of the rule that chooses the lead segmentation."""

    segmentation: Literal["", "clusters", "answers", "user_types", "rfm", "icp"] = Field(
        "", description="empty = by rule and evidence")
    reason: str = Field("", description="why the rule and the evidence are overridden")

    @model_validator(mode="after")
    def _has_reason(self):
        if self.segmentation and not self.reason:
            raise ValueError("an override of the lead segmentation needs a `reason`")
        return self


class Assumption(_Strict):
    """A declared effect: never invented, always shown with its id and source."""

    id: str = Field(..., min_length=1, description="cited in the report")
    objective: Literal[*OBJECTIVES] = Field(..., description="objective of the playbook; one assumption each")
    effect: ChangeOfShare = Field(..., description="difference in the response rate, treated minus not treated: 0.03 "
                                                   "is three points")
    low: ChangeOfShare = Field(..., description="low case, at most `effect`")
    high: ChangeOfShare = Field(..., description="high case, at least `effect`")
    source: str = Field(..., min_length=1, description="where it comes from")

    @model_validator(mode="after")
    def _in_order(self):
        if not self.low <= self.effect <= self.high:
            raise ValueError(f"low {self.low:g}, effect {self.effect:g} and high {self.high:g} are not in this order")
        return self


class Rating(_Strict):
    """A criterion of the target matrix that people judged."""

    source: str = Field(..., min_length=1, description="who rated, when and how; shown beside the ratings")
    axis: Literal["attractiveness", "competitiveness"] = Field("competitiveness", description="axis it counts on")
    default: Rated | None = Field(None, description="0-10, of segments that are not listed")
    segments: dict[str, Rated] = Field({}, description="segment key: 0-10")


class KnockOuts(_Strict):
    """Limits below which a segment is not compared at all. All [ours]."""

    smallest: int = Field(0, ge=0, description="customers; 0 = 97 (a share within ten points), or 20 accounts in B2B")
    rule: Share = Field(0.7, description="balanced accuracy of the rule that tells who belongs")
    reach: Share = Field(1 / 3, description="share that may be contacted")
    fit: Rated = Field(3.0, description="rating `fit`: how well it fits our strengths")


class Strategy(_Strict):
    """Playbook, costs, capacity and judgement that step 5 needs."""

    playbook: str = Field("products/playbook.yml", description="file of strategies, edited by you")
    capacity: int = Field(0, ge=0, description="customers that can be treated in one period; 0 = not declared")
    cost_per_contact: float = Field(0.0, ge=0, description="cost of treating one customer, product currency")
    margin_rate: Share = Field(0.0, description="share of revenue that is margin; 0 = not declared")
    saturation: Share = Field(0.25, le=0.5, description="how much of the effect is lost when a whole segment is "
                                                              "contacted; 0.25: the last brings half of the first")
    knock_outs: KnockOuts = KnockOuts()
    weights: dict[str, float] = Field({}, description="weights of the target matrix, sum 100")
    ratings: dict[str, Rating] = Field({}, description="rated criteria by name; `fit` is also a knock-out")
    assumptions: list[Assumption] = Field([], description="declared effects, each with its source")
    audience_days: int = Field(30, ge=1, description="days an audience file may be used")
    channels: list[Channel] = Field(["email"], min_length=1, description="channels that audiences are written for: "
                                                                         "lower-case letters, digits, - and _")

    @field_validator("weights")
    @classmethod
    def _of_a_hundred(cls, value: dict[str, float]) -> dict[str, float]:
        if value and (min(value.values()) < 0 or abs(sum(value.values()) - 100) > 1e-6):
            raise ValueError(f"the weights sum to {sum(value.values()):g}; they must not be negative and sum to 100")
        return value

    @field_validator("assumptions")
    @classmethod
    def _one_each(cls, value: list[Assumption]) -> list[Assumption]:
        for what in ("id", "objective"):
            said = [getattr(a, what) for a in value]
            if twice := sorted({v for v in said if said.count(v) > 1}):
                raise ValueError(f"two assumptions have the {what} {twice[0]!r}: keep one, or join them")
        return value

    @field_validator("playbook")
    @classmethod
    def _inside(cls, value: str) -> str:
        if not PLAIN_PATH.fullmatch(value) or ".." in value:
            raise ValueError("a .yml file below the repository, e.g. products/playbook.yml")
        return value


class Costs(_Strict):
    """Declared cost of collecting and analysing, and the share of revenue that is margin."""

    collecting: float = Field(..., ge=0, description="product currency")
    analysing: float = Field(..., ge=0, description="product currency")
    margin_rate: Share = Field(..., gt=0, description="share of revenue that is margin")
    source: str = Field("", description="where the figures come from")


class Monitor(_Strict):
    """When to look again, and when a model is too old."""

    review_days: int = Field(30, ge=1, description="days to the next review")
    max_age_days: int = Field(180, ge=1, description="age of a model at which it is refitted")


class Product(_Strict):
    """A product, as its file declares it. Everything a run needs to know, and nothing a run varies."""

    id: str = Field(..., description="name of the file: lower-case letters, digits, - and _")
    name: str = Field(..., min_length=1, max_length=200, description="name that readers see")
    business: Literal["b2c", "b2b"] = Field(..., description="decides which basis leads")
    stage: Literal["new", "early", "scaling", "mature"] = Field(..., description="RFM needs scaling or mature")
    billing: Literal["transactional", "subscription", "usage"] = Field(..., description="how customers pay")
    currency: str = Field(..., pattern=r"^[A-Z]{3}$", description="ISO code; XXX where there is no money")
    timezone: str = Field(..., description="IANA name, e.g. Europe/Berlin; days begin and end there")
    locale: str = Field("en", description="language and number format of the pages")
    as_of: dt.date | None = Field(..., description="last day that counts; empty = not decided, nothing runs")
    why_now: str = Field(..., description="launching a product, tailoring campaigns, or another; empty = a draft")
    critical_event: str = Field(..., description="`order`, or the feature in events that carries the core value")
    cvps: list[str] = Field([], description="core value propositions")
    public_data: bool = Field(False, description="published or synthetic data: public pseudonym key, banner")
    sample_notice: str = Field("", description="banner text for sample data")
    data_protection: DataProtection = Field(...)
    engine: str = Field("", description="where sources without a path or url have their `table`: a database, or Spark "
                                        "(pyspark:// as SPARK_CONF_DIR says, pyspark://local[2], spark://host:7077), "
                                        "which then computes the features, too")
    sources: dict[str, Source]
    icps: list[Icp] = []
    bases: Bases = Bases()
    engagement: Engagement = Engagement()
    lead: Lead = Lead()
    strategy: Strategy = Strategy()
    costs: Costs | None = None
    monitor: Monitor = Monitor()
    seed: int = Field(7, description="drives fitting and resampling")

    @field_validator("id")
    @classmethod
    def _safe_id(cls, value: str) -> str:
        if not ID.fullmatch(value) or value in RESERVED:
            raise ValueError("lower-case letters, digits, - and _ only, at most 64, and no device name")
        return value

    @field_validator("as_of", mode="before")
    @classmethod
    def _blank_day(cls, value):
        return None if value == "" else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            near = difflib.get_close_matches(value, available_timezones(), 1)
            raise ValueError(f"no such time zone{f'; did you mean {near[0]}?' if near else ''}")
        return value

    @field_validator("engine")
    @classmethod
    def _without_password(cls, value: str) -> str:
        if WITH_PASSWORD.match(value):
            raise ValueError("it holds a password; set PGPASSWORD (or what the driver reads) instead")
        return value

    @field_validator("sources")
    @classmethod
    def _known_sources(cls, value: dict[str, Source], info: ValidationInfo) -> dict[str, Source]:
        engine = info.data.get("engine", "")
        value = {name: _in_engine(source, engine) for name, source in value.items()}
        if engine and all(source.url != engine for source in value.values()):
            raise ValueError("`engine` is named, and no source has a table in it")
        for name, source in value.items():
            _check_source(name, source)
        if not {"transactions", "events"} & set(value) and "survey" not in value:
            raise ValueError("transactions or events are required")
        return value

    @model_validator(mode="after")
    def _compared_are_mapped(self):
        customers = self.sources.get("customers")
        known = set(customers.columns) - {"customer_id", "erased_at", "signup_date"} if customers else set()
        known |= {"age"} if "birth_year" in known else set()
        if unknown := [c for c in self.data_protection.compare if c not in known]:
            raise ValueError(f"data_protection.compare: customers has no {unknown[0]!r}{nearest(unknown[0], known)}")
        return self

    @property
    def last_instant(self) -> dt.datetime:
        """The last instant that counts: the end of the as-of day in the product's time zone."""
        return dt.datetime.combine(self.as_of, dt.time.max, ZoneInfo(self.timezone))

    @property
    def kinds(self) -> dict[str, str]:
        """The declared kind of basis of each attribute, from every source."""
        return {column: kind for source in self.sources.values() for column, kind in source.kinds.items()}

    @property
    def questions(self) -> dict[str, str]:
        """The wording of the survey's items as respondents read them, by item; empty without a survey."""
        return self.sources["survey"].questions if "survey" in self.sources else {}

    @property
    def undecided(self) -> list[Decision]:
        """What a person still has to decide; draft profiles are among it."""
        return undecided(self)

    @property
    def is_draft(self) -> bool:
        """Whether anything is unconfirmed or undecided: such a run says so on every page and exports no audience."""
        return bool(self.undecided)


def _check_source(name: str, source: Source) -> None:
    if name not in INPUTS:
        raise ValueError(f"no source {name!r}{nearest(name, INPUTS)}")
    table = INPUTS[name]
    known = [c.name for c in table.columns]
    if not table.open_columns:
        for column in (*source.columns, *source.constants):
            if column not in known:
                raise ValueError(f"{name}.columns: {table.name} has no {column!r}{nearest(column, known)}")
    given = {*source.columns, *source.constants}
    for column in (c for c in table.columns if c.required and c.name not in given):
        raise ValueError(f"{name}.columns: {column.name!r} must be mapped ({column.meaning})")
    if source.header and not source.delimiter:
        raise ValueError(f"{name}.delimiter: declare it where the file has no header line; ' ' means runs of blanks")
    for column in (c for c in source.lookups if c not in source.columns):
        raise ValueError(f"{name}.lookups: {column!r} is not among its columns{nearest(column, source.columns)}")
    _check_place(name, source)


def _in_engine(source: Source, engine: str) -> Source:
    """A source that names a table alone has it in the product's engine."""
    alone = source.table and not (source.url or source.path or source.package)
    return source.model_copy(update={"url": engine}) if alone else source


def _check_place(name: str, source: Source) -> None:
    """A source is a file or a table of a database; a password is never part of a product file."""
    if bool(source.path or source.package) == bool(source.url):
        raise ValueError(f"{name}: either a path or a url is needed, or a `table` of the product's `engine`")
    if bool(source.url) != bool(source.table):
        raise ValueError(f"{name}: `url` and `table` belong together")
    if WITH_PASSWORD.match(source.url):
        raise ValueError(f"{name}.url: it holds a password; set PGPASSWORD (or what the driver reads) instead")


def product_path(product_id: str) -> Path:
    """The file of a product; raises UserError with the nearest product when there is none."""
    if not ID.fullmatch(product_id):
        raise UserError(f"{product_id[:80]!r} is no product id",
                        fix="lower-case letters, digits, - and _ only, at most 64")
    path = PRODUCTS / f"{product_id}.yml"
    if not path.is_file():
        raise UserError(f"no product {product_id!r}{nearest(product_id, product_ids())}", where=str(PRODUCTS),
                        fix=f"one of: {', '.join(product_ids())}")
    return path


def product_ids() -> list[str]:
    """Every product that has a file, in alphabetical order. `playbook*.yml` are no products."""
    return sorted(p.stem for p in PRODUCTS.glob("*.yml") if not p.stem.startswith("playbook"))


def load_product(product_id: str, *, as_of: str = "", seed: int = 0, decided: bool = True) -> Product:
    """The product's settings; `as_of` (YYYY-MM-DD) and a seed above 0 override the file.

    Raises UserError; also where nothing can be read before a person decides, unless ``decided`` is False.
    """
    settings = read_product(product_path(product_id))
    if settings.id != product_id:
        raise UserError(f"the file says id: {settings.id}", where=str(product_path(product_id)),
                        fix="the id and the file name must be the same")
    changes = ({"seed": seed} if seed else {}) | ({"as_of": day_of(as_of)} if as_of else {})
    settings = settings.model_copy(update=changes)
    if decided:
        _refuse_blocking(settings)
    return settings


def day_of(as_of: str) -> dt.date:
    """An as-of date as it is given to a command or a notebook. Raises UserError."""
    try:
        return dt.date.fromisoformat(as_of)
    except ValueError:
        raise UserError(f"as_of {as_of[:40]!r} is no date", fix="write it as YYYY-MM-DD") from None


def _refuse_blocking(settings: Product) -> None:
    if blocking := [d for d in settings.undecided if d.blocks]:
        raise UserError("not decided yet: " + "; ".join(f"{d.key} ({d.what})" for d in blocking),
                        where=relative(product_path(settings.id)),
                        fix=f"write it into the file, then: segments check {settings.id}")


def read_product(path: Path) -> Product:
    """A validated product file. Raises UserError naming file, key, fault and the nearest valid key."""
    return read_settings(path, Product)
