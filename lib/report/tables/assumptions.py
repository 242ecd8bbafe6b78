"""Table of notebook 05: what the plan takes on trust."""

from __future__ import annotations

from lib.report.blocks import TableBlock, shows
from lib.report.campaign_names import readable_id
from lib.report.numbers import Format


@shows
def assumptions(plan: dict, fmt: Format) -> TableBlock:
    """Everything this plan takes on trust, with what cites it and its source."""
    rows = [[readable_id(a["id"]), a["statement"], a["source"]] for a in plan["assumptions"]]
    return TableBlock("What this plan assumes", ["assumption", "statement", "source"], rows or [["none", "", ""]])
