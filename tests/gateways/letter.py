"""Letters rendered, and read as their customers read them."""

import re
from datetime import UTC, date, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any

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
