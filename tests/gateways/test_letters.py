"""Letters: every fact in the text and in the HTML, and nothing of a customer's can be more than text."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest

from domain.money import Money
from gateways.letters import Letters
from gateways.letters_facts import LetterLine
from tests.gateways.letter import COMMON, PARCEL, PRICE, SHIP_DAY, Reader, facts, letter

SAID: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    (
        "confirmation",
        {"backordered": True, "promised_on": SHIP_DAY, "cancel_url": "https://shop.example/c"},
        "Order 1042 confirmed and on backorder",
        (
            "Thank you for your order",
            "On Backorder",
            "Expected ship date",
            "March 20, 2026",
            "We will e-mail you when it ships",
            "cancel it at any time before shipment",
            "Cancel order",
            "https://shop.example/c",
        ),
    ),
    (
        "confirmation",
        {"backordered": True},
        "Order 1042 confirmed and on backorder",
        ("Not known yet", "we will write to you as soon as there is one"),
    ),
    ("confirmation", {}, "Order 1042 confirmed", ("In stock, being packed",)),
    ("update", {}, "Order 1042: still awaiting inventory", ("still awaiting inventory", "Not known yet")),
    (
        "update",
        {"eta": SHIP_DAY, "promised_on": SHIP_DAY},
        "Order 1042: stock arriving March 20, 2026",
        ("arriving March 20, 2026", "On Backorder"),
    ),
    (
        "promise_moved",
        {"promised_on": SHIP_DAY},
        "Order 1042: new expected ship date March 20, 2026",
        ("Expected ship date", "March 20, 2026"),
    ),
    (
        "shipped",
        {**PARCEL, "charged": True},
        "Good news: order 1042 has shipped",
        (
            "Shipped",
            "UPS Ground 1Z999AA1",
            "Estimated delivery",
            "March 20, 2026",
            "Thank you for your patience",
            "Charged",
            "$1,234.50",
        ),
    ),
    (
        "cancelled",
        {"reason": "too_slow"},
        "Order 1042: cancelled",
        ("Cancelled", "The wait was too long", "You have not been charged"),
    ),
    (
        "cancelled",
        {"reason": "discontinued", "amount": PRICE, "charged": True},
        "Order 1042: cancelled",
        ("We had to cancel", "No longer made", "We are refunding $1,234.50"),
    ),
    (
        "cancelled",
        {"reason": "changed_mind", "charged": True},
        "Order 1042: cancelled",
        ("You pay nothing for them",),
    ),
    ("refunded", {"amount": PRICE}, "Order 1042: your refund of $1,234.50", ("Refunded", "$1,234.50")),
]


@pytest.mark.parametrize(("kind", "given", "subject", "said"), SAID)
def test_text_and_html_carry_the_same_facts(
    kind: str, given: dict[str, Any], subject: str, said: tuple[str, ...]
) -> None:
    written = letter(kind, **given)

    assert written.subject == subject
    seen = Reader(written.html).text
    for fact in (*COMMON, *said):
        assert fact in " ".join(written.text.split())
        assert fact in seen
    assert "None" not in written.text + seen


@pytest.mark.parametrize(("kind", "given"), [(kind, given) for kind, given, _, _ in SAID])
def test_no_line_of_the_text_runs_into_the_next(kind: str, given: dict[str, Any]) -> None:
    lines = letter(kind, **given).text.splitlines()

    links = [line for line in lines if "View order" in line]
    assert links == ["View order: https://shop.example/o?a=1&b=2"]
    assert lines[lines.index(links[0]) - 1] == ""


def test_links_stand_only_where_there_is_somewhere_to_go() -> None:
    written = letter("confirmation", backordered=True, view_url=None)

    assert "View order" not in written.text + written.html
    assert "Cancel order" not in written.text + written.html


def test_a_tracking_number_without_a_carriers_name_stands_alone() -> None:
    assert "Tracking: 1Z999AA1\n" in letter("shipped", tracking="1Z999AA1").text


def test_a_product_without_a_title_is_called_by_its_sku() -> None:
    written = letter("update", lines=(LetterLine(sku="PRO-7", title="", quantity=3),))

    assert "Item: 3 × PRO-7" in written.text
    assert "3 × PRO-7" in Reader(written.html).text


def test_markup_in_names_and_titles_is_shown_as_text() -> None:
    evil = "<script>x</script>&amp;<b>{{ 7 * 7 }}</b>"
    lines = (LetterLine(sku="PRO", title=evil, quantity=1),)

    written = letter("update", lines=lines, customer_name=evil, shop_name=evil)

    page = Reader(written.html)
    assert f"1 × {evil}" in page.text
    assert f"Item: 1 × {evil}" in written.text
    assert not page.tags & {"script", "b"}


@pytest.mark.parametrize("turn", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x00", "\x0b", "\u202e"])
def test_no_line_break_or_control_character_gets_into_a_header_or_makes_a_line_of_its_own(
    tmp_path: Path, turn: str
) -> None:
    folder = tmp_path / "en" / "update"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{{ facts.lines[0].title }} from {{ facts.shop_name }}")
    lines = (LetterLine(sku="PRO", title=f"Widget{turn}Bcc: eve@example.com", quantity=1),)

    written = Letters(tmp_path).render(facts("update", lines=lines, shop_name=f"Shop{turn}X: y"))

    assert written.subject == "Widget Bcc: eve@example.com from Shop X: y"
    assert "Item: 1 × Widget Bcc: eve@example.com\n" in written.text
    assert turn == "\n" or turn not in written.text + written.html


@pytest.mark.parametrize(
    ("locale", "day", "amount"),
    [
        ("en_US", "March 20, 2026", "$1,234.50"),
        ("en-GB", "20 March 2026", "US$1,234.50"),
        ("de_DE", "20. März 2026", "1.234,50\xa0$"),
        ("de-XX", "20. März 2026", "1.234,50\xa0$"),
        ("fr_FR", "20 mars 2026", "1\u202f234,50\xa0$US"),
        ("qq_QQ", "March 20, 2026", "$1,234.50"),
    ],
)
def test_dates_and_money_are_written_as_the_customer_reads_them(locale: str, day: str, amount: str) -> None:
    written = letter("shipped", **PARCEL, locale=locale)

    assert day in written.text
    assert amount in written.text
    assert unescape(written.html).count(amount) == written.text.count(amount)


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(minor=1500, currency="JPY"), "¥1,500"),
        (Money(minor=1500, currency="BHD"), "BHD1.500"),
        (Money(minor=9_999_999_999_999_999, currency="USD"), "$99,999,999,999,999.99"),
    ],
)
def test_money_has_its_currencys_digits_and_loses_none(money: Money, shown: str) -> None:
    assert f"Refunded: {shown}\n" in letter("refunded", amount=money).text


def test_a_letters_day_is_the_shops_day() -> None:
    assert "March 2, 2026" in letter("update").text


def test_the_html_keeps_its_dark_colours_and_asks_the_network_for_nothing() -> None:
    html = letter("update", view_url=None).html

    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media only screen and (min-width:480px)" in html
    assert not Reader(html).tags & {"link", "img", "script"}
    assert "@import" not in html
