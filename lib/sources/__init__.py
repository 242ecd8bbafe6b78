"""The one door to raw files: proved byte by byte, read as text, handed on with the rules that type them.

    raw = sources.read(settings)            # contracts.raw.Raw: Ibis tables of text
    collected = collect.collect(raw, sources.rules(settings))
"""

from lib.sources.declared import PUBLIC_KEY, pseudonym_key, rules
from lib.sources.erased import erased_file, erased_list
from lib.sources.fresh import read_apart, refuse_old_records
from lib.sources.places import input_files, list_files, missing_packages, source_files
from lib.sources.reader import read

__all__ = ["PUBLIC_KEY", "erased_file", "erased_list", "input_files", "list_files", "missing_packages",
           "pseudonym_key", "read", "read_apart", "refuse_old_records", "rules", "source_files"]
