"""Ledger rows for what happens to single lines, and the lines that follow them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from store.deal import Deal
from store.stock_tables import StockLedgerRow
from store.tables import LineRow, ProductRow

_UNITS = ("backordered", "allocated", "claimed", "shipped", "cancelled")

# Plain statements, made once: each step of an order passes here.
_RECORD = insert(StockLedgerRow)
_FOLLOW = (
    update(LineRow)
    .where(LineRow.order_id == bindparam("of_order"), LineRow.sku == bindparam("of_sku"))
    .values({name: getattr(LineRow, name) + bindparam(f"plus_{name}") for name in _UNITS})
)


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
    record_lines(session, deal, kind, order_id, {sku: units}, parcel=parcel)


def record_lines(
    session: Session,
    deal: Deal,
    kind: str,
    order_id: str,
    units: Mapping[str, Mapping[str, int]],
    *,
    parcel: int | None = None,
) -> None:
    """The same for several lines of an order, by SKU: two statements, however many lines."""
    rows = [
        {
            "cause": deal.cause,
            "part": deal.next_part(),
            "kind": kind,
            "at": deal.at,
            "sku": sku,
            "order_id": order_id,
            "parcel": parcel,
            "on_hand": -moved.get("shipped", 0),
            **moved,
        }
        for sku, moved in units.items()
    ]
    follow = [
        {"of_order": order_id, "of_sku": sku, **{f"plus_{name}": moved.get(name, 0) for name in _UNITS}}
        for sku, moved in units.items()
    ]
    session.connection().execute(_RECORD, rows)
    session.connection().execute(_FOLLOW, follow)


def record_ordered(session: Session, deal: Deal, lines: Iterable[LineRow]) -> None:
    """The ledger's first row for each line: the units that were ordered, which the line has already."""
    rows = [
        {
            "cause": deal.cause,
            "part": deal.next_part(),
            "kind": "ordered",
            "at": deal.at,
            "sku": line.sku,
            "order_id": line.order_id,
            "backordered": line.ordered,
        }
        for line in lines
    ]
    if rows:
        session.connection().execute(_RECORD, rows)


def record_stock(session: Session, deal: Deal, kind: str, product: ProductRow, units: int) -> None:
    """Write a movement of units on hand, and move them."""
    session.execute(
        insert(StockLedgerRow).values(
            cause=deal.cause, part=deal.next_part(), kind=kind, at=deal.at, sku=product.sku, on_hand=units
        )
    )
    product.on_hand += units
