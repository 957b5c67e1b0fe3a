"""Carriers in the trade's words; every provider of labels speaks this protocol."""

from datetime import date
from typing import Protocol

from domain.model import Instant, Model
from domain.money import Money
from domain.order import Address


class ParcelSpec(Model):
    """Parcel `number` of an order: where it goes, how many units, what they weigh and are worth."""

    order_id: str
    number: int
    ship_to: Address
    units: int
    weight_grams: int
    value: Money


class Rate(Model):
    """One carrier's offer: the cost of the label, and the days it takes."""

    carrier: str
    service: str
    cost: Money
    days: int
    estimated_delivery: date


class Label(Model):
    """A label that was bought; `label_url` is the document for the warehouse."""

    key: str
    label_id: str
    carrier: str
    service: str
    tracking: str
    cost: Money
    estimated_delivery: date
    label_url: str


class AddressRefused(Model):
    """No carrier delivers there; the customer has to correct the address, which `message` does not repeat."""

    message: str


class Tracked(Model):
    """Where a parcel is, in the carrier's own word (`in_transit`, `delivered` …)."""

    status: str
    estimated_delivery: date | None
    at: Instant | None


class Carrier(Protocol):
    """Purchases and voids are idempotent by their key; the body of a purchase is its parcel and service, not `at`.

    Raises:
        GatewayUnavailable: nothing happened.
        OutcomeUnknown: it may have happened; `find` tells.
        PermanentRefusal: it never will; `code` says why.
    """

    async def rates(self, key: str, spec: ParcelSpec, at: Instant) -> tuple[Rate, ...] | AddressRefused:
        """What the carriers offer for the purchase under `key`, the cheapest first."""
        ...

    async def buy(self, key: str, spec: ParcelSpec, rate: Rate, at: Instant) -> Label | AddressRefused:
        """Buy the label once; a key whose label was voided is refused (`label_voided`)."""
        ...

    async def find(self, key: str) -> Label | None:
        """The label bought under this key; None: never bought, or voided."""
        ...

    async def void(self, key: str, at: Instant) -> None:
        """Give the label back; doing it again, or without a label, changes nothing."""
        ...

    async def track(self, carrier: str, tracking: str, at: Instant) -> Tracked | None:
        """How far a parcel has come; None: the carrier does not know it yet."""
        ...
