"""Why an order is not accepted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain import acceptance
from domain.acceptance import Asked
from domain.decision import DecisionReason, Refusal
from domain.order import Order
from domain.policy import Policy, Product
from domain.status import Status
from domain.supply import Arrival, covering
from store import promises
from store.tables import LineRow, OrderRow, ProductRow

_LATEST = 200
"""So many of a product's last ended backorders tell how often they are cancelled."""


@dataclass(frozen=True)
class Asking:
    """An order that asks to be accepted on a day of the shop, under its terms; `offers`: the word on each product."""

    order: Order
    terms: Policy
    today: date
    offers: dict[str, Product]


def refusals(
    session: Session, asking: Asking, lines: list[LineRow], products: dict[str, ProductRow]
) -> list[DecisionReason]:
    """Why the part of the order that stock does not cover is not accepted: every reason of every line.

    `lines` have not joined their queues yet.
    """
    reasons = list(_unknown(asking.order, products))
    for line in sorted(lines, key=lambda line: line.number):
        product, offer = products[line.sku], asking.offers[line.sku]
        if product.discontinued_at is None and acceptance.unconditional(offer):
            continue
        short = _short(session, line, product)
        if short > 0:
            reasons += acceptance.refusals(_asked(session, asking, line, product, short))
    return reasons


def _short(session: Session, line: LineRow, product: ProductRow) -> int:
    """Units that this line and those ahead of it will still need once the deal gave them all there is."""
    free = product.on_hand - product.reserved
    held_behind = promises.held_behind(session, line) if product.reserved else 0
    return promises.needed_ahead(session, product, line) + line.ordered - free - held_behind


def _asked(session: Session, asking: Asking, line: LineRow, product: ProductRow, short: int) -> Asked:
    offer = asking.offers[line.sku]
    supply = [Arrival.model_validate(arrival) for arrival in product.supply]
    arrival = covering(supply, short)
    free = product.on_hand - product.reserved
    dates = promises.dates(product, asking.terms, asking.today)
    return Asked(
        product=offer,
        today=asking.today,
        discontinued=product.discontinued_at is not None,
        special_request=asking.order.special_request,
        promised_on=asking.order.promised_on or dates.of(arrival.on if arrival else None),
        on_time=arrival.on_time if arrival else None,
        waiting=product.waiting + line.ordered - min(free, line.ordered),
        customers=_customers(session, asking.order, line) if offer.max_units_per_customer else 0,
        cancel_rate=_cancel_rate(session, asking, line.sku)
        if offer.max_expected_cancel_rate is not None
        else None,
    )


def _customers(session: Session, order: Order, line: LineRow) -> int:
    """The customer's units of the SKU neither shipped nor cancelled, this order's among them."""
    open_units = func.sum(LineRow.ordered - LineRow.shipped - LineRow.cancelled)
    others = (
        select(open_units)
        .join(OrderRow, OrderRow.order_id == LineRow.order_id)
        .where(OrderRow.customer_id == order.customer.customer_id, OrderRow.ended_at.is_(None))
        .where(LineRow.sku == line.sku, LineRow.order_id != order.order_id)
    )
    return line.ordered + (session.scalar(others) or 0)


def _cancel_rate(session: Session, asking: Asking, sku: str) -> float:
    """Of the product's latest ended backorders, how many were cancelled; the shop's target stands for the others."""
    was_backordered = OrderRow.decision["backordered"].as_boolean()
    latest = (
        select(OrderRow.status)
        .join(LineRow, LineRow.order_id == OrderRow.order_id)
        .where(LineRow.sku == sku, LineRow.backordered == 0, LineRow.allocated == 0, LineRow.claimed == 0)
        .where(OrderRow.status.in_([Status.COMPLETED, Status.CANCELLED]), was_backordered)
        .order_by(LineRow.placed_at.desc())
        .limit(_LATEST)
    )
    ended = session.scalars(latest).all()
    return acceptance.expected_cancel_rate(
        ended.count(Status.CANCELLED), len(ended), asking.terms.targets.cancel_rate
    )


def _unknown(order: Order, products: dict[str, ProductRow]) -> Iterator[DecisionReason]:
    for line in order.lines:
        if line.sku not in products:
            text = f"{line.sku} is not in the catalogue."
            yield DecisionReason(code=Refusal.UNKNOWN_SKU, sku=line.sku, message=text)


def unavailable() -> DecisionReason:
    """Nobody decided in time, so nobody may find an order later."""
    message = "The order could not be placed in time; nothing was charged."
    return DecisionReason(code=Refusal.UNAVAILABLE, message=message)
