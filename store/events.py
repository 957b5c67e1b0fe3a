"""Events for the order system: written with what happened, listed, and sent again by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from domain.errors import UnknownEvent
from domain.events import EventType
from domain.model import Instant, Model
from store.door_tables import EventRow
from store.once import insert_once
from store.shop_tables import OperationRow

_NAMED = 100
"""How many ids the record of a resend lists."""


class EventState(StrEnum):
    """How far an event has come; `dead`: it is not sent any more."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class ListedEvent(Model):
    """An event, and what became of sending it; `number` counts events as they were written."""

    number: int
    event_id: str
    type: str
    stream: str
    order_id: str | None
    at: Instant
    state: EventState
    attempts: int
    next_at: Instant | None
    delivered_at: Instant | None
    error: str | None
    body: dict[str, Any]


_SKU = "sku:"


def of_sku(sku: str) -> str:
    """The stream of a SKU; an order's stream is its id, which never holds a colon."""
    return f"{_SKU}{sku}"


def write(session: Session, event_id: str, kind: EventType, stream: str, at: datetime, says: Model) -> None:
    """Keep an event, to be sent once the transaction is through; one that is there already is left alone.

    The events of a stream are sent in the order in which they were written: whoever writes one holds its order, or
    its SKU, locked.
    """
    body = {
        "type": kind.value,
        "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": says.model_dump(mode="json"),
    }
    event = {"event_id": event_id, "type": kind.value, "stream": stream, "body": body, "at": at}
    session.connection().execute(insert_once(session, EventRow), event)


def listing(
    session: Session,
    *,
    stream: str | None = None,
    dead: bool = False,
    before: int | None = None,
    limit: int = 100,
) -> list[ListedEvent]:
    """Events, the newest first: of one stream, or only dead ones; `before`: the `number` where the last page ended."""
    statement = select(EventRow).order_by(EventRow.id.desc()).limit(limit)
    if stream is not None:
        statement = statement.where(EventRow.stream == stream)
    if dead:
        statement = statement.where(EventRow.dead)
    if before is not None:
        statement = statement.where(EventRow.id < before)
    return [_listed(row) for row in session.scalars(statement)]


def _listed(row: EventRow) -> ListedEvent:
    delivered = EventState.DELIVERED if row.delivered_at else EventState.PENDING
    return ListedEvent(
        number=row.id,
        event_id=row.event_id,
        type=row.type,
        stream=row.stream,
        order_id=None if row.stream.startswith(_SKU) else row.stream,
        at=row.at,
        state=EventState.DEAD if row.dead else delivered,
        attempts=row.attempts,
        next_at=row.next_at,
        delivered_at=row.delivered_at,
        error=row.error,
        body=row.body,
    )


_AGAIN = update(EventRow).values(dead=False, delivered_at=None, next_at=None, attempts=0, error=None)


def resend(session: Session, event_ids: Sequence[str] | None, by: str, at: datetime) -> int:
    """Send events again at once, whatever became of them; by default all dead ones. How many there are.

    Raises:
        UnknownEvent: one of them is not on record, or not any more; then none is sent.
    """
    again = _AGAIN.where(EventRow.dead) if event_ids is None else _named(session, event_ids)
    count = session.connection().execute(again).rowcount
    body: dict[str, Any] = {"count": count, "events": list(event_ids or ())[:_NAMED]}
    session.add(OperationRow(what="resend_events", body=body, requested_by=by, at=at))
    return count


def _named(session: Session, event_ids: Sequence[str]) -> Update:
    known = set(session.scalars(select(EventRow.event_id).where(EventRow.event_id.in_(event_ids))))
    missing = [event_id for event_id in event_ids if event_id not in known]
    if missing:
        raise UnknownEvent(*missing)
    return _AGAIN.where(EventRow.event_id.in_(event_ids))
