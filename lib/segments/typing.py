"""The typing questionnaire: the fewest items of a survey that place a respondent in a lead segment (method.md §4).

Each answer gives points to each segment; the segment with most points wins, so a person can apply it with a pencil.
Points are logarithms of how often a segment's members give the answer (naive Bayes). Items are chosen by forward
selection inside the cross-validation: whoever is judged had no part in choosing the items nor in the points.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.items import Answers, coded, last_answers
from lib.segments.model import OUTSIDE
from lib.stats import mean_interval, wilson

FEWEST = 30  # [ours] respondents of a segment below which answers place nobody in it
MOST_ITEMS = 6  # [ours] longer is no short questionnaire
FOLDS, REPEATS = 5, 5
POINTS = 10  # points of one unit of a natural logarithm, rounded to whole points
SMALLEST = 10  # method.md §7
NONE = dict.fromkeys(("accuracy", "low", "high"))  # of a segment that answers cannot place


def questionnaire(survey, assignments, *, seed: int, turned: dict | None = None) -> dict | NotMeasured:
    """The document `typing`: the items, the points of each answer, and how often they place a respondent rightly.

    ``assignments``: customer_key and segment; ``turned``: {item: (lowest, highest)} of items that step 2 turned, which
    are asked as they were worded. Accuracy counts every respondent in a segment; those of segments with fewer than 30
    respondents cannot be placed and count as wrong. Without a gain over the largest segment, whose interval is clear of
    0, there is no questionnaire: ``items`` is empty and ``verdict`` says so.
    """
    for absent in (survey, assignments):
        if isinstance(absent, NotMeasured):
            return absent
    inside = assignments.loc[assignments["segment"] != OUTSIDE, ["customer_key", "segment"]]
    table = inside.merge(last_answers(survey, turned or {}), on="customer_key", validate="one_to_one")
    table = table.sort_values("customer_key", ignore_index=True)
    sizes = table["segment"].value_counts().sort_index()
    able = sizes.index[sizes >= FEWEST].tolist()
    if len(able) < 2:
        return NotMeasured(f"fewer than two segments with {FEWEST} respondents", f"{FEWEST} answers in each segment")
    answers = coded(table.drop(columns=["customer_key", "segment"]), SMALLEST)
    if not answers.items:
        return NotMeasured("the survey has no item with a few answers to choose from", "items on a scale, or of choice")
    own = np.array([able.index(s) if s in able else -1 for s in table["segment"]])
    judged = _judged(answers, own, len(able), seed)
    return _document(answers, own, able, sizes, judged, seed)


def points_of(answers: Answers, own: np.ndarray, k: int, items: list[int]) -> tuple[np.ndarray, list[np.ndarray]]:
    """(points to begin with, points of each item: answers × segments), whole numbers, the lowest of a row 0.

    Answers that fewer than ten of a segment gave count as five: no point tells of few people, and none is minus
    infinity.
    """
    sizes = np.bincount(own[own >= 0], minlength=k)
    tables = []
    for item in items:
        given = answers.codes[:, item]
        seen = (own >= 0) & (given >= 0)
        levels = len(answers.labels[item])
        counts = np.bincount(given[seen] * k + own[seen], minlength=levels * k).reshape(levels, k).astype(float)
        counts[counts < SMALLEST] = SMALLEST / 2
        tables.append(_whole(np.log(counts / counts.sum(axis=0))))
    return _whole(np.log(np.maximum(sizes, 1))[None])[0], tables


def totals(codes: np.ndarray, start: np.ndarray, tables: list[np.ndarray]) -> np.ndarray:
    """Points of each respondent for each segment; an item not answered gives none. ``codes``: respondents × items."""
    total = np.tile(start, (len(codes), 1))
    for given, table in zip(codes.T, tables, strict=True):
        total = total + np.where(given[:, None] >= 0, table[given], 0)
    return total


def _whole(logarithms: np.ndarray) -> np.ndarray:
    return np.rint(POINTS * (logarithms - logarithms.min(axis=1, keepdims=True))).astype(int)


def _document(answers: Answers, own: np.ndarray, able: list, sizes: pd.Series, judged: dict, seed: int) -> dict:
    right, by_size, base = judged["right"], judged["by_size"], judged["base"]
    n, (gain, low, high) = len(own), mean_interval(right - base)
    accuracy = _share(right)
    path = _path(answers, own, len(able), seed)
    items = path[: _enough(answers, own, len(able), path, seed)] if low > 0 else []
    start, tables = points_of(answers, own, len(able), items)
    return {
        "n": n, **dict(zip(("accuracy", "low", "high"), accuracy, strict=True)), "baseline": float(base.mean()),
        "largest": able[int(np.bincount(own[own >= 0]).argmax())], "gain": gain, "gain_low": low, "gain_high": high,
        "segments": [{"segment": s, "n": int(m), **(_named(_share(right[own == able.index(s)])) if s in able else NONE)}
                     for s, m in sizes.items()],
        "tried": len(answers.items),
        "items": [{"item": answers.items[i], "chosen": float(judged["chosen"][i])} for i in items],
        "by_items": [{"items": m + 1, **_named(_share(by_size[:, m]))} for m in range(by_size.shape[1])],
        "start": dict(zip(able, start.tolist(), strict=True)),
        "points": [{"item": answers.items[i], "answer": label, "points": dict(zip(able, row.tolist(), strict=True))}
                   for i, table in zip(items, tables, strict=True)
                   for label, row in zip(answers.labels[i], table, strict=True)],
        "verdict": "places respondents" if low > 0 else "no better than the largest segment"}


def _share(right: np.ndarray) -> tuple[float, float, float]:
    low, high = wilson(right.sum(), len(right))
    return float(right.mean()), float(low), float(high)


def _named(share: tuple) -> dict:
    return dict(zip(("accuracy", "low", "high"), share, strict=True))


def _judged(answers: Answers, own: np.ndarray, k: int, seed: int) -> dict:
    """Per respondent the share of repeats in which he was placed rightly, by the procedure, by its first m items, and
    by the largest segment; per item the share of runs that chose it."""
    n, most = len(own), min(MOST_ITEMS, len(answers.items))
    right, base, by_size = np.zeros(n), np.zeros(n), np.zeros((n, most))
    chosen = np.zeros(len(answers.items))
    for repeat in range(REPEATS):
        fold = _folds(own, seed + repeat)
        for f in range(FOLDS):
            train, test = answers.rows(fold != f), fold == f
            path = _path(train, own[fold != f], k, seed + repeat)
            enough = _enough(train, own[fold != f], k, path, seed + repeat)
            start, tables = points_of(train, own[fold != f], k, path)
            for m in range(len(path)):
                said = totals(answers.codes[test][:, path[: m + 1]], start, tables[: m + 1]).argmax(axis=1)
                by_size[test, m] += said == own[test]
            right[test] += totals(answers.codes[test][:, path[:enough]], start, tables[:enough]).argmax(1) == own[test]
            base[test] += start.argmax() == own[test]
            chosen[path[:enough]] += 1
    return {"right": right / REPEATS, "base": base / REPEATS, "by_size": by_size / REPEATS,
            "chosen": chosen / (REPEATS * FOLDS)}


def _folds(own: np.ndarray, seed: int) -> np.ndarray:
    """Folds that hold each segment in equal parts."""
    shuffled = np.random.default_rng(seed).permutation(len(own))
    order = shuffled[np.argsort(own[shuffled], kind="stable")]
    fold = np.empty(len(own), int)
    fold[order] = np.arange(len(own)) % FOLDS
    return fold


def _path(answers: Answers, own: np.ndarray, k: int, seed: int) -> list[int]:
    """Items in the order of forward selection: each places most respondents left out, together with those before."""
    start, given = _left_out(answers, own, k, seed)
    path, total = [], start
    for _ in range(min(MOST_ITEMS, len(answers.items))):
        rest = [i for i in range(len(answers.items)) if i not in path]
        right = [((total + given[i]).argmax(axis=1) == own).sum() for i in rest]
        path.append(rest[int(np.argmax(right))])
        total = total + given[path[-1]]
    return path


def _enough(answers: Answers, own: np.ndarray, k: int, path: list[int], seed: int) -> int:
    """The fewest items of the path within one standard error of the best (Breiman et al. 1984)."""
    start, given = _left_out(answers, own, k, seed)
    right = [(start + sum(given[i] for i in path[: m + 1])).argmax(axis=1) == own for m in range(len(path))]
    share = np.array([r.mean() for r in right])
    best = share.max()
    return int(np.argmax(share >= best - np.sqrt(best * (1 - best) / len(own)))) + 1


def _left_out(answers: Answers, own: np.ndarray, k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of respondents from the others' answers: to begin with (n × k), and of each item (items × n × k)."""
    every = list(range(len(answers.items)))
    start, given = np.zeros((len(own), k), int), np.zeros((len(every), len(own), k), int)
    fold = _folds(own, seed)
    for f in range(FOLDS):
        test = fold == f
        start[test], tables = points_of(answers.rows(~test), own[~test], k, every)
        for i, table in enumerate(tables):
            codes = answers.codes[test, i]
            given[i, test] = np.where(codes[:, None] >= 0, table[codes], 0)
    return start, given
