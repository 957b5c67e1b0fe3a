"""The invariants of money: shipped and charged, or on record as unpaid; never cancelled and charged."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, case, func, select
from sqlalchemy.orm import Session

from domain.audit import Finding, Kind
from domain.order import Timing
from domain.parcel import ParcelStage
from domain.payment import PaymentKind
from domain.status import Status
from store.life_tables import ParcelRow, PaymentRow
from store.moved import stuck
from store.orders import STARTED, SUCCEEDED
from store.tables import LineRow, OrderRow


def of_money(session: Session) -> Iterator[Finding]:
    """Every broken invariant of orders' money, by our own ledger; and what only a person can move."""
    yield from _parcels(session)
    yield from _at_order(session)
    yield from _left(session)
    for one in stuck(session):
        yield Finding.of_order(Kind.REFUSED, one.order_id, f"{one.what}: {one.why}")


def _parcels(session: Session) -> Iterator[Finding]:
    """At shipment: what was taken for a parcel is its amount once it is paid, and nothing else ever."""
    taken = (
        select(PaymentRow.order_id, PaymentRow.parcel, func.sum(PaymentRow.amount_minor).label("minor"))
        .where(PaymentRow.kind == PaymentKind.CAPTURE, PaymentRow.state == SUCCEEDED)
        .group_by(PaymentRow.order_id, PaymentRow.parcel)
        .subquery()
    )
    of_parcel = (taken.c.order_id == ParcelRow.order_id) & (taken.c.parcel == ParcelRow.number)
    due = case((ParcelRow.stage == ParcelStage.SHIPPED, ParcelRow.amount_minor), else_=0)
    was = func.coalesce(taken.c.minor, 0)
    statement = (
        select(ParcelRow.order_id, ParcelRow.number, ParcelRow.stage, due.label("due"), was.label("taken"))
        .join(OrderRow, OrderRow.order_id == ParcelRow.order_id)
        .join(taken, of_parcel, isouter=True)
        .where(OrderRow.timing == Timing.AT_SHIPMENT, due != was)
    )
    for row in session.execute(statement):
        kind = Kind.UNPAID if row.taken < row.due else Kind.CHARGED
        says = (
            f"parcel {row.number} is {row.stage}: {row.taken} were taken, and {row.due} are due (minor units)"
        )
        yield Finding.of_order(kind, row.order_id, says)


def _at_order(session: Session) -> Iterator[Finding]:
    """At order: once it has ended, what was charged less what went back is what its kept units are worth.

    What a person gave back at the provider is meant so: it leaves nothing unpaid.
    """
    for row in session.execute(_ended_at_order()):
        kept = 0 if row.status == Status.REJECTED else row.goods + (row.shipping_minor if row.kept else 0)
        unpaid = row.taken + row.outside < kept
        if unpaid or row.taken > kept:
            taken = row.taken + row.outside if unpaid else row.taken
            says = f"it is {row.status}: {taken} were taken, and {kept} are due (minor units)"
            yield Finding.of_order(Kind.UNPAID if unpaid else Kind.CHARGED, row.order_id, says)


def _ended_at_order() -> Select[Any]:
    """`taken`: what we have of it now; `outside`: what was refunded without us, which no attempt of ours did."""
    back = PaymentRow.kind == PaymentKind.REFUND
    signed = case((back, -PaymentRow.amount_minor), else_=PaymentRow.amount_minor)
    moved = PaymentRow.kind.in_([kind for kind in PaymentKind if kind.moves_money])
    taken = _sum(signed, moved)
    outside = _sum(PaymentRow.amount_minor, back, PaymentRow.attempt == 0)
    kept = LineRow.ordered - LineRow.cancelled
    return (
        select(
            OrderRow.order_id,
            OrderRow.status,
            OrderRow.shipping_minor,
            func.sum(kept).label("kept"),
            func.sum(kept * LineRow.unit_price_minor).label("goods"),
            taken.label("taken"),
            outside.label("outside"),
        )
        .join(LineRow, LineRow.order_id == OrderRow.order_id)
        .where(OrderRow.timing == Timing.AT_ORDER, OrderRow.ended_at.is_not(None))
        .group_by(OrderRow.order_id)
    )


def _sum(amount: Any, *of: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Of an order's payments that were made."""
    made = (PaymentRow.order_id == OrderRow.order_id, PaymentRow.state == SUCCEEDED, *of)
    return select(func.coalesce(func.sum(amount), 0)).where(*made).scalar_subquery()


def _left(session: Session) -> Iterator[Finding]:
    """An order ends when its money is settled: nothing hangs at the provider then."""
    ended = OrderRow.ended_at.is_not(None)
    unanswered = (
        select(PaymentRow.order_id, PaymentRow.key, PaymentRow.kind)
        .join(OrderRow, OrderRow.order_id == PaymentRow.order_id)
        .where(PaymentRow.state == STARTED, ended)
    )
    for row in session.execute(unanswered):
        yield _unanswered(row)
    held = (
        select(ParcelRow.order_id, ParcelRow.number)
        .join(OrderRow, OrderRow.order_id == ParcelRow.order_id)
        .where(ParcelRow.money_held, ended)
    )
    for order_id, number in session.execute(held):
        yield Finding.of_order(Kind.HELD_MONEY, order_id, f"money is still held for parcel {number}")


def _unanswered(row: Row[str, str, str]) -> Finding:
    says = f"its {row.kind} {row.key} was asked for, and never answered"
    return Finding.of_order(Kind.UNANSWERED, row.order_id, says, row.key)
