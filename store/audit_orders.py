"""The invariants of orders: their status, their parcels and their notices agree with their units."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, func, or_, select
from sqlalchemy.orm import Session

from domain import life
from domain.audit import Finding, Kind
from domain.notices import Kind as Notice
from domain.parcel import ParcelStage
from domain.status import Status
from store import orders
from store.life_tables import CancellationRow, NoticeRow, ParcelRow
from store.tables import LineRow, OrderRow

_ENDED = [status for status in Status if status.ended]
_INSIDE = (ParcelStage.CLAIMED, ParcelStage.AUTHORISED, ParcelStage.READY)
_GONE = (ParcelStage.LABELLED, ParcelStage.SHIPPED, ParcelStage.UNPAID)
_TOLD = (ParcelStage.SHIPPED, ParcelStage.UNPAID)
_OPEN_LINE = LineRow.ordered > LineRow.shipped + LineRow.cancelled


def of_orders(session: Session) -> Iterator[Finding]:
    """Every broken invariant of orders, but for their money."""
    yield from _status(session)
    yield from _ended_with_open_units(session)
    yield from _not_ended(session)
    yield from _parcel_units(session)
    yield from _labels(session)
    yield from _notices(session)


def _status(session: Session) -> Iterator[Finding]:
    """Ended or not, and how: the finer states follow from a reading of the whole order, which each step makes."""
    shipped = select(func.sum(LineRow.shipped)).where(LineRow.order_id == OrderRow.order_id).scalar_subquery()
    says = {
        "it has ended": OrderRow.ended_at.is_not(None) & OrderRow.status.not_in(_ENDED),
        "it was never accepted": OrderRow.accepted_at.is_(None)
        & OrderRow.status.not_in([Status.PLACING, Status.REJECTED, Status.CANCELLED]),
        "something was shipped": (OrderRow.status == Status.CANCELLED) & (shipped > 0),
        "nothing was shipped": (OrderRow.status == Status.COMPLETED) & (func.coalesce(shipped, 0) == 0),
    }
    for why, wrong in says.items():
        for order_id, status in session.execute(select(OrderRow.order_id, OrderRow.status).where(wrong)):
            yield Finding.of_order(Kind.STATUS, order_id, f"it is {status}, and {why}")


def _ended_with_open_units(session: Session) -> Iterator[Finding]:
    over = or_(OrderRow.ended_at.is_not(None), OrderRow.status.in_(_ENDED))
    statement = (
        select(
            LineRow.order_id, OrderRow.status, func.sum(LineRow.ordered - LineRow.shipped - LineRow.cancelled)
        )
        .join(OrderRow, OrderRow.order_id == LineRow.order_id)
        .where(_OPEN_LINE, over)
        .group_by(LineRow.order_id, OrderRow.status)
    )
    for order_id, status, units in session.execute(statement):
        yield Finding.of_order(
            Kind.ENDED_OPEN, order_id, f"it is {status}, and {units} of its units are open"
        )


def _not_ended(session: Session) -> Iterator[Finding]:
    """Orders without open units are few, and the rules say of each whether anything is left to do."""
    has_open = select(LineRow.order_id).where(LineRow.order_id == OrderRow.order_id, _OPEN_LINE).exists()
    statement = select(OrderRow.order_id).where(OrderRow.ended_at.is_(None), ~has_open)
    for order_id in session.scalars(statement.order_by(OrderRow.order_id)).all():
        if life.finished(orders.state(session, order_id)):
            yield Finding.of_order(Kind.NOT_ENDED, order_id, "all of it is done, and it has not ended")


def _parcel_units(session: Session) -> Iterator[Finding]:
    """Claimed units are in parcels that are still here, shipped ones in parcels that left."""
    boxed = (
        select(
            ParcelRow.order_id,
            func.sum(_units_of(_INSIDE)).label("claimed"),
            func.sum(_units_of(_GONE)).label("shipped"),
        )
        .group_by(ParcelRow.order_id)
        .subquery()
    )
    lined = (
        select(
            LineRow.order_id,
            func.sum(LineRow.claimed).label("claimed"),
            func.sum(LineRow.shipped).label("shipped"),
        )
        .group_by(LineRow.order_id)
        .subquery()
    )
    for part in ("claimed", "shipped"):
        in_parcels = func.coalesce(boxed.c[part], 0)
        statement = (
            select(lined.c.order_id, lined.c[part], in_parcels)
            .join(boxed, boxed.c.order_id == lined.c.order_id, isouter=True)
            .where(lined.c[part] != in_parcels)
        )
        for order_id, units, packed in session.execute(statement):
            says = f"{units} of its units are {part}, and {packed} are in such parcels"
            yield Finding.of_order(Kind.PARCEL_UNITS, order_id, says)


def _units_of(stages: tuple[ParcelStage, ...]) -> ColumnElement[int]:
    return case((ParcelRow.stage.in_(stages), ParcelRow.units), else_=0)


def _labels(session: Session) -> Iterator[Finding]:
    twice = (
        select(ParcelRow.label_id, func.count(), func.min(ParcelRow.order_id))
        .where(ParcelRow.label_id.is_not(None), ParcelRow.stage.in_(_GONE))
        .group_by(ParcelRow.label_id)
        .having(func.count() > 1)
    )
    for label, count, order_id in session.execute(twice):
        yield Finding.of_order(Kind.LABEL_TWICE, order_id, f"its label {label} stands on {count} parcels")
    kept = (
        select(ParcelRow.order_id, ParcelRow.number)
        .join(OrderRow, OrderRow.order_id == ParcelRow.order_id)
        .where(OrderRow.ended_at.is_not(None), cast(ParcelRow.labels_to_void, String) != "[]")
    )
    for order_id, number in session.execute(kept):
        says = f"a label that was bought in vain for parcel {number} was not given back"
        yield Finding.of_order(Kind.LABEL_KEPT, order_id, says)


def _notices(session: Session) -> Iterator[Finding]:
    """What happened to an order that has ended was told; an open one tells it by itself."""
    for statement, notice in (
        (_untold(select(OrderRow.order_id), Notice.CONFIRMATION, "placed"), "its confirmation"),
        (_untold(_parcels_that_left(), Notice.SHIPPED, cast(ParcelRow.number, String)), "a parcel that left"),
        (_untold(_units_cancelled(), Notice.CANCELLED, CancellationRow.cancellation_id), "a cancellation"),
    ):
        for order_id in session.scalars(statement):
            yield Finding.of_order(Kind.NOTICE_OWED, order_id, f"its customer was not told of {notice}")


def _untold(of: Select[Any], notice: Notice, occasion: Any) -> Select[Any]:
    told = (
        select(NoticeRow.order_id)
        .where(
            NoticeRow.order_id == OrderRow.order_id,
            NoticeRow.kind == notice,
            NoticeRow.occasion == occasion,
        )
        .exists()
    )
    accepted_and_ended = OrderRow.ended_at.is_not(None) & OrderRow.accepted_at.is_not(None)
    return of.where(accepted_and_ended, ~told)


def _parcels_that_left() -> Select[Any]:
    """By the parcel's number, as its notice names it."""
    joined = ParcelRow.order_id == OrderRow.order_id
    return select(OrderRow.order_id).join(ParcelRow, joined).where(ParcelRow.stage.in_(_TOLD))


def _units_cancelled() -> Select[Any]:
    joined = CancellationRow.order_id == OrderRow.order_id
    return select(OrderRow.order_id).join(CancellationRow, joined).where(CancellationRow.units > 0)
