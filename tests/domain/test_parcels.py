"""Which units may leave now, and what their parcel costs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Fulfilment
from domain.parcel import ParcelLine, ParcelStage
from domain.parcels import amount_minor, balanced, claimable
from domain.state import LineState
from domain.status import Status
from tests.domain.samples import MINI, PRICE, SKU, day, line, parcel, state

SPLIT, TOGETHER, ASK = Fulfilment.SPLIT, Fulfilment.TOGETHER, Fulfilment.ASK
ALL = (line(allocated=3), line(MINI, allocated=1))
SOME = (line(allocated=3, backordered=2), line(MINI, allocated=1))
ONE_LINE = (line(allocated=3), line(MINI, backordered=1))
NONE = (line(backordered=5), line(MINI, backordered=1))
REST = (line(shipped=3, cancelled=2), line(MINI, allocated=1))

LEAVES: list[tuple[Fulfilment, tuple[LineState, ...], dict[str, int]]] = [
    (SPLIT, ALL, {SKU: 3, MINI: 1}),
    (SPLIT, SOME, {SKU: 3, MINI: 1}),
    (SPLIT, ONE_LINE, {SKU: 3}),
    (SPLIT, NONE, {}),
    (SPLIT, REST, {MINI: 1}),
    (TOGETHER, ALL, {SKU: 3, MINI: 1}),
    (TOGETHER, SOME, {}),
    (TOGETHER, ONE_LINE, {}),
    (TOGETHER, NONE, {}),
    (TOGETHER, REST, {MINI: 1}),
    (ASK, ALL, {SKU: 3, MINI: 1}),
    (ASK, SOME, {}),
    (ASK, ONE_LINE, {}),
]


@pytest.mark.parametrize(("fulfilment", "lines", "leave"), LEAVES)
def test_split_takes_what_is_there_and_together_waits_for_all(
    fulfilment: Fulfilment, lines: tuple[LineState, ...], leave: dict[str, int]
) -> None:
    units = claimable(state(*lines, fulfilment=fulfilment), day(8))

    assert {one.sku: one.quantity for one in units} == leave


@pytest.mark.parametrize("stage", [ParcelStage.CLAIMED, ParcelStage.AUTHORISED, ParcelStage.LABELLED])
def test_nothing_leaves_while_a_parcel_is_in_progress(stage: ParcelStage) -> None:
    assert claimable(state(line(allocated=3), parcels=(parcel(stage),)), day(8)) == ()


@pytest.mark.parametrize("stage", [ParcelStage.SHIPPED, ParcelStage.UNPAID, ParcelStage.UNDONE])
def test_a_parcel_that_is_gone_or_undone_is_in_nobodys_way(stage: ParcelStage) -> None:
    assert claimable(state(line(allocated=3), parcels=(parcel(stage),)), day(8))


@pytest.mark.parametrize("status", [status for status in Status if not status.open])
def test_nothing_leaves_before_an_order_is_accepted_or_after_it_has_ended(status: Status) -> None:
    assert claimable(state(line(allocated=3), status=status), day(8)) == ()


BEFORE: list[tuple[str, dict[str, Any], int]] = [
    ("first parcel", {}, 490),
    ("after an undone one", {"parcels": (parcel(ParcelStage.UNDONE),)}, 490),
    ("after a labelled one", {"parcels": (parcel(ParcelStage.LABELLED),)}, 0),
    ("after a shipped one", {"parcels": (parcel(ParcelStage.SHIPPED),)}, 0),
    ("after an unpaid one", {"parcels": (parcel(ParcelStage.UNPAID),)}, 0),
]


@pytest.mark.parametrize(("parcels", "shipping"), [row[1:] for row in BEFORE], ids=[row[0] for row in BEFORE])
def test_a_parcel_costs_its_units_and_the_first_one_the_shipping(
    parcels: dict[str, Any], shipping: int
) -> None:
    order = state(line(allocated=3), line(MINI, price=399, allocated=1), shipping_minor=490, **parcels)

    assert amount_minor(order, claimable(state(*order.lines), day(8))) == 3 * PRICE + 399 + shipping


_SPLIT_THREE_WAYS = st.tuples(st.integers(0, 10_000), st.lists(st.integers(0, 20), min_size=3, max_size=3))


@given(st.lists(_SPLIT_THREE_WAYS, min_size=1, max_size=5), st.integers(0, 5000))
def test_however_an_order_is_split_its_parcels_cost_its_value(
    bought: list[tuple[int, list[int]]], shipping: int
) -> None:
    lines = [line(f"SKU-{n}", price=price, claimed=sum(units)) for n, (price, units) in enumerate(bought)]
    order, amounts = state(*lines, shipping_minor=shipping), []

    for turn in range(3):
        units = [(one.sku, parts[turn]) for one, (_, parts) in zip(lines, bought, strict=True)]
        leaving = tuple(ParcelLine(sku=sku, quantity=quantity) for sku, quantity in units if quantity)
        if leaving:
            amounts.append(amount_minor(order, leaving))
            order = order.model_copy(update={"parcels": (*order.parcels, parcel(ParcelStage.SHIPPED))})

    goods = sum(price * sum(units) for price, units in bought)
    assert sum(amounts) == goods + (shipping if amounts else 0)


def test_a_line_balances_when_its_units_are_all_somewhere_and_none_twice() -> None:
    right = line(backordered=1, allocated=2, claimed=3, shipped=4, cancelled=5)

    assert balanced(right)
    assert not balanced(right.model_copy(update={"ordered": 14}))
    assert not balanced(right.model_copy(update={"backordered": -1, "allocated": 4}))
