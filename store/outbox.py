"""Sending events: who sends which next, and what came of it. All times are the sender's."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from domain.events import KEPT, LEASE, UNHEARD
from store.door_tables import EventRow

UNSET = "no webhook was set"
GIVEN_UP = and_(EventRow.dead, func.coalesce(EventRow.error, "") != UNSET)
"""Events that could not be sent; not those that were set aside because nobody wanted to hear them."""

_AT_ONCE = 1000


class Due(NamedTuple):
    """An event that is its claimer's to send, until the lease is over."""

    id: int
    event_id: str
    stream: str
    body: dict[str, Any]
    attempts: int


_earlier = aliased(EventRow)
_PENDING = and_(EventRow.delivered_at.is_(None), ~EventRow.dead)
_FIRST = ~exists().where(
    _earlier.stream == EventRow.stream,
    _earlier.id < EventRow.id,
    _earlier.delivered_at.is_(None),
    ~_earlier.dead,
)
_MAY_GO = or_(EventRow.next_at.is_(None), EventRow.next_at <= bindparam("now", type_=EventRow.at.type))

# Plain statements, made once: one of them asks each second.
_DUE = (
    select(*(getattr(EventRow, name) for name in Due._fields))
    .where(_PENDING, _MAY_GO, _FIRST)
    .order_by(EventRow.id)
    .limit(bindparam("most"))
    .with_for_update(of=EventRow, skip_locked=True)
)
_NEXT = (
    select(*(getattr(EventRow, name) for name in Due._fields))
    .where(_PENDING, _MAY_GO, _FIRST, EventRow.stream == bindparam("of_stream"))
    .with_for_update(of=EventRow, skip_locked=True)
)
_LEASE = update(EventRow).where(EventRow.id.in_(bindparam("ids", expanding=True)))
_OUTCOME = update(EventRow).where(EventRow.id == bindparam("of_id"), _PENDING)


def claim(session: Session, now: datetime, most: int) -> list[Due]:
    """The first event of each stream that may go now, oldest first: nobody else gets them before the lease is over."""
    return _leased(session, now, session.connection().execute(_DUE, {"now": now, "most": most}))


def delivered(session: Session, event: Due, now: datetime) -> Due | None:
    """It arrived; the stream's next, if there is one."""
    _write(session, event, delivered_at=now, next_at=None, attempts=event.attempts + 1, error=None)
    return _next(session, event.stream, now)


def failed(session: Session, event: Due, why: str, again: datetime | None, now: datetime) -> Due | None:
    """It did not arrive, and is sent `again` then. None: it is dead, and its stream goes on; the next."""
    _write(session, event, dead=again is None, next_at=again, attempts=event.attempts + 1, error=why)
    return _next(session, event.stream, now) if again is None else None


def give_back(session: Session, event: Due) -> None:
    """It was claimed and not sent: anybody may send it."""
    _write(session, event, next_at=None)


def _write(session: Session, event: Due, **outcome: Any) -> None:
    """What came of a try; where another sender wrote an end already, that stands."""
    session.connection().execute(_OUTCOME, {"of_id": event.id, **outcome})


def _next(session: Session, stream: str, now: datetime) -> Due | None:
    found = _leased(session, now, session.connection().execute(_NEXT, {"now": now, "of_stream": stream}))
    return found[0] if found else None


def _leased(session: Session, now: datetime, found: Any) -> list[Due]:
    due = [Due(*row) for row in found]
    if due:
        ids = [event.id for event in due]
        session.connection().execute(_LEASE, {"ids": ids, "next_at": now + LEASE})
    return sorted(due, key=lambda event: event.id)


def set_aside(session: Session, now: datetime) -> int:
    """While no webhook is set: what is a day old is dead, and is not sent when there is one; how many."""
    old = update(EventRow).where(_PENDING, EventRow.at < now - UNHEARD)
    return session.connection().execute(old.values(dead=True, next_at=None, error=UNSET)).rowcount


def forget(session: Session, at: datetime) -> int:
    """Remove up to a thousand events that are 90 days old and not to be sent any more; how many."""
    over = or_(EventRow.delivered_at.is_not(None), EventRow.dead)
    old = select(EventRow.id).where(EventRow.at < at - KEPT, over).limit(_AT_ONCE)
    return session.connection().execute(delete(EventRow).where(EventRow.id.in_(old))).rowcount
