"""What the operations room shows first: what waits for a person, and which SKUs are missed most.

Counts stop at `MOST`: nobody acts differently on more, and each then costs the same however large the books are.
"""

from datetime import date
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from domain.model import Instant, Model
from domain.review import Review
from domain.status import Status
from store import review as reviews
from store.door_tables import EventRow
from store.life_tables import NoticeRow
from store.outbox import GIVEN_UP
from store.shop_tables import ReviewRow, ShopRow
from store.tables import OrderRow, ProductRow

MOST = 1000

Rows = Select[*tuple[Any, ...]]

_HOLDS = (Status.PAYMENT_HOLD, Status.ADDRESS_HOLD, Status.HELD, Status.AWAITING_CHOICE)


class Needs(Model):
    """How much waits for somebody, each counted to `MOST`."""

    payment_hold: int = 0
    address_hold: int = 0
    held: int = 0
    awaiting_choice: int = 0
    undelivered: int = 0
    dead_events: int = 0
    pending_events: int = 0


class Missed(Model):
    """A SKU and the units that its queue still needs; `expected`: of those, how many announced supply covers."""

    sku: str
    title: str
    waiting: int
    available: int
    expected: int


class Pause(Model):
    """Why nothing ships, since when, and who said so."""

    reason: str
    by: str
    at: Instant


class Lost(Model):
    """An e-mail that no mailbox took."""

    order_id: str
    kind: str
    occasion: str
    at: Instant
    error: str | None


def needs(session: Session) -> Needs:
    """What waits for a person now."""
    columns = (_count(rows).label(name) for name, rows in needing().items())
    return Needs.model_validate(session.execute(select(*columns)).one(), from_attributes=True)


def needing() -> dict[str, Rows]:
    """What each count is of."""
    rows: dict[str, Rows] = {
        status.value: select(OrderRow.order_id).where(OrderRow.status == status) for status in _HOLDS
    }
    rows["undelivered"] = select(NoticeRow.order_id).where(~NoticeRow.delivered)
    rows["dead_events"] = select(EventRow.id).where(GIVEN_UP)
    rows["pending_events"] = select(EventRow.id).where(EventRow.delivered_at.is_(None), ~EventRow.dead)
    return rows


def _count(rows: Rows) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.limit(MOST).subquery()).scalar_subquery()


def most_missed(session: Session, limit: int = 10) -> list[Missed]:
    """The SKUs with the most waiting units."""
    waiting = select(ProductRow).where(ProductRow.waiting > 0)
    rows = session.scalars(waiting.order_by(ProductRow.waiting.desc(), ProductRow.sku).limit(limit))
    return [
        Missed(
            sku=row.sku,
            title=row.title,
            waiting=row.waiting,
            available=max(0, row.on_hand - row.reserved),
            expected=min(row.waiting, sum(arrival["needed"] for arrival in row.supply)),
        )
        for row in rows
    ]


def last_review(session: Session) -> Review | None:
    """What the latest daily review found."""
    day: date | None = session.scalar(select(func.max(ReviewRow.day)))
    return reviews.known(session, day) if day else None


def pause(session: Session) -> Pause | None:
    """Why shipping is paused, if it is."""
    why = session.scalar(select(ShopRow.paused).where(ShopRow.id == 1))
    return Pause.model_validate(why) if why else None


def undelivered(session: Session, limit: int = 100) -> list[Lost]:
    """The latest e-mails that no mailbox took."""
    rows = session.scalars(
        select(NoticeRow).where(~NoticeRow.delivered).order_by(NoticeRow.at.desc()).limit(limit)
    )
    return [Lost.model_validate(row, from_attributes=True) for row in rows]
