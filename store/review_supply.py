"""Supply that is overdue: open purchase-order lines whose date has passed."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.orm import Session

from domain.review import LateLine
from store.supply_tables import InboundRow, SupplierRow
from store.tables import ProductRow

_ASKED = (
    update(InboundRow)
    .where(
        InboundRow.inbound_id == bindparam("of"),
        InboundRow.sku == bindparam("of_sku"),
        InboundRow.eta == bindparam("of_eta"),
    )
    .values(asked_at=bindparam("at"))
)


def suppliers_to_ask(session: Session, today: date, after: str = "", limit: int = 100) -> list[str]:
    """Suppliers with an address and with overdue lines that nobody asked about yet, in pages."""
    statement = (
        select(SupplierRow.supplier)
        .join(InboundRow, InboundRow.supplier == SupplierRow.supplier)
        .where(*_overdue(today), InboundRow.asked_at.is_(None))
        .where(SupplierRow.email.is_not(None), SupplierRow.email != "", SupplierRow.supplier > after)
    )
    return list(session.scalars(statement.distinct().order_by(SupplierRow.supplier).limit(limit)))


def to_ask(session: Session, supplier: str, today: date) -> list[LateLine]:
    """A supplier's overdue lines that it was not asked about yet."""
    mine = _lines(today).where(InboundRow.supplier == supplier, InboundRow.asked_at.is_(None))
    return _read(session, mine)


def was_asked(session: Session, lines: Sequence[LateLine], at: datetime) -> None:
    """The supplier was asked about these lines; one that got another date meanwhile is not marked."""
    asked_of = [{"of": line.inbound_id, "of_sku": line.sku, "of_eta": line.eta, "at": at} for line in lines]
    session.connection().execute(_ASKED, asked_of)


def overdue(session: Session, today: date, limit: int) -> tuple[int, list[LateLine]]:
    """How many lines are overdue, and the first of them, the oldest date first."""
    count = session.scalar(select(func.count()).select_from(InboundRow).where(*_overdue(today))) or 0
    return count, _read(session, _lines(today).limit(limit))


def _overdue(today: date) -> Iterable[Any]:
    return (InboundRow.quantity > 0, ~InboundRow.cancelled, InboundRow.eta < today)


def _lines(today: date) -> Select[Any]:
    return (
        select(
            InboundRow.inbound_id,
            InboundRow.sku,
            ProductRow.title,
            InboundRow.quantity,
            InboundRow.eta,
            InboundRow.supplier,
            func.nullif(SupplierRow.email, "").label("email"),
            InboundRow.asked_at,
        )
        .join(ProductRow, ProductRow.sku == InboundRow.sku)
        .join(SupplierRow, SupplierRow.supplier == InboundRow.supplier, isouter=True)
        .where(*_overdue(today))
        .order_by(InboundRow.eta, InboundRow.inbound_id, InboundRow.sku)
    )


def _read(session: Session, statement: Select[Any]) -> list[LateLine]:
    return [LateLine.model_validate(row, from_attributes=True) for row in session.execute(statement)]
