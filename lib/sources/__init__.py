"""The one door to raw files: proved byte by byte, read as text, handed on with the rules that type them.

    raw = sources.read(settings)            # contracts.raw.Raw: Ibis tables of text
    collected = collect.collect(raw, sources.rules(settings))
"""

from lib.sources.declared import PUBLIC_KEY, rules
from lib.sources.places import missing_packages
from lib.sources.reader import read

__all__ = ["PUBLIC_KEY", "missing_packages", "read", "rules"]
