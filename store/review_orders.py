"""What a review asks of the orders: which need a person, and what became of others by themselves."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from domain.model import Model
from domain.parcel import ParcelStage
from domain.payment import PaymentKind
from domain.review import SHOWN, Ended, Need, Needing, Needy
from domain.status import Status
from domain.waiting import BY_ITSELF, BY_LAW
from store import orders
from store.life_tables import CancellationRow, NoticeRow, ParcelRow, PaymentRow
from store.payments import FAILED
from store.tables import OrderRow

_NOBODY = (BY_ITSELF, BY_LAW, "deadline")
"""Who asks for a cancellation when nobody does."""

_PAYS_WITHIN = timedelta(days=1)
_PAGE = 5_000
_UNPAID_STAGES = (ParcelStage.CLAIMED, ParcelStage.AUTHORISED, ParcelStage.READY, ParcelStage.UNPAID)


class Page(Model):
    """The needs found among some open orders; `last`: where the next page begins, None after the last."""

    found: tuple[tuple[Need, Needy], ...]
    last: str | None


def needs(session: Session, after: str, since: datetime, at: datetime, size: int = _PAGE) -> Page:
    """Which of the next open orders need a person, as they stand; of messages only those that came since then."""
    last = _end_of_page(session, after, size)
    within = [OrderRow.ended_at.is_(None), OrderRow.order_id > after]
    if last is not None:
        within.append(OrderRow.order_id <= last)
    columns = (
        OrderRow.order_id,
        OrderRow.status,
        OrderRow.held,
        OrderRow.law_hold_until,
        OrderRow.rests,
        OrderRow.unreadable,
    )
    old_hold = _waits_for_money(at - _PAYS_WITHIN)
    asks = or_(
        OrderRow.status.in_((Status.HELD, Status.ADDRESS_HOLD)),
        OrderRow.held.is_not(None),
        old_hold,
        cast(OrderRow.rests, String).contains('"refused": "'),
        cast(OrderRow.unreadable, String) != "[]",
    )
    statement = select(*columns, old_hold.label("unpaid")).where(*within, asks).order_by(OrderRow.order_id)
    rows = session.execute(statement)
    return Page(found=tuple(need for row in rows for need in _needs_of(row, since, at)), last=last)


def _end_of_page(session: Session, after: str, size: int) -> str | None:
    """The last order of a page, from the index of open orders alone; None when the page is the last."""
    rest = select(OrderRow.order_id).where(OrderRow.ended_at.is_(None), OrderRow.order_id > after)
    return session.scalar(rest.order_by(OrderRow.order_id).limit(1).offset(size - 1))


def _waits_for_money(before: datetime) -> ColumnElement[bool]:
    """On payment hold since before a moment: since the decline, or since its parcel left unpaid."""
    began = func.coalesce(ParcelRow.declined_at, ParcelRow.shipped_at, OrderRow.accepted_at)
    unpaid = exists().where(
        ParcelRow.order_id == OrderRow.order_id,
        ParcelRow.stage.in_(_UNPAID_STAGES),
        ParcelRow.settled.is_(None),
        began < before,
    )
    return and_(OrderRow.status == Status.PAYMENT_HOLD, unpaid)


def _needs_of(row: Row[Any], since: datetime, at: datetime) -> Iterator[tuple[Need, Needy]]:
    if row.status == Status.HELD or row.held:
        yield Need.HELD, Needy(order_id=row.order_id, why=_words(row.held or {}, row.law_hold_until))
    if row.status == Status.ADDRESS_HOLD:
        yield Need.ADDRESS_HOLD, Needy(order_id=row.order_id)
    if row.unpaid:
        yield Need.PAYMENT_HOLD, Needy(order_id=row.order_id)
    refused = [rest for rest in row.rests if rest.get("refused")]
    if refused:
        why = "; ".join(f"{rest['what']}: {rest['refused']}" for rest in refused)
        yield Need.REFUSED, Needy(order_id=row.order_id, why=why)
    messages = [one["what"] for one in row.unreadable if since <= datetime.fromisoformat(one["at"]) < at]
    if messages:
        yield Need.UNREADABLE, Needy(order_id=row.order_id, why="; ".join(messages)[:200])


def _words(held: dict[str, Any], until: datetime | None) -> str:
    """Why, who said so, and when the law decides whatever they do."""
    law = f"past its legal deadline, the law decides at {until:%Y-%m-%d %H:%M} UTC" if until else None
    return ", ".join(part for part in (held.get("reason"), held.get("by"), law) if part)


def happened(session: Session, since: datetime, at: datetime) -> list[Needing]:
    """What came about since then, or is still owed, and needs a person: how often, and the first of each."""
    return [
        _owed(session),
        _disputed(session, since, at),
        _undelivered(session, since, at),
    ]


def _undelivered(session: Session, since: datetime, at: datetime) -> Needing:
    wanted = (~NoticeRow.delivered, NoticeRow.at >= since, NoticeRow.at < at)
    count = session.scalar(select(func.count()).select_from(NoticeRow).where(*wanted)) or 0
    first = select(NoticeRow.order_id, NoticeRow.kind, NoticeRow.error).where(*wanted)
    rows = session.execute(first.order_by(NoticeRow.at, NoticeRow.order_id).limit(SHOWN))
    lost = tuple(Needy(order_id=order_id, why=_joined(kind, error)) for order_id, kind, error in rows)
    return Needing(need=Need.UNDELIVERED, count=count, orders=lost)


def _disputed(session: Session, since: datetime, at: datetime) -> Needing:
    wanted = (PaymentRow.kind == PaymentKind.DISPUTE, PaymentRow.at >= since, PaymentRow.at < at)
    count = session.scalar(select(func.count()).select_from(PaymentRow).where(*wanted)) or 0
    first = select(PaymentRow.order_id, PaymentRow.reference).where(*wanted)
    rows = session.execute(first.order_by(PaymentRow.at, PaymentRow.key).limit(SHOWN))
    disputed = tuple(Needy(order_id=order_id, why=reference or "") for order_id, reference in rows)
    return Needing(need=Need.DISPUTE, count=count, orders=disputed)


def _owed(session: Session) -> Needing:
    """Refunds that came back and are still owed; so few that each order can be read."""
    returned = (PaymentRow.kind == PaymentKind.REFUND, PaymentRow.state == FAILED)
    came_back = select(PaymentRow.order_id).where(*returned).distinct()
    failed = session.scalars(came_back.order_by(PaymentRow.order_id)).all()
    owed = [Needy(order_id=order_id) for order_id in failed if orders.state(session, order_id).refund_due]
    return Needing(need=Need.REFUND_FAILED, count=len(owed), orders=tuple(owed[:SHOWN]))


def _joined(*words: str | None) -> str:
    return ": ".join(word for word in words if word)


def ended(session: Session, since: datetime, at: datetime) -> Ended:
    """Cancellations since then that nobody asked for, by reason."""
    by_itself = (
        CancellationRow.at >= since,
        CancellationRow.at < at,
        CancellationRow.units > 0,
        CancellationRow.body["requested_by"].as_string().in_(_NOBODY),
    )
    number = func.count(CancellationRow.order_id.distinct())
    by_reason = select(CancellationRow.reason, number).where(*by_itself).group_by(CancellationRow.reason)
    first = select(CancellationRow.order_id).where(*by_itself).group_by(CancellationRow.order_id)
    shown = first.order_by(func.min(CancellationRow.at), CancellationRow.order_id).limit(SHOWN)
    return Ended(
        orders=session.scalar(select(number).where(*by_itself)) or 0,
        by_reason=_by_size(session.execute(by_reason.order_by(CancellationRow.reason))),
        order_ids=tuple(session.scalars(shown)),
    )


def _by_size(rows: Iterable[Any]) -> dict[str, int]:
    return dict(sorted(((reason, count) for reason, count in rows), key=lambda row: -row[1]))
