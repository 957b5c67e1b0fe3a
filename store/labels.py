"""Labels: what one is bought for, that it was bought, that it was bought in vain; and the hand-over to the carrier."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import life
from domain.errors import ChangeRefused
from domain.model import Model
from domain.money import Money
from domain.order import Address, Order
from domain.parcel import ParcelStage
from domain.policy import Product, ShippedWhen
from domain.state import OrderState
from domain.steps import VoidLabel, parcel_rest
from store import orders, parcels, rests
from store.parcels import THIS, Step
from store.tables import ProductRow


class ToLabel(Model):
    """A parcel whose label is to be bought under `key`; `unknown` when that may have happened already.

    `may_leave`: its money is there. While a label was unknown it may have run out.
    """

    key: str
    ship_to: Address
    units: int
    weight_grams: int
    value: Money
    expedited: bool
    need_by: date | None
    unknown: bool
    may_leave: bool


class Bought(Model):
    """The label that was bought."""

    label_id: str
    carrier: str
    service: str
    tracking: str
    label_url: str
    cost_minor: int
    estimated_delivery: date


def to_label(session: Session, step: Step) -> ToLabel:
    """The label to buy for this parcel."""
    order, parcel = orders.row(session, step.order_id), parcels.row(session, step)
    placed = Order.model_validate(order.body)
    unknown = parcel.label_unknown or ParcelStage(parcel.stage) not in _UNLABELLED
    return ToLabel(
        key=parcels.label_key(parcel),
        ship_to=Address.model_validate(order.ship_to),
        units=sum(line["quantity"] for line in parcel.lines),
        weight_grams=_weight(session, parcel.lines),
        value=Money(minor=parcel.amount_minor, currency=order.currency),
        expedited=placed.expedited,
        need_by=placed.need_by,
        unknown=unknown,
        may_leave=not unknown or _may_leave(session, step),
    )


def _may_leave(session: Session, step: Step) -> bool:
    state = orders.state(session, step.order_id)
    parcel = next(parcel for parcel in state.parcels if parcel.number == step.parcel)
    return life.may_leave(state, parcel, step.at)


_UNLABELLED = {ParcelStage.CLAIMED, ParcelStage.AUTHORISED}


def _weight(session: Session, lines: Sequence[dict[str, Any]]) -> int:
    units = {line["sku"]: line["quantity"] for line in lines}
    found = session.connection().execute(select(ProductRow.body).where(ProductRow.sku.in_(units)))
    products = [Product.model_validate(body) for (body,) in found]
    return sum(product.weight_grams * units[product.sku] for product in products)


def about_to_buy(session: Session, step: Step, rates: Sequence[dict[str, Any]]) -> None:
    """From now on the label may have been bought, until its answer is known; all rates are kept with the parcel."""
    orders.own(session, step.order_id)
    parcels.change(session, step, THIS, label_unknown=True, rates=list(rates))


def bought(session: Session, step: Step, label: Bought) -> OrderState:
    """The label is bought: the units have left, or stand ready for the warehouse to hand over."""
    order = orders.own(session, step.order_id)
    rests.over(session, order, parcel_rest(step.parcel))
    parcel = parcels.row(session, step)
    stage = ParcelStage(parcel.stage)
    known = {**label.model_dump(), "label_unknown": False}
    if stage in _UNLABELLED and order.terms["shipped_when"] == ShippedWhen.HANDED_OVER:
        parcels.change(session, step, THIS, stage=ParcelStage.READY, **known)
    elif stage in _UNLABELLED:
        parcels.leave(session, step, order, parcel, **known)
    return orders.settled(session, step.order_id, step.at)


def never_bought(session: Session, step: Step) -> OrderState:
    """Looked up and not found, or refused: the parcel may be undone, or its label bought."""
    orders.own(session, step.order_id)
    parcels.change(session, step, THIS, label_unknown=False)
    return orders.settled(session, step.order_id, step.at)


def refuse_address(session: Session, step: Step) -> OrderState:
    """No carrier goes there: the parcel waits for another address."""
    order = orders.own(session, step.order_id)
    rests.over(session, order, parcel_rest(step.parcel))
    parcels.change(session, step, THIS, label_unknown=False, address_refused=True)
    return orders.settled(session, step.order_id, step.at)


def in_vain(session: Session, step: Step) -> list[str]:
    """Keys of the labels to give back."""
    return list(parcels.row(session, step).labels_to_void)


def given_back(session: Session, step: Step, keys: Sequence[str]) -> OrderState:
    """The carrier took them back."""
    order = orders.own(session, step.order_id)
    left = [key for key in in_vain(session, step) if key not in keys]
    parcels.change(session, step, THIS, labels_to_void=left)
    rests.over(session, order, VoidLabel(step.parcel).rests_as)
    return orders.settled(session, step.order_id, step.at)


def hand_over(session: Session, step: Step) -> str:
    """The warehouse gave the parcel to its carrier; told again, nothing changes.

    Raises:
        ChangeRefused: there is no such parcel, or it has no label yet.
    """
    order = orders.own(session, step.order_id)
    parcel = next((p for p in orders.state(session, step.order_id).parcels if p.number == step.parcel), None)
    if parcel is None or not (parcel.sent or parcel.stage is ParcelStage.READY):
        raise ChangeRefused(
            step.order_id, "number", f"parcel {step.parcel} has no label to be handed over with"
        )
    if parcel.stage is ParcelStage.READY:
        parcels.leave(session, step, order, parcels.row(session, step))
    return f"Parcel {step.parcel} is with its carrier."
