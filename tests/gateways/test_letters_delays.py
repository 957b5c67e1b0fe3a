"""Letters of delays: what the law wants said, what silence means, and what the customer may do."""

from typing import Any

import pytest

from tests.gateways.letter import (
    BEFORE,
    CANCEL,
    EU,
    LATER,
    NO_DATE,
    OPTION,
    PAGE,
    RENEWED,
    SHIP_DAY,
    buttons,
    letter,
)

FTC_KINDS = [("delay_option", OPTION), ("delay_option", NO_DATE), ("delay_renewed", RENEWED)]

SAID: list[tuple[str, dict[str, Any], tuple[str, ...], tuple[str, ...]]] = [
    (
        "delay_option",
        OPTION,
        (
            "Order 1042 will be late: wait for it, or cancel it?",
            "we cannot ship your order by March 10, 2026. Our supplier is late.",
            "We now expect to ship it on March 20, 2026.",
            "neither way costs you anything",
            f"Accept the new date: {PAGE}\nCancel order: {CANCEL}\n",
            "If we do not hear from you, we take it that you accept the new date",
            "keep your order until March 20, 2026",
            "you can still cancel at any time before shipment",
        ),
        (
            "Bestellung 1042 verspätet sich: warten oder stornieren?",
            "nicht bis zum 10. März 2026 versenden. Das tut uns leid. Unser Lieferant ist in Verzug.",
            "voraussichtlich am 20. März 2026",
            "keine der beiden Möglichkeiten kostet Sie etwas",
            f"Neuem Termin zustimmen: {PAGE}\nBestellung stornieren: {CANCEL}\n",
            "Wenn wir nichts von Ihnen hören, gehen wir davon aus",
            "bis zum 20. März 2026 aufrecht",
            "können Sie bis zum Versand jederzeit stornieren",
        ),
    ),
    (
        "delay_option",
        NO_DATE,
        (
            "Our supplier has not given us a date yet.",
            "Expected ship date: Not known yet\nAnswer by: April 3, 2026",
            f"Go on waiting: {PAGE}\nCancel order: {CANCEL}\n",
            "If we do not hear from you by April 3, 2026, we cancel the order when that day ends",
        ),
        (
            "Unser Lieferant hat uns noch keinen Termin genannt.",
            "Voraussichtlicher Versand: Noch nicht bekannt\nAntwort bis: 3. April 2026",
            f"Weiter warten: {PAGE}\nBestellung stornieren: {CANCEL}\n",
            "Wenn wir bis zum 3. April 2026 nichts von Ihnen hören, stornieren wir die Bestellung",
        ),
    ),
    (
        "delay_renewed",
        RENEWED,
        (
            "Order 1042 is delayed again: wait for it, or cancel it?",
            "we cannot ship your order by March 10, 2026 either",
            "on April 3, 2026.\n\n",
            "If we do not hear from you by March 10, 2026, we cancel the order when that day ends",
        ),
        (
            "Bestellung 1042 verspätet sich erneut: warten oder stornieren?",
            "auch bis zum 10. März 2026 nicht versenden",
            "am 3. April 2026.\n\n",
            "Wenn wir bis zum 10. März 2026 nichts von Ihnen hören, stornieren wir die Bestellung",
        ),
    ),
    (
        "delay_option",
        EU,
        (
            "Order 1042 will be late: now expected March 20, 2026",
            "The delivery that was meant for it has been called off.",
            "there is nothing that you need to do: without an answer from you, your order stays as it is",
            "You can cancel at any time before shipment",
            f"Cancel order: {CANCEL}\n",
        ),
        (
            "Bestellung 1042 verspätet sich: voraussichtlicher Versand 20. März 2026",
            "Die dafür vorgesehene Lieferung wurde abgesagt.",
            "Ohne eine Antwort von Ihnen bleibt Ihre Bestellung, wie sie ist",
            "Bis zum Versand können Sie jederzeit stornieren",
            f"Bestellung stornieren: {CANCEL}\n",
        ),
    ),
    (
        "promise_moved",
        {"was_promised_on": SHIP_DAY, "promised_on": BEFORE},
        ("Order 1042: new expected ship date March 10, 2026", "on March 10, 2026, earlier than", "(March 20, 2026)"),
        ("Bestellung 1042: neuer Versandtermin 10. März 2026", "am 10. März 2026, früher als", "(20. März 2026)"),
    ),
    (
        "promise_moved",
        {"was_promised_on": BEFORE, "promised_on": SHIP_DAY},
        ("Your order ships later", "on March 20, 2026, later than", "Previous date: March 10, 2026", "We are sorry"),
        ("Ihre Bestellung kommt später", "am 20. März 2026, später als", "Bisher genannt: 10. März 2026", "tut uns leid"),
    ),
    (
        "promise_moved",
        {"was_promised_on": BEFORE},
        ("March 10, 2026, does not hold any more", "No date is known any more: we will write to you as soon as"),
        ("(10. März 2026), gilt nicht mehr", "Wir schreiben Ihnen, sobald es einen gibt"),
    ),
    (
        "stale_warning",
        {"ends_on": LATER, "cancel_url": CANCEL},
        (
            "and cancel it on April 3, 2026",
            "Unless it comes in before, we cancel your order on April 3, 2026.",
            "reply to this e-mail before that day",
            f"Cancel order: {CANCEL}\n",
        ),
        (
            "wir stornieren am 3. April 2026",
            "Wenn die Ware nicht vorher eintrifft, stornieren wir Ihre Bestellung am 3. April 2026.",
            "antworten Sie bitte vorher auf diese E-Mail",
            f"Bestellung stornieren: {CANCEL}\n",
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "given", "english", "german"), SAID)
def test_a_letter_of_a_wait_says_what_is_so_and_what_may_be_done(
    kind: str, given: dict[str, Any], english: tuple[str, ...], german: tuple[str, ...]
) -> None:
    for locale, wanted in (("en_US", english), ("de_DE", german)):
        written = letter(kind, **given, locale=locale)
        assert [words for words in wanted if words not in f"{written.subject}\n{written.text}"] == []


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
@pytest.mark.parametrize(("kind", "given"), FTC_KINDS)
def test_the_two_ways_are_two_buttons_and_no_third(kind: str, given: dict[str, Any], locale: str) -> None:
    written = letter(kind, **given, locale=locale)

    assert buttons(written) == [PAGE, CANCEL]
    assert written.text.count(CANCEL) == 1


@pytest.mark.parametrize("kind", ["delay_option", "delay_renewed"])
def test_where_silence_changes_nothing_no_answer_is_asked_for(kind: str) -> None:
    text = letter(kind, **EU).text

    for words in ("hear from you", "Answer by", "Accept", "wait for it, or cancel"):
        assert words not in text


def test_without_a_page_the_two_ways_are_open_by_reply() -> None:
    written = letter("delay_option", **NO_DATE | {"page_url": None})

    assert "Please tell us which: just reply to this e-mail, and we will see to it." in written.text
    assert f"Cancel order: {CANCEL}\n" in written.text


MONEY = [
    ("en_US", "ftc", True, "within 7 working days"),
    ("en_US", "eu", True, "without undue delay, at the latest within 14 days"),
    ("en_US", None, True, "you get back all that you have paid for these items."),
    ("en_US", "ftc", False, "Nothing has been charged for these items"),
    ("de_DE", "ftc", True, "innerhalb von 7 Arbeitstagen"),
    ("de_DE", "eu", True, "unverzüglich zurück, spätestens innerhalb von 14 Tagen"),
    ("de_DE", None, True, "alles, was Sie für diese Artikel bezahlt haben, zurück."),
    ("de_DE", "eu", False, "Für diese Artikel wurde noch nichts abgebucht"),
]


@pytest.mark.parametrize(("locale", "law", "charged", "said"), MONEY)
@pytest.mark.parametrize("kind", ["promise_moved", "delay_option", "delay_renewed", "stale_warning"])
def test_a_letter_that_offers_to_cancel_says_when_the_money_is_back(
    kind: str, locale: str, law: str | None, said: str, *, charged: bool
) -> None:
    assert said in letter(kind, law=law, charged=charged, locale=locale).text


def test_a_full_refund_is_promised_only_of_money_that_was_taken() -> None:
    assert "with a full refund" in letter("delay_option", **OPTION, charged=True).text
    assert "full refund" not in letter("delay_option", **OPTION).text


def test_a_date_told_before_is_named_only_where_it_is_a_third_one() -> None:
    known = [letter("delay_option", **OPTION, was_promised_on=day).text for day in (None, BEFORE, SHIP_DAY)]

    assert [text for text in known if "Previous date" in text] == []
    assert "Previous date: April 3, 2026\n" in letter("delay_option", **OPTION, was_promised_on=LATER).text
