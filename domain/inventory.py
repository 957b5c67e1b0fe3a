"""What happens to stock and supply, as the warehouse or the buyer reports it."""

from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.model import Id, Instant, Line, Model, StrictModel, items


class ChangeKind(StrEnum):
    RECEIVED = "received"
    ADJUSTED = "adjusted"
    INBOUND = "inbound"
    DISCONTINUED = "discontinued"


class ChangeLine(StrictModel):
    """Units of one SKU; `quantity` is signed for an adjustment, still outstanding for an inbound line."""

    sku: Id
    quantity: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    inbound_id: Id | None = None
    supplier: Line | None = None
    eta: date | None = None
    cancelled: bool = False


class InventoryChange(StrictModel):
    """One change with its sender's id; the same id again returns the first outcome."""

    change_id: Id
    kind: ChangeKind
    happened_at: Instant
    lines: Annotated[tuple[ChangeLine, ...], items(500)]
    reason: Annotated[str, Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def _lines_fit_the_kind(self) -> Self:
        for number, line in enumerate(self.lines):
            fault = _fault(self.kind, line)
            if fault:
                raise ValueError(f"lines.{number}.{fault}")
        keys = [(line.sku, line.inbound_id) for line in self.lines]
        if len(set(keys)) != len(keys):
            raise ValueError("lines: the same SKU stands twice")
        return self

    @property
    def skus(self) -> tuple[str, ...]:
        return tuple(sorted({line.sku for line in self.lines}))

    def digest(self) -> str:
        """The same for the same change, also when its sender stamps it anew each time it is sent."""
        return sha256(self.model_dump_json(exclude={"happened_at"}).encode()).hexdigest()[:32]


def _fault(kind: ChangeKind, line: ChangeLine) -> str | None:
    match kind:
        case ChangeKind.RECEIVED if line.quantity < 1:
            return "quantity: a receipt has at least 1 unit"
        case ChangeKind.ADJUSTED if line.quantity == 0:
            return "quantity: an adjustment of 0 changes nothing"
        case ChangeKind.INBOUND if line.inbound_id is None:
            return "inbound_id: an inbound line needs its id"
        case ChangeKind.INBOUND if line.quantity < 0:
            return "quantity: outstanding units are not negative"
        case ChangeKind.INBOUND if line.eta is None and not line.cancelled:
            return "eta: an inbound line needs its date"
    return None


class InventoryOutcome(Model):
    change_id: str
    applied: bool
    units: int = 0
    handed_out: int = 0
    left_over: int = 0
    orders_reached: int = 0
    orders: tuple[str, ...] = ()
    uncovered: int = 0
