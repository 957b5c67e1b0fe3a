"""The books' own activities: the same input again is the same answer, and changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.cancellation import Cancellation, Reason
from domain.changes import PaymentMethod, QuantityChange
from domain.inventory import ChangeKind
from store.cancelling import Cancelling
from store.changes import Changing
from store.inventory import Change
from store.placing import Placing
from tests.activities.desk import Act, Desk, step
from tests.store.stockroom import SKU, Units, change_of, day, order_of

PLACING = Placing(order=order_of("101", 2), at=day(6), asked_at=day(6))
RECEIVED = change_of(ChangeKind.RECEIVED, "CH-9", {"sku": SKU, "quantity": 5})
WISH = Cancellation(cancellation_id="C-9", reason=Reason.PRICE)

ACTS: dict[str, tuple[Callable[[Desk], Act], Any]] = {
    "place": (lambda d: d.stock.place_order, PLACING),
    "refuse": (lambda d: d.stock.refuse_order, PLACING),
    "claim": (lambda d: d.stock.claim_parcel, step(12, 0)),
    "cancel": (lambda d: d.stock.cancel_units, Cancelling(order_id="100", cancellation=WISH, at=day(13))),
    "another method": (
        lambda d: d.stock.change_order,
        Changing(order_id="100", change=PaymentMethod(method="pm_other"), at=day(13)),
    ),
    "fewer units": (
        lambda d: d.stock.change_order,
        Changing(order_id="100", change=QuantityChange(sku=SKU, quantity=1), at=day(13)),
    ),
    "inventory": (lambda d: d.stock.apply_inventory_change, Change(change=RECEIVED, at=day(13))),
}


@pytest.mark.parametrize(("act", "wish"), ACTS.values(), ids=ACTS.keys())
async def test_the_same_again_is_the_same_answer_and_changes_nothing(
    desk: Desk, act: Callable[[Desk], Act], wish: Any
) -> None:
    await desk.placed()
    first = await desk.run(act(desk), wish)
    rows, units, product = desk.room.rows(), desk.room.units("100"), desk.room.product()

    for attempt in (1, 2):
        again = await desk.run(act(desk), wish, attempt)

    assert again == first
    assert (desk.room.rows(), desk.room.units("100"), desk.room.product()) == (rows, units, product)


async def test_an_order_is_placed_in_the_shops_time_zone(desk: Desk) -> None:
    placed = await desk.run(desk.stock.place_order, PLACING)

    assert placed.state.time_zone == "Europe/Berlin"


async def test_an_order_that_was_refused_too_late_for_its_decision_is_only_read(desk: Desk) -> None:
    """Its placing was committed, and the answer came after the deadline: the order is there, and stays."""
    accepted = await desk.run(desk.stock.place_order, PLACING)

    refused = await desk.run(desk.stock.refuse_order, PLACING)

    assert refused.state == accepted.state
    assert desk.room.units("101") == Units(backordered=2)
