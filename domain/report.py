"""One order for whoever asks: the contract's `Status`."""

from datetime import date, datetime

from domain import life
from domain.model import Instant, Model
from domain.parcel import ParcelStage, ParcelState
from domain.payment import PaymentKind, PaymentState
from domain.state import Held, LineState, Next, NoticeState, OrderState
from domain.status import Status as OrderStatus


class StatusLine(Model):
    sku: str
    title: str
    ordered: int
    backordered: int
    allocated: int
    claimed: int
    shipped: int
    cancelled: int
    queue_position: int | None = None


class StatusParcelLine(Model):
    sku: str
    quantity: int


class StatusParcel(Model):
    number: int
    carrier: str | None
    service: str | None
    tracking: str | None
    shipped_at: Instant | None
    estimated_delivery: date | None
    lines: tuple[StatusParcelLine, ...]
    label_url: str | None


class StatusPayment(Model):
    kind: PaymentKind
    amount_minor: int
    currency: str
    at: Instant
    reference: str | None


class StatusNotice(Model):
    kind: str
    at: Instant
    delivered: bool


class Status(Model):
    """How an order stands `as_of` a moment."""

    order_id: str
    as_of: Instant
    status: OrderStatus
    placed_at: Instant
    priority: str
    promised_on: date | None
    original_promised_on: date | None
    lines: tuple[StatusLine, ...]
    parcels: tuple[StatusParcel, ...]
    payments: tuple[StatusPayment, ...]
    unpaid_minor: int = 0
    """What left, was never taken, and is not settled."""
    currency: str = ""
    disputes: tuple[StatusPayment, ...] = ()
    refused: tuple[str, ...] = ()
    """Steps that a gateway refuses: a person must look."""
    held: Held | None = None
    """Why operations stopped it, and who."""
    law_hold_until: Instant | None = None
    """A legal deadline passed unseen; the law's default applies then."""
    paused: bool = False
    """The whole shop ships nothing for now."""
    notices: tuple[StatusNotice, ...]
    next: Next | None
    cancellable: bool
    unreadable: int = 0


def status_report(state: OrderState, as_of: datetime, places: dict[str, int | None] | None = None) -> Status:
    """The status that a state adds up to."""
    return Status(
        order_id=state.order_id,
        as_of=as_of,
        status=state.status,
        placed_at=state.placed_at,
        priority=state.priority,
        promised_on=state.promised_on,
        original_promised_on=state.original_promised_on,
        lines=tuple(_line(line, (places or {}).get(line.sku)) for line in state.lines),
        parcels=tuple(_parcel(parcel) for parcel in state.parcels if _shown(parcel)),
        payments=tuple(_payments(state)),
        unpaid_minor=sum(parcel.amount_minor for parcel in state.parcels if parcel.owed),
        currency=state.currency,
        disputes=tuple(_payment(dispute) for dispute in state.disputes),
        refused=tuple(f"{rest.what}: {rest.refused}" for rest in state.rests if rest.refused),
        held=state.held,
        law_hold_until=state.law_hold_until,
        paused=state.paused,
        notices=tuple(_notice(notice) for notice in state.notices),
        next=_next(state, as_of),
        cancellable=state.status.open and any(_cancellable(state)),
        unreadable=state.unreadable,
    )


def _line(line: LineState, place: int | None) -> StatusLine:
    return StatusLine.model_validate({**line.model_dump(), "queue_position": place})


def _shown(parcel: ParcelState) -> bool:
    """One whose label the warehouse may need, or that has left."""
    return parcel.sent or parcel.stage is ParcelStage.READY


def _parcel(parcel: ParcelState) -> StatusParcel:
    return StatusParcel.model_validate(parcel.model_dump())


def _payments(state: OrderState) -> list[StatusPayment]:
    return [_payment(payment) for payment in state.payments if payment.kind.moves_money]


def _payment(payment: PaymentState) -> StatusPayment:
    return StatusPayment.model_validate(payment.model_dump())


def _notice(notice: NoticeState) -> StatusNotice:
    return StatusNotice.model_validate(notice.model_dump())


def _next(state: OrderState, as_of: datetime) -> Next | None:
    if not state.status.open:
        return None
    wait = life.next_wait(state, as_of)
    return Next(what=wait.what, at=wait.until)


def _cancellable(state: OrderState) -> list[bool]:
    undoable = state.parcel is None or state.parcel.undoable
    return [bool(line.backordered or line.allocated or (line.claimed and undoable)) for line in state.lines]
