"""One order as the database last told it: what the rules and the status read."""

from datetime import date, datetime
from enum import StrEnum

from domain.cancellation import Reason
from domain.decision import Decision
from domain.model import Instant, Model
from domain.money import Money
from domain.notices import Kind
from domain.order import Fulfilment, Timing
from domain.policy import Policy
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
    promised_on: date | None = None
    queue_position: int | None = None

    @property
    def kept(self) -> int:
        return self.ordered - self.cancelled

    @property
    def open(self) -> int:
        return self.backordered + self.allocated + self.claimed


class ParcelStage(StrEnum):
    CLAIMED = "claimed"
    AUTHORISED = "authorised"
    LABELLED = "labelled"
    SHIPPED = "shipped"
    UNPAID = "unpaid"
    UNDONE = "undone"


class ParcelLine(Model):
    sku: str
    quantity: int


class ParcelState(Model):
    """One parcel and how far it has come; amounts in minor units."""

    number: int
    stage: ParcelStage
    lines: tuple[ParcelLine, ...]
    amount_minor: int
    authorisation: str | None = None
    """The provider's reference of the money that is held for it."""
    authorised_until: Instant | None = None
    money_held: bool = False
    declined_at: Instant | None = None
    declines: int = 0
    final_decline: bool = False
    new_method: bool = False
    label_unknown: bool = False
    carrier: str | None = None
    service: str | None = None
    tracking: str | None = None
    shipped_at: Instant | None = None
    estimated_delivery: date | None = None
    label_url: str | None = None

    @property
    def undoable(self) -> bool:
        """Before the point of no return: its label is not bought."""
        return self.stage in {ParcelStage.CLAIMED, ParcelStage.AUTHORISED}

    @property
    def in_progress(self) -> bool:
        return self.undoable or self.stage is ParcelStage.LABELLED

    @property
    def sent(self) -> bool:
        return self.stage in {ParcelStage.LABELLED, ParcelStage.SHIPPED, ParcelStage.UNPAID}


class PaymentKind(StrEnum):
    AUTHORISE = "authorise"
    CAPTURE = "capture"
    VOID = "void"
    CHARGE = "charge"
    REFUND = "refund"


class PaymentState(Model):
    kind: PaymentKind
    amount_minor: int
    currency: str
    at: Instant
    reference: str | None = None


class Attempt(Model):
    """One call to the payment provider, under its key; stored before it is made."""

    key: str
    order_id: str
    parcel: int
    kind: PaymentKind
    amount_minor: int
    currency: str
    method: str
    reference: str | None = None


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
    """A gateway was out of reach: its step is tried again at `retry_at`, and everything else goes on."""

    what: str
    failures: int
    retry_at: Instant


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
    terms: Policy = Policy()
    decision: Decision | None = None
    lines: tuple[LineState, ...] = ()
    parcels: tuple[ParcelState, ...] = ()
    payments: tuple[PaymentState, ...] = ()
    charge_unknown: bool = False
    started: tuple[Attempt, ...] = ()
    """Calls to the payment provider that are stored, and not answered yet."""
    rests: tuple[Rest, ...] = ()
    notices: tuple[NoticeState, ...] = ()
    cancellations: tuple[CancelledUnits, ...] = ()
    unreadable: int = 0

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
    def expected_on(self) -> date | None:
        """When the last of its units is expected, if every waiting line has a date."""
        dates = [line.promised_on for line in self.lines if line.backordered]
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
        unpaid = sum(parcel.amount_minor for parcel in self.parcels if parcel.stage is ParcelStage.UNPAID)
        return Money(minor=unpaid, currency=self.currency)

    @property
    def refund_due(self) -> Money:
        """At order: what was charged, less what was refunded, less what the kept units are worth.

        `shipping_minor` is kept with the first kept unit and goes back when nothing ships.
        """
        if self.timing is not Timing.AT_ORDER:
            return Money(minor=0, currency=self.currency)
        rejected = self.status is Status.REJECTED
        goods = sum(line.kept * line.unit_price_minor for line in self.lines)
        shipping = self.shipping_minor if any(line.kept for line in self.lines) else 0
        keep = 0 if rejected else goods + shipping
        return Money(minor=max(0, self.charged.minor - self.refunded.minor - keep), currency=self.currency)

    def resting(self, what: str, now: datetime) -> bool:
        return any(rest.what == what and rest.retry_at > now for rest in self.rests)

    def told(self, kind: Kind, occasion: str | None = None) -> bool:
        return any(n.kind == kind and occasion in {None, n.occasion} for n in self.notices)


class Outcome(Model):
    """How every unit and every cent of an order ended."""

    order_id: str
    status: Status
    units_ordered: int
    units_shipped: int
    units_cancelled: int
    charged_minor: int
    refunded_minor: int
    unpaid_minor: int
    currency: str
    parcels: int
    ended_at: Instant | None


def outcome(state: OrderState, ended_at: datetime | None = None) -> Outcome:
    return Outcome(
        order_id=state.order_id,
        status=state.status,
        units_ordered=sum(line.ordered for line in state.lines),
        units_shipped=state.shipped_units,
        units_cancelled=state.cancelled_units,
        charged_minor=state.charged.minor,
        refunded_minor=state.refunded.minor,
        unpaid_minor=state.unpaid.minor,
        currency=state.currency,
        parcels=sum(parcel.sent for parcel in state.parcels),
        ended_at=ended_at or state.ended_at,
    )
