"""Rows 92 to 99: what a survey may be instead of answers, and what people write that names people."""

import random

from tests.catalogue import clean
from tests.catalogue.case import Case

ITEMS = [f"q{i}" for i in range(1, 7)]
N = clean.CUSTOMERS


def declared(*more: str, **rest) -> dict:
    """A survey with further columns, each under its own name."""
    return {"columns": clean.COLUMNS["survey"] | {c: c for c in more}, **rest}


def with_columns(changes: dict[int, dict[str, str]] | None = None, **columns) -> str:
    """The clean survey with further columns: {name: function of the row's number}; cells changed by line."""
    lines, names = clean.rows("survey"), [*clean.COLUMNS["survey"], *columns]
    lines = [";".join([line, *(str(make(i)) for make in columns.values())]) for i, line in enumerate(lines)]
    for line, cells in (changes or {}).items():
        fields = lines[line - 2].split(";")
        for name, value in cells.items():
            fields[names.index(name)] = value
        lines[line - 2] = ";".join(fields)
    return "\n".join([";".join([clean.header("survey"), *columns]), *lines]) + "\n"


def waves(turned: str = "", n: int = 60, items: int = 4) -> str:
    """Three waves of answers that agree with one another; one item of wave b turned round."""
    draw = random.Random(97)
    lines = ["customer;wave;" + ";".join(f"i{k}" for k in range(items))]
    for number in range(3 * n):
        wave, trait = "abc"[number // n], draw.randint(1, 5)
        answers = [min(5, max(1, trait + draw.choice((-1, 0, 0, 1)))) for _ in range(items)]
        if wave == "b" and turned:
            answers[int(turned[1:])] = 6 - answers[int(turned[1:])]
        lines.append(";".join([f"K{number % N:04d}", wave, *map(str, answers)]))
    return "\n".join(lines) + "\n"


def wave_columns(items: int = 4) -> dict:
    return {"columns": {"customer_id": "customer", "wave": "wave"} | {f"i{k}": f"i{k}" for k in range(items)}}


def straight(*lines: int) -> str:
    """Six items; the respondents of these lines give one answer to all of them."""
    more = {f"q{k}": (lambda i, k=k: 1 + (i * k) % 5 if (i * k) % 5 else 3) for k in range(3, 7)}
    return with_columns({line: dict.fromkeys(ITEMS, "4") for line in lines}, **more)


EMPTY = clean.text("survey", [f"K{i:04d};2026a;2026-01-01;;;;" for i in range(N)])
ALL_BUT = clean.rows("survey")
ANSWERS = [
    Case(92, "survey", "nobody answered anything, and the survey is all there is", "X", EMPTY, said="nobody answered",
         alone=True),
    Case(92, "survey", "nobody answered anything beside orders", "R", EMPTY, said="no question answered", rows=N,
         lines="2, 3"),
    Case(92, "survey", "one respondent answered nothing", "R", clean.with_cell(
        "survey", {5: dict.fromkeys(["nps", "pain", "q1", "q2"], "")}), said="no question answered", rows=1, lines="5"),
    Case(92, "survey", "one item all missing", "W", clean.text("survey", [
        ";".join([*r.split(";")[:-1], ""]) for r in ALL_BUT]), said="no answer in any row", column="q2", rows=N),
    Case(92, "survey", "one item only the code for no answer", "W", clean.text("survey", [
        ";".join([*r.split(";")[:-1], "99"]) for r in ALL_BUT]), said="no answer in any row", column="q2", rows=N,
        source={"not_answered": ["99"]}),
    Case(93, "survey", "three respondents are no customers", "W", clean.with_rows(
        "survey", *(f"X{i};2026a;2026-02-01;5;price;2;3" for i in range(3))), said="not among the customers", rows=3,
        lines=str(N + 2), beside={"customers": clean.text("customers")}),
    Case(93, "survey", "a respondent who never ordered, where no table lists customers", "W", clean.with_rows(
        "survey", "X9;2026a;2026-02-01;5;price;2;3"), said="not among the customers", rows=1, lines=str(N + 2)),
    Case(94, "survey", "respondent twice, row for row", "R", clean.with_rows("survey", ALL_BUT[7]),
         said="equal to an earlier row", rows=1, lines=str(N + 2)),
    Case(94, "survey", "the same answers on another day", "R", clean.with_rows(
        "survey", ALL_BUT[7].replace("-02-08;", "-02-09;")), said="same answers", rows=1, lines=str(N + 2)),
    Case(94, "survey", "two different answers in one wave", "E", clean.with_rows(
        "survey", "K0003;2026a;2026-04-09;1;price;1;1"), said="different answers of one respondent", rows=2,
        lines=f"5, {N + 2}", column="customer_id", fix="answered_again: latest"),
    Case(94, "survey", "two different answers, the latest declared to count", "R", clean.with_rows(
        "survey", "K0003;2026a;2026-04-29;1;price;1;1"), said="later answer", rows=1, lines="5",
        source={"answered_again": "latest"}),
    Case(94, "survey", "the latest declared to count, and no day mapped", "E", clean.with_rows(
        "survey", "K0003;2026a;2026-04-29;1;price;1;1"), said="different answers", rows=2, lines="5",
        source={"answered_again": "latest", "columns": {
            k: v for k, v in clean.COLUMNS["survey"].items() if k != "answered_at"}}, fix="answered_at"),
    Case(94, "survey", "the same respondent in another wave", "=", clean.with_rows(
        "survey", "K0003;2026b;2026-05-09;1;price;1;1")),
    Case(95, "survey", "straight-liners", "W", straight(3, 9), said="one answer to every item", rows=2, lines="3, 9",
         source=declared(*ITEMS[2:])),
    Case(95, "survey", "straight-liners, declared to be left out", "R", straight(3, 9), said="one answer to every item",
         rows=2, lines="3, 9", source=declared(*ITEMS[2:], leave_out=["straight-liners"])),
    Case(95, "survey", "speeders", "W", with_columns({4: {"seconds": "19"}, 8: {"seconds": "3"}},
                                                     seconds=lambda i: 60 + i % 5),
         said="faster than a third", rows=2, lines="4, 8", source=declared("seconds")),
    Case(95, "survey", "speeders, declared to be left out", "R", with_columns(
        {4: {"seconds": "19"}}, seconds=lambda i: 60 + i % 5), said="faster than a third", rows=1, lines="4",
        source=declared("seconds", leave_out=["speeders"])),
    Case(95, "survey", "as fast as a third of the median", "=", with_columns(
        {4: {"seconds": "20"}}, seconds=lambda i: 60), source=declared("seconds")),
    Case(95, "survey", "a negative time", "Q", with_columns({4: {"seconds": "-5"}}, seconds=lambda i: 60),
         said="out of range", column="seconds", rows=1, lines="4", source=declared("seconds")),
]
SCALES = [
    Case(96, "survey", "an answer of 6 on 1 to 5", "E", clean.with_cell("survey", {7: {"q1": "6"}}),
         said="off its scale 1 to 5", column="q1", rows=1, lines="7", fix="not_answered"),
    Case(96, "survey", "99 for don't know, not declared", "E", clean.with_cell(
        "survey", {3: {"q2": "99"}, 7: {"q2": "99"}}), said="off its scale", column="q2", rows=2, lines="3, 7",
        fix=r"codes for no answer \(99\)"),
    Case(96, "survey", "0 on 1 to 5", "E", clean.with_cell("survey", {121: {"q2": "0"}}), said="off its scale",
         column="q2", rows=1, lines="121", fix="scale"),
    Case(96, "survey", "99 for don't know, declared", "R", clean.with_cell(
        "survey", {3: {"q2": "99"}, 7: {"q2": "99"}}), said="declared code for no answer", column="q2", rows=2,
        lines="3, 7", source={"not_answered": ["99"]}),
    Case(96, "survey", "a word for don't know, not declared", "E", clean.with_cell(
        "survey", {3: {"q1": "dk"}, 90: {"q1": "dk"}}), said="2 words among", column="q1", rows=2, lines="3, 90",
        fix="not_answered"),
    Case(96, "survey", "a word for don't know, declared", "R", clean.with_cell("survey", {3: {"q1": "dk"}}),
         said="declared code", column="q1", rows=1, lines="3", source={"not_answered": ["dk"]}),
    Case(96, "survey", "a code that lies on the scale", "E", clean.text("survey"), said="lies on the scale 1 to 5",
         source={"not_answered": ["5"]}, where="sources.survey.not_answered"),
    Case(96, "survey", "an item on its own scale", "=", clean.with_cell("survey", {7: {"q1": "7"}}),
         source={"scales": {"q1": [1, 7]}}),
    Case(96, "survey", "an answer off the item's own scale", "E", clean.with_cell("survey", {7: {"q1": "8"}}),
         said="off its scale 1 to 7", column="q1", rows=1, lines="7", source={"scales": {"q1": [1, 7]}}, fix="8"),
    Case(96, "survey", "11 of 10 likely to recommend", "Q", clean.with_cell("survey", {7: {"nps": "11"}}),
         said="out of range", column="nps", rows=1, lines="7"),
    Case(96, "survey", "9 of 10 is an answer though 9 is a code of the items", "=", clean.with_cell(
        "survey", {7: {"nps": "9"}}), source={"not_answered": ["9"]}),
    Case(97, "survey", "one item turned in one wave", "W", waves("i2"), said="changes its sign in wave b", column="i2",
         rows=60, source=wave_columns()),
    Case(97, "survey", "the first item turned in one wave", "W", waves("i0", items=6),
         said="changes its sign in wave b", column="i0", rows=60, source=wave_columns(6)),
    Case(97, "survey", "three waves that agree", "=", waves(), source=wave_columns()),
    Case(97, "survey", "too few answers to tell a sign", "=", waves("i2", n=20), source=wave_columns(),
         beside={"transactions": clean.text("transactions", clean.rows("transactions")[:60])}),
]
WEIGHTS = [
    Case(98, "survey", "a weight missing", "E", with_columns({6: {"weight": ""}}, weight=lambda i: 1 + i % 3),
         said="no readable weight", column="weight", rows=1, lines="6", source=declared("weight"),
         fix="every respondent"),
    Case(98, "survey", "a weight that is no number", "E", with_columns({6: {"weight": "heavy"}}, weight=lambda i: 1),
         said="no readable weight", column="weight", rows=1, lines="6", source=declared("weight"), fix="weight"),
    Case(98, "survey", "weights of zero", "E", with_columns({6: {"weight": "0"}, 8: {"weight": "0.0"}},
                                                            weight=lambda i: 1 + i % 3),
         said="zero or less", column="weight", rows=2, lines="6, 8", source=declared("weight"), fix="leave"),
    Case(98, "survey", "a negative weight", "E", with_columns({121: {"weight": "-1.5"}}, weight=lambda i: 1),
         said="zero or less", column="weight", rows=1, lines="121", source=declared("weight"), fix="correct"),
    Case(98, "survey", "a huge weight", "E", with_columns({6: {"weight": "500"}}, weight=lambda i: 1 + i % 3),
         said="20 times the median", column="weight", rows=1, lines="6", source=declared("weight"), fix="trim"),
    Case(98, "survey", "an infinite weight", "E", with_columns({6: {"weight": "inf"}}, weight=lambda i: 1),
         said="no readable weight", column="weight", rows=1, lines="6", source=declared("weight"), fix="weight"),
    Case(98, "survey", "weights that vary as weights do", "=", with_columns(weight=lambda i: 0.4 + i % 7),
         source=declared("weight")),
]
SAID = "personal data in free text"
TEXTS = [
    Case(99, "texts", "a phone number in a message", "R", clean.with_cell(
        "texts", {9: {"text": "call me on +49 30 901820 please"}}), said=SAID, rows=1, lines="9"),
    Case(99, "texts", "a name in a message", "R", clean.with_cell(
        "texts", {9: {"text": "my name is Henrike Zimmerli and the delivery was late"}}), said=SAID, rows=1, lines="9"),
    Case(99, "texts", "a signature", "R", clean.with_cell("texts", {
        9: {"text": "the delivery was late again. Kind regards, Oona Vesterholm"},
        11: {"text": "the delivery was late. Viele Grüße Zbigniew"}}), said=SAID, rows=2, lines="9, 11"),
    Case(99, "texts", "the id of a customer", "R", clean.with_cell("texts", {9: {"text": "i am K0042"}}), said=SAID,
         rows=1, lines="9"),
    Case(99, "texts", "an address and a handle", "R", clean.with_cell("texts", {
        9: {"text": "write to o.v@mail.example.com"}, 10: {"text": "i am @oona_v there"}}), said=SAID, rows=2,
        lines="9, 10"),
    Case(99, "interviews", "names in a transcript", "R", clean.with_cell("interviews", {
        4: {"transcript": "I asked for Frau Wolkenstein and she helped"}}), said=SAID, rows=1, lines="4"),
    Case(99, "interviews", "an account number in a transcript", "R", clean.with_cell("interviews", {
        4: {"transcript": "take it from DE89 3704 0044 0532 0130 00"}}), said=SAID, rows=1, lines="4"),
    Case(99, "survey", "an answer in own words with a phone number", "R", with_columns(
        {5: {"why": "you reach me at 0151 23456789 any day"}}, why=lambda i: f"i like plan {i} since it is easy"),
        said=SAID, rows=1, lines="5", source=declared("why")),
    Case(99, "survey", "a coded answer that is an address", "R", clean.with_cell(
        "survey", {5: {"pain": "o.v@mail.example.com"}}), said=SAID, rows=1, lines="5"),
]
CASES = [*ANSWERS, *SCALES, *WEIGHTS, *TEXTS]
