"""Names that senders give our columns, the usual ones first.

They are written as words in small letters; capitals, blanks and signs between them do not count.
"""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = {
    "sale_id": "invoice no, invoice number, invoice, invoice id, order id, order number, order no, "
    "order, receipt, receipt no, transaction id, transaction, sale number, sale no, sale, ticket, "
    "rechnungsnummer, rechnung, beleg, belegnr, facture, no facture, numero facture, factura",
    "line": "line no, line number, line item, position, pos, item no, zeile, ligne, row no",
    "sold_on": "invoice date, order date, sale date, sales date, transaction date, date, sold, "
    "ordered, ordered on, date sold, datum, rechnungsdatum, day, jour, fecha, shipped",
    "product_id": "stock code, sku, product, item, product code, product no, article, article no, "
    "artikel, artikelnummer, artikelnr, item code, item id, material, ean, gtin, produit, upc, "
    "reference article, code article, producto",
    "customer_id": "customer, customer no, customer number, customer code, client, client id, "
    "kunde, kundennummer, kundennr, account, account no, account id, buyer, sold to, debtor, "
    "no client, cliente",
    "quantity": "qty, units, pieces, pcs, menge, stuck, anzahl, boxes, boxes shipped, "
    "amount of units, units sold, quantity sold, quantite, qte, cantidad, number of units",
    "unit_price": "price, unit price, preis, einzelpreis, stuckpreis, price each, each, "
    "selling price, price per unit, net price, prix, prix unitaire, precio",
    "discount": "rebate, disc, rabatt, nachlass, discount amount, remise, reduction",
    "revenue": "sales, sales amount, turnover, net amount, total, umsatz, line total, net sales, "
    "line amount, net revenue, amount, montant, importe, betrag, total amount",
    "cost": "cogs, cost of goods, kosten, cost of sales, total cost, einstand",
    "tax": "vat, sales tax, tax amount, vat amount, mwst, ust, gst, tva, iva",
    "region": "country, area, territory, land, sales region, state, pays, pais, gebiet",
    "city": "town, stadt, ort, ville, ciudad",
    "store": "shop, outlet, branch, filiale, point of sale, pos name, store name, store id, "
    "magasin, tienda",
    "channel": "sales channel, kanal, canal, order channel",
    "document_ref": "document, reference, document no, document number, ref, belegnummer, "
    "invoice, invoice no, invoice number, applies to, rechnung, order id, piece",
    "due_on": "due date, due, faellig, fallig, payment due, echeance",
    "paid": "is paid, paid at once, cash sale, bezahlt",
    "category": "group, product group, family, product family, gruppe, warengruppe, type, "
    "product category, item category, famille, kategorie, categorie, categoria",
    "amount": "value, betrag, sum, total, amount paid, paid amount, payment amount, montant, "
    "credit amount, debit amount, importe, net amount",
    "credit_id": "credit note, credit note no, credit no, credit number, payment id, payment no, "
    "payment number, payment, receipt no, gutschrift, gutschriftnummer, zahlung, avoir",
    "debit_id": "debit note, debit note no, debit no, debit number, charge id, charge no, charge, "
    "refund id, refund no, fee id, lastschrift, belastung",
    "credited_on": "credit date, payment date, paid on, date, datum, posting date, booked on, "
    "value date, received, received on, zahlungsdatum",
    "debited_on": "debit date, charge date, date, datum, posting date, charged on, value date",
    "reason": "credit reason, credit type, payment type, kind, type, grund, art, motif, comment",
    "method": "debit type, charge type, kind, type, art, payment method",
    "location": "warehouse, store, site, lager, lagerort, storage location, plant, depot, "
    "warehouse id, entrepot, almacen, place",
    "counted_on": "count date, stock date, date, as of, as of date, snapshot date, datum, "
    "stichtag, inventory date, counted, zaehldatum",
    "on_hand": "stock, quantity, qty, on hand, units on hand, quantity on hand, bestand, "
    "stock on hand, available, in stock, stock level, counted quantity, lagerbestand",
    "unit_cost": "cost, cost price, unit cost price, standard cost, einkaufspreis, ek, stuckkosten",
    "reorder_point": "reorder level, minimum stock, min stock, safety stock, meldebestand",
    "in_transit": "on order, incoming, on the way, unterwegs",
    "reserved": "allocated, committed, reserviert",
    "moved_on": "movement date, move date, date, datum, posting date, moved, buchungsdatum",
    "movement_id": "movement no, movement number, movement, move id, id, bewegung, document no",
    "kind": "movement type, type, transaction type, reason, bewegungsart, art",
    "name": "customer name, product name, item name, article name, description, title, "
    "bezeichnung, company, company name, firma, nom, nombre, label",
    "segment": "customer segment, customer group, customer type, kundengruppe",
    "loyalty_tier": "tier, loyalty, loyalty level, level, loyalty status, stufe, rating",
    "joined_on": "joined, customer since, since, created, created on, sign up date, signup date",
    "email": "mail, e mail, email address",
    "valid_from": "rate date, valid since, effective from, effective date, gultig ab, from",
    "list_price": "price, list price, catalogue price, retail price, preis, listenpreis, msrp",
    "lead_days": "lead time, lead time days, delivery days, lieferzeit",
    "to_currency": "to, into, target currency, quote currency, home currency, base",
    "rate": "exchange rate, fx rate, kurs, wechselkurs, taux, value, mid rate, closing rate",
    "market_on": "month, date, period, datum, monat, mois, day",
    "currency": "from currency, foreign currency, curr, ccy, currency code, wahrung, "
    "devise, moneda",
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    ours: tuple(" ".join(each.split()) for each in listed.split(","))
    for ours, listed in _WORDS.items()
}
