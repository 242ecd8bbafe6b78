"""What the published report before this one hid: it stays hidden, so that the difference of two reports tells nothing
about few people (method.md §7)."""

from __future__ import annotations

from lib.contracts import ARTEFACTS

# Tables of counts of people, and the columns within which their counts add up to a number that is also published:
# one tuple a sum, () the whole table. No tuple: the counts overlap, or stand alone.
PARTITIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "basis": (), "icps": (), "retention": (), "profile": (), "uplift": (), "outside_profile": (), "targeting": (),
    "validation": (), "fairness": (), "distinct": (),
    "kpis": (("measure",),), "themes": (("group",),), "segments": ((),), "outside": ((),),
    "sizes": (("as_of",),), "lifecycle": (("period",),), "migration": (("before",), ("now",)),
    "segment_themes": (("segment",), ("theme",)),
    "crosstab": (("segment", "scheme"), ("scheme", "group")),
    "audiences": (("segment", "channel"), ("channel", "reason")), "user_type_cuts": ((),), "rfm_groups": ((),),
    "typing": ((),), "groups": (("scheme",),), "segment_rhythm": ((),),
}
# of tables that are no artefact of their own
KEYS = {"user_type_cuts": ("user_type",), "rfm_groups": ("group",), "typing": ("segment",)}


def key_of(name: str) -> tuple[str, ...]:
    """The columns that tell the rows of a table apart."""
    return KEYS.get(name) or ARTEFACTS[name].key


def hidden_before(summary: dict | None) -> dict[str, list[tuple[str, ...]]]:
    """Rows, by table, that an earlier summary.json hid; tables without any are left out."""
    hid = {name: _hid((summary or {}).get(name), name) for name in PARTITIONS}
    return {name: rows for name, rows in hid.items() if rows}


def _hid(section, name: str) -> list[tuple[str, ...]]:
    rows = (section.get("sizes") or section.get("segments")) if isinstance(section, dict) else section
    return [tuple(str(row.get(k)) for k in key_of(name)) for row in rows or [] if row.get("suppressed")]
