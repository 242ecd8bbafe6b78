"""An invented product, as a run would leave it: artefacts, facts and executed notebooks. Every text can be replaced."""

import nbformat.v4 as nbf
import numpy as np
import pandas as pd

from lib.contracts import ARTEFACTS, NotMeasured
from lib.report.blocks import Absent, Card, Cards, Closing, Picture, Sentence, TableBlock
from lib.report.numbers import Format
from lib.report.style import canvas, colour, label
from lib.stats import wilson

SEGMENTS = {  # key: name, customers, revenue in cents, returns next period
    "weekly_cooks": ("Weekly cooks", 1204, 6_930_000, 0.86),
    "weekend_hosts": ("Weekend hosts", 910, 2_410_000, 0.61),
    "bargain_visitors": ("Bargain visitors", 2130, 1_620_000, 0.34),
    "drifting_away": ("Drifting away", 768, 240_000, 0.08),
}
TOTAL = sum(row[1] for row in SEGMENTS.values())
FMT = Format("en", "EUR")
EMPTY = {"text": "", "int": 0, "float": np.nan, "bool": False, "date": pd.NaT}


def keep(text: str) -> str:
    return text


def facts(text=keep, **changed) -> dict:
    return {
        "product": "meals",
        "name": text("Meals & Co"),
        "as_of": "2026-06-30",
        "business": "b2c",
        "locale": "en",
        "currency": "EUR",
        "why_now": text("tailoring campaigns"),
        "sample_notice": text("Invented customers; no real person."),
        "owner": text("CRM team"),
        "purpose": text("tailor offers to groups of customers"),
        "lawful_basis": "consent",
        "run_id": "20260701-081500-7f3a",
        "parameters": {"product": "meals", "as_of": "2026-06-30"},
        "code_version": "92fb522",
        "versions": {"pandas": "3.1.1", "scikit-learn": "1.7.2"},
        "fingerprint": "0c9e5be1a2d4",
        **changed,
    }


def manifest(text=keep) -> dict:
    """What run.json says of such a run."""
    return {
        "parameters": {"product": "meals", "as_of": "2026-06-30", "note": text("by hand")}, "seed": 7,
        "python": "3.11.7", "libraries": {"pandas": "3.1.1"}, "code": "92fb522",
        "kernels": {"warm": False, "reason": text("asked for with --cold")},
        "steps": {
            "01_identify_basis": {"state": "done", "seconds": 20.0, "wrote": ["basis", "icps"], "resumed": True,
                                  "warnings": {"FutureWarning": 2}},
            "02_collect": {"state": "not run", "reason": "no-go"},
        },
        "inputs": [{"source": "transactions", "file": text("data/acme/orders.csv"), "rows": 20000, "bytes": 1234567}],
        "artefacts": [{"name": "basis", "rows": 12, "sha256": "0" * 64, "written_by": "01_identify_basis"}],
    }


def artefacts(text=keep) -> dict:
    """What a run with everything measured but the value model writes."""
    made = {
        **_basis(text),
        **_collected(text),
        **_analysis(text),
        **_segments(text),
        **_strategy(text),
        **_monitor(text),
    }
    return {name: _fits(name, value) for name, value in made.items()}


def refused(text=keep) -> dict:
    """What a run leaves when the base is too small: the artefacts of steps 1 to 3."""
    made = {**_basis(text), **_collected(text), **_analysis(text)}
    made = {name: _fits(name, value) for name, value in made.items()}
    made["readiness"] = {
        **made["readiness"],
        "verdict": "no-go",
        "n_customers": 60,
        "largest_k": 0,
        "reasons": [text("60 customers are too few for 4 variables (240 needed)")],
        "needed": [text("at least 240 customers who may be analysed")],
    }
    return made


def _fits(name: str, value):
    """The artefact as its contract wants it; what these tests say nothing about is empty."""
    if isinstance(value, NotMeasured):
        return value
    contract = ARTEFACTS[name]
    if isinstance(value, dict):
        return contract.check(dict.fromkeys(contract.keys) | value)
    return contract.check(value.assign(**{c.name: EMPTY[c.dtype] for c in contract.columns if c.name not in value}))


def _frame(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def _share(n: int, total: int = TOTAL, prefix: str = "share") -> dict:
    low, high = wilson(n, total)
    return {"share": n / total, f"{prefix}_low": float(low), f"{prefix}_high": float(high)}


def _bounds(value: float, half: float) -> dict:
    return {"low": value - half, "high": value + half}


def _basis(text) -> dict:
    candidate = {
        "source": "customers",
        "n": TOTAL,
        "coverage": 0.97,
        "levels": 4,
        "variety": 0.8,
        "stability": None,
        "signal": 0.04,
        "signal_low": 0.02,
        "signal_high": 0.06,
        "redundant_with": "",
        "redundancy": 0.1,
        "reachable": True,
    }
    return {
        "basis": _frame(
            [
                {
                    **candidate,
                    "column": "n_occasions",
                    "rank": 1,
                    "kind": "purchasing",
                    "sensitivity": "none",
                    "verdict": "use",
                    "reason": text("strongest signal of the next period"),
                    "signal": 0.31,
                    "signal_low": 0.27,
                    "signal_high": 0.35,
                },
                {
                    **candidate,
                    "column": text("region"),
                    "rank": 2,
                    "kind": "geographic",
                    "sensitivity": "none",
                    "verdict": "describe only",
                    "reason": text("little signal"),
                },
            ]
        ),
        "icps": _frame(
            [
                {
                    "icp": text("Family planner"),
                    "rule": text("household >= 3"),
                    "source": text("12 interviews in March"),
                    "n": 1604,
                    **_share(1604),
                    "revenue_share": 0.47,
                    "overlap": 0.03,
                    "mean_value": 3480.0,
                    "value_low": 3300.0,
                    "value_high": 3660.0,
                    "retained": 0.71,
                    "retained_low": 0.69,
                    "retained_high": 0.73,
                    "finding": text("worth more"),
                }
            ]
        ),
        "engagement_framework": _frame(
            [
                {
                    "dimension": d,
                    "relevance": r,
                    "metric": text(m),
                    "importance": i,
                    "importance_low": i - 0.02,
                    "importance_high": i + 0.02,
                    "first_share": f,
                    "stability": 0.7,
                    "chosen_by": "data",
                    "n": TOTAL,
                    "rationale": text("from data"),
                }
                for d, r, m, i, f in (
                    ("frequency", "Primary", "active days", 0.21, 0.998),
                    ("breadth", "Secondary", "features", 0.07, 0.0),
                    ("depth", "Tertiary", "minutes", 0.01, 0.002),
                )
            ]
        ),
        "readiness": {
            "verdict": "caution",
            "reasons": [text("1 of 3 sources covers less than half of the customers")],
            "needed": [text("survey answers of at least 385 customers")],
            "checks": [],
            "n_customers": TOTAL,
            "largest_k": 8,
            "lead_basis": "behaviour",
            "lead_rule": text("b2c: profile first; behaviour where profiles do not separate"),
            "why_now": text("tailoring campaigns"),
            "rfm": {"applies": True, "reasons": []},
            "cost_value": {"cost": 1_200_000, "margin_at_stake": 3_900_000, "break_even_uplift": 0.031},
            "not_measured": [
                {
                    "question": text("what customers need"),
                    "reason": text("the survey has 212 answers"),
                    "needed": text("385 answers for shares within 5 points"),
                }
            ],
        },
    }


def _collected(text) -> dict:
    states = (
        ("in", "", 48210),
        ("kept", "", 46902),
        ("repaired", "time zone set", 811),
        ("quarantined", text("no date"), 97),
        ("excluded", "opted out", 400),
    )
    return {
        "ledger": _frame(
            [
                {
                    "source": "transactions",
                    "state": s,
                    "reason": r,
                    "rows": n,
                    "customers": n // 10,
                    "amount": n * 900.0,
                }
                for s, r, n in states
            ]
        ),
        "collected": {
            "sources": [],
            "absent": [],
            "kept_columns": {},
            "dropped_columns": {},
            "period": ["2025-01-02", "2026-06-30"],
            "n_customers": TOTAL,
            "protection": {"opted out": 41},
        },
    }


def _analysis(text) -> dict:
    groups = np.repeat(["Champions", "Loyal", "At risk", "Hibernating"], [900, 1400, 1200, 1512])
    rfm = pd.DataFrame(
        {
            "customer_key": [f"{i:032x}" for i in range(len(groups))],
            "recency_days": 5.0,
            "n_occasions": 4.0,
            "monetary": 1200.0,
            "r": 5,
            "f": 4,
            "m": 3,
            "group": groups,
            "high_value": False,
        }
    )
    structure = _frame(
        [
            {
                "family": "kmeans",
                "k": k,
                "smallest": 700,
                "stability": s,
                "stability_low": s - 0.05,
                "stability_high": s + 0.03,
                "worst_slsw": 0.8,
                "valley_p": 0.4,
                "bridged": False,
                "separated": False,
                "silhouette": 0.3,
                "chosen": k == 4,
            }
            for k, s in ((2, 0.91), (3, 0.88), (4, 0.90), (5, 0.62))
        ]
    )
    choice = {
        "claim": "reproducible",
        "k": 4,
        "family": "kmeans",
        "case": "stable, not separated",
        "n": TOTAL,
        "pairs": 100,
        "reason": "the largest stable number whose segments are distinct",
        "solution": {"centres": [[1.0]]},
    }
    sizes = [
        {"user_type": t, "n": n, "share": n / TOTAL, **_bounds(n / TOTAL, 0.01)}
        for t, n in (("Casual", 2400), ("Core", 1500), ("Power", 380), ("New", 500), ("Dormant", 228), ("Prospect", 4))
    ]
    return {
        "rfm": rfm,
        "structure": structure,
        "structure_choice": choice,
        "user_type_cuts": {"period_days": 9.0, "cuts": [], "power": "estimated", "sizes": sizes},
        "value": NotMeasured(text("hold-out orders were 34 % off"), text("a second year of orders")),
        "themes": NotMeasured(text("no free text"), text("texts of at least 200 customers")),
    }


def _segments(text) -> dict:
    revenue = sum(row[2] for row in SEGMENTS.values())
    rows = [
        {
            "segment": key,
            "name": text(name),
            "name_rule": "markers",
            "n": n,
            **_share(n),
            "revenue": money,
            "revenue_share": money / revenue,
            "revenue_share_low": 0.9 * money / revenue,
            "revenue_share_high": min(1.1 * money / revenue, 1.0),
            "mean_value": money / n,
            "value_low": money / n * 0.93,
            "value_high": money / n * 1.07,
            "money_hidden": False,
            "next_active": stays,
            "n_next": n,
            "joined": False,
            **dict(zip(("next_low", "next_high"), map(float, wilson(stays * n, n)), strict=True)),
            "claim": "reproducible",
            "slsw": 0.86,
            "rule": text("ordered on at least 8 days in the last 90"),
            "rule_accuracy": 0.91, "rule_low": 0.88, "rule_high": 0.93,
            "rank": rank,
        }
        for rank, (key, (name, n, money, stays)) in enumerate(SEGMENTS.items(), 1)
    ]
    check = {
        "check": "stated and observed frequency",
        "n": 212,
        "estimate": None,
        "low": None,
        "high": None,
        "evidence_ids": "",
    }
    return {
        "model": {"lead": "clusters", "lead_rule": text("distinct and stable")},
        "segments": _frame(rows),
        "validation": _frame(
            [
                {
                    **check,
                    "group": text("Power"),
                    "verdict": "too few",
                    "finding": text("7 power users answered; 30 are needed"),
                }
            ]
        ),
        "outside": _frame(
            [
                {"state": "in segments", "reason": "", "n": TOTAL, "share": 0.93, "revenue_share": 0.98},
                {"state": "filtered", "reason": text("staff"), "n": 6, "share": 0.001, "revenue_share": 0.001},
                {"state": "opted out", "reason": text("consent"), "n": 371, "share": 0.069, "revenue_share": 0.019},
            ]
        ),
    }


def _strategy(text) -> dict:
    plan = {
        "need": text("decide what to cook in five minutes"),
        "topic": "jtbd",
        "evidence_ids": "e12,e40",
        "assumption": False,
        "dimension": "frequency",
        "channel": text("email"),
        "metric": text("share active in the next period"),
        "test": text("a tenth is held out by chance"),
        "source": "playbook: retain-1",
    }
    what = {
        "weekly_cooks": ("widen", "Two new menus a week, picked for you", "free tasting box", 0.86, 0.88),
        "weekend_hosts": (
            "raise frequency",
            "Your guests' favourites on a weekday",
            "second box at half price",
            0.61,
            0.66,
        ),
        "bargain_visitors": ("activate", "A week of dinners for less than takeaway", "starter box", 0.34, 0.38),
        "drifting_away": ("win back", "We have changed the menu", "none", 0.08, 0.1),
    }
    roles = ("keep", "target", "target", "not now")
    return {
        "targets": _frame(
            [
                {
                    "segment": key,
                    "knocked_out": "",
                    "attractiveness": 60.0,
                    "competitiveness": 55.0,
                    "p_first": p,
                    "p_second": 0.2,
                    "role": role,
                    "criteria": text("size, value"),
                }
                for key, role, p in zip(SEGMENTS, roles, (0.1, 0.72, 0.18, 0.0), strict=True)
            ]
        ),
        "strategies": _frame(
            [
                {
                    **plan,
                    "segment": key,
                    "objective": o,
                    "message": text(m),
                    "offer": text(offer),
                    "baseline": b,
                    "target": t,
                }
                for key, (o, m, offer, b, t) in what.items()
            ]
        ),
    }


def _monitor(text) -> dict:
    keys = list(SEGMENTS)
    moves = [
        (keys[0], keys[0], 1000),
        (keys[0], keys[1], 150),
        (keys[0], "Left", 4),
        (keys[1], keys[1], 800),
        (keys[1], keys[2], 90),
        (keys[2], keys[2], 1900),
        (keys[3], keys[3], 700),
    ]
    before = {key: sum(n for b, _, n in moves if b == key) for key in keys}
    return {
        "migration": _frame(
            [
                {
                    "before": b,
                    "now": now,
                    "n": n,
                    "n_before": before[b],
                    "share": n / before[b],
                    **_bounds(n / before[b], 0.02),
                    "noise": 0.05,
                    "direction": "stayed" if b == now else "down" if now not in keys or keys.index(now) > keys.index(b)
                    else "up",
                    "noise_up": 0.05,
                    "noise_down": 0.05,
                    "verdict": "stayed" if b == now else "moved",
                }
                for b, now, n in moves
            ]
        ),
        "drift": _frame(
            [
                {
                    "variable": text("basket value"),
                    "n_before": 4600,
                    "n_now": TOTAL,
                    "bins": 10,
                    "psi": 0.14,
                    "p": 0.001,
                    "verdict": "alarm",
                }
            ]
        ),
        "uplift": _frame(
            [
                {
                    "campaign": text("Spring menu"),
                    "segment": "all",
                    "outcome": "rate",
                    "n_treated": 3000,
                    "n_control": 1000,
                    "uplift": 0.021,
                    "low": 0.004,
                    "high": 0.038,
                    "adjusted": 0.02,
                    "adjusted_low": 0.004,
                    "adjusted_high": 0.036,
                    "p": 0.012,
                    "profit": None,
                    "profit_low": None,
                    "profit_high": None,
                    "verdict": text("an effect was seen"),
                }
            ]
        ),
        "advice": {
            "decision": "adjust",
            "triggers": [{"trigger": text("basket value has drifted"), "fired": True}],
            "back_cast": False,
            "earlier_as_of": "2026-05-31",
            "next_review": "2026-07-30",
            "log": [],
            "benefits": [
                {
                    "promise": "better targeting",
                    "status": "measured",
                    "finding": text("variation of the next period that the segments explain"),
                    "values": {"gain": 0.182, "low": 0.151, "high": 0.213, "n": TOTAL},
                },
                {
                    "promise": "efficient spending",
                    "status": "not measured",
                    "finding": text("no cost was declared"),
                    "values": {},
                },
            ],
            "risks": [
                {
                    "risk": "misreading",
                    "answer": text("claim level, intervals, caveat beside the finding"),
                    "values": {},
                },
                {
                    "risk": "overlooked customers",
                    "answer": text("counted in the ledger, by reason"),
                    "values": {"n": 377, "share": 0.07},
                },
            ],
        },
    }


def notebooks(text=keep, count: int = 6) -> dict:
    """Six executed notebooks with every kind of block, tagged as ours are."""
    titles = ("Identify the basis", "Collect", "Analyze", "Create segments", "Strategy", "Monitor")
    stems = ("01_identify_basis", "02_collect", "03_analyze", "04_create_segments", "05_strategy", "06_monitor")
    picture = _shown(_picture(text))
    return {
        stem: notebook(number, title, text, picture)
        for number, (stem, title) in enumerate(zip(stems, titles, strict=True), 1)
        if number <= count
    }


def notebook(number: int, title: str, text, picture):
    """One executed notebook: prose, a setup cell with warnings, then blocks, a plain table and a plain figure."""
    head = f"# {number:02} · {title}\n\n**Question** What may customers be divided by?\n\n**Reads** sources."
    finding = Sentence(
        text("Frequency explains 31 % (27 % to 35 %) of what customers do next; n = 5,012."),
        {"signal": 0.31, "low": 0.27, "high": 0.35, "n": TOTAL},
    )
    caveat = Sentence(text("It is an association: nobody was made to come more often."), {}, tone="caveat")
    method = Sentence(
        text("Out-of-time share of variation explained, 500 resamples of customers."), {"draws": 500}, tone="method"
    )
    cards = Cards(
        [
            Card(
                text("Family planner"),
                "32 %",
                text("of customers"),
                [["Customers", "1,604"], ["Share of revenue", "47 %"]],
                text("Worth more than the others."),
                text("12 interviews in March"),
                colour(1),
            ),
            Card(text("Weekend host"), "18 %", text("of customers"), [["Customers", "902"]], "", "", colour(2)),
        ],
        {"share": 0.32, "n": 1604, "revenue": 0.47, "share_2": 0.18, "n_2": 902, "source": "12 interviews"},
    )
    table = TableBlock(
        text("What may divide customers"),
        ["Candidate", "Signal", "Interval", "Verdict"],
        [
            [text("Days with an order"), "31 %", "27 % to 35 %", "use"],
            [text("Region"), "4 %", "2 % to 6 %", text("describe only")],
        ],
        ["Signal", "Interval"],
        text("n = 5,012 customers. Source: transactions, customers."),
    )
    frame = pd.DataFrame({text("column"): [text("<b>bold</b>")]})
    cells = [
        nbf.new_markdown_cell(head, metadata={"tags": ["story"]}),
        nbf.new_code_cell("product: str = 'meals'", metadata={"tags": ["parameters"]}),
        _cell(
            "import lib", ["setup"], nbf.new_output("stream", name="stderr", text="FutureWarning: /home/secret/path")
        ),
        nbf.new_markdown_cell(
            "## What goes with the next period\n\nEach candidate is judged on customers it has not seen.",
            metadata={"tags": ["story"]},
        ),
        _cell("say()", ["story"], _shown(finding)),
        _cell("picture()", ["story"], picture),
        _cell("caveat()", ["story"], _shown(caveat)),
        _cell("method()", ["story"], _shown(method)),
        nbf.new_markdown_cell("## Who they are", metadata={"tags": ["story"]}),
        _cell("cards()", ["story"], _shown(cards)),
        _cell("table()", ["story"], _shown(table)),
        _cell("absent()", ["story"], _shown(Absent(text("no free text"), text("texts of at least 200 customers")))),
        nbf.new_markdown_cell("### Details"),
        _cell(
            "frame",
            [],
            nbf.new_output("execute_result", data={"text/html": frame._repr_html_(), "text/plain": "frame"}),
        ),
        _cell("print(1)", [], nbf.new_output("stream", name="stdout", text="rows 800")),
        _cell(
            "close()",
            [],
            _shown(Closing(text("The basis is chosen."), f"{number:02}", ["basis", "icps"], "02_collect")),
        ),
    ]
    return nbf.new_notebook(cells=cells)


def _cell(source: str, tags: list[str], *outputs):
    return nbf.new_code_cell(source, metadata={"tags": tags}, outputs=list(outputs))


def _shown(block):
    return nbf.new_output("display_data", data=block._repr_mimebundle_())


def _picture(text) -> Picture:
    _, ax = canvas(7.2, 3.2)
    names = [row[0] for row in SEGMENTS.values()][::-1]
    shares = [row[1] / TOTAL for row in SEGMENTS.values()][::-1]
    ax.barh(
        [label(text(name), 24) + " " * i for i, name in enumerate(names)],
        shares,
        color=[colour(r) for r in (4, 3, 2, 1)],
    )
    for place, share in enumerate(shares):
        ax.text(share + 0.005, place, FMT.share(share), va="center")
    ax.set(xlabel="share of customers", xticks=[])
    return Picture(
        ax,
        title=text("Four in ten customers come for bargains"),
        alt=text("Bars: share of customers per segment."),
        caption=text("n = 5,012 customers. Source: transactions."),
        values={"n": TOTAL},
    )
