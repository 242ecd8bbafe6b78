"""Step 5: which segments to target, what to do for each, at what cost, and how its effect will be known."""

from lib.strategy import audiences, budget, experiment, files, needs, plan, playbook, situation, targets

__all__ = ["audiences", "budget", "experiment", "files", "needs", "plan", "playbook", "situation", "targets"]
