"""Suppliers as the buyer knows them, with what they delivered."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.model import Id, StrictModel

SupplierName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\r\n]*$")
]


class SupplierDelivery(StrictModel):
    """Units of one purchase-order line: the first date that was given for them, and the day on which they came."""

    inbound_id: Id
    eta: date
    received_on: date
    quantity: Annotated[int, Field(ge=1, le=10_000_000)] = 1


class Supplier(StrictModel):
    supplier: SupplierName
    email: (
        Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s<>,;\"]+@[^@\s<>,;\"]+$")] | None
    ) = None
    deliveries: tuple[SupplierDelivery, ...] = ()


class Suppliers(StrictModel):
    suppliers: tuple[Supplier, ...]
