"""Rows 1 to 35: what a file may be instead of a table of text."""

from tests.catalogue import clean
from tests.catalogue.case import Case

CASES = [Case(1, table, "no bytes at all", "E", b"", said="empty", fix="export it again") for table in clean.TABLES]
