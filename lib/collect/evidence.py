"""One evidence row for each coded statement or masked text, of surveys, interviews and messages.

Evidence ids (`S-0001` survey, `I-` interview, `T-` text) number the rows by day and pseudonym: the same input gives
the same ids, and no id of the source shows.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis.expr.types as ir
import pandas as pd

from lib.collect.doubts.warning import LINES
from lib.collect.masking import Mask, is_masked
from lib.collect.names import learned
from lib.collect.screens import OWN, kept

TOPICS = {"pain": "pain_point", "main_job": "jtbd", "discovery": "discovery", "valued_feature": "valued_feature",
          "cvp": "cvp", "stated_frequency": "frequency"}
COLUMNS = ["customer_key", "kind", "said_on", "topic", "code", "speaker", "text"]
ENOUGH, MEAN_WORDS = 20, 3  # [ours] answers, and words in them, from which a column of texts is free text and no code
SOURCES = {"survey": ("S", "survey", "answered_at", "respondent"), "interviews": ("I", "interview", "held_at", "role"),
           "texts": ("T", "text", "written_at", "user_role")}
WRITTEN = {"interviews": ["transcript"], "texts": ["text"]}
MASKED_RULE = "personal data in free text"


def evidence(states: dict[str, ir.Table], ids: frozenset[str], names: Iterable[str] = (),
             regions: Iterable[str] = ()):
    """(columns as the contract `voice`, rows of the quality table about masks), from the screened tables that exist.

    ``ids`` and ``names`` of customers are masked in everything people wrote, and identifiers as ``regions`` (country
    codes) write them. None when there is no such table.
    """
    frames = {n: kept(states[n]).to_pandas() for n in SOURCES if n in states}
    if not frames:
        return None, []
    written = {n: [*WRITTEN.get(n, []), *free_columns(f)] for n, f in frames.items()}
    # codes are counted, too: an answer that several gave is a word of the survey, not a name
    said = [(text, who) for n, f in frames.items() for c in dict.fromkeys([*written[n], *TOPICS]) if c in f
            for text, who in zip(f[c], f["customer_key"], strict=True) if isinstance(text, str)]
    mask = Mask(ids, learned([t for t, _ in said], [w for _, w in said], names), tuple(sorted(regions)))
    parts, notes = [], []
    for name, frame in frames.items():
        rows = _rows_of(name, frame, written[name], mask)
        notes += _note(name, rows)
        parts.append(_numbered(SOURCES[name][0], rows))
    return pd.concat(parts, ignore_index=True).sort_values("evidence_id", ignore_index=True), notes


def free_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of a table of answers that hold sentences of people's own, and no codes."""
    columns = [c for c in frame if c in TOPICS or c.startswith(OWN)]
    return [c for c in columns if pd.api.types.is_string_dtype(frame[c]) and _is_free(frame[c].dropna(), c in TOPICS)]


def _is_free(texts: pd.Series, coded: bool) -> bool:
    if len(texts) < (ENOUGH if coded else 1):
        return False
    return texts.str.split().str.len().mean() > MEAN_WORDS and texts.nunique() > len(texts) / 2


def _rows_of(name: str, frame: pd.DataFrame, written: list[str], mask: Mask) -> pd.DataFrame:
    _, kind, day, speaker = SOURCES[name]
    parts = [_rows(frame, kind, day, TOPICS[c], speaker).assign(code=[mask(t) for t in frame[c].fillna("")])
             for c in TOPICS if c in frame and c not in written]
    parts = [p[p["code"] != ""] for p in parts]
    for column in (c for c in written if c in frame):
        answered = frame[frame[column].notna()]
        parts.append(_rows(answered, kind, day, "text", speaker).assign(text=[mask(t) for t in answered[column]]))
    if name == "interviews":
        parts.append(_judged(frame))
    return pd.concat(parts) if parts else pd.DataFrame(columns=[*COLUMNS, "line"])


def _judged(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per interview and coder: the user type that the coder gave."""
    found = [c for c in ("coder_1", "coder_2") if c in frame]
    parts = [_rows(f := frame[frame[c].notna()], "interview", "held_at", "user_type", None).assign(
        code=f[c], speaker=c) for c in found]
    return pd.concat(parts) if parts else pd.DataFrame(columns=[*COLUMNS, "line"])


def _rows(frame: pd.DataFrame, kind: str, day: str, topic: str, speaker: str | None) -> pd.DataFrame:
    told = frame[speaker].fillna("respondent") if speaker in frame else "respondent"
    days = frame[day].dt.normalize() if day in frame else pd.NaT
    return pd.DataFrame({"customer_key": frame["customer_key"], "kind": kind, "said_on": days, "topic": topic,
                         "code": "", "speaker": told, "text": "", "line": frame["line"]})


def _note(name: str, rows: pd.DataFrame) -> list[dict]:
    """How many texts of a source had something masked, as a row of the quality table."""
    if rows.empty:
        return []
    hit = rows[[is_masked(t) or is_masked(c) for t, c in zip(rows["text"], rows["code"], strict=True)]]
    lines = ", ".join(str(n) for n in sorted(hit["line"].unique())[:LINES])
    return [{"source": name, "rule": MASKED_RULE, "severity": "repaired" if len(hit) else "pass",
             "rows_affected": hit["line"].nunique(), "first_lines": lines,
             "meaning": "masked; masks find most and not all, so no text is shown as it is"}]


def _numbered(letter: str, rows: pd.DataFrame) -> pd.DataFrame:
    ordered = rows[COLUMNS].sort_values(COLUMNS, ignore_index=True)
    width = max(4, len(str(len(ordered))))
    return ordered.assign(evidence_id=[f"{letter}-{i:0{width}d}" for i in range(1, len(ordered) + 1)])
