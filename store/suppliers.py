"""Suppliers, loaded with their history."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from domain.suppliers import Supplier, Suppliers
from store import supply
from store.once import insert_once
from store.supply_tables import DeliveryRow, SupplierRow

_AT_ONCE = 1_000


def load(session: Session, loaded: Suppliers, today: date) -> int:
    """Add or change suppliers, add what they delivered, and learn from it; how many suppliers there were.

    The same again changes nothing. An address that is not given stays.
    """
    for one in loaded.suppliers:
        row = session.get(SupplierRow, one.supplier) or SupplierRow(supplier=one.supplier)
        row.email = one.email or row.email
        session.add(row)
    session.flush()
    deliveries = [delivery for one in loaded.suppliers for delivery in _deliveries(one)]
    for first in range(0, len(deliveries), _AT_ONCE):
        session.execute(insert_once(session, DeliveryRow), deliveries[first : first + _AT_ONCE])
    supply.relearn(session, today)
    return len(loaded.suppliers)


def _deliveries(one: Supplier) -> list[dict[str, Any]]:
    return [{**delivery.model_dump(), "supplier": one.supplier, "sku": ""} for delivery in one.deliveries]
