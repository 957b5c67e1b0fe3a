"""What the order system hears of an order: each written by the transaction in which it happened, from what that has read."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from domain.cancellation import Cancellation
from domain.events import (
    Backordered,
    Cancelled,
    Completed,
    EventType,
    ParcelShipped,
    PaymentHold,
    PromiseChanged,
    UnpaidParcel,
)
from domain.parcel import ParcelLine
from domain.state import OrderState
from domain.status import Status
from store import events, keys

if TYPE_CHECKING:
    from store.notices import Telling  # it tells us


def accepted(session: Session, order: Row[Any]) -> None:
    """A backorder was accepted; of an order that stock covers nothing is told."""
    if not order.backordered:
        return
    says = Backordered(
        order_id=order.order_id,
        priority=order.priority,
        placed_at=order.placed_at,
        promised_on=order.promised_on,
        lines=order.decision["lines"],
    )
    event_id = keys.event_backordered(order.order_id, order.lives)
    events.write(session, event_id, EventType.BACKORDERED, order.order_id, order.accepted_at, says)


def promise_changed(session: Session, order: Row[Any], promised_on: date | None, telling: "Telling") -> None:
    """`order`: as it was before its customer was told this date."""
    if promised_on == order.promised_on:
        return
    says = PromiseChanged(
        order_id=order.order_id,
        was_promised_on=order.promised_on,
        promised_on=promised_on,
        told_by=telling.kind,
    )
    event_id = keys.event_promise_changed(order.order_id, telling.kind, telling.occasion)
    events.write(session, event_id, EventType.PROMISE_CHANGED, order.order_id, telling.at, says)


def parcel_shipped(session: Session, parcel: Row[Any], label: Mapping[str, Any], at: datetime) -> None:
    """`label`: what became known of it only now."""
    known = {**parcel._asdict(), **label}
    says = ParcelShipped(
        order_id=parcel.order_id,
        parcel=parcel.number,
        carrier=known["carrier"],
        service=known["service"],
        tracking=known["tracking"],
        estimated_delivery=known["estimated_delivery"],
        lines=parcel.lines,
    )
    event_id = keys.event_parcel_shipped(parcel.order_id, parcel.number)
    events.write(session, event_id, EventType.PARCEL_SHIPPED, parcel.order_id, at, says)


def cancelled(
    session: Session,
    order: OrderState,
    wish: Cancellation,
    units: Mapping[str, int],
    *,
    whole: bool,
    at: datetime,
    refunded_minor: int = 0,
) -> None:
    """`wish`: with the id that it got; `units`: what was cancelled, by SKU."""
    cancellation_id = wish.cancellation_id or ""
    says = Cancelled(
        order_id=order.order_id,
        cancellation_id=cancellation_id,
        reason=wish.reason,
        lines=tuple(ParcelLine(sku=sku, quantity=quantity) for sku, quantity in units.items() if quantity),
        whole=whole,
        refunded_minor=refunded_minor,
        currency=order.currency,
    )
    event_id = keys.event_cancelled(cancellation_id)
    events.write(session, event_id, EventType.CANCELLED, order.order_id, at, says)


def settled(session: Session, before: OrderState, after: OrderState, lives: int, at: datetime) -> None:
    """An order's status changed, or it ended."""
    if after.status is Status.PAYMENT_HOLD and before.status is not Status.PAYMENT_HOLD:
        _payment_hold(session, after, at)
    if after.status is Status.COMPLETED and before.ended_at is None:
        _completed(session, after, lives, at)


def _payment_hold(session: Session, order: OrderState, at: datetime) -> None:
    parcels = tuple(
        UnpaidParcel(parcel=parcel.number, amount_minor=parcel.amount_minor, left=parcel.sent)
        for parcel in order.parcels
        if parcel.payment_wanted
    )
    says = PaymentHold(order_id=order.order_id, parcels=parcels, currency=order.currency)
    event_id = keys.event_payment_hold(order.order_id, at)
    events.write(session, event_id, EventType.PAYMENT_HOLD, order.order_id, at, says)


def _completed(session: Session, order: OrderState, lives: int, at: datetime) -> None:
    says = Completed(
        order_id=order.order_id,
        shipped=order.shipped_units,
        cancelled=order.cancelled_units,
        charged_minor=order.charged.minor,
        refunded_minor=order.refunded.minor,
        currency=order.currency,
    )
    event_id = keys.event_completed(order.order_id, lives)
    events.write(session, event_id, EventType.COMPLETED, order.order_id, at, says)
