"""Letters that ask the customer for something: what they want, by when, and what happens otherwise."""

from datetime import date
from typing import Any

import pytest

from gateways.letters_facts import LetterLine
from tests.gateways.letter import (
    ADDRESS,
    ANSWER_BY,
    ASKING,
    COMMON,
    PAGE,
    PRICE,
    REST,
    SHIP_DAY,
    Reader,
    buttons,
    letter,
)

ASKS: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    (
        "payment_problem",
        {"amount": PRICE, "answer_by": ANSWER_BY},
        "Order 1042 is ready, but the payment did not go through",
        ("Waiting for payment", "$1,234.50", "March 8, 2026", "next in line", "Nothing has been charged"),
    ),
    (
        "payment_problem",
        {"amount": PRICE, "sent": True},
        "The payment for order 1042 did not go through",
        ("on its way to you", "not paid yet", "$1,234.50"),
    ),
    (
        "payment_authentication",
        {"amount": PRICE, "answer_by": ANSWER_BY},
        "Order 1042: your bank asks you to confirm the payment",
        ("it wants to hear from you", "$1,234.50", "March 8, 2026", "cancelled"),
    ),
    (
        "payment_authentication",
        {"amount": PRICE, "sent": True},
        "Order 1042: your bank asks you to confirm the payment",
        ("on its way to you", "it wants to hear from you"),
    ),
    (
        "choice",
        {"waiting": REST, "promised_on": date(2026, 4, 1), "answer_by": ANSWER_BY},
        "Order 1042: part of it is here. Send it now, or all together?",
        ("4 × Widget Mini", "Expected", "April 1, 2026", "by March 8, 2026, we send everything together"),
    ),
    (
        "choice",
        {"waiting": REST, "answer_by": ANSWER_BY},
        "Order 1042: part of it is here. Send it now, or all together?",
        ("no date known yet",),
    ),
    (
        "address_problem",
        {"address": ADDRESS},
        "Order 1042: no carrier delivers to the address we have",
        (*ADDRESS, "You can still cancel"),
    ),
]
LATE = {"need_by": date(2026, 3, 2), "carrier": "UPS", "estimated_delivery": ANSWER_BY}


def said_alike(kind: str, given: dict[str, Any], facts: tuple[str, ...]) -> str:
    """Each fact stands in the text and in the HTML; the subject."""
    written = letter(kind, **given)
    seen = Reader(written.html).text
    for fact in (*COMMON, *facts):
        assert fact in " ".join(written.text.split())
        assert fact in seen
    assert "None" not in written.text + seen
    return written.subject


@pytest.mark.parametrize(("kind", "given", "subject", "facts"), ASKS)
def test_a_letter_that_asks_names_its_page_and_what_happens_otherwise(
    kind: str, given: dict[str, Any], subject: str, facts: tuple[str, ...]
) -> None:
    assert said_alike(kind, given | {"page_url": PAGE}, (*facts, PAGE)) == subject


@pytest.mark.parametrize(("kind", "given", "subject", "facts"), ASKS)
def test_without_a_page_the_customer_answers_by_mail(
    kind: str, given: dict[str, Any], subject: str, facts: tuple[str, ...]
) -> None:
    assert said_alike(kind, given, (*facts, "just reply to this e-mail")) == subject


def test_a_day_that_no_carrier_meets_is_told_and_one_that_was_met_is_not() -> None:
    said_alike("shipped", LATE, ("by March 2, 2026, the day you needed it", "the fastest there is"))

    assert "fastest" not in letter("shipped", **LATE | {"need_by": None}).text


@pytest.mark.parametrize(("kind", "given"), ASKING)
def test_a_letter_that_asks_has_one_button_and_it_answers(kind: str, given: dict[str, Any]) -> None:
    with_page = letter(kind, **given, page_url=PAGE, cancel_url="https://shop.example/c")
    without = letter(kind, **given)

    assert buttons(with_page) == [PAGE]
    assert buttons(without) == ["https://shop.example/o?a=1&b=2"]
    assert PAGE in with_page.text.split()
    assert "reply to this e-mail, and we will see to it" in without.text


def test_a_choice_names_the_three_answers_and_what_silence_means() -> None:
    written = letter("choice", waiting=REST, promised_on=SHIP_DAY, answer_by=ANSWER_BY)

    said = (
        "Item: 2 × Widget Pro\nStatus: Here",
        "Still to come: 4 × Widget Mini\nExpected: March 20, 2026\n",
        "send what is here now and the rest later, or everything together. You can also cancel.",
        "If we do not hear from you by March 8, 2026, we send everything together.",
    )
    assert [words for words in said if words not in written.text] == []


def test_a_choice_without_a_deadline_names_none() -> None:
    assert "If we do not hear from you, we send everything together." in letter("choice", waiting=REST).text


def test_an_address_is_corrected_on_the_page_or_by_reply() -> None:
    text = letter("address_problem", address=ADDRESS, page_url=PAGE).text

    assert "\n  12 Harbour Street\n  Portland OR 00000\n  US\n" in text
    assert "on the page of your order, or reply to this e-mail" in text
    assert f"Correct the address: {PAGE}\n" in text


def test_where_no_address_is_known_none_is_announced() -> None:
    assert "This is the address" not in letter("address_problem").text


@pytest.mark.parametrize("kind", ["payment_problem", "payment_authentication"])
def test_only_goods_that_are_still_here_can_go_to_the_next_in_line(kind: str) -> None:
    kept = letter(kind, amount=PRICE, answer_by=ANSWER_BY)
    gone = letter(kind, amount=PRICE, answer_by=ANSWER_BY, sent=True)

    assert "We keep them until: March 8, 2026" in kept.text
    assert "by March 8, 2026, the items go to the next in line and this order is cancelled." in kept.text
    assert "Your parcel is on its way to you" in gone.text
    for words in ("next in line", "cancelled", "March 8"):
        assert words not in gone.text + gone.html


def test_markup_in_an_address_and_in_what_is_still_to_come_is_shown_as_text() -> None:
    evil = "<script>x</script>&amp;<b>{{ 7 * 7 }}</b>"
    rest = (LetterLine(sku="PRO", title=evil, quantity=1),)

    choice = letter("choice", waiting=rest, page_url='https://shop.example/o/"><script>x</script>')
    problem = letter("address_problem", address=(evil, "12 <mj-raw>Harbour</mj-raw> Street"))

    for written in (choice, problem):
        assert evil in written.text
        assert evil in Reader(written.html).text
        assert not Reader(written.html).tags & {"script", "b", "mj-raw"}
    assert "12 <mj-raw>Harbour</mj-raw> Street" in Reader(problem.html).text


@pytest.mark.parametrize("turn", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x00", "\u202e"])
def test_a_line_of_an_address_or_a_title_to_come_stays_one_line(turn: str) -> None:
    rest = (LetterLine(sku="PRO", title=f"Widget{turn}Cancel order: https://eve.example", quantity=1),)

    choice = letter("choice", waiting=rest)
    problem = letter("address_problem", address=(f"Ada{turn}Bcc: eve@example.com", "US"))

    assert "Still to come: 1 × Widget Cancel order: https://eve.example\n" in choice.text
    assert "  Ada Bcc: eve@example.com\n  US\n" in problem.text


@pytest.mark.parametrize(
    ("locale", "day"), [("en_GB", "8 March 2026"), ("de_DE", "8. März 2026"), ("ja_JP", "2026年3月8日")]
)
@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("choice", "answer_by"),
        ("payment_problem", "answer_by"),
        ("payment_authentication", "answer_by"),
        ("shipped", "need_by"),
    ],
)
def test_a_deadline_is_written_as_the_customer_reads_it(kind: str, fact: str, locale: str, day: str) -> None:
    written = letter(kind, locale=locale, **{fact: ANSWER_BY})

    assert day in written.text
    assert day in Reader(written.html).text
