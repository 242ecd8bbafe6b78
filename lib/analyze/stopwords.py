"""Words that carry no theme: function words of the languages that a product's customers write in.

English comes with scikit-learn. The others are the most frequent function words of each language, without accents, as
the texts are read. A language without a list here is named in the result: its function words then stay among the terms,
but for those that stand in half of all texts.
"""

from __future__ import annotations

from collections import Counter

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

GERMAN = """
aber alle allem allen aller alles als also am an ander andere anderen andern anderer anderes auch auf aus bei beim bin
bis bist da damit dann das dass dein deine dem den denn der des deshalb die dies diese dieser dieses doch dort du
durch ein eine einem einen einer eines er es etwas euch euer fast fur fuer gar ganz gegen haben habe hat hatte hatten
hier hin hinter ich ihm ihn ihnen ihr ihre im immer in ins ist ja jede jeden jeder jedes jetzt kann kein keine keinen
keiner konnen konnte leider man manche mehr mein meine mich mir mit muss nach nicht nichts noch nun nur ob oder ohne
sehr sein seine seit selbst sich sie sind so solche soll sollte sondern sonst uber ueber um und uns unser unsere unter
viel viele vom von vor wann war waren warum was weil weiter welche wenig wenn wer werden wie wieder will wir wird
wirklich wo wurde wurden zu zum zur zwischen
"""
FRENCH = """
alors ai aie au aucun aussi autre aux avait avant avec avez avoir avons bien bon car ce cela ces cet cette ceux chaque
chez ci comme comment dans de depuis des deux donc dont du elle elles en encore est et etait etaient etes etre eu fait
faire fois font il ils ici je jamais la le les leur leurs lors lui ma mais me meme mes moi moins mon ne ni non nos
notre nous on ont ou par parce pas peu peut plus pour pourquoi pouvez puis quand que quel quelle quelles quels qui
quoi rien sa sans se sera ses seulement si son sont sous sur ta tant te tes toi ton toujours tous tout toute toutes
tres trop tu un une va vers voir vos votre vous vraiment y
"""
SPANISH = """
a al algo algunas algunos ante antes aqui asi aun aunque cada como con contra cual cuando de del desde donde dos el
ella ellas ellos en entre era eran es esa esas ese eso esos esta estaba estan estar estas este esto estos estoy fue
fueron ha habia han hasta hay he hemos la las le les lo los mas me mi mis mismo mucho muchos muy nada ni no nos
nosotros nuestra nuestro o os otra otras otro otros para pero poco por porque puede puedo pues que quien se sea ser si
siempre sin sobre solo son soy su sus tambien tan tanto te tengo tiene tienen toda todas todo todos tu tus un una unas
uno unos usted ustedes va vez y ya yo
"""
ITALIAN = """
a abbiamo ai al alla alle allo anche ancora avere bene che chi ci come con cosa cosi da dal dalla dalle degli dei del
della delle dello di dopo dove due e ed era erano essere fa fare gli ha hai hanno ho i il in io la le lei li lo loro
lui ma mai me mi mia mio molto ne nei nel nella nelle no noi non nostra nostro o ogni per perche piu poi pero prima
qua quando quella quelle quelli quello questa queste questi questo qui se sei sempre senza si sia siamo sono sta stato
su sua sue sul sulla suo tra tutta tutte tutti tutto un una uno vi voi
"""
DUTCH = """
aan al alle alles als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een eens en er ge geen
geweest haar had heb hebben heeft hem het hier hij hoe hun iemand iets ik in is ja je kan kon kunnen maar me meer men
met mij mijn moet na naar niet niets nog nu of om omdat onder ons ook op over reeds te tegen toch toen tot u uit uw
van veel voor want waren was wat we wel werd wezen wie wij wil worden wordt zal ze zei zelf zich zij zijn zo zonder
zou
"""
PORTUGUESE = """
a ao aos as ate cada com como da das de dela dele deles depois do dos e ela elas ele eles em entre era essa esse esta
estao estar este eu foi foram ha isso isto ja la lhe mais mas me mesmo meu minha muito na nao nas nem no nos nossa
nosso num numa o os ou para pela pelas pelo pelos por porque quando que quem sao se sem ser seu seus so sua suas
tambem te tem tenho ter tudo um uma umas uns voce voces
"""
WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(ENGLISH_STOP_WORDS), "de": frozenset(GERMAN.split()), "fr": frozenset(FRENCH.split()),
    "es": frozenset(SPANISH.split()), "it": frozenset(ITALIAN.split()), "nl": frozenset(DUTCH.split()),
    "pt": frozenset(PORTUGUESE.split()),
}
LEAST_SHARE = 0.05  # [ours] of the texts must be in a language for its function words to be left out
NO_LIST = "no list of function words: "


def languages_of(words_of_texts: list[list[str]], declared: str = "") -> list[str]:
    """Languages of the texts by their function words, and the declared one; `no list...` for one without a list.

    ``words_of_texts`` are lower-case words without accents; ``declared`` is a locale such as `de_CH`, or empty.
    """
    main = Counter(language for words in words_of_texts if (language := _language(words)))
    found = sorted(lang for lang, n in main.items() if n >= LEAST_SHARE * len(words_of_texts))
    own = declared.replace("-", "_").split("_")[0].lower()
    if not own or own in found:
        return found
    return [*found, own] if own in WORDS else [*found, NO_LIST + own]


def stop_words(languages: list[str]) -> list[str]:
    """Function words of some languages, sorted."""
    return sorted(set().union(*(WORDS[lang] for lang in languages if lang in WORDS)))


def _language(words: list[str]) -> str:
    """The language of which a text holds most function words; empty when it holds fewer than two of any."""
    counts = {language: sum(w in known for w in words) for language, known in WORDS.items()}
    best = max(counts, key=counts.get)
    return best if counts[best] >= 2 else ""
