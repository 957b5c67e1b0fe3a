"""The shop's figures of a period: a few sums, each over an index that has all it needs."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from domain import metrics
from domain.cancellation import Reason
from domain.decision import DecisionOutcome
from domain.metrics import Kpi, Sums
from domain.parcel import ParcelStage
from domain.period import local_day, midnight
from domain.status import Status
from store.catalog import policy
from store.door_tables import QuoteRow
from store.life_tables import CancellationRow, ParcelRow
from store.local_days import Instants, LocalDay, days_between, local_days
from store.metrics import BACKORDERED, waiting
from store.tables import OrderRow


def kpi(session: Session, since: date, until: date, now: datetime, time_zone: str) -> Kpi:
    """The figures of the shop's days from `since` to the one before `until`; what is open, as of `now`.

    Targets are those of the policy in force.
    """
    today, targets = local_day(now, time_zone), policy(session).targets
    sums = _sums(session, since, until, time_zone)
    return Kpi(
        at=now,
        since=since,
        until=until,
        open=metrics.current(waiting(session, today), today, time_zone),
        backorder_rate=metrics.backorder_rate(sums, targets),
        fill_time_days=metrics.fill_time(sums, targets),
        cancel_rate=metrics.cancel_rate(sums, targets),
        promises_kept=metrics.promises_kept(sums),
        saved_sales=metrics.saved_sales(sums),
    )


def within(column: Instants, since: date, until: date, time_zone: str) -> ColumnElement[bool]:
    """Between the first midnight of a period and the one after its last day."""
    return (column >= midnight(since, time_zone)) & (column < midnight(until, time_zone))


def _sums(session: Session, since: date, until: date, time_zone: str) -> Sums:
    period = (since, until, time_zone)
    day = local_days(session, *period)
    placed = within(OrderRow.placed_at, *period)
    accepted, backorders = session.execute(
        select(func.count(), func.count().filter(BACKORDERED)).where(
            OrderRow.accepted_at.is_not(None), placed
        )
    ).one()
    cancelled, rejections = _not_sold(session, placed)
    promised, kept = _shipped(session, within(ParcelRow.shipped_at, *period), day)
    ended = within(OrderRow.ended_at, *period)
    filled = _filled(session, ended, day)
    return Sums(
        accepted=accepted,
        backorders=backorders,
        not_cancelled=backorders - cancelled,
        rejections=rejections,
        quotes=session.scalar(select(func.count(QuoteRow.order_id.distinct())).where(*unfollowed(*period)))
        or 0,
        ended=sum(filled.values()),
        cancelled_for=_reasons(session, ended),
        filled={days: orders for days, orders in filled.items() if days is not None},
        promised=promised,
        kept=kept,
    )


REJECTED_DEMAND = (OrderRow.status == Status.REJECTED, OrderRow.backordered.is_not(False))
"""Rejections but those that stock would have covered, whose payment was declined: no backorder would have saved them."""


def _not_sold(session: Session, placed: ColumnElement[bool]) -> tuple[int, int]:
    """Backorders that were cancelled with nothing shipped, and rejections, of the orders placed in the period."""
    cancelled = select(func.count()).where(OrderRow.status == Status.CANCELLED, placed, BACKORDERED)
    rejected = select(func.count()).where(*REJECTED_DEMAND, placed)
    return session.scalar(cancelled) or 0, session.scalar(rejected) or 0


def unfollowed(since: date, until: date, time_zone: str) -> Sequence[ColumnElement[bool]]:
    """Quotes of what stock did not cover that were asked for in the period, and that no order followed."""
    order = select(OrderRow.order_id).where(OrderRow.order_id == QuoteRow.order_id)
    return (
        within(QuoteRow.asked_at, since, until, time_zone),
        QuoteRow.outcome != DecisionOutcome.IN_STOCK,
        ~order.exists(),
    )


# By its end, not by its status: SQLite would look through all that ever had one.
ENDED_BACKORDER = (BACKORDERED, OrderRow.status != Status.REJECTED)


def fill_days(session: Session, day: LocalDay) -> ColumnElement[int]:
    """Calendar days from placing to the last parcel of an order that ended; NULL where nothing shipped."""
    return days_between(session, day(OrderRow.placed_at), day(OrderRow.shipped_at))


def _filled(session: Session, ended: ColumnElement[bool], day: LocalDay) -> dict[int | None, int]:
    """Backorders that ended in the period by their fill time; None: those of which nothing shipped."""
    took = fill_days(session, day).label("took")
    counted = select(took, func.count()).where(ended, *ENDED_BACKORDER).group_by("took")
    return dict(session.execute(counted).all())


def _reasons(session: Session, ended: ColumnElement[bool]) -> dict[str, int]:
    """Why: the last cancellation of each is the one that ended it."""
    last = (
        select(CancellationRow.reason)
        .where(CancellationRow.order_id == OrderRow.order_id, CancellationRow.units > 0)
        .order_by(CancellationRow.at.desc(), CancellationRow.cancellation_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    reason = func.coalesce(last, Reason.OTHER.value).label("why")
    counted = (
        select(reason, func.count())
        .where(ended, *ENDED_BACKORDER, OrderRow.shipped_at.is_(None))
        .group_by("why")
    )
    return dict(session.execute(counted).all())


SENT_WITH_A_PROMISE = (ParcelRow.promised_on.is_not(None), ParcelRow.stage != ParcelStage.STOPPED)


def kept_units(day: LocalDay) -> ColumnElement[int]:
    """Units of parcels that left on the day promised, or before."""
    return func.sum(case((day(ParcelRow.shipped_at) <= ParcelRow.promised_on, ParcelRow.units), else_=0))


def _shipped(session: Session, shipped: ColumnElement[bool], day: LocalDay) -> tuple[int, int]:
    """Units shipped in the period that had a promise, and those shipped by it."""
    sums = select(func.sum(ParcelRow.units), kept_units(day)).where(shipped, *SENT_WITH_A_PROMISE)
    promised, kept = session.execute(sums).one()
    return int(promised or 0), int(kept or 0)
