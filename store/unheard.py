"""What was to be told and has not been: bells, and events for the order system."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.audit import Finding, Kind
from domain.history_words import counted
from store.door_tables import EventRow
from store.outbox import GIVEN_UP
from store.stock_tables import BellRow


class Lag(NamedTuple):
    """Events that should have arrived by now."""

    events: int
    streams: int
    since: datetime


def bells(session: Session, before: datetime) -> Iterator[Finding]:
    """Each cause with bells that hang unrung since before a moment."""
    count, since = func.count(), func.min(BellRow.at)
    hanging = select(BellRow.cause, count, since).where(BellRow.rung_at.is_(None), BellRow.at < before)
    for cause, orders, at in session.execute(hanging.group_by(BellRow.cause).order_by(BellRow.cause)):
        says = f"{cause}: {counted(orders, 'order')} did not hear of it, since {at:%Y-%m-%d %H:%M} UTC"
        yield Finding(kind=Kind.BELLS, finding=says, key=cause)


def dead_events(session: Session) -> Iterator[Finding]:
    """Events that were given up; not those that were set aside because nobody wanted to hear them."""
    columns = (EventRow.event_id, EventRow.attempts, EventRow.error)
    given_up = select(*columns).where(GIVEN_UP)
    for event_id, attempts, error in session.execute(given_up.order_by(EventRow.id)):
        says = f"{event_id}: given up after {counted(attempts, 'attempt')}, the last said: {error}"
        yield Finding(kind=Kind.DEAD, finding=says, key=event_id)


def late_events(session: Session, before: datetime) -> Iterator[Finding]:
    """All that wait since before a moment, as one: when the receiver is away it is very many."""
    waiting = select(func.count(), func.count(EventRow.stream.distinct()), func.min(EventRow.at)).where(
        EventRow.delivered_at.is_(None), ~EventRow.dead, EventRow.at < before
    )
    lag = Lag(*session.execute(waiting).one())
    if lag.events:
        of = f"{counted(lag.events, 'event')} in {counted(lag.streams, 'stream')}"
        since = f"{lag.since:%Y-%m-%d %H:%M} UTC"
        yield Finding(kind=Kind.LATE, finding=f"not delivered: {of}, the oldest of {since}")
