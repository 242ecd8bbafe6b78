"""What headers are called, in English, German, French and Spanish: phrases without accents, the most telling first."""

from __future__ import annotations

# contract column: its headers
COLUMNS: dict[str, str] = {
    "customer_id": "customer id, customer, customer no, customer number, customer key, cust id, client id, client, "
    "user id, user, uid, account id, account, account no, member id, member, household key, household "
    "id, shopper id, subscriber id, buyer id, respondent id, respondent, participant id, contact id, "
    "company id, kunde, kunden id, kunden nr, kundennr, kundennummer, kundenr, kdnr, kd nr, konto, "
    "kontonr, nutzer, nutzer id, teilnehmer, teilnehmer id, mitglied, mitgliedsnummer, client no, "
    "numero client, no client, code client, id client, identifiant, compte, utilisateur, cliente, id "
    "cliente, codigo cliente, numero cliente, cuenta, usuario, id usuario, socio, anonymous id, "
    "distinct id, person id, profile id, member email, customer email, user email, guest id, guest, patient id, "
    "response id, antwort id, antwortnummer, teilnehmernummer",
    "order_id": "order id, order, order no, order number, invoice, invoice id, invoice no, invoice number, "
    "transaction id, basket id, receipt, receipt no, ticket no, bestellung, bestellnummer, bestell "
    "nr, bestellnr, auftrag, auftragsnummer, beleg, belegnummer, beleg nr, belegnr, rechnung, "
    "rechnungsnummer, rechnungsnr, rechnungs nr, vorgang, commande, numero commande, no commande, "
    "facture, no facture, pedido, id pedido, numero pedido, factura, venta id, payment id, payment, "
    "charge id, booking id, booking, booking no, booking number, reservation id, reservation, reservation no, "
    "numero reservation, no reservation, n reservation, reservierung, reservierungsnummer, buchung, "
    "buchungsnummer, buchungsnr, reserva, numero reserva",
    "ordered_at": "order date, ordered at, order time, invoice date, transaction date, purchase date, date of "
    "purchase, sale date, sold at, paid at, billing date, billing month, invoice month, month, "
    "period, date, datum, timestamp, bestelldatum, kaufdatum, rechnungsdatum, belegdatum, "
    "buchungsdatum, rechnungsmonat, monat, date commande, date achat, date facture, mois, fecha, "
    "fecha pedido, fecha compra, fecha factura, mes, created at, day, "
    "charged at, charge date, payment date, booking date, booked at, booked on, reservation date, date reservation, "
    "zahlungsdatum, buchungstag, date paiement, fecha pago, fecha reserva",
    "amount": "amount, net amount, total, total price, line total, order total, order value, sales, sales "
    "value, revenue, turnover, value, price paid, mrr, net, subtotal, gross amount, paid amount, "
    "invoice amount, betrag, nettobetrag, netto, umsatz, summe, gesamtbetrag, gesamtpreis, "
    "rechnungsbetrag, wert, montant, montant ht, total ht, chiffre affaires, importe, monto, ventas, "
    "importe total",
    "price": "unit price, price, item price, unit cost, price each, price per unit, einzelpreis, stueckpreis, "
    "preis, prix unitaire, prix, precio unitario, precio",
    "quantity": "quantity, qty, units, items, pieces, count, menge, anzahl, stueck, stueckzahl, quantite, qte, "
    "nombre, cantidad, unidades",
    "category": "category, product category, department, product group, product line, plan, plan name, tariff, "
    "product, item, sku, stock code, product id, article, kategorie, warengruppe, produktgruppe, "
    "produkt, artikel, artikelnr, artikelnummer, tarif, categorie, rayon, produit, famille, "
    "categoria, familia, producto, tarifa, prestation, service, leistung, servicio",
    "kind": "kind, transaction type, type, document type, order type, line type, art, belegart, vorgangsart, "
    "buchungsart, type operation, tipo, tipo documento, refund, is refund, status, "
    "payment status, order status, booking status, state, statut, etat, estado, zahlungsstatus, bestellstatus",
    "currency": "currency, currency code, waehrung, devise, monnaie, moneda, divisa",
    "occurred_at": "occurred at, event time, event timestamp, event date, ts, time, timestamp, datetime, date, "
    "created at, logged at, used at, use date, usage date, day, zeit, zeitpunkt, zeitstempel, datum, "
    "tag, horodatage, heure, fecha, hora, dia, week, month, received at, server time, "
    "checked in, check in, checkin, visited at, started at, event time ms, time ms, ts ms",
    "feature": "event, event name, event type, feature, feature id, feature name, action, module, screen, page, "
    "ereignis, funktion, modul, aktion, evenement, fonction, fonctionnalite, evento, accion, funcion, "
    "modulo, activity",
    "value": "duration, minutes, seconds, value, count, n, actions, sessions, logins, amount, dauer, anzahl, "
    "wert, duree, nombre, valeur, duracion, cantidad, valor",
    "session_id": "session id, session, visit id, visit, sitzung, sitzungs id, visite, sesion",
    "user_id": "user id, user, seat id, employee id, person id, nutzer, nutzer id, benutzer, utilisateur, usuario",
    "signup_date": "signup date, signed up, sign up date, registration date, registered at, created at, created, "
    "customer since, start date, contract start, contract date, joined, join date, first seen, member "
    "since, since, anmeldedatum, registriert am, kunde seit, vertragsbeginn, angelegt am, date "
    "inscription, inscrit le, client depuis, fecha alta, fecha registro, alta, cliente desde",
    "birth_year": "birth year, year of birth, born, yob, geburtsjahr, jahrgang, annee naissance, ano nacimiento",
    "age": "age, alter, edad, age years",
    "erased_at": "erased at, deleted at, erasure date, gdpr deleted, geloescht am, loeschdatum, supprime le, borrado",
    "nps": "nps, likelihood to recommend, recommend, how likely recommend, would recommend, "
    "weiterempfehlung, weiterempfehlungsbereitschaft, empfehlung, recommandation, recomendacion, "
    "recomendaria, wahrscheinlich empfehlen, empfehlen sie uns, recommend us, recommanderiez vous, recomendarias",
    "answered_at": "answered at, submitted at, submitted, completed at, response date, date, timestamp, zeitstempel, "
    "antwortdatum, datum, abgeschickt, date reponse, horodateur, fecha, fecha respuesta, marca "
    "temporal, end date",
    "wave": "wave, survey, survey id, welle, befragung, vague, ola, round",
    "main_job": "main job, job to be done, jobs to be done, main goal, goal, aufgabe, ziel, hauptziel, objectif, "
    "objetivo, main reason for use, main purpose",
    "pain": "pain, pain point, main problem, biggest problem, problem, frustration, schmerzpunkt, groesstes "
    "problem, probleme, problema, main complaint, hauptproblem, groesstes hindernis, biggest obstacle",
    "discovery": "discovery, found through, how did you hear about us, heard about us, gefunden durch, aufmerksam "
    "geworden, connu par, como nos conocio, source",
    "valued_feature": "valued feature, favourite feature, favorite feature, most valued feature, lieblingsfunktion",
    "stated_frequency": "stated frequency, how often, frequency of use, usage frequency, wie oft, nutzungshaeufigkeit, "
    "haeufigkeit, frequence, frecuencia",
    "interview_id": "interview id, interview, interview no, entretien, entrevista",
    "held_at": "held at, interview date, date, datum, fecha",
    "role": "role, job title, rolle, position, poste, rol, puesto",
    "transcript": "transcript, transcription, mitschrift, protokoll, notes, interview text, verbatim",
    "consent": "consent, consented, einverstanden, einwilligung, consentement, consentimiento",
    "text_id": "ticket id, ticket, message id, case id, review id, text id, ticketnummer, id ticket, comment id",
    "written_at": "written at, created at, sent at, received at, opened at, posted at, date, ts, timestamp, datum, "
    "erstellt am, cree le, fecha, creado",
    "text": "text, message, body, comment, comments, description, review, feedback, content, subject and "
    "body, nachricht, kommentar, beschreibung, anmerkung, commentaire, texte, comentario, mensaje, "
    "descripcion",
    "channel": "channel, medium, kanal, canal, purpose",
    "campaign": "campaign, campaign id, campaign name, kampagne, kampagnen id, campagne, campana, campania",
    "name": "campaign name, name, title, bezeichnung, titel, nom, nombre",
    "starts_on": "starts on, start, start date, from, begin, beginn, startdatum, von, debut, date debut, inicio, "
    "fecha inicio",
    "ends_on": "ends on, end, end date, to, until, ende, enddatum, bis, fin, date fin, fecha fin",
    "cost_per_contact": "cost per contact, unit cost, cost, kosten, kosten pro kontakt, cout, coste, costo",
    "margin_rate": "margin rate, margin, marge, margen",
    "treated_share": "treated share, share treated, planned share, share of treated, geplanter anteil",
    "randomised": "randomised, randomized, random, zufall, zufaellig, aleatoire, aleatorio",
    "arm": "arm, group, treatment, variant, test group, control group, gruppe, testgruppe, variante, groupe, "
    "grupo, bucket",
    "assigned_at": "assigned at, assignment date, assigned, sent at, zugeteilt, date, datum, fecha",
    "stratum": "stratum, strata, schicht, strate, estrato",
    "converted": "converted, conversion, responded, response, success, redeemed, konvertiert, converti, convertido",
    "spend": "spend, revenue after, spend after, spend in window, revenue, umsatz, depense, gasto",
    "spend_before": "spend before, revenue before, pre spend, umsatz davor, umsatz vorher, depense avant, gasto antes",
    "status": "status, state, decision, consent, opt in, optin, zustimmung, einwilligung, statut, estado, "
    "value, consent status",
    "recorded_at": "recorded at, updated at, changed at, date, timestamp, datum, erfasst am, date, fecha, opt in date",
    "area": "area, section, bereich, domaine, seccion",
    "is_core": "is core, core, kern, essentiel, esencial",
    "cvp": "cvp, value proposition, core value, nutzenversprechen, proposition de valeur, propuesta de valor",
    "jtbd": "jtbd, job to be done, job, aufgabe, tache, tarea",
}
# headers of what identifies a person directly: never mapped, whatever the values are
DIRECT: dict[str, str] = {
    "e-mail address": "email, e mail, mail, mail address, email address, courriel, correo, correo electronico, owner "
    "email, contact email, mailadresse, emailadresse",
    "name of a person": "name, first name, last name, full name, surname, given name, family name, vorname, nachname, "
    "prenom, nom, nombre, apellido, apellidos, contact name, contact person, ansprechpartner, "
    "customer name, owner, account owner, kundenname, nom client, owner name",
    "phone number": "phone, phone number, telephone, mobile, mobile number, cell, telefon, telefonnummer, handy, "
    "mobil, portable, tel, telefono, movil",
    "postal address": "address, street, street address, address line, adresse, strasse, anschrift, hausnummer, rue, "
    "direccion, calle, house number",
    "account or card number": "iban, bic, card number, credit card, kreditkarte, "
    " kontonummer iban, cuenta bancaria, ssn, tax "
    "id, steuernummer, passport, national id, dni",
    "network or device address": "ip, ip address, device id, cookie, cookie id, user agent, "
    "mac address, advertising id",
    "birth date": "birth date, birthday, date of birth, dob, geburtsdatum, geburtstag, date naissance, fecha "
    "nacimiento",
}
