"""What sentences call a campaign: its name, else its id in readable form, and never two alike."""

import pandas as pd

from lib.report.numbers import Format
from lib.report.words.campaigns import called, differs


def test_a_campaign_has_its_name_else_its_id_to_be_read():
    checks = pd.DataFrame({"campaign": ["v-26", "nudge_2026", "x", "y"],
                           "name": ["Free box", "nudge_2026", "Spring", "Spring"]})
    assert called(checks) == {"v-26": "“Free box”", "nudge_2026": "“nudge 2026”", "x": "“Spring” (x)",
                              "y": "“Spring” (y)"}
    found = pd.DataFrame({"campaign": ["v-26"], "outcome": ["rate"], "segments": [4], "p": [0.04], "differs": [True]})
    assert "“Free box”, response rate: differs (p = 0.04" in differs(found, checks, Format()).text
