"""Parcels: claimed from what is allocated, labelled, shipped, or undone."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import parcels as rules
from domain.model import Instant, Model
from domain.money import Money
from domain.order import Address, Timing
from domain.state import Attempt, OrderState, ParcelLine, ParcelStage, PaymentKind
from store import keys, orders, payments, rests
from store.deal import Deal, lock
from store.ledger import record_lines
from store.tables import OrderRow, ParcelRow


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
    session: Session, step: Step, order: OrderRow, state: OrderState, units: tuple[ParcelLine, ...]
) -> None:
    number = max((parcel.number for parcel in state.parcels), default=0) + 1
    deal = Deal(session, keys.parcel(order.order_id, number, "claimed"), step.at, by=order.order_id)
    moves = {line.sku: {"allocated": -line.quantity, "claimed": line.quantity} for line in units}
    record_lines(session, deal, "claimed", order.order_id, moves, parcel=number)
    amount = rules.amount_minor(state, units)
    session.add(
        ParcelRow(
            order_id=order.order_id,
            number=number,
            stage=ParcelStage.CLAIMED,
            lines=[line.model_dump() for line in units],
            amount_minor=amount,
        )
    )
    if order.timing == Timing.AT_SHIPMENT and amount:
        payments.begin(session, order, PaymentKind.AUTHORISE, number, amount, step.at)


def row(session: Session, order_id: str, number: int) -> ParcelRow:
    return session.get_one(ParcelRow, (order_id, number))


def label_key(parcel: ParcelRow) -> str:
    return keys.gateway(parcel.order_id, parcel.number, "label", parcel.label_attempt)


def ship(session: Session, step: Step, label: Bought) -> OrderState:
    """The label is bought: the parcel's units have left, and from here nothing is undone."""
    orders.own(session, step.order_id)
    parcel = row(session, step.order_id, step.parcel)
    if ParcelStage(parcel.stage) in {ParcelStage.CLAIMED, ParcelStage.AUTHORISED}:
        _ship(session, step, parcel, label)
    return orders.settled(session, step.order_id, step.at)


def _ship(session: Session, step: Step, parcel: ParcelRow, label: Bought) -> None:
    order = orders.row(session, step.order_id)
    skus = tuple(line["sku"] for line in parcel.lines)
    products = lock(session, skus)
    deal = Deal(session, keys.parcel(step.order_id, step.parcel, "shipped"), step.at, by=step.order_id)
    moves = {
        line["sku"]: {"claimed": -line["quantity"], "shipped": line["quantity"]} for line in parcel.lines
    }
    record_lines(session, deal, "shipped", step.order_id, moves, parcel=step.parcel)
    for line in parcel.lines:
        products[line["sku"]].on_hand -= line["quantity"]
        products[line["sku"]].reserved -= line["quantity"]
    for name, value in label.model_dump(exclude={"rates"}).items():
        setattr(parcel, name, value)
    parcel.rates = list(label.rates)
    parcel.shipped_at, parcel.label_unknown = step.at, False
    to_capture = order.timing == Timing.AT_SHIPMENT and parcel.amount_minor
    parcel.stage = ParcelStage.LABELLED if to_capture else ParcelStage.SHIPPED
    rests.over(order, f"parcel/{step.parcel}")
    if to_capture:
        payments.begin(session, order, PaymentKind.CAPTURE, step.parcel, parcel.amount_minor, step.at)


def to_label(session: Session, step: Step) -> ToLabel:
    """The label to buy; from now on it may have been bought, until its answer is known."""
    orders.own(session, step.order_id)
    parcel, order = row(session, step.order_id, step.parcel), orders.body(session, step.order_id)
    bought = ParcelStage(parcel.stage) not in {ParcelStage.CLAIMED, ParcelStage.AUTHORISED}
    unknown, parcel.label_unknown = parcel.label_unknown or bought, not bought
    return ToLabel(
        key=label_key(parcel),
        ship_to=order.ship_to,
        units=sum(line["quantity"] for line in parcel.lines),
        value=Money(minor=parcel.amount_minor, currency=order.currency),
        expedited=order.expedited,
        need_by=order.need_by,
        unknown=unknown,
    )


def label_never_bought(session: Session, step: Step) -> OrderState:
    """Looked up and not found: the parcel may be undone, or its label bought."""
    orders.own(session, step.order_id)
    row(session, step.order_id, step.parcel).label_unknown = False
    return orders.settled(session, step.order_id, step.at)


def undo(session: Session, deal: Deal, parcel: ParcelRow) -> None:
    """Put a parcel's units back among the allocated; the money held for it is given back afterwards."""
    moves = {
        line["sku"]: {"claimed": -line["quantity"], "allocated": line["quantity"]} for line in parcel.lines
    }
    record_lines(session, deal, "undone", parcel.order_id, moves, parcel=parcel.number)
    parcel.stage = ParcelStage.UNDONE
    rests.over(orders.row(session, parcel.order_id), f"parcel/{parcel.number}")
    parcel.money_held = parcel.money_held or payments.pending(
        session, parcel.order_id, parcel.number, PaymentKind.AUTHORISE
    )


def in_progress(session: Session, order_id: str) -> ParcelRow | None:
    stages = (ParcelStage.CLAIMED, ParcelStage.AUTHORISED)
    found = select(ParcelRow).where(ParcelRow.order_id == order_id, ParcelRow.stage.in_(stages))
    return session.scalars(found).first()
