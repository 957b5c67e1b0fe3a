"""Letters that ask the customer for something: what they want, by when, and what happens otherwise."""

from datetime import date
from typing import Any

import pytest

from gateways.letters import LetterLine
from tests.gateways.test_letters import COMMON, PRICE, Reader, letter

PAGE = "https://shop.example/o/signed"
BY = date(2026, 3, 8)
REST = (LetterLine(sku="MINI", title="Widget Mini", quantity=4),)
ADDRESS = ("Ada Lovelace", "12 Harbour Street", "Portland OR 00000", "US")

ASKS: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    (
        "payment_problem",
        {"amount": PRICE, "answer_by": BY},
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
        {"amount": PRICE, "answer_by": BY},
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
        {"waiting": REST, "promised_on": date(2026, 4, 1), "answer_by": BY},
        "Order 1042: part of it is here. Send it now, or all together?",
        ("4 × Widget Mini", "Expected", "April 1, 2026", "by March 8, 2026, we send everything together"),
    ),
    (
        "choice",
        {"waiting": REST, "answer_by": BY},
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
LATE = {"need_by": date(2026, 3, 2), "carrier": "UPS", "estimated_delivery": BY}


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


def test_goods_that_have_left_are_not_threatened_with() -> None:
    text = letter("payment_problem", amount=PRICE, sent=True).text

    assert "cancelled" not in text
    assert "next in line" not in text


def test_a_day_that_no_carrier_meets_is_told_and_one_that_was_met_is_not() -> None:
    said_alike("shipped", LATE, ("by March 2, 2026, the day you needed it", "the fastest there is"))

    assert "fastest" not in letter("shipped", **LATE | {"need_by": None}).text


def test_dates_are_written_in_the_customers_language() -> None:
    assert "8. März 2026" in letter("payment_problem", amount=PRICE, answer_by=BY, locale="de_DE").text


def test_an_address_with_markup_is_shown_as_text() -> None:
    tags = Reader(letter("address_problem", address=("<script>x</script>",)).html).tags

    assert "script" not in tags
