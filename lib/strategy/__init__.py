"""Step 5: which segments to target, what to do for each, at what cost, and how its effect will be known."""

from lib.strategy import (
    audiences,
    budget,
    clusters,
    experiment,
    fairness,
    files,
    handover,
    knockouts,
    needs,
    plan,
    playbook,
    proxies,
    sensitivity,
    situation,
    strata,
    targets,
    what_if,
)

__all__ = ["audiences", "budget", "clusters", "experiment", "fairness", "files", "handover", "knockouts", "needs",
           "plan", "playbook", "proxies", "sensitivity", "situation", "strata", "targets", "what_if"]
