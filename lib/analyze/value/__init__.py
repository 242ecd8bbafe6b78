"""What customers are expected to order and to be worth, when a model may say so (method.md §3.9)."""

from lib.analyze.value.forecast import estimate

__all__ = ["estimate"]
