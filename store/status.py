"""One order for whoever asks, read from the database, with its places in the queues."""

from datetime import datetime

from sqlalchemy import func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from domain.report import Status, status_report
from domain.state import LineState, OrderState
from store import orders
from store.deal import QUEUE
from store.tables import LineRow


def status(session: Session, order_id: str, as_of: datetime) -> Status:
    """The order now, with each waiting line's place in its queue."""
    state = orders.state(session, order_id)
    return status_report(state, as_of, places(session, state))


def places(session: Session, state: OrderState) -> dict[str, int | None]:
    """The place of each of the order's lines in its queue, from 1; None for a line that is in none."""
    return {line.sku: _position(session, state.order_id, line) for line in state.lines}


def _position(session: Session, order_id: str, line: LineState) -> int | None:
    """Place in the queue, from 1, among the lines that wait or hold unclaimed units."""
    if not line.backordered and not line.allocated:
        return None
    own = session.get_one(LineRow, (order_id, line.sku))
    place = (own.queue_at, own.placed_at, own.order_id)
    bound = [literal(value, column.type) for value, column in zip(place, QUEUE, strict=True)]
    ahead = select(func.count()).where(
        LineRow.sku == line.sku,
        or_(LineRow.backordered > 0, LineRow.allocated > 0),
        tuple_(*QUEUE) < tuple_(*bound),
    )
    return 1 + (session.scalar(ahead) or 0)
