"""Ledger rows for what happens to single lines, and the lines that follow them."""

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from store.deal import Deal
from store.tables import LineRow, ProductRow, StockLedgerRow

_UNITS = ("backordered", "allocated", "claimed", "shipped", "cancelled")


def record_line(
    session: Session,
    deal: Deal,
    kind: str,
    sku: str,
    order_id: str,
    *,
    parcel: int | None = None,
    **units: int,
) -> None:
    """Write what happened to a line's units, and change the line by just that."""
    session.execute(
        insert(StockLedgerRow).values(
            cause=deal.cause,
            part=deal.next_part(),
            kind=kind,
            at=deal.at,
            sku=sku,
            order_id=order_id,
            parcel=parcel,
            on_hand=-units.get("shipped", 0),
            **units,
        )
    )
    changes = {name: getattr(LineRow, name) + units[name] for name in _UNITS if units.get(name)}
    if changes:
        session.execute(
            update(LineRow)
            .where(LineRow.order_id == order_id, LineRow.sku == sku)
            .values(changes)
            .execution_options(synchronize_session=False)
        )


def record_stock(session: Session, deal: Deal, kind: str, product: ProductRow, units: int) -> None:
    """Write a movement of units on hand, and move them."""
    session.execute(
        insert(StockLedgerRow).values(
            cause=deal.cause, part=deal.next_part(), kind=kind, at=deal.at, sku=product.sku, on_hand=units
        )
    )
    product.on_hand += units
