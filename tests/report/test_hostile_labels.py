"""Names that a customer or a file may bring (catalogue 104): every figure shows them as text, cut, and is drawn."""

import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.text import Text

from lib.report.blocks import LONGEST
from lib.report.figures import analyze, basis, campaigns, monitor, segments as of_segments, strategy
from lib.report.numbers import Format
from tests.report import test_plan_blocks as plan
from tests.report.hostile import PAYLOADS

FMT = Format()
NAMES = [*PAYLOADS, "a\nb\r\nc\u2028d", "🍲👩‍👩‍👧‍👦" * 20, "$" * 41, "\\frac{1}{0}", "x" * 10_000, "\u202eabc\u202c"]
DRAWN = (NAMES[-1], NAMES[-2], NAMES[-5])  # each drawing takes a third of a second
LONGEST_LABEL = 80  # the longest name and what stands beside it: a count or a share


def feature_table(name: str) -> pd.DataFrame:
    return pd.DataFrame({"use": [name, "plan"], "n": [400, 90], "n_active": [500, 500], "reach": [0.8, 0.2],
                         "reach_low": [0.7, 0.1], "reach_high": [0.9, 0.3], "frequency": [3.0, 1.0],
                         "frequency_low": [2.0, 0.5], "frequency_high": [4.0, 1.5]})


def sizes(name: str) -> pd.DataFrame:
    return pd.DataFrame({"segment": ["a", "b"], "name": [name, "Beta"], "rank": [1, 2], "n": [500, 300],
                         "few": False, "quiet": False, "rate_few": False,
                         "share": [0.6, 0.4], "share_low": [0.5, 0.3], "share_high": [0.7, 0.5],
                         "revenue_share": [0.7, 0.3], "revenue_share_low": [0.6, 0.2],
                         "revenue_share_high": [0.8, 0.4]})


def overlap(name: str) -> pd.DataFrame:
    return pd.DataFrame([[300, 100, 150, 400], [100, 200, 80, 280]], index=[name, "Other"],
                        columns=[name, "Other", "no other", "n"])


FIGURES = {
    "features": lambda name: analyze.feature_matrix(feature_table(name), 7.0, FMT),
    "overlap": lambda name: basis.overlap(overlap(name), FMT),
    "sizes": lambda name: of_segments.sizes(sizes(name), FMT),
    "targets": lambda name: strategy.target_matrix(plan.BOTH, sizes(name), FMT),
    "ranks": lambda name: strategy.rank_robustness(plan.BOTH, sizes(name), FMT),
    "budget": lambda name: strategy.budget_split(plan.BUDGET, sizes(name), FMT),
    "power": lambda name: strategy.test_power(plan.EXPERIMENTS, sizes(name), FMT),
    "flows": lambda name: monitor.alluvial(plan.MIGRATION, sizes(name), FMT),
    "map": lambda name: monitor.migration_map(plan.MIGRATION, sizes(name), FMT),
    "uplift": lambda name: campaigns.uplift_forest(plan.UPLIFT.assign(campaign=name), sizes(name), FMT),
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.filterwarnings("ignore:Glyph")  # a sign that the typeface does not have is a box, and no error
def test_a_figure_survives_every_name(name):
    for text in NAMES:
        picture = FIGURES[name](text)
        shown = [t.get_text() for t in picture.figure.findobj(Text)]
        assert max(len(t) for t in shown) <= LONGEST_LABEL, max(shown, key=len)[:200]
        assert all(c.isprintable() or c == "\n" for t in shown for c in t)
        assert all(len(t) <= n for t, n in zip((picture.title, picture.alt, picture.caption), LONGEST, strict=True))
        if text in DRAWN:
            assert len(picture.content()["png"]) > 1000
        pyplot.close(picture.figure)


def test_a_name_with_dollars_is_not_mathematics():
    picture = FIGURES["sizes"]("$x$ costs $\\undefined$")
    picture.content()
    assert all(not t.get_parse_math() for t in picture.figure.findobj(Text))
    assert any("$x$" in t.get_text() for t in picture.figure.findobj(Text))
