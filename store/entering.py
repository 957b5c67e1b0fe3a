"""How an order's lines enter their queues, and the decision that they get."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from domain.decision import Decision, DecisionLine, DecisionOutcome
from domain.order import Order
from domain.policy import Policy
from domain.queue import Priority, queue_at
from store import promises
from store.deal import Deal
from store.ledger import record_ordered
from store.tables import LineRow, ProductRow


def join_queue(session: Session, deal: Deal, lines: list[LineRow], products: dict[str, ProductRow]) -> bool:
    """Put the lines into their queues and deal; whether other orders may have been reached."""
    session.add_all(lines)
    session.flush()
    record_ordered(session, deal, lines)
    reached = 0
    for line in lines:
        given = deal.run(products[line.sku])
        if given:
            session.refresh(line)
        reached += given
    for line in lines:
        if promises.stands_ahead(session, line):
            reached += promises.renew(session, line.sku, deal.cause, deal.at, by=deal.by)
    return bool(reached)


def lines(order: Order, terms: Policy, products: dict[str, ProductRow]) -> list[LineRow]:
    """The order's lines of known SKUs, in SKU order."""
    lines = [
        LineRow(
            order_id=order.order_id,
            sku=line.sku,
            number=number,
            title=line.title or products[line.sku].title,
            unit_price_minor=line.unit_price_minor,
            ordered=line.quantity,
            backordered=line.quantity,
            allocated=0,
            queue_at=queue_at(order, terms),
            placed_at=order.placed_at,
            may_split=products[line.sku].body.get("may_split", True),
        )
        for number, line in enumerate(order.lines, 1)
        if line.sku in products
    ]
    return sorted(lines, key=lambda line: line.sku)


def decide(session: Session, life: Row[Any], lines: list[LineRow]) -> Decision:
    """The decision of an order that entered the queue, and its promise."""
    waiting = [line for line in lines if line.backordered]
    ahead = {line.sku: promises.queue_ahead(session, line) for line in waiting}
    for line in lines:
        line.promised_on = life.promised_on or promises.expected_on(session, line, ahead.get(line.sku, 0))
    dates = [line.promised_on for line in waiting]
    promised = max((day for day in dates if day), default=None) if all(dates) else None
    return Decision(
        order_id=life.order_id,
        outcome=DecisionOutcome.BACKORDERED if waiting else DecisionOutcome.IN_STOCK,
        backordered=bool(waiting),
        lines=tuple(
            DecisionLine(
                sku=line.sku,
                ordered=line.ordered,
                allocated=line.allocated,
                backordered=line.backordered,
                promised_on=line.promised_on if line.backordered else None,
            )
            for line in sorted(lines, key=lambda line: line.number)
        ),
        promised_on=promised,
        priority=Priority(life.priority),
        queue_ahead_units=sum(ahead.values()),
    )
