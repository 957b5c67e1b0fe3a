"""A SKU's queue, and lists of orders."""

from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from domain.errors import UnknownSku
from domain.model import Instant, Model
from domain.status import Status
from store.deal import QUEUE
from store.tables import LineRow, OrderRow, ProductRow


class QueuePlace(Model):
    place: int
    order_id: str
    priority: str
    queue_at: Instant
    placed_at: Instant
    ordered: int
    backordered: int
    allocated: int
    promised_on: date | None


class SkuQueue(Model):
    sku: str
    title: str
    on_hand: int
    reserved: int
    available: int
    waiting_units: int
    places: tuple[QueuePlace, ...]


class ListedOrder(Model):
    order_id: str
    customer_id: str
    status: str
    priority: str
    placed_at: Instant
    promised_on: date | None
    units_open: int


def queue(session: Session, sku: str, limit: int = 100) -> SkuQueue:
    """The front of a SKU's queue, in the order in which stock is dealt."""
    product = session.get(ProductRow, sku)
    if product is None:
        raise UnknownSku(sku)
    statement = (
        select(LineRow, OrderRow.priority)
        .join(OrderRow, OrderRow.order_id == LineRow.order_id)
        .where(LineRow.sku == sku, or_(LineRow.backordered > 0, LineRow.allocated > 0))
        .order_by(*QUEUE)
        .limit(limit)
    )
    rows = enumerate(session.execute(statement), 1)
    places = tuple(_place(place, line, priority) for place, (line, priority) in rows)
    waiting = select(func.sum(LineRow.backordered)).where(LineRow.sku == sku, LineRow.backordered > 0)
    return SkuQueue(
        sku=sku,
        title=product.title,
        on_hand=product.on_hand,
        reserved=product.reserved,
        available=product.on_hand - product.reserved,
        waiting_units=session.scalar(waiting) or 0,
        places=places,
    )


def _place(place: int, line: LineRow, priority: str) -> QueuePlace:
    return QueuePlace(
        place=place,
        order_id=line.order_id,
        priority=priority,
        queue_at=line.queue_at,
        placed_at=line.placed_at,
        ordered=line.ordered,
        backordered=line.backordered,
        allocated=line.allocated,
        promised_on=line.promised_on,
    )


def any_ended(session: Session) -> bool:
    """Whether any order has ended; found at the first of each status, however many there are."""
    ended = [status for status in Status if status.ended]
    return any(
        session.scalar(select(OrderRow.order_id).where(OrderRow.status == status).limit(1))
        for status in ended
    )


def listing(session: Session, status: str | None = None, limit: int = 1000) -> list[ListedOrder]:
    """Orders by placing date; open ones, or those of one status."""
    open_units = func.sum(LineRow.backordered + LineRow.allocated + LineRow.claimed)
    wanted = OrderRow.status == status if status else OrderRow.ended_at.is_(None)
    statement = (
        select(OrderRow, open_units)
        .join(LineRow, LineRow.order_id == OrderRow.order_id, isouter=True)
        .where(wanted)
        .group_by(OrderRow.order_id)
        .order_by(OrderRow.placed_at, OrderRow.order_id)
        .limit(limit)
    )
    return [
        ListedOrder(
            order_id=order.order_id,
            customer_id=order.customer_id,
            status=order.status,
            priority=order.priority,
            placed_at=order.placed_at,
            promised_on=order.promised_on,
            units_open=int(units or 0),
        )
        for order, units in session.execute(statement)
    ]
