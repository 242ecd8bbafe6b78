"""Sentences of notebook 03 about surveys: how reliable its scales are, and whether answers fall into classes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format
from lib.report.words.typing import NOBODY_ASKED, asked

RELIABLE = 0.70  # [ours] Nunnally's (1978) convention for research; lower: read single items with care
CLAIM = {"reproducible": "classes that would come out the same again",
         "constructed": "a division that another sample might draw otherwise", "none": ""}


@shows
def scales(table: pd.DataFrame, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> Sentence:
    """Reliability of each scale with its interval, or why it is not measured; its first item as it was asked."""
    parts, values = [], {}
    for row in table.drop_duplicates("scale").itertuples():
        begins = f" that begins with {asked(row.item, questions)}" if row.item in questions else ""
        name = "scale" if begins else f"scale {row.scale}"
        if row.note:
            parts.append(f"The {name}{begins} is not measured: {row.note}.")
            continue
        verdict = "reliable" if row.low >= RELIABLE else "unreliable" if row.high < RELIABLE else "not surely reliable"
        parts.append(f"The {name} of {fmt.counted(row.items, 'item')}{begins} is {verdict} ({fmt.n(row.n)}): "
                     f"Cronbach's α {fmt.estimate(row.alpha, row.low, row.high)}, McDonald's ω of one factor "
                     f"{fmt.number(row.omega)}.{_several(row.factors, fmt)}")
        values[row.scale] = {"n": row.n, "alpha": row.alpha, "low": row.low, "high": row.high, "omega": row.omega,
                             "items": row.items, "factors": row.factors, "asked": begins.strip()}
    return Sentence(" ".join(parts), values, tone="finding" if values else "caveat")


def _several(factors: float, fmt: Format) -> str:
    """What to do about items that do not measure one thing."""
    if factors == 1:
        return ""
    if factors == 0:
        return " The items have nothing in common beyond chance."
    return (f" The items measure {fmt.count(factors)} things, not one (parallel analysis): name the items of each by a "
            "word of their own, so that each becomes a scale.")


@shows
def classes(found: dict, fmt: Format) -> Sentence:
    """Whether answers that are categories fall into classes, by which method and why, with the claim."""
    values = {key: found[key] for key in ("n", "k", "entropy_r2", "stability", "stability_low", "stability_high")}
    begun = (f"The answers of {fmt.people(found['n'])} respondents to {fmt.counted(len(found['items']), 'item')} are "
             "words, without distances between them: they were searched by latent classes, not k-means.")
    if found["k"] == 1:
        return Sentence(f"{begun} No classes: one profile explains the answers as well as two.", values)
    text = (f"{begun} {fmt.counted(found['k'], 'class', 'classes')}, {found['claim']}: {CLAIM[found['claim']]}. "
            f"They were chosen by BIC and a bootstrap likelihood-ratio test; entropy R² "
            f"{fmt.number(found['entropy_r2'])}; two resamples agree at "
            f"{fmt.estimate(found['stability'], found['stability_low'], found['stability_high'])} over "
            f"{fmt.counted(found['pairs'], 'pair')}. Latent classes are never called natural, since between words no "
            "valley can be looked for.")
    return Sentence(text, values | {"pairs": found["pairs"]}, tone="decision")
