"""Names of people in free text, found without a model: by what stands before them, by lists, and by being rare.

What this finds is measured (tests/collect/test_names.py), and it does not find all: texts stay at customer level and
none is shown as it is. It errs towards masking too much: a rare noun that is taken for a name costs a theme nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lib.collect.given_names import GIVEN, GIVEN_IN_LOWER_CASE, NOT_NAMES

RARE = 3  # [ours] a capitalised word that fewer writers use, and nobody writes in lower case, may be a name
NAME_COLUMN = re.compile(r"(?i)(^|_)(?:first|last|given|family|sur|full|contact|user)?_?"
                         r"(?:name|vorname|nachname|prenom|nom|nombre|apellido)s?$")
# German writes every noun with a capital. What ends so, or stands behind a word that leads to a thing and not to a
# person, is a noun; listed names, and those behind a cue, are masked all the same.
NOUN = re.compile(r"(?i)\w{2,}(?:heit|keit|schaft|tät|tion|ismus)(?:en|s)?|\w{5,}ung|\w{3,}ungen")
BEFORE_NOUN = re.compile(r"(?i)\b(?:(?:k?ein|jede|diese|viele|alle|manche|welche|solche)(?:[mnrs]|e[mnrs]?)?|mehr|"
                         r"weniger|etwas|viel|genug|im|am|zum|zur|ins|ans|aufs|vom)\s+$")
WORD = re.compile(r"[^\W\d_][\w'’]*(?:-[^\W\d_][\w'’]*)*")
SENTENCE_ENDS = re.compile(r"[.!?:;…\n\"“„»(\[]\s*$")
_W = r"[^\W\d_][\w'’\-]*"
_PARTICLE = r"(?:von|van|der|den|de|del|della|di|da|du|la|le|los|zu|bin|al|el|y|i)"
_NAME = rf"(?P<name>{_W}(?:[ \t]+(?:{_PARTICLE}[ \t]+){{0,2}}(?:{_W}|[^\W\d_]\.)){{0,3}})"
_TITLE = (r"(?:mr|mrs|ms|miss|mx|dr|prof|herrn?|frau|fräulein|mme|mlle|monsieur|madame|sra?|srta|señora?|señorita|doña)"
          r"\b\.?")


def _cue(*phrases: str) -> re.Pattern:
    """One of the phrases, in any case, and what may be a name behind it."""
    return re.compile(rf"(?i)\b(?:{'|'.join(phrases)})[ \t,:]+{_NAME}")


# after these a name follows, however it is written
SURE = _cue(r"my (?:full )?name is", r"my name['’]?s", r"mein name (?:ist|lautet)", r"ich hei(?:ß|ss)e",
            r"je m['’]appelle", r"mon nom est", r"me llamo", r"mi nombre es")
# after these a name follows, where the word is capitalised
GREETINGS = (r"dear|hi|hello|hey|hi there|good (?:morning|afternoon|evening)|hallo|liebe[rs]?|"
             r"guten (?:tag|morgen|abend)|moin|servus|grüezi|sehr geehrte[rs]?|ch[eè]re?s?|bonjour|bonsoir|salut|hola|"
             r"estimad[oa]s?|querid[oa]s?|buen[oa]s (?:días|tardes)")
CLOSINGS = (r"regards|wishes|cheers|thanks|thank you|sincerely|yours|love|best|grüße|grüßen|grüsse|grüssen|gruß|gruss|"
            r"lg|vg|mfg|danke|cordialement|salutations|merci|bientôt|bises|saludos|gracias|atentamente|abrazos?")
LIKELY = (
    re.compile(rf"(?i)\b{_TITLE}[ \t]+(?:{_TITLE}[ \t]+)*{_NAME}"),
    re.compile(rf"(?i)(?:^|[.!?,\n][ \t]*)(?:{GREETINGS})[ \t,]+{_NAME}"),
    re.compile(rf"(?i)\b(?:{CLOSINGS})[\s,.!–—-]+{_NAME}[ \t.!]*(?=\n|$)"),
    re.compile(rf"(?:\n|[ \t][–—-])[ \t]*{_NAME}[ \t.]*$"),
    _cue(r"ask(?:ed|ing)? for", "asked", r"sp(?:oke|eak|oken|eaking) (?:to|with)", r"talk(?:ed|ing)? (?:to|with)",
         "named", "called", r"contact(?:ed)?", r"call(?:ed)? (?:for|by)", "told", "phoned", "colleagues?", "agent",
         "courier", "driver", "manager", "advisor", "technician", "husband", "wife", "son", "daughter", "neighbou?r"),
    _cue(r"frag(?:en?|te?n?) (?:sie )?(?:bitte )?nach", "namens", "kollegen?", "kollegin", r"fahrer(?:in)?", "bote",
         r"berater(?:in)?",
         r"mitarbeiter(?:in)?", r"ansprechpartner(?:in)?", r"techniker(?:in)?", r"nachbar(?:in)?", "mein mann",
         "meine frau", "mein sohn", "meine tochter"),
    _cue("demande[rz]?", r"parl[eé]r?(?: à| avec)?", "collègue", "livreur", r"conseill(?:er|ère)", "mari", "femme",
         "fils", "fille", r"pregunt(?:e|ar|é) por", r"habl(?:é|ar|e) con", "compañer[oa]", "repartidor", "asesora?",
         "marido", "mujer", "hij[oa]"),
)
# after these a name may follow: only a word that is rare and capitalised is taken for one
PERHAPS = _cue("i am", r"i['’]m", "this is", r"it['’]s", "here is", "ich bin", "hier ist", "hier schreibt", "je suis",
               "ici", r"c['’]est", "soy", "aquí")


@dataclass(frozen=True)
class Names:
    """What a set of texts tells about its words: how many writers use each, which are written in lower case too.

    ``known`` are names given elsewhere (a column of names, or a context in another text of the set).
    """

    writers: Counter = field(default_factory=Counter)
    lower: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where names stand in the text: (start, end), in order, not overlapping."""
        found = [*_after_cues(text, self), *_listed(text, self), *_rare(text, self)]
        return _merged(found)


def learned(texts: Iterable[str], writers: Iterable, known: Iterable[str] = ()) -> Names:
    """The words of a set of texts. ``writers`` says who wrote each; a text of nobody counts as one more writer.

    Names that a context gives away in one text are known in all of them.
    """
    users: dict[str, set] = {}
    lower = set()
    texts = list(texts)
    for number, (text, writer) in enumerate(zip(texts, writers, strict=True)):
        for word in WORD.findall(text):
            users.setdefault(plain(word), set()).add(writer if isinstance(writer, str) else number)
            if word[0].islower():
                lower.add(plain(word))
    given = {plain(w) for name in known for w in WORD.findall(name) if len(w) > 1}
    first = Names(Counter({w: len(u) for w, u in users.items()}), frozenset(lower), frozenset(given - NOT_NAMES))
    told = {plain(w) for text in texts for s, e in _after_cues(text, first) for w in WORD.findall(text[s:e])}
    return Names(first.writers, first.lower, first.known | frozenset(w for w in told if _nameable(w, first)))


def plain(word: str) -> str:
    """The word for comparison: lower case, without accents, possessive or apostrophe."""
    bare = re.sub(r"['’]s?$", "", word.lower())
    return "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c))


def _after_cues(text: str, names: Names) -> Iterator[tuple[int, int]]:
    for match in SURE.finditer(text):
        start, words = match.start("name"), list(WORD.finditer(match["name"]))
        yield start + words[0].start(), start + _end_of_name(words)
    for pattern in LIKELY:
        for match in pattern.finditer(text):
            yield from _capitalised(match, lambda w: plain(w) not in NOT_NAMES and not _common(w, names))
    for match in PERHAPS.finditer(text):
        yield from _capitalised(match, lambda w: _is_rare(w, names))


def _capitalised(match: re.Match, fits) -> Iterator[tuple[int, int]]:
    """The capitalised words that a name begins with, particles between them included."""
    words = list(WORD.finditer(match["name"]))
    if words[0].group()[0].isupper() and fits(words[0].group()):
        yield match.start("name") + words[0].start(), match.start("name") + _end_of_name(words)


def _end_of_name(words: list[re.Match]) -> int:
    end = words[0].end()
    for word in words[1:]:
        if word.group()[0].isupper() and plain(word.group()) not in NOT_NAMES:
            end = word.end()
        elif not re.fullmatch(_PARTICLE, word.group()):
            break
    return end


def _listed(text: str, names: Names) -> Iterator[tuple[int, int]]:
    """Known names, in any case where no lower-case word is spelt so; common given names, short ones if capitalised."""
    for match in WORD.finditer(text):
        word, parts = match.group(), [plain(p) for p in match.group().split("-")]
        known = any(p in names.known for p in parts) and (word[0].isupper() or plain(word) not in names.lower)
        if known or any(p in (GIVEN if word[0].isupper() else GIVEN_IN_LOWER_CASE) for p in parts):
            yield match.start(), _with_family_name(text, match, names)


def _with_family_name(text: str, given: re.Match, names: Names) -> int:
    """Where a name ends that begins with a given name: with the capitalised word behind it, unless that is common."""
    behind = re.compile(rf"[ \t]+(?:{_PARTICLE}[ \t]+){{0,2}}({_W})").match(text, given.end())
    if behind and behind[1][0].isupper() and _nameable(plain(behind[1]), names):
        return behind.end()
    return given.end()


def _rare(text: str, names: Names) -> Iterator[tuple[int, int]]:
    """Capitalised words inside a sentence that few write, and nobody in lower case; with a like word before them."""
    first = None
    for match in WORD.finditer(text):
        rare = _is_rare(match.group(), names) and not _is_noun(text, match)
        begins = not text[:match.start()].strip() or SENTENCE_ENDS.search(text[:match.start()])
        if rare and not begins:
            follows = first is not None and not text[first.end():match.start()].strip(" ")
            yield (first.start() if follows else match.start()), match.end()
        first = match if rare and begins else None


def _is_noun(text: str, match: re.Match) -> bool:
    """Whether the word is a German noun by how it ends, or by the word before it."""
    return bool(NOUN.fullmatch(match.group()) or BEFORE_NOUN.search(text[:match.start()]))


def _is_rare(word: str, names: Names) -> bool:
    return (len(word) > 1 and word[0].isupper() and _nameable(plain(word), names)
            and names.writers[plain(word)] < RARE)


def _nameable(word: str, names: Names) -> bool:
    return len(word) > 1 and word not in NOT_NAMES and word not in names.lower


def _common(word: str, names: Names) -> bool:
    """A word that people write in lower case too is no name, unless it is a common given name."""
    return plain(word) in names.lower and plain(word) not in GIVEN


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
