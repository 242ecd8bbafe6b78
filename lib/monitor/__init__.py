"""Step 6: who moved, what drifted, what campaigns changed, and what to do now."""

from lib.monitor import (
    advice,
    aged,
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

__all__ = ["advice", "aged", "breadth", "drift", "frozen", "history", "kpis", "migration", "noise", "periods",
           "scorecard", "targeting", "trust", "uplift"]
