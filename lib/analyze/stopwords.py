"""Words that carry no theme: function words of the languages in which products ask for feedback.

English comes with scikit-learn; German is added here, since it is the language of a shipped sample.
"""

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

GERMAN = """
aber alle allem allen aller alles als also am an ander andere anderen andern anderer anderes auch auf aus bei beim bin
bis bist da damit dann das dass dein deine dem den denn der des deshalb die dies diese dieser dieses doch dort du durch
ein eine einem einen einer eines er es etwas euch euer fast fur fuer gar ganz gegen haben habe hat hatte hatten hier hin
hinter ich ihm ihn ihnen ihr ihre im immer in ins ist ja jede jeden jeder jedes jetzt kann kein keine keinen keiner
konnen konnte leider man manche mehr mein meine mich mir mit muss nach nicht nichts noch nun nur ob oder ohne sehr sein
seine seit selbst sich sie sind so solche soll sollte sondern sonst uber ueber um und uns unser unsere unter viel viele
vom von vor wann war waren warum was weil weiter welche wenig wenn wer werden wie wieder will wir wird wirklich wo wurde
wurden zu zum zur zwischen
"""  # without accents, as the texts are read

STOP_WORDS = sorted(ENGLISH_STOP_WORDS | set(GERMAN.split()))
