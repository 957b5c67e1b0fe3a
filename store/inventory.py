"""One inventory change, applied once: stock or supply moves, and the queue is dealt anew."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.errors import ChangeBodyChanged, TooManyUnits, UnknownInbound, UnknownSku
from domain.inventory import ChangeKind, ChangeLine, InventoryChange, InventoryOutcome
from domain.model import Instant, Model
from store import keys, promises, supply
from store.deal import Deal, lock
from store.ledger import record_stock
from store.stock_tables import BellRow, InventoryChangeRow, StockLedgerRow
from store.supply_tables import InboundRow
from store.tables import LineRow, ProductRow

_MOST_ON_HAND = 2_147_483_647
"""What an integer of PostgreSQL holds."""


class Change(Model):
    change: InventoryChange
    at: Instant
    time_zone: str = "UTC"


def apply(session: Session, change: Change) -> InventoryOutcome:
    """Apply a change, or give its first outcome.

    Another body under its id is refused, and so are an unknown SKU and a receipt of what was never announced.
    """
    body, at = change.change, change.at
    products = lock(session, body.skus)
    known = session.get(InventoryChangeRow, body.change_id)
    if known is not None:
        return _again(known, body)
    unknown = [sku for sku in body.skus if sku not in products]
    if unknown:
        raise UnknownSku(*unknown)
    _check_announced(session, body)
    _check_room(body, products)
    deal = Deal(session, keys.changed(body.change_id), at, time_zone=change.time_zone)
    lines = [line for line in body.lines if not _outdated(session, body, line)]
    uncovered = sum(_apply_line(session, deal, body, line, products[line.sku]) for line in lines)
    handed_out = sum(deal.run(products[sku]) for sku in body.skus)
    promises.renew(session, deal, products.values(), supply.arriving(session, deal, products, body))
    outcome = _outcome(session, body, products, handed_out, uncovered)
    if not lines:
        outcome = outcome.model_copy(update={"applied": False})
    session.add(_record(body, outcome, at))
    return outcome


def _record(body: InventoryChange, outcome: InventoryOutcome, at: datetime) -> InventoryChangeRow:
    return InventoryChangeRow(
        change_id=body.change_id,
        digest=body.digest(),
        body=body.model_dump(mode="json"),
        outcome=outcome.model_dump(mode="json"),
        applied_at=at,
    )


def _again(known: InventoryChangeRow, body: InventoryChange) -> InventoryOutcome:
    if known.digest != body.digest():
        raise ChangeBodyChanged(body.change_id)
    return InventoryOutcome.model_validate(known.outcome)


def _check_room(body: InventoryChange, products: dict[str, ProductRow]) -> None:
    """More units than a column holds would be tried again for ever."""
    if body.kind not in {ChangeKind.RECEIVED, ChangeKind.ADJUSTED}:
        return
    for sku, product in products.items():
        units = sum(line.quantity for line in body.lines if line.sku == sku)
        if product.on_hand + units > _MOST_ON_HAND:
            raise TooManyUnits(sku, _MOST_ON_HAND)


def _check_announced(session: Session, body: InventoryChange) -> None:
    """A mistyped purchase-order line would leave the right one expected for ever."""
    if body.kind is not ChangeKind.RECEIVED:
        return
    named = [(line.inbound_id, line.sku) for line in body.lines if line.inbound_id]
    ids = {inbound_id for inbound_id, _ in named}
    rows = select(InboundRow.inbound_id, InboundRow.sku).where(InboundRow.inbound_id.in_(ids))
    announced = {(inbound_id, sku) for inbound_id, sku in session.execute(rows)} if named else set()
    for inbound_id, sku in named:
        if (inbound_id, sku) not in announced:
            raise UnknownInbound(inbound_id, sku)


def _apply_line(
    session: Session, deal: Deal, body: InventoryChange, line: ChangeLine, product: ProductRow
) -> int:
    """What the change does to one SKU; the units of a negative adjustment that nothing covers."""
    match body.kind:
        case ChangeKind.RECEIVED:
            record_stock(session, deal, "received", product, line.quantity)
            supply.receive(session, deal, line)
        case ChangeKind.ADJUSTED:
            return _adjust(session, deal, product, line.quantity)
        case ChangeKind.INBOUND:
            supply.announce(session, body, line)
        case ChangeKind.DISCONTINUED:
            product.discontinued_at = body.happened_at
    return 0


def _adjust(session: Session, deal: Deal, product: ProductRow, quantity: int) -> int:
    """Units in a parcel are never taken away: what the others can't cover is reported."""
    claimed = select(func.sum(LineRow.claimed)).where(LineRow.sku == product.sku, LineRow.claimed > 0)
    removable = product.on_hand - (session.scalar(claimed) or 0)
    applied = max(quantity, -removable)
    if applied:
        record_stock(session, deal, "adjusted", product, applied)
    return applied - quantity


def _outdated(session: Session, body: InventoryChange, line: ChangeLine) -> bool:
    """Word of an inbound line that is older than the one in force is recorded, and changes nothing."""
    if body.kind is not ChangeKind.INBOUND:
        return False
    inbound = session.get(InboundRow, (line.inbound_id or "", line.sku))
    return inbound is not None and inbound.happened_at > body.happened_at


def _outcome(
    session: Session, body: InventoryChange, products: dict[str, ProductRow], handed_out: int, uncovered: int
) -> InventoryOutcome:
    cause = keys.changed(body.change_id)
    reached = tuple(session.scalars(select(BellRow.order_id).where(BellRow.cause == cause).distinct()))
    gained = (
        select(StockLedgerRow.order_id)
        .where(StockLedgerRow.cause == cause, StockLedgerRow.kind == "dealt")
        .order_by(StockLedgerRow.id)
    )
    orders = tuple(dict.fromkeys([*session.scalars(gained), *reached]))
    return InventoryOutcome(
        change_id=body.change_id,
        applied=True,
        units=sum(
            line.quantity for line in body.lines if body.kind in {ChangeKind.RECEIVED, ChangeKind.ADJUSTED}
        ),
        handed_out=handed_out,
        left_over=sum(product.on_hand - product.reserved for product in products.values()),
        orders_reached=len(orders),
        orders=orders,
        uncovered=uncovered,
    )
