"""A driver of the store in the trade's words: days are days of January 2026, at noon."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.inventory import ChangeKind, InventoryChange, InventoryOutcome
from domain.notices import Kind
from domain.order import Order
from domain.payment import Attempt
from domain.policy import Policy, Product
from domain.state import LineState, OrderState
from store import (
    audit,
    cancelling,
    catalog,
    changes,
    inventory,
    labels,
    mailed,
    money,
    notices,
    orders,
    parcels,
    placing,
    queue,
)
from store.base import Base
from store.cancelling import Cancelled, Cancelling
from store.changes import Changed, Changing
from store.database import Database
from store.inventory import Change
from store.labels import Bought
from store.life_tables import PaymentRow
from store.money import Approval, Decline
from store.notices import Telling
from store.parcels import Step
from store.placing import Placed, Placing
from store.stock_tables import BellRow, StockLedgerRow
from store.supply_tables import InboundRow
from store.tables import ProductRow

SKU = "WIDGET-PRO-BLUE"
MINI = "WIDGET-MINI"
PRICE = 9500

_ORDER = json.loads((Path(__file__).parents[1] / "examples" / "order.json").read_text())


Moment = int | datetime


def day(number: int, hour: int = 12) -> datetime:
    """A day of January 2026, at noon UTC."""
    return datetime(2026, 1, number, hour, tzinfo=UTC)


def moment(on: Moment) -> datetime:
    """A moment, or a day of January 2026 by its number."""
    return day(on) if isinstance(on, int) else on


def january(number: int) -> date:
    return date(2026, 1, number)


@dataclass(frozen=True)
class Units:
    """Where the units of a line, or of a whole order, are."""

    backordered: int = 0
    allocated: int = 0
    claimed: int = 0
    shipped: int = 0
    cancelled: int = 0


def order_of(
    order_id: str,
    units: int = 1,
    sku: str = SKU,
    *,
    placed: Moment = 5,
    lines: Mapping[str, int] | None = None,
    tier: str = "standard",
    timing: str = "at_shipment",
    price: int = PRICE,
    **fields: Any,
) -> Order:
    """The example order with other units; several `lines` as {sku: units}."""
    body = dict(_ORDER)
    body |= {
        "order_id": order_id,
        "placed_at": moment(placed).isoformat(),
        "customer": _ORDER["customer"] | {"tier": tier},
        "payment": {"timing": timing, "method": "pm_card_visa"},
        "lines": [
            {"sku": one, "quantity": quantity, "unit_price_minor": price}
            for one, quantity in (lines or {sku: units}).items()
        ],
    }
    return Order.model_validate(body | fields)


def change_of(kind: ChangeKind, change_id: str, *lines: dict[str, Any], on: Moment = 10) -> InventoryChange:
    body = {"change_id": change_id, "kind": kind, "happened_at": moment(on), "lines": lines}
    return InventoryChange.model_validate(body)


def bought(number: int = 1) -> Bought:
    """A label that a carrier sold."""
    return Bought(
        label_id=f"label-{number}",
        carrier="Post",
        service="Ground",
        tracking=f"1Z{number}",
        label_url="https://carrier.example/label",
        cost_minor=700,
        estimated_delivery=january(20),
    )


class Stockroom:
    """One shop's store, driven as activities drive it."""

    def __init__(self, database: Database, skus: tuple[str, ...] = (SKU, MINI)) -> None:
        self.database = database
        self._numbers = count(1)
        self.catalogue(*(Product(sku=sku, title=sku.title()) for sku in skus))

    def catalogue(self, *products: Product) -> None:
        self.database.write(catalog.load_products, products)

    def policy(self, policy: Policy) -> None:
        self.database.write(catalog.load_policy, policy, day(1))

    # Orders.

    def place(self, order_id: str, units: int = 1, sku: str = SKU, **fields: Any) -> Placed:
        """Place an order `on` a day (else the day on which it was `placed`), asked for on the day `asked`."""
        on = fields.pop("on", None) or fields.get("placed", 5)
        asked, late = fields.pop("asked", on), fields.pop("late", False)
        order = order_of(order_id, units, sku, **fields)
        return self.place_order(order, on=on, asked=asked, late=late)

    def place_order(
        self, order: Order, *, on: Moment = 5, asked: Moment | None = None, late: bool = False
    ) -> Placed:
        wish = Placing(order=order, at=moment(on), asked_at=moment(asked or on), late=late)
        return self.database.write(placing.place, wish)

    def refuse(self, order: Order, *, on: Moment = 5, asked: Moment | None = None) -> Placed:
        wish = Placing(order=order, at=moment(on), asked_at=moment(asked or on))
        return self.database.write(placing.refuse, wish)

    def cancel(
        self,
        order_id: str,
        cancellation_id: str | None = None,
        *,
        lines: Mapping[str, int] | None = None,
        reason: Reason = Reason.CHANGED_MIND,
        on: Moment = 15,
    ) -> Cancelled:
        named = tuple(CancelledLine(sku=sku, quantity=units) for sku, units in (lines or {}).items())
        wish = Cancellation(
            cancellation_id=cancellation_id or f"C-{next(self._numbers)}", reason=reason, lines=named or None
        )
        return self.database.write(
            cancelling.cancel, Cancelling(order_id=order_id, cancellation=wish, at=moment(on))
        )

    def claim(self, order_id: str, *, on: Moment = 12) -> OrderState:
        return self.database.write(parcels.claim, Step(order_id=order_id, at=moment(on)))

    def ship(self, order_id: str, parcel: int = 1, *, on: Moment = 12) -> OrderState:
        step = Step(order_id=order_id, at=moment(on), parcel=parcel)
        self.database.write(labels.about_to_buy, step, [])
        return self.database.write(labels.bought, step, bought(parcel))

    def change(self, order_id: str, change: Any, *, on: Moment = 13) -> Changed:
        return self.database.write(changes.change, Changing(order_id=order_id, change=change, at=moment(on)))

    def tell(self, order_id: str, kind: Kind, occasion: str = "1", *, on: Moment = 6) -> OrderState:
        telling = Telling(order_id=order_id, kind=kind, occasion=occasion, at=moment(on))
        facts = self.database.read(notices.facts, telling)
        return self.database.write(mailed.told, telling, delivered=True, message_id="m-1", facts=facts)

    # Money.

    def authorise(
        self, order_id: str, parcel: int = 1, *, on: Moment = 12, until: Moment | None = None
    ) -> OrderState:
        step = Step(order_id=order_id, at=moment(on), parcel=parcel)
        attempt = self.database.write(money.to_authorise, step)
        answer = Approval(reference=f"pi-{attempt.key}", expires_at=moment(until) if until else None)
        return self.database.write(money.authorised, step, attempt, answer)

    def decline(
        self, order_id: str, parcel: int = 1, *, on: Moment = 12, final: bool = False
    ) -> tuple[Attempt, OrderState]:
        step = Step(order_id=order_id, at=moment(on), parcel=parcel)
        attempt = self.database.write(money.to_authorise, step)
        answer = Decline(code="insufficient_funds", final=final)
        return attempt, self.database.write(money.authorised, step, attempt, answer)

    def capture(
        self, order_id: str, parcel: int = 1, *, on: Moment = 12, refused: bool = False
    ) -> OrderState:
        step = Step(order_id=order_id, at=moment(on), parcel=parcel)
        attempt = self.database.write(money.to_capture, step)
        answer = Decline(code="expired", final=True) if refused else Approval(reference=f"ch-{attempt.key}")
        return self.database.write(money.captured, step, attempt, answer)

    def charge(self, order_id: str, *, on: Moment = 5, declined: bool = False) -> Placed:
        step = Step(order_id=order_id, at=moment(on))
        attempt = self.database.write(money.to_charge, step)
        answer = Decline(code="stolen_card") if declined else Approval(reference=f"ch-{attempt.key}")
        return self.database.write(money.charged, step, attempt, answer)

    def refund(self, order_id: str, *, on: Moment = 16) -> OrderState:
        step = Step(order_id=order_id, at=moment(on))
        attempt = self.database.write(money.to_refund, step)
        return self.database.write(money.refunded, step, attempt.key, f"re-{attempt.key}")

    # Inventory.

    def receive(
        self,
        units: int,
        sku: str = SKU,
        change_id: str | None = None,
        *,
        inbound: str | None = None,
        on: Moment = 10,
    ) -> InventoryOutcome:
        line = {"sku": sku, "quantity": units, "inbound_id": inbound}
        return self.apply(change_of(ChangeKind.RECEIVED, change_id or self._id(), line, on=on), on=on)

    def adjust(
        self, units: int, sku: str = SKU, change_id: str | None = None, *, on: Moment = 11
    ) -> InventoryOutcome:
        line = {"sku": sku, "quantity": units}
        return self.apply(change_of(ChangeKind.ADJUSTED, change_id or self._id(), line, on=on), on=on)

    def announce(
        self,
        inbound_id: str,
        units: int,
        eta: int,
        sku: str = SKU,
        *,
        on: Moment = 8,
        cancelled: bool = False,
    ) -> InventoryOutcome:
        line = {
            "sku": sku,
            "quantity": units,
            "inbound_id": inbound_id,
            "eta": january(eta),
            "cancelled": cancelled,
        }
        return self.apply(change_of(ChangeKind.INBOUND, self._id(), line, on=on), on=on)

    def apply(self, change: InventoryChange, *, on: Moment = 10) -> InventoryOutcome:
        return self.database.write(inventory.apply, Change(change=change, at=moment(on)))

    def _id(self) -> str:
        return f"CH-{next(self._numbers)}"

    # What the books say.

    def state(self, order_id: str) -> OrderState:
        return self.database.read(orders.state, order_id)

    def line(self, order_id: str, sku: str = SKU) -> LineState:
        return next(line for line in self.state(order_id).lines if line.sku == sku)

    def units(self, order_id: str, sku: str | None = None) -> Units:
        lines = [line for line in self.state(order_id).lines if sku in {None, line.sku}]
        names = ("backordered", "allocated", "claimed", "shipped", "cancelled")
        return Units(**{name: sum(getattr(line, name) for line in lines) for name in names})

    def product(self, sku: str = SKU) -> tuple[int, int]:
        """On hand, and reserved."""
        return self.database.read(_product, sku)

    def queue(self, sku: str = SKU) -> list[str]:
        return [place.order_id for place in self.database.read(queue.queue, sku).places]

    def inbound(self, inbound_id: str, sku: str = SKU) -> tuple[int, date | None]:
        """Units outstanding, and the date in force."""
        return self.database.read(_inbound, inbound_id, sku)

    def heard(self, cause: str) -> set[tuple[str, str]]:
        """The orders for which this cause hung a bell, and what it says."""
        return self.database.read(_heard, cause)

    def ledger(self, order_id: str) -> list[tuple[str, int | None]]:
        """What happened to an order's lines, and their place at that moment."""
        return self.database.read(_ledger, order_id)

    def payments(self, order_id: str) -> list[tuple[str, str]]:
        """Each attempt's key and what became of it."""
        return self.database.read(_payments, order_id)

    def findings(self) -> list[str]:
        return self.database.read(audit.findings)

    def rows(self) -> int:
        """Rows in all tables: the same after what changes nothing."""
        return self.database.read(_rows)


def _product(session: Session, sku: str) -> tuple[int, int]:
    product = session.get_one(ProductRow, sku)
    return product.on_hand, product.reserved


def _inbound(session: Session, inbound_id: str, sku: str) -> tuple[int, date | None]:
    inbound = session.get_one(InboundRow, (inbound_id, sku))
    return inbound.quantity, inbound.eta


def _heard(session: Session, cause: str) -> set[tuple[str, str]]:
    bells = select(BellRow.order_id, BellRow.signal).where(BellRow.cause == cause)
    return {(order_id, signal) for order_id, signal in session.execute(bells)}


def _ledger(session: Session, order_id: str) -> list[tuple[str, int | None]]:
    moves = select(StockLedgerRow.kind, StockLedgerRow.place).where(StockLedgerRow.order_id == order_id)
    return [(kind, place) for kind, place in session.execute(moves.order_by(StockLedgerRow.id))]


def _payments(session: Session, order_id: str) -> list[tuple[str, str]]:
    attempts = select(PaymentRow.key, PaymentRow.state).where(PaymentRow.order_id == order_id)
    return [(key, state) for key, state in session.execute(attempts.order_by(PaymentRow.at, PaymentRow.key))]


def _rows(session: Session) -> int:
    return sum(len(session.execute(select(table)).all()) for table in Base.metadata.sorted_tables)
