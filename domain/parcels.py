"""When units may leave, and what the parcel costs the customer."""

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from domain.order import Fulfilment
from domain.parcel import ParcelLine
from domain.state import LineState, OrderState


def claimable(state: OrderState, now: datetime) -> tuple[ParcelLine, ...]:
    """The units that may go into a parcel now; none while one is in progress or somebody stopped it.

    Everything, once nothing of the order waits. Before that only `split` takes what may go ahead;
    `together` waits, and so does `ask`, until the customer has chosen.
    """
    return () if stopped(state) else ready(state, now)


def stopped(state: OrderState) -> bool:
    """By operations, this order or the whole shop; a hold for the law's sake stops no parcel."""
    return state.paused or state.held is not None


def ready(state: OrderState, now: datetime) -> tuple[ParcelLine, ...]:
    """What would go into a parcel now, if nobody stopped it."""
    if not state.status.open or state.parcel is not None:
        return ()
    if not any(_waits(line, _today(state, now)) for line in state.lines):
        return _units(state.lines)
    return ahead_of_the_rest(state, now) if state.fulfilment is Fulfilment.SPLIT else ()


def ahead_of_the_rest(state: OrderState, now: datetime) -> tuple[ParcelLine, ...]:
    """What may leave while other units wait; a product that ships whole leaves once its line is complete."""
    if not _worth_splitting(state):
        return ()
    today = _today(state, now)
    return _units(
        line
        for line in state.lines
        if (line.may_split or not line.backordered) and not _unreleased(line, today)
    )


def _waits(line: LineState, today: date) -> bool:
    return line.backordered > 0 or (line.allocated > 0 and _unreleased(line, today))


def _unreleased(line: LineState, today: date) -> bool:
    return line.release_on is not None and line.release_on > today


def _today(state: OrderState, now: datetime) -> date:
    return now.astimezone(ZoneInfo(state.time_zone)).date()


def released_at(state: OrderState) -> Iterable[datetime]:
    """The beginnings of the days on which allocated units may leave that may not before."""
    zone = ZoneInfo(state.time_zone)
    for line in state.lines:
        if line.allocated and line.release_on is not None:
            yield datetime.combine(line.release_on, time(), zone)


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
