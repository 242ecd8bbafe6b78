"""Is there structure at all, how many segments, and how firm they are (method.md §3.5-3.7)."""

from lib.analyze.structure.portable import assign
from lib.analyze.structure.scan import search

__all__ = ["assign", "search"]
