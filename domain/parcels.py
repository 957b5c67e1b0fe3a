"""When units may leave, and what the parcel costs the customer."""

from domain.order import Fulfilment
from domain.state import LineState, OrderState, ParcelLine


def claimable(state: OrderState) -> tuple[ParcelLine, ...]:
    """The units that may go into a parcel now; none while one is in progress or the preference says wait.

    `split` takes what is there. `together` waits until no unit of the order is backordered, and so does `ask`,
    until the customer has chosen.
    """
    if not state.status.open or state.parcel is not None:
        return ()
    if state.fulfilment is not Fulfilment.SPLIT and state.backordered_units:
        return ()
    return tuple(ParcelLine(sku=line.sku, quantity=line.allocated) for line in state.lines if line.allocated)


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
