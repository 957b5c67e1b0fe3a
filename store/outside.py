"""What happened to money at the provider without us: disputes, refunds made in its dashboard, refunds that came back."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.payment import OutsideEvent, OutsideKind, PaymentKind
from store import orders
from store.life_tables import PaymentRow
from store.once import insert_once
from store.payments import FAILED

OPEN = "open"


def record(session: Session, event: OutsideEvent) -> str | None:
    """Write it on its order, once; the order's id, None when no order of ours is meant."""
    order_id = _order_of(session, event)
    if order_id is None:
        return None
    order = orders.own(session, order_id)
    if event.kind is OutsideKind.REFUND_FAILED:
        session.execute(
            update(PaymentRow)
            .where(PaymentRow.order_id == order_id, PaymentRow.reference == event.reference)
            .values(state=FAILED)
        )
        return order_id
    refund = event.kind is OutsideKind.REFUND
    row: dict[str, Any] = {
        "key": event.reference,
        "order_id": order.order_id,
        "parcel": 0,
        "kind": PaymentKind.REFUND if refund else PaymentKind.DISPUTE,
        "attempt": 0,
        "amount_minor": event.amount.minor,
        "currency": event.amount.currency,
        "method": "",
        "state": orders.SUCCEEDED if refund else OPEN,
        "reference": event.reference,
        "at": event.at,
    }
    session.connection().execute(insert_once(session, PaymentRow), row)
    return order_id


def _order_of(session: Session, event: OutsideEvent) -> str | None:
    """By what the provider was told at the payment, else by the payment itself."""
    known = select(PaymentRow.order_id).limit(1)
    if event.order_id is not None:
        return session.scalar(known.where(PaymentRow.order_id == event.order_id))
    return session.scalar(known.where(PaymentRow.reference == event.payment)) if event.payment else None
