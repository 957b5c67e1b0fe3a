"""Why an order is not accepted."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from domain.decision import DecisionReason, Refusal
from domain.order import Order
from store import promises
from store.tables import LineRow, ProductRow


def refusals(
    session: Session, order: Order, lines: list[LineRow], products: dict[str, ProductRow]
) -> list[DecisionReason]:
    """Why the part of the order that stock does not cover is not accepted: every reason of every line.

    `lines` have not joined their queues yet.
    """
    reasons = list(_unknown(order, products))
    for line in sorted(lines, key=lambda line: line.number):
        against = list(_against_waiting(products[line.sku]))
        if against and not _covered(session, line, products[line.sku]):
            reasons.extend(against)
    return reasons


def _unknown(order: Order, products: dict[str, ProductRow]) -> Iterator[DecisionReason]:
    for line in order.lines:
        if line.sku not in products:
            text = f"{line.sku} is not in the catalogue."
            yield DecisionReason(code=Refusal.UNKNOWN_SKU, sku=line.sku, message=text)


def _against_waiting(product: ProductRow) -> Iterator[DecisionReason]:
    if product.discontinued_at is not None:
        text = f"{product.title} is being discontinued and will not be restocked."
        yield DecisionReason(code=Refusal.DISCONTINUED, sku=product.sku, message=text)
    if not product.body.get("accepts_backorders", True):
        text = f"{product.title} is out of stock and not sold on backorder."
        yield DecisionReason(code=Refusal.BACKORDERS_OFF, sku=product.sku, message=text)


def _covered(session: Session, line: LineRow, product: ProductRow) -> bool:
    """Whether the deal will give the line all its units.

    It gives to the front first: what is neither claimed nor needed or held by the lines ahead.
    """
    free = product.on_hand - product.reserved
    held_behind = promises.held_behind(session, line)
    return free + held_behind - promises.queue_ahead(session, line) >= line.ordered


def unavailable() -> DecisionReason:
    """Nobody decided in time, so nobody may find an order later."""
    message = "The order could not be placed in time; nothing was charged."
    return DecisionReason(code=Refusal.UNAVAILABLE, message=message)
