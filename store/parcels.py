"""Parcels: claimed from what is allocated, labelled, shipped, or undone."""

from datetime import date
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, Update, bindparam, insert, inspect, select, update
from sqlalchemy.orm import Session

from domain import parcels as rules
from domain.model import Instant, Model
from domain.money import Money
from domain.order import Address, Timing
from domain.state import Attempt, OrderState, ParcelLine, ParcelStage, PaymentKind
from store import keys, orders, payments, rests
from store.deal import Deal, lock
from store.ledger import record_lines
from store.tables import ParcelRow, ProductRow


class Step(Model):
    """One step of an order at a business time; `parcel` 0 stands for the order itself.

    `again`: the step rested before, so what came of its last try is looked up first.
    `call`: the call to make, where an earlier step stored it already.
    """

    order_id: str
    at: Instant
    parcel: int = 0
    again: bool = False
    call: Attempt | None = None


class ToLabel(Model):
    """A parcel whose label is to be bought under `key`; `unknown` when that may have happened already."""

    key: str
    ship_to: Address
    units: int
    value: Money
    expedited: bool
    need_by: date | None
    unknown: bool


class Bought(Model):
    """The label that was bought."""

    label_id: str
    carrier: str
    service: str
    tracking: str
    label_url: str
    cost_minor: int
    estimated_delivery: date
    rates: tuple[dict[str, object], ...] = ()


def claim(session: Session, step: Step) -> OrderState:
    """Take the order's allocated units into its next parcel, if its fulfilment preference allows it now."""
    order = orders.own(session, step.order_id)
    lock(session, orders.body(session, step.order_id).skus)
    state = orders.state(session, step.order_id)
    units = rules.claimable(state)
    if not units:
        return orders.settled(session, step.order_id, step.at, state)
    _claim(session, step, order, state, units)
    return orders.settled(session, step.order_id, step.at)


def _claim(
    session: Session, step: Step, order: Row[Any], state: OrderState, units: tuple[ParcelLine, ...]
) -> None:
    number = max((parcel.number for parcel in state.parcels), default=0) + 1
    deal = Deal(session, keys.parcel(order.order_id, number, "claimed"), step.at, by=order.order_id)
    moves = {line.sku: {"allocated": -line.quantity, "claimed": line.quantity} for line in units}
    record_lines(session, deal, "claimed", order.order_id, moves, parcel=number)
    amount = rules.amount_minor(state, units)
    parcel = {
        "order_id": order.order_id,
        "number": number,
        "stage": ParcelStage.CLAIMED,
        "lines": [line.model_dump() for line in units],
        "amount_minor": amount,
    }
    session.connection().execute(_CLAIM, parcel)
    if order.timing == Timing.AT_SHIPMENT and amount:
        payments.first(session, order, PaymentKind.AUTHORISE, number, amount, step.at)


# Plain statements, made once: each step of a parcel passes here.
_CLAIM = insert(ParcelRow)
_OF_THIS = (ParcelRow.order_id == bindparam("of_order"), ParcelRow.number == bindparam("of_parcel"))
_ROW = select(*inspect(ParcelRow).columns).where(*_OF_THIS)
THIS = update(ParcelRow).where(*_OF_THIS)


def row(session: Session, step: Step) -> Row[Any]:
    """The columns of this step's parcel, to read."""
    return session.connection().execute(_ROW, {"of_order": step.order_id, "of_parcel": step.parcel}).one()


def change(session: Session, step: Step, statement: Update, **values: Any) -> None:
    """Change this step's parcel: `statement` is `THIS`, perhaps with values of its own."""
    session.connection().execute(statement, {"of_order": step.order_id, "of_parcel": step.parcel, **values})


def label_key(parcel: Row[Any]) -> str:
    return keys.gateway(parcel.order_id, parcel.number, "label", parcel.label_attempt)


def ship(session: Session, step: Step, label: Bought) -> OrderState:
    """The label is bought: the parcel's units have left, and from here nothing is undone."""
    order = orders.own(session, step.order_id)
    rests.over(session, order, f"parcel/{step.parcel}")
    parcel = row(session, step)
    if ParcelStage(parcel.stage) in {ParcelStage.CLAIMED, ParcelStage.AUTHORISED}:
        _send(session, step, parcel)
        to_capture = bool(order.timing == Timing.AT_SHIPMENT and parcel.amount_minor)
        stage = ParcelStage.LABELLED if to_capture else ParcelStage.SHIPPED
        shipped = {"stage": stage, "shipped_at": step.at, "label_unknown": False}
        change(session, step, THIS, **shipped, **label.model_dump())
        if to_capture:
            payments.first(session, order, PaymentKind.CAPTURE, step.parcel, parcel.amount_minor, step.at)
    return orders.settled(session, step.order_id, step.at)


def _send(session: Session, step: Step, parcel: Row[Any]) -> None:
    """The units leave the stock; their products are locked as they are changed, in SKU order."""
    units = {line["sku"]: line["quantity"] for line in sorted(parcel.lines, key=itemgetter("sku"))}
    gone = [{"of_sku": sku, "sent": quantity} for sku, quantity in units.items()]
    session.connection().execute(_SEND, gone)
    deal = Deal(session, keys.parcel(step.order_id, step.parcel, "shipped"), step.at, by=step.order_id)
    moves = {sku: {"claimed": -quantity, "shipped": quantity} for sku, quantity in units.items()}
    record_lines(session, deal, "shipped", step.order_id, moves, parcel=step.parcel)


_SEND = (
    update(ProductRow)
    .where(ProductRow.sku == bindparam("of_sku"))
    .values(on_hand=ProductRow.on_hand - bindparam("sent"), reserved=ProductRow.reserved - bindparam("sent"))
)


def to_label(session: Session, step: Step) -> ToLabel:
    """The label to buy; from now on it may have been bought, until its answer is known."""
    orders.own(session, step.order_id)
    parcel, order = row(session, step), orders.body(session, step.order_id)
    bought = ParcelStage(parcel.stage) not in {ParcelStage.CLAIMED, ParcelStage.AUTHORISED}
    change(session, step, THIS, label_unknown=not bought)
    return ToLabel(
        key=label_key(parcel),
        ship_to=order.ship_to,
        units=sum(line["quantity"] for line in parcel.lines),
        value=Money(minor=parcel.amount_minor, currency=order.currency),
        expedited=order.expedited,
        need_by=order.need_by,
        unknown=parcel.label_unknown or bought,
    )


def label_never_bought(session: Session, step: Step) -> OrderState:
    """Looked up and not found: the parcel may be undone, or its label bought."""
    orders.own(session, step.order_id)
    change(session, step, THIS, label_unknown=False)
    return orders.settled(session, step.order_id, step.at)


def undo(session: Session, deal: Deal, parcel: ParcelRow) -> None:
    """Put a parcel's units back among the allocated; the money held for it is given back afterwards."""
    moves = {
        line["sku"]: {"claimed": -line["quantity"], "allocated": line["quantity"]} for line in parcel.lines
    }
    record_lines(session, deal, "undone", parcel.order_id, moves, parcel=parcel.number)
    parcel.stage = ParcelStage.UNDONE
    rests.over(session, orders.row(session, parcel.order_id), f"parcel/{parcel.number}")
    parcel.money_held = parcel.money_held or payments.pending(
        session, parcel.order_id, parcel.number, PaymentKind.AUTHORISE
    )


def in_progress(session: Session, order_id: str) -> ParcelRow | None:
    stages = (ParcelStage.CLAIMED, ParcelStage.AUTHORISED)
    found = select(ParcelRow).where(ParcelRow.order_id == order_id, ParcelRow.stage.in_(stages))
    return session.scalars(found).first()
