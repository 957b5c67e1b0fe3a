"""Notices: what each must say, and that it was sent."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.cancellation import Reason
from domain.model import Instant, Model
from domain.money import Money
from domain.notices import Kind
from domain.order import Customer
from domain.state import OrderState, ParcelLine, PaymentKind
from store import keys, orders, rests
from store.once import insert_once
from store.tables import CancellationRow, NoticeRow, StockLedgerRow


class Telling(Model):
    """One notice to one customer about one thing."""

    order_id: str
    kind: Kind
    occasion: str
    at: Instant


class Facts(Model):
    """All that a notice may say of its order and its occasion."""

    customer: Customer
    lines: tuple[ParcelLine, ...]
    titles: dict[str, str]
    promised_on: date | None
    backordered: bool
    carrier: str | None = None
    service: str | None = None
    tracking: str | None = None
    estimated_delivery: date | None = None
    amount: Money | None = None
    charged: bool = False
    reason: Reason | None = None
    already_sent: bool = False


def facts(session: Session, telling: Telling) -> Facts:
    """What the notice says, as the order stands now."""
    state = orders.state(session, telling.order_id)
    common = Facts(
        customer=orders.body(session, telling.order_id).customer,
        lines=tuple(ParcelLine(sku=line.sku, quantity=line.kept) for line in state.lines if line.kept),
        titles={line.sku: line.title for line in state.lines},
        promised_on=state.expected_on,
        backordered=state.backordered_units > 0,
        charged=bool(state.charged),
        already_sent=state.told(telling.kind, telling.occasion),
    )
    return common.model_copy(update=_particulars(session, state, telling))


def _particulars(session: Session, state: OrderState, telling: Telling) -> dict[str, object]:
    match telling.kind:
        case Kind.CONFIRMATION if state.decision is not None:
            return {"backordered": state.decision.backordered}
        case Kind.UPDATE:
            return {
                "lines": tuple(
                    ParcelLine(sku=li.sku, quantity=li.backordered) for li in state.lines if li.backordered
                )
            }
        case Kind.SHIPPED | Kind.PAYMENT_PROBLEM:
            return _of_parcel(state, int(telling.occasion))
        case Kind.CANCELLED:
            return _of_cancellation(session, state, telling.occasion)
        case Kind.REFUNDED:
            refunds = [p.amount_minor for p in state.payments if p.kind is PaymentKind.REFUND]
            return {"amount": Money(minor=refunds[int(telling.occasion) - 1], currency=state.currency)}
    return {}


def _of_parcel(state: OrderState, number: int) -> dict[str, object]:
    parcel = next(parcel for parcel in state.parcels if parcel.number == number)
    return {
        "lines": parcel.lines,
        "carrier": parcel.carrier,
        "service": parcel.service,
        "tracking": parcel.tracking,
        "estimated_delivery": parcel.estimated_delivery,
        "amount": Money(minor=parcel.amount_minor, currency=state.currency),
    }


def _of_cancellation(session: Session, state: OrderState, cancellation_id: str) -> dict[str, object]:
    row = session.get_one(CancellationRow, cancellation_id)
    refund = Money(minor=row.outcome["refunded_minor"], currency=state.currency)
    cause = keys.cancelled(cancellation_id)
    taken = select(StockLedgerRow.sku, StockLedgerRow.cancelled).where(
        StockLedgerRow.cause == cause, StockLedgerRow.kind == "cancelled"
    )
    lines = tuple(ParcelLine(sku=sku, quantity=units) for sku, units in session.execute(taken))
    return {"lines": lines, "reason": Reason(row.reason), "amount": refund or None}


def told(
    session: Session,
    telling: Telling,
    *,
    delivered: bool,
    message_id: str | None,
    promised_on: date | None = None,
    error: str | None = None,
) -> OrderState:
    """The notice went out, or its mailbox refused it for good; either way the order goes on.

    `promised_on`: the date that it names.
    """
    order = orders.own(session, telling.order_id)
    notice = {**telling.model_dump(), "delivered": delivered, "message_id": message_id, "error": error}
    news = session.connection().execute(insert_once(session, NoticeRow), notice).rowcount
    # A promise stays until the customer is told a new one.
    if news and promised_on is not None and telling.kind in {Kind.UPDATE, Kind.PROMISE_MOVED}:
        first = order.original_promised_on or promised_on
        orders.change(session, telling.order_id, promised_on=promised_on, original_promised_on=first)
    rests.over(session, order, "mail")
    return orders.settled(session, telling.order_id, telling.at)
