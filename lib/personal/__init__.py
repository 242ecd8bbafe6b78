"""What names a person directly, found in a text: addresses, numbers of phones, accounts, cards and states, IPs.

Base module: input columns, free text and every published page are looked at with the same eyes. Names of people have
no pattern and are not found here (`lib.collect.names`). What is found is measured in tests/test_personal.py; nobody
finds everything.
"""

from lib.personal.found import Finding, find, has_any, masked
from lib.personal.places import regions_of

__all__ = ["Finding", "find", "has_any", "masked", "regions_of"]
