"""One order, read whole; and its status kept in step with its units."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, bindparam, insert, inspect, select, update
from sqlalchemy.orm import Session

from domain import life
from domain.decision import Decision
from domain.delays import law_of
from domain.errors import UnknownOrder
from domain.order import Fulfilment, Order, Timing
from domain.parcel import ParcelState
from domain.payment import Attempt, PaymentKind, PaymentState
from domain.queue import Priority
from domain.state import Held, OrderState, Rest, terms_of
from domain.status import Status, moved
from store import order_events, reading
from store.reading import Call
from store.tables import OrderRow

_EDITION = 2
"""Of the rules that the states read here are for."""

STARTED = "started"
SUCCEEDED = "succeeded"


# Plain statements, made once: each step of an order passes here.
_COLUMNS = inspect(OrderRow).columns
_ROW = select(*_COLUMNS).where(OrderRow.order_id == bindparam("of_order"))
# Not against those who only make sure that the order is there: who holds a SKU and changes a line for the second time
# does that on PostgreSQL (its foreign key), and the order itself may wait for that SKU.
_OWN = _ROW.with_for_update(key_share=True)
_ENTER = insert(OrderRow).returning(*_COLUMNS)
_CHANGE = update(OrderRow).where(OrderRow.order_id == bindparam("of_order")).returning(*_COLUMNS)


def row(session: Session, order_id: str) -> Row[Any]:
    """The order's columns, as this transaction knows them; `UnknownOrder` when there is none."""
    known: Row[Any] | None = session.info.get(_key(order_id))
    return known or _there(_execute(session, _ROW, order_id, {"of_order": order_id}), order_id)


def own(session: Session, order_id: str) -> Row[Any]:
    """The order's columns, locked: whoever changes an order starts here, so that its commands come one after another.

    An order is locked before the SKUs that it needs.
    """
    return _there(find(session, order_id), order_id)


def find(session: Session, order_id: str) -> Row[Any] | None:
    """The order's columns, locked, if there is one."""
    return _execute(session, _OWN, order_id, {"of_order": order_id})


def enter(session: Session, order_id: str, **values: Any) -> Row[Any]:
    """Write a new order."""
    return _there(_execute(session, _ENTER, order_id, {"order_id": order_id, **values}), order_id)


def change(session: Session, order_id: str, **values: Any) -> Row[Any]:
    """Change columns of the order."""
    return _there(_execute(session, _CHANGE, order_id, {"of_order": order_id, **values}), order_id)


def _execute(
    session: Session, statement: Executable, order_id: str, values: dict[str, Any]
) -> Row[Any] | None:
    """The order's columns after the statement, kept for the rest of the transaction."""
    done = session.connection().execute(statement, values).one_or_none()
    session.info[_key(order_id)] = done
    return done


def _there(found: Row[Any] | None, order_id: str) -> Row[Any]:
    if found is None:
        raise UnknownOrder(order_id)
    return found


def _key(order_id: str) -> tuple[str, str]:
    return ("order", order_id)


def state(session: Session, order_id: str) -> OrderState:
    """The order as the database has it now."""
    session.flush()
    order = row(session, order_id)
    terms = terms_of(order.terms)
    return OrderState(
        order_id=order_id,
        customer_id=order.customer_id,
        status=Status(order.status),
        placed_at=order.placed_at,
        asked_at=order.asked_at,
        accepted_at=order.accepted_at,
        ended_at=order.ended_at,
        time_zone=order.time_zone,
        currency=order.currency,
        timing=Timing(order.timing),
        fulfilment=Fulfilment(order.fulfilment),
        shipping_minor=order.shipping_minor,
        priority=Priority(order.priority),
        promised_on=order.promised_on,
        original_promised_on=order.original_promised_on,
        terms=terms,
        law=law_of(terms, order.body["ship_to"].get("country", "")),
        decision=Decision.model_validate(order.decision) if order.decision else None,
        unreadable=len(order.unreadable),
        rests=tuple(Rest.model_validate(rest) for rest in order.rests),
        edition=_EDITION,
        held=Held.model_validate(order.held) if order.held else None,
        law_hold_until=order.law_hold_until,
        kept_at=order.kept_at,
        extra_days=order.extra_days,
        **_parts(session, order),
    )


def _parts(session: Session, order: Row[Any]) -> dict[str, Any]:
    read = reading.parts(session, order.order_id)
    started = [call for call in read.payments if call.state == STARTED]
    return {
        "lines": read.lines,
        "parcels": read.parcels,
        "payments": tuple(_payment(call) for call in read.payments if _done(call)),
        "disputes": tuple(_payment(call) for call in read.payments if call.kind is PaymentKind.DISPUTE),
        "charge_unknown": any(call.kind is PaymentKind.CHARGE for call in started),
        "started": tuple(_attempt(order, call, read.parcels) for call in started),
        "notices": read.notices,
        "cancellations": read.cancellations,
        "delays": read.delays,
        "paused": read.shop.paused is not None,
    }


def _done(call: Call) -> bool:
    return call.state == SUCCEEDED and call.kind is not PaymentKind.DISPUTE


def _payment(call: Call) -> PaymentState:
    return PaymentState(
        kind=call.kind,
        amount_minor=call.amount_minor,
        currency=call.currency,
        at=call.at,
        reference=call.reference,
    )


def _attempt(order: Row[Any], call: Call, parcels: Iterable[ParcelState]) -> Attempt:
    """A call that is not answered yet; a capture takes what was authorised for its parcel."""
    held = (parcel.authorisation for parcel in parcels if parcel.number == call.parcel)
    return Attempt(
        key=call.key,
        order_id=order.order_id,
        parcel=call.parcel,
        kind=call.kind,
        amount_minor=call.amount_minor,
        currency=call.currency,
        method=call.method,
        reference=next(held, None) if call.kind is PaymentKind.CAPTURE else None,
        stored_at=call.at,
    )


def settled(session: Session, order_id: str, at: datetime, now: OrderState | None = None) -> OrderState:
    """The order after a change: its status follows its units, and it ends when nothing is left to do.

    `now`: the order as it was read, when nothing changed since.
    """
    now = now or state(session, order_id)
    status = moved(now.status, life.status_of(now))
    ended_at = now.ended_at or (at if life.finished(now) else None)
    if status is now.status and ended_at == now.ended_at:
        return now
    left = (
        [parcel.shipped_at for parcel in now.parcels if parcel.sent and parcel.shipped_at] if ended_at else []
    )
    order = change(session, order_id, status=status, ended_at=ended_at, shipped_at=max(left, default=None))
    after = now.model_copy(update={"status": status, "ended_at": ended_at})
    order_events.settled(session, now, after, order.lives, at)
    return after


def body(session: Session, order_id: str) -> Order:
    """The order as it was placed."""
    return Order.model_validate(row(session, order_id).body)


def record_unreadable(session: Session, order_id: str, what: str, at: datetime) -> OrderState:
    """Keep a message that could not be read, so that somebody may see it."""
    order = own(session, order_id)
    unreadable = [*order.unreadable, {"at": at.isoformat(), "what": what[:500]}]
    change(session, order_id, unreadable=unreadable)
    return settled(session, order_id, at)
