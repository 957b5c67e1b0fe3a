"""What the law wants kept of an order's delays: every notice, what it offered, the answer, and the money."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from domain import waiting
from domain.cancellation import Reason
from domain.delays import RULES, Offer, Silence, Standing
from domain.model import Instant, Model
from domain.money import Money
from domain.payment import PaymentKind
from domain.policy import Law
from domain.state import OrderState
from domain.waiting import BY_LAW
from store import keys, orders
from store.life_tables import CancellationRow, DelayRow, NoticeRow
from store.once import insert_once


class DelayRecord(Model):
    """One option notice, what it offered, and what was answered."""

    notice_id: str
    told_at: Instant
    deadline: date
    offered_on: date | None
    why: str | None
    silence: Silence
    answer_by: date | None
    accepted: bool | None
    answered_at: Instant | None
    answered_by: str | None


class NoticeRecord(Model):
    kind: str
    occasion: str
    at: Instant
    delivered: bool
    message_id: str | None
    error: str | None


class Ended(Model):
    """Units that were cancelled; `refund_by`: the last day on which the law wants their money sent back."""

    at: Instant
    reason: Reason
    by: str
    units: int
    refunded: Money
    refund_by: date | None


class DelayReport(Model):
    """All that is on record of one order's delays."""

    order_id: str
    law: Law
    accepted_at: Instant | None
    first_deadline: date | None
    deadline: date | None
    promised_on: date | None
    delays: tuple[DelayRecord, ...]
    notices: tuple[NoticeRecord, ...]
    cancellations: tuple[Ended, ...]
    refunds: tuple[tuple[Instant, Money], ...]


def record(
    session: Session, order: Row[Any], number: int, offer: Offer, why: str | None, at: datetime
) -> None:
    """Keep what an option notice offered."""
    row = {
        **offer.model_dump(),
        "notice_id": keys.delay_notice(order.order_id, number),
        "order_id": order.order_id,
        "number": number,
        "law": orders.state(session, order.order_id).law,
        "why": why,
        "told_at": at,
    }
    session.connection().execute(insert_once(session, DelayRow), row)


def report(session: Session, order_id: str) -> DelayReport:
    """What is on record; raises `UnknownOrder`."""
    state = orders.state(session, order_id)
    under = waiting.standing(state)
    refunds = [payment for payment in state.payments if payment.kind is PaymentKind.REFUND]
    return DelayReport(
        order_id=order_id,
        law=state.law,
        accepted_at=state.accepted_at,
        first_deadline=under.first_deadline if under else None,
        deadline=under.deadline if under else None,
        promised_on=state.promised_on,
        delays=_rows(session, DelayRow, DelayRecord, order_id, DelayRow.number),
        notices=_rows(session, NoticeRow, NoticeRecord, order_id, NoticeRow.at),
        cancellations=tuple(_ended(row, state, under) for row in _cancellations(session, order_id)),
        refunds=tuple((one.at, Money(minor=one.amount_minor, currency=one.currency)) for one in refunds),
    )


def _rows(session: Session, table: Any, model: Any, order_id: str, by: Any) -> tuple[Any, ...]:
    rows = session.scalars(select(table).where(table.order_id == order_id).order_by(by))
    return tuple(model.model_validate(row, from_attributes=True) for row in rows)


def _cancellations(session: Session, order_id: str) -> list[CancellationRow]:
    of_order = select(CancellationRow).where(CancellationRow.order_id == order_id, CancellationRow.units > 0)
    return list(session.scalars(of_order.order_by(CancellationRow.at)))


def _ended(row: CancellationRow, state: OrderState, under: Standing | None) -> Ended:
    by = row.body["requested_by"]
    return Ended(
        at=row.at,
        reason=Reason(row.reason),
        by=by,
        units=row.units,
        refunded=Money(minor=row.outcome["refunded_minor"], currency=state.currency),
        refund_by=RULES[state.law].refund_by(
            _vested_on(row.at, state.time_zone, under if by == BY_LAW else None)
        ),
    )


def _vested_on(at: datetime, time_zone: str, under: Standing | None) -> date:
    """The day from which the customer has a right to the money; by the law, the one that passed without goods."""
    lapsed_on = under.rule.lapses_on(under.deadline, under.told) if under else None
    return lapsed_on or at.astimezone(ZoneInfo(time_zone)).date()
