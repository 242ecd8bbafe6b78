"""Step 6: who moved, what drifted, what campaigns changed, and what to do now."""

from lib.monitor import (
    advice,
    breadth,
    drift,
    frozen,
    history,
    kpis,
    migration,
    noise,
    periods,
    scorecard,
    targeting,
    trust,
    uplift,
)

__all__ = ["advice", "breadth", "drift", "frozen", "history", "kpis", "migration", "noise", "periods", "scorecard",
           "targeting", "trust", "uplift"]
