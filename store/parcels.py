"""Parcels: claimed from what is allocated, labelled, shipped, or undone."""

from operator import itemgetter
from typing import Any

from sqlalchemy import Row, Update, bindparam, insert, inspect, select, update
from sqlalchemy.orm import Session

from domain import parcels as rules
from domain.model import Instant, Model
from domain.order import Timing
from domain.parcel import ParcelLine, ParcelStage
from domain.payment import Attempt, PaymentKind
from domain.state import OrderState
from domain.steps import parcel_rest
from store import keys, order_events, orders, payments, rests
from store.deal import Deal, lock
from store.ledger import record_lines
from store.life_tables import ParcelRow
from store.tables import ProductRow


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


def claim(session: Session, step: Step) -> OrderState:
    """Take the order's allocated units into its next parcel, if its fulfilment preference allows it now."""
    order = orders.own(session, step.order_id)
    lock(session, orders.body(session, step.order_id).skus)
    state = orders.state(session, step.order_id)
    units = rules.claimable(state, step.at)
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
    parcel: dict[str, Any] = {
        "order_id": order.order_id,
        "number": number,
        "stage": ParcelStage.CLAIMED,
        "lines": [line.model_dump() for line in units],
        "units": sum(line.quantity for line in units),
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


def label_key(parcel: Row[Any] | ParcelRow) -> str:
    return keys.gateway(parcel.order_id, parcel.number, "label", parcel.label_attempt)


def leave(session: Session, step: Step, order: Row[Any], parcel: Row[Any], **label: Any) -> None:
    """The parcel's units have left: from here nothing is undone, and what is held is to be taken."""
    _send(session, step, parcel)
    to_capture = bool(order.timing == Timing.AT_SHIPMENT and parcel.amount_minor)
    stage = ParcelStage.LABELLED if to_capture else ParcelStage.SHIPPED
    told = {"promised_on": order.original_promised_on}
    change(session, step, THIS, stage=stage, shipped_at=step.at, **told, **label)
    order_events.parcel_shipped(session, parcel, label, step.at)
    if to_capture:
        payments.first(session, order, PaymentKind.CAPTURE, step.parcel, parcel.amount_minor, step.at)


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


def undo(session: Session, deal: Deal, parcel: ParcelRow) -> None:
    """Put a parcel's units back among the allocated; the money and the label go back afterwards."""
    moves = {
        line["sku"]: {"claimed": -line["quantity"], "allocated": line["quantity"]} for line in parcel.lines
    }
    record_lines(session, deal, "undone", parcel.order_id, moves, parcel=parcel.number)
    give_back_label(parcel)
    parcel.stage = ParcelStage.UNDONE
    rests.over(session, orders.row(session, parcel.order_id), parcel_rest(parcel.number))
    parcel.money_held = payments.may_hold(session, parcel)


def give_back_label(parcel: ParcelRow) -> None:
    """A label that was bought for a parcel that does not leave with it was bought in vain."""
    if parcel.stage == ParcelStage.READY:
        parcel.labels_to_void = [*parcel.labels_to_void, label_key(parcel)]


def in_progress(session: Session, order_id: str) -> ParcelRow | None:
    stages = (ParcelStage.CLAIMED, ParcelStage.AUTHORISED, ParcelStage.READY)
    found = select(ParcelRow).where(ParcelRow.order_id == order_id, ParcelRow.stage.in_(stages))
    return session.scalars(found).first()
