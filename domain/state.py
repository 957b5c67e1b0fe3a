"""One order as the database last told it: what the rules and the status read."""

from datetime import date, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import PlainValidator
from pydantic_core import to_json

from domain.cancellation import Reason
from domain.decision import Decision
from domain.delays import Delay
from domain.model import Instant, Model
from domain.money import Money
from domain.notices import Kind
from domain.order import Fulfilment, Timing
from domain.parcel import ParcelStage, ParcelState
from domain.payment import Attempt, PaymentKind, PaymentState
from domain.policy import Law, Policy
from domain.queue import Priority
from domain.status import Status


class LineState(Model):
    """Units of one line; `ordered = backordered + allocated + claimed + shipped + cancelled`."""

    sku: str
    title: str
    ordered: int
    backordered: int = 0
    allocated: int = 0
    claimed: int = 0
    shipped: int = 0
    cancelled: int = 0
    unit_price_minor: int = 0
    may_split: bool = True
    promised_on: date | None = None
    release_on: date | None = None
    given_up: int = 0
    queue_position: int | None = None

    @property
    def waits(self) -> bool:
        """Units lack, or are here before their release."""
        return self.backordered > 0 or (self.allocated > 0 and self.release_on is not None)

    @property
    def kept(self) -> int:
        return self.ordered - self.cancelled

    @property
    def open(self) -> int:
        return self.backordered + self.allocated + self.claimed


class NoticeState(Model):
    kind: Kind
    occasion: str
    at: Instant
    delivered: bool = True


class CancelledUnits(Model):
    """A cancellation that took units."""

    cancellation_id: str
    reason: Reason
    units: int


class Next(Model):
    what: str
    at: Instant | None = None


class Rest(Model):
    """A gateway was out of reach: its step is tried again at `retry_at`, and everything else goes on.

    `refused`: it answered, and will not do it; operations must look, and it is asked once a day.
    """

    what: str
    failures: int
    retry_at: Instant
    refused: str | None = None


class Held(Model):
    """Operations stopped the order: nothing of it ships."""

    by: str
    reason: str
    at: Instant


def terms_of(stored: object) -> Policy:
    """One object for equal terms: a worker remembers thousands of orders, and most wait under the same."""
    return stored if isinstance(stored, Policy) else _read(to_json(stored))


@lru_cache(maxsize=1_000)
def _read(text: bytes) -> Policy:
    return Policy.model_validate_json(text)


Terms = Annotated[Policy, PlainValidator(terms_of)]


class OrderState(Model):
    """Everything the rules need of one order."""

    order_id: str
    customer_id: str = ""
    status: Status
    placed_at: Instant
    asked_at: Instant
    accepted_at: Instant | None = None
    ended_at: Instant | None = None
    time_zone: str = "UTC"
    currency: str = "USD"
    timing: Timing = Timing.AT_SHIPMENT
    fulfilment: Fulfilment = Fulfilment.SPLIT
    shipping_minor: int = 0
    priority: Priority = Priority.STANDARD
    promised_on: date | None = None
    original_promised_on: date | None = None
    terms: Terms = Policy()
    decision: Decision | None = None
    lines: tuple[LineState, ...] = ()
    parcels: tuple[ParcelState, ...] = ()
    payments: tuple[PaymentState, ...] = ()
    disputes: tuple[PaymentState, ...] = ()
    charge_unknown: bool = False
    started: tuple[Attempt, ...] = ()
    """Calls to the payment provider that are stored, and not answered yet."""
    rests: tuple[Rest, ...] = ()
    notices: tuple[NoticeState, ...] = ()
    cancellations: tuple[CancelledUnits, ...] = ()
    unreadable: int = 0
    edition: int = 1
    """Which rules it was read for: states of earlier releases stand in histories, and are replayed by theirs."""
    law: Law = Law.NONE
    delays: tuple[Delay, ...] = ()
    held: Held | None = None
    law_hold_until: Instant | None = None
    """A legal deadline passed unseen: operations may look, and then the law's default applies. Stock that comes ships."""
    kept_at: Instant | None = None
    """When somebody last said that it shall go on waiting."""
    paused: bool = False
    """The shop ships nothing for now."""
    extra_days: int = 0

    @property
    def open_units(self) -> int:
        return sum(line.open for line in self.lines)

    @property
    def shipped_units(self) -> int:
        return sum(line.shipped for line in self.lines)

    @property
    def cancelled_units(self) -> int:
        return sum(line.cancelled for line in self.lines)

    @property
    def backordered_units(self) -> int:
        return sum(line.backordered for line in self.lines)

    @property
    def allocated_units(self) -> int:
        return sum(line.allocated for line in self.lines)

    @property
    def parcel(self) -> ParcelState | None:
        """The parcel in progress; there is at most one."""
        return next((parcel for parcel in self.parcels if parcel.in_progress), None)

    @property
    def waits_for_a_date(self) -> bool:
        """Units lack, or may not leave yet."""
        return any(line.waits for line in self.lines)

    @property
    def expected_on(self) -> date | None:
        """When the last of its units can ship, if every line that waits has a date."""
        dates = [line.promised_on for line in self.lines if line.waits]
        return max((day for day in dates if day), default=None) if all(dates) else None

    def call(self, kind: PaymentKind, parcel: int) -> Attempt | None:
        """The call that this parcel waits to have made, or answered."""
        return next((one for one in self.started if (one.kind, one.parcel) == (kind, parcel)), None)

    def paid(self, kind: PaymentKind) -> int:
        return sum(payment.amount_minor for payment in self.payments if payment.kind is kind)

    @property
    def charged(self) -> Money:
        """All that was taken: charges at order and captures at shipment."""
        return Money(
            minor=self.paid(PaymentKind.CHARGE) + self.paid(PaymentKind.CAPTURE), currency=self.currency
        )

    @property
    def refunded(self) -> Money:
        return Money(minor=self.paid(PaymentKind.REFUND), currency=self.currency)

    @property
    def unpaid(self) -> Money:
        """All that was sent and never taken by the provider, settled or not."""
        unpaid = sum(parcel.amount_minor for parcel in self.parcels if parcel.stage is ParcelStage.UNPAID)
        return Money(minor=unpaid, currency=self.currency)

    @property
    def goods(self) -> Money:
        """What the units that are not cancelled are worth."""
        goods = sum(line.kept * line.unit_price_minor for line in self.lines)
        return Money(minor=goods, currency=self.currency)

    @property
    def refund_due(self) -> Money:
        """At order: what was charged, less what was refunded, less what the kept units are worth.

        `shipping_minor` is kept with the first kept unit and goes back when nothing ships.
        """
        if self.timing is not Timing.AT_ORDER:
            return Money(minor=0, currency=self.currency)
        rejected = self.status is Status.REJECTED
        shipping = self.shipping_minor if any(line.kept for line in self.lines) else 0
        keep = 0 if rejected else self.goods.minor + shipping
        return Money(minor=max(0, self.charged.minor - self.refunded.minor - keep), currency=self.currency)

    def resting(self, what: str, now: datetime) -> bool:
        return any(rest.what == what and rest.retry_at > now for rest in self.rests)

    def told(self, kind: Kind, occasion: str | None = None) -> bool:
        return any(n.kind == kind and occasion in {None, n.occasion} for n in self.notices)
