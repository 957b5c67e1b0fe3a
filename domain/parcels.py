"""When units may leave, and what the parcel costs the customer."""

from collections.abc import Iterable

from domain.order import Fulfilment
from domain.parcel import ParcelLine
from domain.state import LineState, OrderState


def claimable(state: OrderState) -> tuple[ParcelLine, ...]:
    """The units that may go into a parcel now; none while one is in progress or the preference says wait.

    Everything, once no unit of the order is backordered. Before that only `split` takes what may go ahead;
    `together` waits, and so does `ask`, until the customer has chosen.
    """
    if not state.status.open or state.parcel is not None:
        return ()
    if not state.backordered_units:
        return _units(state.lines)
    return ahead_of_the_rest(state) if state.fulfilment is Fulfilment.SPLIT else ()


def ahead_of_the_rest(state: OrderState) -> tuple[ParcelLine, ...]:
    """What may leave while other units wait; a product that ships whole leaves once its line is complete."""
    if not _worth_splitting(state):
        return ()
    return _units(line for line in state.lines if line.may_split or not line.backordered)


def may_split(state: OrderState) -> bool:
    """Whether this order may be sent in parts at all: by its worth, and by its products or their number."""
    splits = any(line.may_split for line in state.lines) or len(state.lines) > 1
    return splits and _worth_splitting(state)


def _worth_splitting(state: OrderState) -> bool:
    """Splitting is offered to orders whose goods are worth `split_from_minor` and more."""
    return state.goods.minor >= state.terms.split_from_minor


def _units(lines: Iterable[LineState]) -> tuple[ParcelLine, ...]:
    return tuple(ParcelLine(sku=line.sku, quantity=line.allocated) for line in lines if line.allocated)


def amount_minor(state: OrderState, parcel: tuple[ParcelLine, ...]) -> int:
    """The parcel's value in minor units; shipping is charged once, with the first parcel that is sent."""
    prices = {line.sku: line.unit_price_minor for line in state.lines}
    goods = sum(prices[line.sku] * line.quantity for line in parcel)
    first = not any(sent.sent for sent in state.parcels)
    return goods + (state.shipping_minor if first else 0)


def balanced(line: LineState) -> bool:
    """The invariant of a line."""
    parts = (line.backordered, line.allocated, line.claimed, line.shipped, line.cancelled)
    return line.ordered == sum(parts) and min(parts) >= 0
