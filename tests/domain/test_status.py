"""Which status may follow which, and which one an order's units and parcels add up to."""

from itertools import product

import pytest

from domain.life import status_of
from domain.notices import Kind
from domain.parcel import ParcelStage
from domain.payment import PaymentKind
from domain.state import OrderState
from domain.status import IllegalTransition, Status, moved
from tests.domain.samples import CONFIRMED, PRICE, day, line, paid, parcel, sent, state

REST = "waiting awaiting_choice payment_hold address_hold held shipping partly_shipped"

LEGAL = {
    "placing": "rejected waiting cancelled",
    "rejected": "placing",
    "waiting": f"{REST} completed cancelled",
    "awaiting_choice": f"{REST} completed cancelled",
    "payment_hold": f"{REST} completed cancelled",
    "address_hold": f"{REST} completed cancelled",
    "held": f"{REST} completed cancelled",
    "shipping": f"{REST} completed cancelled",
    "partly_shipped": "awaiting_choice payment_hold address_hold held shipping completed",
    "completed": "",
    "cancelled": "",
}


@pytest.mark.parametrize(("old", "new"), list(product(Status, Status)))
def test_only_the_moves_of_this_table_are_legal(old: Status, new: Status) -> None:
    if new is old or new in LEGAL[old].split():
        assert moved(old, new) is new
    else:
        with pytest.raises(IllegalTransition, match=f"an order that is {old} never becomes {new}"):
            moved(old, new)


def test_every_status_is_ended_or_open_but_for_placing() -> None:
    ended = {status for status in Status if status.ended}

    assert ended == {Status.REJECTED, Status.COMPLETED, Status.CANCELLED}
    assert {status for status in Status if status.open} == set(Status) - ended - {Status.PLACING}


SHIPPED_TOLD = (CONFIRMED, sent(Kind.SHIPPED))
CLAIMED, LABELLED, SHIPPED = ParcelStage.CLAIMED, ParcelStage.LABELLED, ParcelStage.SHIPPED

ADDS_UP: list[tuple[str, OrderState, Status]] = [
    ("nothing decided", state(line(backordered=2), status=Status.PLACING), Status.PLACING),
    ("refused", state(line(cancelled=2), status=Status.REJECTED), Status.REJECTED),
    ("nothing there", state(line(backordered=2)), Status.WAITING),
    ("allocated only", state(line(allocated=2)), Status.WAITING),
    ("a parcel in work", state(line(claimed=2), parcels=(parcel(CLAIMED),)), Status.SHIPPING),
    ("a label bought", state(line(shipped=2), parcels=(parcel(LABELLED),)), Status.SHIPPING),
    ("shipped, not told", state(line(shipped=2), parcels=(parcel(SHIPPED),)), Status.SHIPPING),
    (
        "declined",
        state(line(claimed=2), parcels=(parcel(CLAIMED, declined_at=day(8)),)),
        Status.PAYMENT_HOLD,
    ),
    ("unpaid", state(line(shipped=2), parcels=(parcel(ParcelStage.UNPAID),)), Status.PAYMENT_HOLD),
    (
        "unpaid, the rest waits",
        state(line(shipped=2, backordered=1), parcels=(parcel(ParcelStage.UNPAID),)),
        Status.PAYMENT_HOLD,
    ),
    (
        "some shipped, some waiting",
        state(line(shipped=2, backordered=1), parcels=(parcel(SHIPPED),), status=Status.SHIPPING),
        Status.PARTLY_SHIPPED,
    ),
    (
        "some shipped, some in work",
        state(line(shipped=2, claimed=1), parcels=(parcel(SHIPPED), parcel(CLAIMED, 2, 1))),
        Status.SHIPPING,
    ),
    (
        "a declined parcel undone",
        state(line(backordered=2), parcels=(parcel(ParcelStage.UNDONE, declined_at=day(8)),)),
        Status.WAITING,
    ),
    (
        "all shipped and told",
        state(line(shipped=2), parcels=(parcel(SHIPPED),), notices=SHIPPED_TOLD),
        Status.COMPLETED,
    ),
    (
        "some shipped, the rest cancelled",
        state(line(shipped=2, cancelled=3), parcels=(parcel(SHIPPED),), notices=SHIPPED_TOLD),
        Status.COMPLETED,
    ),
    ("all cancelled", state(line(cancelled=2)), Status.CANCELLED),
    (
        "cancelled, the money still held",
        state(line(cancelled=2), parcels=(parcel(ParcelStage.UNDONE, money_held=True),)),
        Status.WAITING,
    ),
    (
        "cancelled, the refund still due",
        state(line(cancelled=2), timing="at_order", payments=(paid(PaymentKind.CHARGE, 2 * PRICE),)),
        Status.WAITING,
    ),
]


@pytest.mark.parametrize(("order", "status"), [row[1:] for row in ADDS_UP], ids=[row[0] for row in ADDS_UP])
def test_the_status_follows_the_units_and_the_parcels(order: OrderState, status: Status) -> None:
    assert status_of(order) is status
    assert moved(order.status, status_of(order)) is status
