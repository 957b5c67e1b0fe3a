"""Letters about a part of an order say so, and what becomes of the rest; a regular word forgets no open question."""

from datetime import date
from typing import Any

import pytest

from tests.gateways.letter import (
    AWAITED,
    BEFORE,
    CANCEL,
    LATER,
    PAGE,
    PARCEL,
    REST,
    SHIP_DAY,
    Reader,
    buttons,
    letter,
)

PART: list[tuple[str, dict[str, Any], str, list[str], list[str]]] = [
    (
        "shipped",
        PARCEL,
        "en_US",
        ["a part of order 1042 has shipped", "Still to come: 4 × Widget Mini", "Status: Shipped"],
        ["The wait is over"],
    ),
    (
        "shipped",
        PARCEL,
        "de_DE",
        ["Ein Teil von Bestellung 1042 ist unterwegs", "Folgt später: 4 × Widget Mini", "Status: Versandt"],
        ["das Warten hat ein Ende"],
    ),
    (
        "cancelled",
        {"reason": "changed_mind"},
        "en_US",
        ["Order 1042: a part is cancelled", "Still to come: 4 × Widget Mini", "The rest of your order stays"],
        ["Your cancellation is done"],
    ),
    (
        "cancelled",
        {"reason": "changed_mind"},
        "de_DE",
        ["ein Teil ist storniert", "Folgt später: 4 × Widget Mini", "Der Rest Ihrer Bestellung bleibt"],
        ["Ihre Stornierung ist erledigt"],
    ),
    (
        "cancelled",
        {"reason": "discontinued"},
        "en_US",
        [
            "Order 1042: a part is cancelled",
            "We had to cancel a part of your order",
            "Still to come: 4 × Widget Mini",
        ],
        ["We had to cancel these items"],
    ),
    (
        "cancelled",
        {"reason": "discontinued"},
        "de_DE",
        [
            "ein Teil ist storniert",
            "Wir mussten einen Teil Ihrer Bestellung stornieren",
            "Folgt später: 4 × Widget Mini",
        ],
        ["Wir mussten diese Artikel stornieren"],
    ),
]


@pytest.mark.parametrize(("kind", "given", "locale", "said", "never"), PART)
def test_a_letter_about_a_part_does_not_read_as_if_it_were_all(
    kind: str, given: dict[str, Any], locale: str, said: list[str], never: list[str]
) -> None:
    part, whole = (letter(kind, **given, waiting=rest, locale=locale) for rest in (REST, ()))
    told, told_whole = (f"{one.subject}\n{one.text}" for one in (part, whole))

    assert [words for words in said if words not in told] == []
    assert [words for words in never if words in told] == []
    assert [words for words in never if words not in told_whole] == []


@pytest.mark.parametrize(("kind", "given", "locale", "said", "never"), PART)
def test_its_paragraphs_stand_apart(
    kind: str, given: dict[str, Any], locale: str, said: list[str], never: list[str]
) -> None:
    paragraphs = letter(kind, **given, waiting=REST, locale=locale).text.split("\n\n")

    assert sum(part.startswith(("Item: ", "Artikel: ")) for part in paragraphs) == 1


CALM = {"en_US": "nothing that you need to do", "de_DE": "Sie brauchen nichts zu tun"}


@pytest.mark.parametrize(
    ("given", "locale", "said"),
    [
        (AWAITED, "en_US", "We still need your answer by March 8, 2026"),
        (AWAITED, "de_DE", "Wir brauchen noch Ihre Antwort bis zum 8. März 2026"),
        ({"ends_on": LATER}, "en_US", "we cancel your order on April 3, 2026"),
        ({"ends_on": LATER}, "de_DE", "stornieren wir Ihre Bestellung am 3. April 2026"),
    ],
)
def test_a_regular_word_is_not_calm_while_silence_would_end_the_order(
    given: dict[str, Any], locale: str, said: str
) -> None:
    asked, calm = letter("update", **given, locale=locale), letter("update", locale=locale)

    for words in (asked.text, Reader(asked.html).text):
        assert said in words.replace("\xa0", " ")
        assert CALM[locale] not in words
    assert CALM[locale] in calm.text


ASKED = {
    "en_US": (
        "Order 1042: we still need your answer by March 8, 2026",
        "go on waiting, or cancel. Without an answer we cancel the order when that day ends",
        f"Go on waiting: {PAGE}\nCancel order: {CANCEL}\n",
    ),
    "de_DE": (
        "Bestellung 1042: Wir brauchen noch Ihre Antwort bis zum 8. März 2026",
        "weiter warten oder stornieren. Ohne eine Antwort stornieren wir die Bestellung mit dem Ende dieses Tages",
        f"Weiter warten: {PAGE}\nBestellung stornieren: {CANCEL}\n",
    ),
}


@pytest.mark.parametrize("locale", ASKED)
@pytest.mark.parametrize("eta", [None, SHIP_DAY])
def test_a_regular_word_asks_again_and_its_subject_says_so(eta: date | None, locale: str) -> None:
    written = letter("update", **AWAITED, eta=eta, locale=locale)

    subject, request, ways = ASKED[locale]
    assert written.subject == subject
    assert request in written.text
    assert ways in written.text
    assert buttons(written) == [PAGE, CANCEL]


@pytest.mark.parametrize("locale", ASKED)
def test_a_date_that_moved_does_not_hide_that_an_answer_is_awaited(locale: str) -> None:
    moved = {"was_promised_on": BEFORE, "promised_on": SHIP_DAY, "locale": locale}
    asked, calm = letter("promise_moved", **AWAITED, **moved), letter("promise_moved", **moved)

    assert ASKED[locale][1] in asked.text
    assert buttons(asked) == [PAGE, CANCEL]
    assert (CALM[locale] in asked.text, CALM[locale] in calm.text) == (False, True)


@pytest.mark.parametrize(
    ("locale", "planned"),
    [
        ("en_US", "Our plan has changed: we now expect to ship your order on"),
        ("de_DE", "unsere Planung hat sich geändert: Wir versenden Ihre Bestellung voraussichtlich am"),
    ],
)
def test_a_date_that_moved_blames_nobody_and_says_nothing_of_places(locale: str, planned: str) -> None:
    text = letter("promise_moved", was_promised_on=BEFORE, promised_on=LATER, locale=locale).text

    assert planned in text
    assert [word for word in ("supply", "place in line", "Lieferant", "Platz") if word in text] == []


@pytest.mark.parametrize(
    ("locale", "expected", "never"),
    [
        ("en_US", "The units for your order are expected here on March 20, 2026.", "on their way"),
        ("de_DE", "die Ware für Ihre Bestellung erwarten wir hier am 20. März 2026.", "auf dem Weg"),
    ],
)
def test_a_regular_word_says_when_the_units_are_expected_and_praises_nothing(
    locale: str, expected: str, never: str
) -> None:
    text = letter("update", eta=SHIP_DAY, promised_on=SHIP_DAY, locale=locale).text

    assert expected in text
    assert never not in text
    assert "Good" not in text
