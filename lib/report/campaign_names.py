"""What campaigns are called wherever a person reads: by their names, never by the ids that sources join on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from lib.contracts import NotMeasured

UNNAMED: Mapping[str, str] = MappingProxyType({})  # no earlier campaign


def named(campaigns: pd.DataFrame | NotMeasured) -> dict[str, str]:
    """What each campaign is called in a figure or a table, by id: its name, else its id in readable form; with the id
    behind where two would be called alike. ``campaigns`` has campaign and name, which is the id where the source has
    none; a campaign may have several rows. Nothing where there is no campaign."""
    return {} if isinstance(campaigns, NotMeasured) else _names(campaigns, "", "")


def called(campaigns: pd.DataFrame | NotMeasured) -> dict[str, str]:
    """The same in a sentence, where a name stands in quotes."""
    return {} if isinstance(campaigns, NotMeasured) else _names(campaigns, "“", "”")


def readable_id(key: str) -> str:
    """An id that a person wrote, with spaces instead of what joins its words."""
    return key.replace("-", " ").replace("_", " ")


def _names(campaigns: pd.DataFrame, before: str, after: str) -> dict[str, str]:
    rows = campaigns.drop_duplicates("campaign")
    ids = rows["campaign"].astype("str")
    names = rows["name"].astype("str").where(rows["name"].notna(), ids) if "name" in rows else ids
    names = names.where(names != ids, ids.map(readable_id))
    twice = names.duplicated(keep=False)
    return dict(zip(ids, before + names + after + (" (" + ids + ")").where(twice, ""), strict=True))
