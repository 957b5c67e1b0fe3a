"""Supply: purchase-order lines as they are announced, revised, received; and what suppliers' deliveries teach."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from domain.inventory import ChangeKind, ChangeLine, InventoryChange
from domain.lateness import Lateness, learn
from domain.lateness_sample import Delivery
from domain.state import LineState, OrderState
from domain.supply import Arrival, Inbound, arrivals
from store import bells, catalog, promises
from store.deal import Deal, lock
from store.supply_tables import DeliveryRow, InboundRow, SupplierRow
from store.tables import ProductRow

ALL_SUPPLIERS = ""
"""The row of what all suppliers taught together; it stands for those of whom nothing is known."""

_OPEN = (InboundRow.quantity > 0, ~InboundRow.cancelled)
_EXPECTED = (
    update(InboundRow)
    .where(
        InboundRow.inbound_id == bindparam("of"),
        InboundRow.sku == bindparam("of_sku"),
        InboundRow.eta == bindparam("of_eta"),
    )
    .values(expected_on=bindparam("on"))
)
"""One whose supplier gave another date meanwhile is left alone."""

_MOVES_SUPPLY = {ChangeKind.RECEIVED, ChangeKind.INBOUND}


def announce(session: Session, body: InventoryChange, line: ChangeLine) -> None:
    """Announce, revise or cancel an inbound line; a supplier who gave a new date may be asked again."""
    inbound_id = line.inbound_id or ""
    inbound = session.get(InboundRow, (inbound_id, line.sku))
    if inbound is None:
        inbound = InboundRow(inbound_id=inbound_id, sku=line.sku, first_eta=line.eta)
        session.add(inbound)
    if line.eta not in {None, inbound.eta}:
        inbound.asked_at = None
    inbound.supplier = line.supplier or inbound.supplier
    inbound.quantity = 0 if line.cancelled else line.quantity
    inbound.eta = line.eta or inbound.eta
    inbound.cancelled = line.cancelled
    inbound.happened_at = body.happened_at
    inbound.expected_on = inbound.eta + _buffer(_buffers(session), inbound.supplier) if inbound.eta else None


def _buffers(session: Session) -> dict[str, int]:
    """The days to add to each supplier's dates, as far as they are known."""
    known = select(SupplierRow.supplier, SupplierRow.buffer_days).where(SupplierRow.buffer_days.is_not(None))
    return {supplier: days for supplier, days in session.execute(known) if days is not None}


def _buffer(buffers: Mapping[str, int], supplier: str | None) -> timedelta:
    return timedelta(days=buffers.get(supplier or ALL_SUPPLIERS, buffers.get(ALL_SUPPLIERS, 0)))


def receive(session: Session, deal: Deal, line: ChangeLine) -> None:
    """A receipt's units are no longer expected: of the named line, else of the earliest open one."""
    session.flush()
    wanted = select(InboundRow).where(InboundRow.sku == line.sku)
    wanted = (
        wanted.where(InboundRow.inbound_id == line.inbound_id) if line.inbound_id else wanted.where(*_OPEN)
    )
    inbound = session.scalars(wanted.order_by(InboundRow.eta, InboundRow.inbound_id).limit(1)).first()
    if inbound is not None:
        inbound.quantity = max(0, inbound.quantity - line.quantity)
        _record_delivery(session, inbound, line.quantity, deal.today)


def _record_delivery(session: Session, inbound: InboundRow, quantity: int, today: date) -> None:
    """What came of a purchase-order line on one day; measured against the first date that was given for it."""
    if not inbound.supplier or inbound.first_eta is None:
        return
    key = (inbound.supplier, inbound.inbound_id, inbound.sku, today)
    known = session.get(DeliveryRow, key)
    if known is not None:
        known.quantity += quantity
        return
    names = ("supplier", "inbound_id", "sku", "received_on")
    row = DeliveryRow(**dict(zip(names, key, strict=True)), eta=inbound.first_eta, quantity=quantity)
    session.add(row)


def arriving(
    session: Session, deal: Deal, products: dict[str, ProductRow], body: InventoryChange
) -> dict[str, list[Arrival]]:
    """The new supply of the SKUs that a change touched, if it is one of supply."""
    if body.kind not in _MOVES_SUPPLY:
        return {}
    session.flush()
    return {sku: _arrivals(session, product, deal.today) for sku, product in products.items()}


def _arrivals(session: Session, product: ProductRow, today: date) -> list[Arrival]:
    expected = (
        select(InboundRow.expected_on, InboundRow.quantity, SupplierRow.on_time)
        .join(SupplierRow, SupplierRow.supplier == InboundRow.supplier, isouter=True)
        .where(InboundRow.sku == product.sku, *_OPEN)
    )
    inbound = [
        Inbound(expected_on=on, units=units, on_time=on_time)
        for on, units, on_time in session.execute(expected)
        if on is not None
    ]
    if not inbound:
        return []
    terms = catalog.policy(session)
    return arrivals(inbound, promises.offered(product, terms), terms, today)


def arriving_on(session: Session, state: OrderState) -> date | None:
    """When the last of what an order waits for is expected in the building, its supplier's usual lateness included."""
    waiting = [line for line in state.lines if line.backordered]
    days = [_arrives(session, line) for line in waiting]
    return max((day for day in days if day), default=None) if all(days) else None


def _arrives(session: Session, line: LineState) -> date | None:
    """Of the supply that can ship on the line's date, the latest; without any, the date itself."""
    if line.promised_on is None:
        return None
    expected = select(func.max(InboundRow.expected_on)).where(
        InboundRow.sku == line.sku, InboundRow.expected_on <= line.promised_on, *_OPEN
    )
    return session.scalar(expected) or line.promised_on


def skus_with_supply(session: Session) -> list[str]:
    """SKUs of which something is to come, or is waited for, or waits for its release: time alone may move their dates."""
    coming = select(InboundRow.sku).where(*_OPEN)
    asked_for = or_(ProductRow.waiting > 0, ProductRow.reserved > 0)
    waited_for = select(ProductRow.sku).where(or_(asked_for, ProductRow.sku.in_(coming)))
    return list(session.scalars(waited_for.order_by(ProductRow.sku)))


def refresh(session: Session, sku: str, cause: str, at: datetime, time_zone: str) -> int:
    """Bring a SKU's dates to the shop's day of `at`; the number of orders that must hear of it."""
    products = lock(session, [sku])
    deal = Deal(session, cause, at, time_zone=time_zone)
    for product in products.values():
        promises.renew(session, deal, [product], {sku: _arrivals(session, product, deal.today)})
        promises.renew_with_time(session, deal, product)
    return bells.hanging(session, cause)


def relearn(session: Session, today: date) -> None:
    """Learn each supplier's lateness from its deliveries, and expect the open purchase-order lines accordingly."""
    session.flush()
    columns = (DeliveryRow.supplier, DeliveryRow.eta, DeliveryRow.received_on, DeliveryRow.quantity)
    deliveries = [
        Delivery(supplier=supplier, promised_on=eta, received_on=received_on, quantity=quantity)
        for supplier, eta, received_on, quantity in session.execute(select(*columns))
    ]
    learned = learn(deliveries, today, catalog.policy(session).promises_kept_target)
    if deliveries:
        _keep(session, learned, {delivery.supplier for delivery in deliveries})
    session.flush()
    buffers = _buffers(session)
    dated = select(InboundRow.inbound_id, InboundRow.sku, InboundRow.eta, InboundRow.supplier)
    expected = [
        {"of": of, "of_sku": sku, "of_eta": eta, "on": _expected(eta, supplier, buffers, learned, today)}
        for of, sku, eta, supplier in session.execute(dated.where(*_OPEN))
        if eta is not None
    ]
    if expected:
        session.connection().execute(_EXPECTED, expected)
    session.expire_all()


def _keep(session: Session, learned: Lateness, suppliers: Collection[str]) -> None:
    for supplier in sorted({*suppliers, ALL_SUPPLIERS}):
        row = session.get(SupplierRow, supplier) or SupplierRow(supplier=supplier)
        session.add(row)
        of = supplier or None
        row.buffer_days, row.on_time = learned.buffer(of), learned.on_time(of)


def _expected(
    eta: date, supplier: str | None, buffers: Mapping[str, int], learned: Lateness, today: date
) -> date:
    """With its supplier's usual lateness; later, when even that has passed."""
    expected = eta + _buffer(buffers, supplier)
    if expected >= today:
        return expected
    return eta + timedelta(days=learned.buffer_when_late(supplier, (today - eta).days))
