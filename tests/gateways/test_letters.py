"""Letters: every fact in the text and in the HTML, and nothing of a customer's can be more than text."""

import re
from datetime import UTC, date, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from domain.money import Money
from gateways.letters import Letter, LetterFacts, LetterLine, Letters

SHIP_DAY = date(2026, 3, 20)
PRICE = Money(minor=123450, currency="USD")
LINES = (LetterLine(sku="PRO", title="Widget Pro", quantity=2),)
COMMON = ("Ada", "2 × Widget Pro", "1042", "The Widget Shop", "View order", "https://shop.example/o?a=1&b=2")
PAGE = "https://shop.example/o/signed?a=1&b=2"
ANSWER_BY = date(2026, 3, 8)
REST = (LetterLine(sku="MINI", title="Widget Mini", quantity=4),)
ADDRESS = ("Ada Lovelace", "12 Harbour Street", "Portland OR 00000", "US")
PARCEL = {
    "carrier": "UPS",
    "service": "Ground",
    "tracking": "1Z999AA1",
    "estimated_delivery": SHIP_DAY,
    "amount": PRICE,
}


def facts(kind: str, **given: Any) -> LetterFacts:
    body = {
        "order_id": "1042",
        "kind": kind,
        "customer_name": "Ada Lovelace",
        "locale": "en_US",
        "shop_name": "The Widget Shop",
        "time_zone": "Europe/Berlin",
        "lines": LINES,
        "at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
        "view_url": "https://shop.example/o?a=1&b=2",
    }
    return LetterFacts.model_validate(body | given)


def letter(kind: str, **given: Any) -> Letter:
    return Letters().render(facts(kind, **given))


class Reader(HTMLParser):
    """Reads a page as people do: its words, the ends of its links, and the tags it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._silent = tag in {"style", "title"}
        self.words.extend(unescape(value or "") for name, value in attrs if name == "href")

    def handle_endtag(self, tag: str) -> None:
        self._silent = self._silent and tag not in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def buttons(written: Letter) -> list[str]:
    """Where the buttons lead to: the links that are drawn as a block."""
    links = re.findall(r"<a [^>]*inline-block[^>]*>", written.html)
    return [unescape(link.split('href="')[1].split('"')[0]) for link in links]


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
    (
        "payment_problem",
        {"amount": PRICE},
        "Order 1042 is ready, but the payment did not go through",
        ("Waiting for payment", "$1,234.50", "another way to pay"),
    ),
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


ASKING: list[tuple[str, dict[str, Any]]] = [
    ("choice", {"waiting": REST, "promised_on": SHIP_DAY, "answer_by": ANSWER_BY}),
    ("choice", {"waiting": REST}),
    ("payment_problem", {"amount": PRICE, "answer_by": ANSWER_BY}),
    ("payment_problem", {"amount": PRICE}),
    ("payment_problem", {"amount": PRICE, "sent": True}),
    ("payment_authentication", {"amount": PRICE, "answer_by": ANSWER_BY}),
    ("payment_authentication", {"amount": PRICE}),
    ("payment_authentication", {"amount": PRICE, "sent": True}),
    ("address_problem", {"address": ADDRESS}),
    ("address_problem", {}),
]
WRITTEN = [
    *((kind, given) for kind, given, _, _ in SAID),
    *ASKING,
    *((kind, {**given, "page_url": PAGE}) for kind, given in ASKING),
    ("shipped", {**PARCEL, "need_by": date(2026, 3, 2)}),
]


@pytest.mark.parametrize(("kind", "given"), WRITTEN)
def test_every_line_of_the_text_stands_in_the_html_too(kind: str, given: dict[str, Any]) -> None:
    written = letter(kind, **given)

    seen = Reader(written.html).text
    for line in filter(None, map(str.strip, written.text.splitlines()[:-1])):
        label, _, value = line.partition(": ")
        in_html = f"{value} {label}" if value.startswith("https:") else f"{label} {value}"
        assert line in seen or in_html in seen
    assert "None" not in written.subject + written.text + seen


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


def test_a_template_of_several_lines_still_makes_one_subject(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "shipped"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("On its way:\n{{ facts.order_id }}\n")

    assert Letters(tmp_path).render(facts("shipped")).subject == "On its way: 1042"


def test_the_shops_own_folder_overrides_one_file_and_leaves_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "update"
    folder.mkdir(parents=True)
    (folder / "body.txt").write_text("Ahoy {{ name }}, {{ facts.order_id }}!")

    written = Letters(tmp_path).render(facts("update"))

    assert written.text == "Ahoy Ada, 1042!\n"
    assert "Hello Ada" in Reader(written.html).text
    assert written.subject == "Order 1042: still awaiting inventory"


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
