"""How an order's lines enter their queues, and the decision that they get."""

from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from domain.decision import Decision, DecisionLine, DecisionOutcome
from domain.order import Order
from domain.policy import Policy, Product
from domain.queue import Priority, queue_at
from domain.working_days import next_working_day
from store import promises
from store.deal import Deal
from store.ledger import record_ordered
from store.tables import LineRow, ProductRow


def join_queue(
    session: Session, deal: Deal, lines: list[LineRow], products: dict[str, ProductRow], terms: Policy
) -> bool:
    """Put the lines into their queues and deal; whether other orders may have been reached."""
    for line in lines:
        product = products[line.sku]
        promises.enter(session, line, product, promises.dates(product, terms, deal.today))
    session.add_all(lines)
    session.flush()
    record_ordered(session, deal, lines)
    reached = 0
    for line in lines:
        given = deal.run(products[line.sku])
        if given:
            session.refresh(line)
        if line.backordered:
            deal.needy.add(line.sku)
        reached += given
    moved = promises.renew(session, deal, products.values())
    for line in lines if moved else ():
        session.refresh(line)
    return bool(reached or moved)


def lines(order: Order, terms: Policy, today: date, offers: dict[str, Product]) -> list[LineRow]:
    """The order's lines of known SKUs, in SKU order; `offers`: what the shop says of each."""
    lines = [
        LineRow(
            order_id=order.order_id,
            sku=line.sku,
            number=number,
            title=line.title or offers[line.sku].title,
            unit_price_minor=line.unit_price_minor,
            ordered=line.quantity,
            backordered=line.quantity,
            allocated=0,
            queue_at=queue_at(order, terms),
            placed_at=order.placed_at,
            may_split=offers[line.sku].may_split,
            release_on=offers[line.sku].unreleased(today),
        )
        for number, line in enumerate(order.lines, 1)
        if line.sku in offers
    ]
    return sorted(lines, key=lambda line: line.sku)


def decide(
    session: Session, life: Row[Any], lines: list[LineRow], products: dict[str, ProductRow], terms: Policy
) -> Decision:
    """The decision of an order that entered the queue, and its promise: what an import states was told already."""
    waiting = [line for line in lines if line.backordered]
    ahead = sum(promises.needed_ahead(session, products[line.sku], line) for line in waiting)
    later = [line for line in lines if line.backordered or line.release_on]
    for line in later:
        line.promised_on = _expected(line, terms) or life.promised_on
    dates = {line.sku: life.promised_on or line.promised_on for line in later}
    promised = max((day for day in dates.values() if day), default=None) if all(dates.values()) else None
    return Decision(
        order_id=life.order_id,
        outcome=DecisionOutcome.BACKORDERED if waiting else DecisionOutcome.IN_STOCK,
        backordered=bool(waiting),
        lines=tuple(
            _decided(line, dates.get(line.sku)) for line in sorted(lines, key=lambda line: line.number)
        ),
        promised_on=promised,
        priority=Priority(life.priority),
        queue_ahead_units=ahead,
    )


def _expected(line: LineRow, terms: Policy) -> date | None:
    """Units that are here leave on the day of their release, whatever supply there is."""
    if line.backordered or line.release_on is None:
        return line.promised_on
    return next_working_day(line.release_on, terms.holidays)


def _decided(line: LineRow, promised_on: date | None) -> DecisionLine:
    return DecisionLine(
        sku=line.sku,
        ordered=line.ordered,
        allocated=line.allocated,
        backordered=line.backordered,
        promised_on=promised_on,
    )
