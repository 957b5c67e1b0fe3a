"""The two letters that the trade prescribes, in both languages."""

import pytest

from tests.gateways.letter import PAGE, PARCEL, SHIP_DAY, letter

PRESCRIBED = {
    "en_US": (
        ("confirmed and on backorder", "Thank you for your order.", "Item: 2 × Widget Pro", "Status: On Backorder",
         "Expected ship date: March 20, 2026", "We will e-mail you when it ships",
         "cancel it at any time before shipment", f"View order: {PAGE}", f"Cancel order: {PAGE}#cancel"),
        ("Good news", "shipped", "Item: 2 × Widget Pro", "Status: Shipped", "Tracking: UPS Ground 1Z999AA1",
         "Estimated delivery: March 20, 2026", "Thank you for your patience"),
    ),
    "de_DE": (
        ("bestätigt", "derzeit nicht auf Lager", "vielen Dank für Ihre Bestellung.", "Artikel: 2 × Widget Pro",
         "Status: Derzeit nicht auf Lager, Lieferung folgt", "Voraussichtlicher Versand: 20. März 2026",
         "versandt ist, erhalten Sie eine E-Mail", "Bis zum Versand können Sie jederzeit stornieren",
         f"Bestellung ansehen: {PAGE}", f"Bestellung stornieren: {PAGE}#cancel"),
        ("Gute Nachricht", "unterwegs", "Artikel: 2 × Widget Pro", "Status: Versandt",
         "Sendungsnummer: UPS Ground 1Z999AA1", "Voraussichtliche Zustellung: 20. März 2026",
         "Vielen Dank für Ihre Geduld"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("locale", PRESCRIBED)
def test_the_two_letters_that_the_trade_prescribes_carry_all_of_it(locale: str) -> None:
    links = {"view_url": PAGE, "cancel_url": f"{PAGE}#cancel"}
    confirmed = letter("confirmation", backordered=True, promised_on=SHIP_DAY, locale=locale, **links)
    shipped = letter("shipped", **PARCEL, locale=locale)

    for written, prescribed in zip((confirmed, shipped), PRESCRIBED[locale], strict=True):
        said = f"{written.subject}\n{written.text}"
        assert [words for words in prescribed if words not in said] == []


@pytest.mark.parametrize(
    ("locale", "open_date"),
    [
        ("en_US", "No date is known yet: we will write to you"),
        ("de_DE", "Noch ist kein Termin bekannt: Wir schreiben"),
    ],
)
def test_a_confirmation_without_a_date_promises_a_word_as_soon_as_there_is_one(
    locale: str, open_date: str
) -> None:
    assert open_date in letter("confirmation", backordered=True, locale=locale).text
