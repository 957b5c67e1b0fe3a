"""An order's place in its queues, moved by hand."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.queue import moved_by_hand, queue_at
from domain.state import terms_of
from store import catalog, keys, orders, promises
from store.deal import Deal, lock
from store.tables import LineRow


def move(session: Session, order_id: str, days: int, at: datetime) -> str:
    """Put an order `days` ahead of the place that its terms give it, and deal anew.

    Returns the cause under which other orders hear of what they won or lost.
    """
    life, order = orders.row(session, order_id), orders.body(session, order_id)
    orders.change(session, order_id, extra_days=days)
    products = lock(session, order.skus)
    deal = Deal(session, keys.moved(order_id, at), at, order_id, life.time_zone)
    place = moved_by_hand(queue_at(order, terms_of(life.terms)), days)
    policy = catalog.policy(session)
    for line in session.scalars(select(LineRow).where(LineRow.order_id == order_id).order_by(LineRow.sku)):
        product = products[line.sku]
        dates = promises.dates(product, policy, deal.today)
        needed = line.backordered
        promises.move(session, line, product, place, dates)
        deal.run(product)
        session.refresh(line)
        if line.backordered and not needed:  # it lost units to those who stand ahead of it now
            promises.enter(session, line, product, dates)
            deal.needy.add(line.sku)
    promises.renew(session, deal, products.values())
    return deal.cause
