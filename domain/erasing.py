"""Erasing a customer: what of an order tells of a person, and what stands in its place, so that the books keep adding up."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from domain.order import Address, Order

ERASED = "erased"
ERASED_EMAIL = "erased@erased.invalid"
"""No mail can go there: RFC 2606 keeps `.invalid` for that."""

_PERSONAL = {"name", "street", "city", "region", "postal_code", "phone", "method", "note", "label_url"}
"""Fields that hold nothing but what is a person's own."""

_BY = {"requested_by", "answered_by", "by"}

_SHORTEST = 3
"""What is shorter would be found everywhere."""


def without_customer(order: Order, pseudonym: str) -> Order:
    """The order as the books need it."""
    customer = {"customer_id": pseudonym, "name": ERASED, "email": ERASED_EMAIL}
    return order.model_copy(
        update={
            "customer": order.customer.model_copy(update=customer),
            "ship_to": somewhere_in(order.ship_to.country),
            "payment": order.payment.model_copy(update={"method": ERASED}),
        }
    )


def somewhere_in(country: str) -> Address:
    """An address of which only its country is left: laws and taxes go by it."""
    return Address(name=ERASED, street=ERASED, city=ERASED, country=country)


@dataclass(frozen=True)
class Traces:
    """Finds what tells of a customer, in what was written about the orders.

    `words` are their names, addresses and ids; `pseudonym` stands for the id where it has a field of its own.
    """

    words: tuple[str, ...]
    pseudonym: str

    @classmethod
    def of(cls, names: Iterable[str], others: Iterable[str], pseudonym: str) -> Self:
        """From a customer's names, whose parts tell of them too, and their other texts."""
        known = list(names)
        parts = [part for name in known for part in name.split()]
        words = {word for word in (*known, *parts, *others) if len(word) >= _SHORTEST}
        return cls(tuple(sorted(words, key=lambda word: (-len(word), word))), pseudonym)

    def out_of(self, value: Any, field: str = "") -> Any:
        """The same JSON without them; codes and ids of other things stay as they are."""
        if isinstance(value, dict):
            return {name: self.out_of(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [self.out_of(part, field) for part in value]
        return self._out_of_field(value, field) if isinstance(value, str) and value else value

    def out_of_text(self, text: str) -> str:
        """What somebody wrote, without them."""
        found = "|".join(re.escape(word) for word in self.words)
        return re.sub(rf"(?<!\w)(?:{found})(?!\w)", ERASED, text, flags=re.IGNORECASE) if found else text

    def _out_of_field(self, value: str, field: str) -> str:
        own = {"customer_id": self.pseudonym, "email": ERASED_EMAIL} | dict.fromkeys(_PERSONAL, ERASED)
        if field in own:
            return own[field]
        is_text = field in _BY or "@" in value or " " in value
        return self.out_of_text(value) if is_text else value
