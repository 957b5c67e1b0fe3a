"""What the order system is told of: the events' types and what each of them says. Nothing in them is personal."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.cancellation import Reason
from domain.decision import DecisionLine
from domain.model import Instant, Model
from domain.notices import Kind
from domain.parcel import ParcelLine
from domain.queue import Priority


class EventType(StrEnum):
    """Every event's `type`."""

    BACKORDERED = "order.backordered"
    PROMISE_CHANGED = "order.promise_changed"
    PARCEL_SHIPPED = "order.parcel_shipped"
    CANCELLED = "order.cancelled"
    PAYMENT_HOLD = "order.payment_hold"
    COMPLETED = "order.completed"
    HANDED_OUT = "stock.handed_out"


class Backordered(Model):
    """An order was accepted, and stock does not cover all of it."""

    order_id: str
    priority: Priority
    placed_at: Instant
    promised_on: date | None
    lines: tuple[DecisionLine, ...]


class PromiseChanged(Model):
    """The customer was told another date than before; null: that none is known."""

    order_id: str
    was_promised_on: date | None
    promised_on: date | None
    told_by: Kind


class ParcelShipped(Model):
    """A parcel left."""

    order_id: str
    parcel: int
    carrier: str
    service: str
    tracking: str
    estimated_delivery: date | None
    lines: tuple[ParcelLine, ...]


class Cancelled(Model):
    """Units were cancelled; `whole`: nothing of the order is left, and nothing of it ever shipped."""

    order_id: str
    cancellation_id: str
    reason: Reason
    lines: tuple[ParcelLine, ...]
    whole: bool
    refunded_minor: int
    currency: str


class UnpaidParcel(Model):
    parcel: int
    amount_minor: int
    left: bool
    """It is on its way already."""


class PaymentHold(Model):
    """The customer has to give another payment method before the order goes on."""

    order_id: str
    parcels: tuple[UnpaidParcel, ...]
    currency: str


class Completed(Model):
    """Every unit is shipped or cancelled, at least one shipped, and the money is settled."""

    order_id: str
    shipped: int
    cancelled: int
    charged_minor: int
    refunded_minor: int
    currency: str


class Share(Model):
    order_id: str
    units: int


class HandedOut(Model):
    """Units of a SKU went to orders that waited for them; `orders` lists the first of them in their queue."""

    sku: str
    cause: str
    units: int
    order_count: int
    orders: tuple[Share, ...]


SHARES_LISTED = 100

_RETRY_AFTER: Sequence[timedelta] = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""A bit more than a day: whoever looks once a day finds a receiver that is down before its events are given up."""

LEASE = timedelta(seconds=60)
"""For how long an event is its sender's alone; much longer than one try may take."""

KEPT = timedelta(days=90)
"""How long events are kept."""

UNHEARD = timedelta(days=1)
"""How old an event may get while no webhook is set; then it is set aside."""


def next_try(tries: int, now: datetime) -> datetime | None:
    """When an event is sent again that failed this often; None: it is given up."""
    return now + _RETRY_AFTER[tries - 1] if tries <= len(_RETRY_AFTER) else None
