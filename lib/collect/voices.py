"""What people said: survey answers, and one evidence row for each coded statement or masked text.

Evidence ids (`S-0001` survey, `I-` interview, `T-` text) number the rows by day and pseudonym: the same input gives
the same ids, and no id of the source shows.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.collect.cells import YES
from lib.collect.masking import masked
from lib.collect.screens import People, is_repeat, kept, kept_frame, people_checks, screened, time_checks, with_people
from lib.contracts import UserError
from lib.contracts.raw import Rules, SourceRules

TOPICS = {"pain": "pain_point", "main_job": "jtbd", "discovery": "discovery", "valued_feature": "valued_feature",
          "cvp": "cvp", "stated_frequency": "frequency"}
MAY_USE = (*YES, "granted")
COLUMNS = ["customer_key", "kind", "said_on", "topic", "code", "speaker", "text"]
SURVEY_FACTS = ("answered_at", "nps", "stated_frequency")


def survey_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The survey source with states; of several answers in a wave the latest counts. Strangers to the base stay."""
    if "wave" not in typed.columns:
        typed = typed.mutate(wave=ibis.literal("all"))
    table = with_people(typed.mutate(wave=typed.wave.fill_null("all")), people).drop("is_orphan")
    repeat = is_repeat(table)
    table = table.mutate(_repeat=repeat).mutate(is_orphan=ibis.literal(False))
    checks = [("excluded", why.EQUAL_ROW, table._repeat), *people_checks(table)]
    if "answered_at" in table.columns:
        checks += time_checks(table.answered_at, rules)
    states = screened(table, checks).drop("_repeat", "is_orphan").cache()
    return _latest_answer(states)


def survey(table: ir.Table, source: SourceRules, base: pd.Series, items: list[str], others: list[str]) -> pd.DataFrame:
    """Columns as the contract `survey`; items worded against their scale are turned."""
    frame = kept_frame(table)
    facts = [c for c in SURVEY_FACTS if c in frame]
    result = frame[["customer_key", "wave", *facts, *others, *items]].rename(columns={"answered_at": "answered_on"})
    low, high = source.scale
    turned = [i for i in items if i in source.reversed_items]
    result[turned] = low + high - result[turned]
    result["in_base"] = result["customer_key"].isin(base)
    return result.sort_values(["customer_key", "wave"], ignore_index=True)


def interview_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The interviews source with states; without consent to its use an interview is left out."""
    if "customer_key" not in typed.columns:
        typed = typed.mutate(customer_key=ibis.null("string"))
    table = with_people(typed, people)
    checks = [("excluded", why.EQUAL_ROW, is_repeat(table))]
    if "consent" in table.columns:
        checks.append(("excluded", why.NOT_USABLE, ~table.consent.lower().isin(MAY_USE).fill_null(False)))
    if "held_at" in table.columns:
        checks += time_checks(table.held_at, rules)
    return screened(table.mutate(is_orphan=ibis.literal(False)), checks + people_checks(table)[:-1]).cache()


def text_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The texts source with states."""
    table = with_people(typed, people)
    checks = [("excluded", why.EQUAL_ROW, is_repeat(table)),
              *time_checks(table.written_at, rules), *people_checks(table)]
    return screened(table, checks).cache()


def voice(survey=None, interviews=None, texts=None, ids: frozenset[str] = frozenset()) -> pd.DataFrame:
    """Columns as the contract `voice`, from the screened tables that exist; `ids` are masked in free text."""
    parts = []
    if survey is not None:
        answers = kept(survey).to_pandas()
        parts.append(_numbered("S", _coded(answers, "survey", "answered_at", "respondent")))
    if interviews is not None:
        held = kept(interviews).to_pandas()
        spoken = [_coded(held, "interview", "held_at", "role"), _judged(held),
                  _free(held, "interview", "held_at", "transcript", "role", ids)]
        parts.append(_numbered("I", pd.concat(spoken)))
    if texts is not None:
        written = kept(texts).to_pandas()
        parts.append(_numbered("T", _free(written, "text", "written_at", "text", "user_role", ids)))
    return pd.concat(parts, ignore_index=True).sort_values("evidence_id", ignore_index=True)


def _coded(frame: pd.DataFrame, kind: str, day: str, speaker: str) -> pd.DataFrame:
    """One row per respondent and coded question that was answered."""
    found = [c for c in TOPICS if c in frame]
    parts = [_rows(frame[frame[c].notna()], kind, day, TOPICS[c], speaker, code=c) for c in found]
    return pd.concat(parts) if parts else _empty()


def _judged(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per interview and coder: the user type that the coder gave."""
    found = [c for c in ("coder_1", "coder_2") if c in frame]
    parts = [_rows(frame[frame[c].notna()], "interview", "held_at", "user_type", None, code=c).assign(speaker=c)
             for c in found]
    return pd.concat(parts) if parts else _empty()


def _free(frame, kind: str, day: str, column: str, speaker: str, ids: frozenset[str]) -> pd.DataFrame:
    if column not in frame:
        return _empty()
    said = frame[frame[column].notna()]
    rows = _rows(said, kind, day, "text", speaker, code=None)
    return rows.assign(text=[masked(t, ids) for t in said[column]])


def _rows(frame, kind: str, day: str, topic: str, speaker: str | None, *, code: str | None) -> pd.DataFrame:
    told = frame[speaker].fillna("respondent") if speaker in frame else "respondent"
    days = frame[day].dt.normalize() if day in frame else pd.NaT
    return pd.DataFrame({"customer_key": frame["customer_key"], "kind": kind, "said_on": days, "topic": topic,
                         "code": frame[code] if code else "", "speaker": told, "text": ""})


def _numbered(letter: str, rows: pd.DataFrame) -> pd.DataFrame:
    ordered = rows[COLUMNS].sort_values(COLUMNS, ignore_index=True)
    width = max(4, len(str(len(ordered))))
    return ordered.assign(evidence_id=[f"{letter}-{i:0{width}d}" for i in range(1, len(ordered) + 1)])


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=COLUMNS)


def _latest_answer(table: ir.Table) -> ir.Table:
    """Earlier answers of the same respondent and wave are excluded. Raises UserError when no date tells the order."""
    going_on = table.state.isin(["kept", "repaired"])
    rows = ibis.window(group_by=[table.customer_key, table.wave, going_on])
    if "answered_at" not in table.columns:
        twice = int((going_on & (table.count().over(rows) > 1)).sum().execute() or 0)
        if twice:
            raise UserError(f"survey: {twice} answers contradict another of the same respondent and wave",
                            fix="map `answered_at`, so that the latest counts")
        return table
    order = ibis.window(group_by=[table.customer_key, table.wave, going_on],
                        order_by=[table.answered_at.desc(), table.file, table.line.desc()])
    older = going_on & (ibis.row_number().over(order) > 0)
    return table.mutate(state=ibis.ifelse(older, "excluded", table.state),
                        reason=ibis.ifelse(older, why.OLDER_ANSWER, table.reason)).cache()
