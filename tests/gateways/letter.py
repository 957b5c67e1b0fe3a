"""Letters rendered, and read as their customers read them."""

import re
from datetime import UTC, date, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any

from domain.money import Money
from gateways.letters import Letter, Letters
from gateways.letters_facts import LetterFacts, LetterLine

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
    """Reads a page as people do: its words, each link's end behind its words, and the tags it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.language = ""
        self._link = ""
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self._silent = tag in {"style", "title"} or given.get("style", "").startswith("display:none")
        self._link = given.get("href", "")
        self.language = given.get("lang", "") if tag == "html" else self.language

    def handle_endtag(self, tag: str) -> None:
        self._silent = False
        if tag == "a":
            self.words.append(unescape(self._link))

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

CANCEL = "https://shop.example/o/signed#cancel"
BEFORE, LATER = date(2026, 3, 10), date(2026, 4, 3)
DELAY: dict[str, Any] = {"deadline": BEFORE, "page_url": PAGE, "cancel_url": CANCEL}
OPTION = DELAY | {"promised_on": SHIP_DAY, "silence": "keeps", "law": "ftc", "why": "supplier_delay"}
NO_DATE = DELAY | {"silence": "cancels", "law": "ftc", "why": "not_known", "answer_by": LATER}
RENEWED = DELAY | {"promised_on": LATER, "silence": "cancels", "law": "ftc", "answer_by": BEFORE}
EU = DELAY | {
    "page_url": None,
    "promised_on": SHIP_DAY,
    "silence": "nothing",
    "law": "eu",
    "why": "supply_cancelled",
}
AWAITED: dict[str, Any] = {
    "answer_by": ANSWER_BY,
    "silence": "cancels",
    "page_url": PAGE,
    "cancel_url": CANCEL,
}
"""What an option notice still waits for."""

SAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("confirmation", {"backordered": True, "promised_on": SHIP_DAY, "cancel_url": CANCEL}),
    ("confirmation", {"backordered": True, "customer_name": ""}),
    ("confirmation", {}),
    ("update", {"cancel_url": CANCEL}),
    ("update", {"eta": SHIP_DAY, "promised_on": LATER, "cancel_url": CANCEL}),
    ("update", AWAITED),
    ("update", AWAITED | {"eta": SHIP_DAY, "promised_on": LATER, "page_url": None}),
    ("update", {"eta": SHIP_DAY, "promised_on": LATER, "ends_on": LATER}),
    ("promise_moved", {"was_promised_on": BEFORE, "promised_on": SHIP_DAY, "cancel_url": CANCEL}),
    ("promise_moved", {"was_promised_on": LATER, "promised_on": SHIP_DAY, "charged": True, "law": "eu"}),
    ("promise_moved", {"was_promised_on": SHIP_DAY}),
    ("promise_moved", {"promised_on": SHIP_DAY}),
    ("promise_moved", AWAITED | {"was_promised_on": BEFORE, "promised_on": SHIP_DAY}),
    ("delay_option", OPTION),
    ("delay_option", OPTION | {"charged": True, "was_promised_on": LATER}),
    ("delay_option", NO_DATE),
    ("delay_option", EU),
    ("delay_option", EU | {"promised_on": None, "charged": True}),
    ("delay_renewed", RENEWED | {"charged": True}),
    ("delay_renewed", NO_DATE | {"page_url": None}),
    ("delay_renewed", EU | {"charged": True}),
    *((kind, given | {"page_url": PAGE, "cancel_url": CANCEL}) for kind, given in ASKING),
    *ASKING,
    ("stale_warning", {"ends_on": LATER, "cancel_url": CANCEL}),
    ("stale_warning", {"charged": True}),
    ("stale_warning", {"ends_on": LATER, "page_url": PAGE, "cancel_url": CANCEL}),
    ("shipped", PARCEL | {"charged": True}),
    ("shipped", PARCEL | {"need_by": BEFORE, "lines": LINES + REST}),
    ("shipped", PARCEL | {"charged": True, "waiting": REST}),
    ("cancelled", {"reason": "too_slow"}),
    ("cancelled", {"reason": "changed_mind", "waiting": REST}),
    ("cancelled", {"reason": "discontinued", "waiting": REST}),
    ("cancelled", {"reason": "stale", "amount": PRICE, "charged": True}),
    ("cancelled", {"reason": "delay_not_accepted", "charged": True}),
    ("refunded", {"amount": PRICE}),
]
"""Each kind with the facts that it may have, the usual ones first; all of them are told."""
