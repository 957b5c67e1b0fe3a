"""Letters about a part of an order say so, and what becomes of the rest; a regular word forgets no open question."""

from typing import Any

import pytest

from tests.gateways.letter import ANSWER_BY, LATER, PARCEL, REST, Reader, letter

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
        ({"answer_by": ANSWER_BY}, "en_US", "We still need your answer by March 8, 2026"),
        ({"answer_by": ANSWER_BY}, "de_DE", "Wir brauchen noch Ihre Antwort bis zum 8. März 2026"),
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
