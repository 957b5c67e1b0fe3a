"""What is to come of a SKU, by the date on which it can ship, and the date that a need in the queue may expect."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from domain.model import Model
from domain.policy import Policy, Product
from domain.working_days import next_working_day


class Inbound(Model):
    """Units of one purchase-order line that are still to come.

    `expected_on`: the supplier's date and the buffer that keeps promises; `on_time`: the supplier's share of
    first dates kept, None when nothing is known of it.
    """

    expected_on: date
    units: int
    on_time: float | None = None


class Arrival(Model):
    """All units that can ship from one date on, and how many of them the queue needs."""

    on: date
    units: int
    needed: int = 0
    on_time: float | None = None


def arrivals(inbound: Iterable[Inbound], product: Product, policy: Policy, today: date) -> list[Arrival]:
    """The supply of a SKU by the date on which it can ship, earliest first.

    A date that has passed is no promise: what should have come by then is expected today.
    """
    dated = sorted(
        ((_can_ship(max(one.expected_on, today), product, policy), one) for one in inbound if one.units > 0),
        key=lambda pair: pair[0],
    )
    return [
        _together(on, [one for _, one in group]) for on, group in groupby(dated, key=lambda pair: pair[0])
    ]


def _together(on: date, inbound: list[Inbound]) -> Arrival:
    """The least reliable supplier speaks for all that comes at once."""
    known = [one.on_time for one in inbound if one.on_time is not None]
    return Arrival(on=on, units=sum(one.units for one in inbound), on_time=min(known, default=None))


def _can_ship(arrives_on: date, product: Product, policy: Policy) -> date:
    """Packed `handling_days` after it arrived, not before the product's release, on a working day."""
    ready = arrives_on + timedelta(days=policy.handling_days)
    return next_working_day(max(ready, product.release_on or ready), policy.holidays)


def covering(supply: Iterable[Arrival], needed: int) -> Arrival | None:
    """The arrival with which `needed` units have come; None when the supply does not reach."""
    for arrival in supply:
        needed -= arrival.units
        if needed <= 0:
            return arrival
    return None


class Dates(Model):
    """What the lines of a SKU may expect on one day: `undated` where no supply reaches, `soonest` of what is late."""

    today: date
    soonest: date
    undated: date | None

    def of(self, supply_on: date | None) -> date | None:
        """The date of a line that this supply covers: a day that has passed is promised to nobody."""
        if supply_on is None:
            return self.undated
        return supply_on if supply_on >= self.today else self.soonest


def dates(product: Product, policy: Policy, today: date, *, discontinued: bool) -> Dates:
    """A discontinued product has no date but that of what is announced already."""
    undated = None if discontinued else without_supply(product, policy, today)
    return Dates(today=today, soonest=_can_ship(today, product, policy), undated=undated)


def without_supply(product: Product, policy: Policy, today: date) -> date | None:
    """The date where no supply is announced: from the product's usual restock, else its release, else none is known."""
    if product.usual_restock_days is not None:
        return _can_ship(today + timedelta(days=product.usual_restock_days), product, policy)
    return leaves_on(product, policy, today)


def leaves_on(product: Product, policy: Policy, today: date) -> date | None:
    """The working day on which units that are here may leave, where that is not today."""
    release_on = product.unreleased(today)
    return next_working_day(release_on, policy.holidays) if release_on is not None else None
