"""One SKU for people: beside its stock, the purchase orders behind its supply, and how the orders of its queue stand."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.model import Model
from domain.supply import Arrival, covering
from store import listing
from store import stock as stocks
from store.stock import Stock
from store.supply_tables import InboundRow
from store.tables import LineRow, OrderRow

COUNTED = 1000
_INBOUND = 50


class Coming(Model):
    """Units of a purchase-order line that are still to come; `expected_on` adds its supplier's usual lateness."""

    inbound_id: str
    supplier: str | None
    quantity: int
    eta: date | None
    expected_on: date | None


class Standing(Model):
    """How a SKU stands; `orders`: how many need units of it, counted to `COUNTED`."""

    stock: Stock
    orders: int
    inbound: tuple[Coming, ...]

    @property
    def next_on(self) -> date | None:
        """The day for which one more unit could be promised behind the queue; None when the supply does not reach."""
        supply = (Arrival(on=one.on, units=one.units) for one in self.stock.supply)
        found = covering(supply, max(0, self.stock.waiting_units - self.stock.available) + 1)
        return found.on if found else None


def standing(session: Session, sku: str) -> Standing:
    """Its stock and supply; raises `UnknownSku`."""
    lines = select(LineRow.order_id).where(LineRow.sku == sku, LineRow.backordered > 0)
    return Standing(
        stock=stocks.stock(session, sku),
        orders=listing.at_most(session, lines, COUNTED),
        inbound=_inbound(session, sku),
    )


def _inbound(session: Session, sku: str) -> tuple[Coming, ...]:
    rows = session.scalars(
        select(InboundRow)
        .where(InboundRow.sku == sku, InboundRow.quantity > 0, ~InboundRow.cancelled)
        .order_by(InboundRow.eta)
        .limit(_INBOUND)
    )
    return tuple(Coming.model_validate(row, from_attributes=True) for row in rows)


def statuses(session: Session, order_ids: Sequence[str]) -> dict[str, str]:
    """How these orders stand."""
    rows = select(OrderRow.order_id, OrderRow.status).where(OrderRow.order_id.in_(order_ids))
    return dict(session.execute(rows).all())
