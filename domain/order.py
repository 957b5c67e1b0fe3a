"""The order as the shop's order system sends it."""

import hashlib
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.model import Currency, Id, Instant, Line, StrictModel, items
from domain.money import Money

Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
Minor = Annotated[int, Field(ge=0, le=10_000_000_000)]


class Tier(StrEnum):
    STANDARD = "standard"
    VIP = "vip"
    WHOLESALE = "wholesale"


class Fulfilment(StrEnum):
    SPLIT = "split"
    TOGETHER = "together"
    ASK = "ask"


class Timing(StrEnum):
    AT_ORDER = "at_order"
    AT_SHIPMENT = "at_shipment"


Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s<>,;\"]+@[^@\s<>,;\"]+$")]
"""One address that can stand in a header."""


class Customer(StrictModel):
    customer_id: Id
    name: Line = ""
    email: Email
    tier: Tier = Tier.STANDARD
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$")] = "en_US"


class Address(StrictModel):
    name: Line
    street: Line
    city: Line
    region: Line = ""
    postal_code: Line = ""
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]

    @property
    def written(self) -> tuple[str, ...]:
        """As on an envelope."""
        place = " ".join(part for part in (self.city, self.region, self.postal_code) if part)
        return (self.name, self.street, place, self.country)


class OrderLine(StrictModel):
    sku: Id
    title: Line = ""
    quantity: Quantity
    unit_price_minor: Minor


class Payment(StrictModel):
    timing: Timing | None = None
    method: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^\S+$")]


class Order(StrictModel):
    """What a customer bought: 1 to 100 lines, each SKU once; prices final per unit in minor units."""

    order_id: Id
    placed_at: Instant
    customer: Customer
    ship_to: Address
    currency: Currency
    lines: Annotated[tuple[OrderLine, ...], items(100)]
    payment: Payment
    fulfilment: Fulfilment | None = None
    expedited: bool = False
    need_by: date | None = None
    shipping_minor: Minor = 0
    promised_on: date | None = None
    special_request: bool = False

    @model_validator(mode="after")
    def _each_sku_once(self) -> Self:
        skus = [line.sku for line in self.lines]
        if len(set(skus)) != len(skus):
            raise ValueError("lines: a SKU stands in one line only")
        return self

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def skus(self) -> tuple[str, ...]:
        return tuple(sorted(line.sku for line in self.lines))

    @property
    def value(self) -> Money:
        """All units at their prices, plus shipping."""
        goods = sum(line.quantity * line.unit_price_minor for line in self.lines)
        return Money(minor=goods + self.shipping_minor, currency=self.currency)

    def digest(self) -> str:
        """The same for the same order however its JSON was written."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]
