"""Common given names, and words that stand where names stand and are none.

The names are some of the most frequent of the registers of births and censuses of English-, German-, French- and
Spanish-speaking countries; those that are everyday words too (Mark, Will, Rose, Grace) are left out.
"""

_GIVEN = """
aaron abigail adam adrian agnes ahmed aisha alan albert alejandra alejandro alex alexander alexandra alfred ali alice
alicia alina amanda amelia amy ana anastasia andre andrea andreas andrew angela anja anna anne annika antoine antonia
antonio arthur ashley astrid aurelie barbara beatrice beatriz ben benedikt benjamin bernard bernd bettina birgit bob
brandon brian britta bruno camille carl carla carlos carmen carolina caroline catherine cecile charles charlotte chloe
chris christian christiane christina christine christoph christopher claire clara claude claudia clemens cornelia
cristina cynthia dagmar damien daniel daniela danielle david deborah denis dennis diana diego dieter dietmar dirk
dominik donald dorothy doris dylan edith eduardo edward elena elisabeth elizabeth ella elsa emil emilia emilie emily
emma emmanuel enrique eric erich erik erika ernst esther ethan eugen eva evelyn fabian fabien fatima felipe felix
fernando fiona florian frances francesca francisco francois frank franz fred frederic frederik friedrich gabriel
gabriela gabriele gary georg george gerald gerard gerhard gertrud gilles gisela gloria greg gregor guillaume guillermo
gustav hanna hannah hannes hans harald harold harry hassan heather heike heinrich heinz helen helena helga helmut
henri henrik henry herbert hermann hugo ian ibrahim ignacio inge ingrid ines irene iris irma isabel isabella isabelle
ivan jack jacob jacques jakob james jan jane janet jasmin jason javier jean jeff jeffrey jens jennifer jeremy jerome
jessica jesus jim joachim joan joanna johan johann johannes john jonas jonathan jordan jorge jose josef joseph joshua
juan juana judith julia julian juliane julie julien julio juliette jurgen justin karen karin karl karsten katharina
katherine kathrin kathleen katja katrin kelly ken kenneth kevin kim klara klaus konrad konstantin kristin kurt kyle
lara larry lars laura laurence laurent lea lena leo leon leonie leopold lilly linda lisa lothar louis louise luca lucas
lucia lucie lucy luis luisa lukas lutz lydia madeleine magdalena manfred manon manuel manuela marc marcel marco marcus
margaret margarete margarita maria marie marina mario marion marius markus marlene marta martha martin martina mary
mathias mathilde mathieu matteo matthew matthias maurice max maximilian megan melanie melissa michael michaela michel
michele michelle miguel mike mila miriam mohamed mohammed monica monika monique moritz muhammad nadia nadine nancy
natalia natalie nathalie nathan nele nicholas nicolas nicole niklas nils nina noah nora norbert olaf olga oliver
olivia olivier omar oscar oskar otto pablo pamela pascal patricia patrick paul paula pauline pedro peter petra
philip philipp philippe pierre rachel rafael rainer ralf ramona raphael raquel raul rebecca regina reinhard renate
rene ricardo richard rita robert roberto robin roger roland rolf roman ronald rosa rosemarie rudolf ruben ruth ryan
sabine sabrina samantha samuel sandra sandrine santiago sara sarah sascha scott sean sebastian sergio silke silvia
simon simone sofia sonia sonja sophia sophie stefan stefanie stella stephan stephane stephanie stephen steven susan
susana susanne sven sylvia sylvie tanja tatjana teresa theo theresa thibault thierry thomas thorsten tim timo tina
tobias tom torsten tyler udo ulrich ulrike ursula uwe valentin valentina valerie vanessa vera veronica veronika
victor victoria viktor vincent virginie walter wanda werner wilhelm wolfgang xavier yasmin yvonne zoe
"""  # written without accents
GIVEN = frozenset(_GIVEN.split())
# written in lower case they are names all the same; shorter ones may be words of some language
GIVEN_IN_LOWER_CASE = frozenset(n for n in GIVEN if len(n) >= 5) - {"carmen", "clara", "jesus", "linda"}

_NOT_NAMES = """
a all alle allen and customer customers damen das dear der die everybody everyone folks friend guys hello herren
hi i ich it je kunde kunden madam madame messieurs mr mrs ms nobody nous people service sir sirs someone support team
the there this to todos todas together tous toutes us we yo you zusammen equipo equipe monsieur freunde leute
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz mai juni juli
oktober dezember lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier avril juin juillet aout septembre
octobre novembre decembre lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio
julio agosto septiembre octubre noviembre diciembre internet app email ok pdf faq gmbh ag inc ltd
"""
NOT_NAMES = frozenset(_NOT_NAMES.split())
