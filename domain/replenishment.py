"""What must be bought of a SKU, and by when: its queue and its usual demand against stock and supply.

For each date: need = units waiting + usual demand until then - available - inbound expected by then, never below zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.model import Model

HISTORY_WEEKS = 52
"""So many weeks of orders tell what the usual demand is."""

CHANCE_SMOOTHING = 0.1
"""Weight of a week in the chance of demand: without any, the estimate is halved in less than 7 weeks."""

SIZE_SMOOTHING = 0.1
"""Weight of a week with demand in its size; the literature recommends 0.05 to 0.2 for both."""

_WEEK = 7


class Expected(Model):
    """Units of a purchase-order line that are still to come; None: its supplier has given no date."""

    on: date | None
    units: int


class Position(Model):
    """How a SKU stands.

    `history`: units ordered and not cancelled, by week, earliest first. `restock_days`: how long it usually takes to
    get more; None: not known.
    """

    sku: str
    title: str
    waiting: int
    available: int
    inbound: tuple[Expected, ...] = ()
    history: tuple[int, ...] = ()
    restock_days: int | None = None
    release_on: date | None = None
    discontinued: bool = False


class Demand(Model):
    """The usual demand: the chance that a week has any, its size then, and both together, as `weeks` have taught."""

    weeks: int = 0
    chance: float = 0
    size: float = 0
    per_week: float = 0


class Need(Model):
    """Units that are missing on a date, and what they are reckoned from: demand and inbound from today until then."""

    on: date
    demand: int
    inbound: int
    units: int


class Replenishment(Model):
    """What a buyer wants to know of a SKU.

    `on_order`: all inbound units, those without a date too, which meet no need. `short_from`: the first day on which
    supply does not reach, and that is not before the release. `to_buy`: the need on the last date. `order_by`:
    `restock_days` before `short_from`; a day that has passed means at once. None: nothing is short, nothing is to
    be bought, or nobody knows how long it takes.
    """

    sku: str
    title: str
    waiting: int
    available: int
    on_order: int
    inbound: tuple[Expected, ...]
    demand: Demand
    needs: tuple[Need, ...]
    short_from: date | None
    to_buy: int
    order_by: date | None
    restock_days: int | None
    discontinued: bool


def usual_demand(history: Sequence[int]) -> Demand:
    """The demand to be expected in a week, by the method of Teunter, Syntetos and Babai (TSB).

    With x the units of a week, chance p and size z follow week by week:

        p = p + CHANCE_SMOOTHING * ((1 if x > 0, else 0) - p)
        z = z + SIZE_SMOOTHING * (x - z), only where x > 0

    and the demand of a week is p * z. Both start as plain means over the history: the share of weeks with demand, and
    the mean size of those; so a young product is judged by all that is known of it. `per_week` is rounded to
    hundredths, and what is reckoned with it starts from the rounded figure.

    Most SKUs sell in some weeks only. Croston ("Forecasting and stock control for intermittent demands", 1972) smooths
    the intervals between them, and learns nothing while there is no demand; here the chance falls with each week
    without any, so that for what sells no longer the estimate fades. Source: Teunter, Syntetos and Babai,
    "Intermittent demand: linking forecasting to inventory obsolescence", European Journal of Operational Research
    214 (2011).
    """
    sizes = [units for units in history if units > 0]
    if not sizes:
        return Demand(weeks=len(history))
    chance, size = len(sizes) / len(history), sum(sizes) / len(sizes)
    for units in history:
        chance += CHANCE_SMOOTHING * ((units > 0) - chance)
        size += SIZE_SMOOTHING * (units - size) if units > 0 else 0
    per_week = round(chance * size, 2)
    return Demand(weeks=len(history), chance=round(chance, 6), size=round(size, 6), per_week=per_week)


def week_starts(today: date, time_zone: str) -> list[datetime]:
    """The instants at which the weeks of the history begin, and the one at which the last of them ends.

    Weeks are seven of the shop's calendar days, an hour longer or shorter where its clocks change. The last ends with
    yesterday: a day of which the orders are not known yet would count for less.
    """
    days = (today - timedelta(days=_WEEK * ago) for ago in range(HISTORY_WEEKS, -1, -1))
    return [datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC) for day in days]


def history(units: Mapping[int, int]) -> tuple[int, ...]:
    """The weeks 1 to `HISTORY_WEEKS` from the first on in which anything was ordered; week 0 is all that was before.

    A product that nobody ordered yet may not have been sold yet, so earlier weeks say nothing about it.
    """
    first = min(units, default=HISTORY_WEEKS + 1)
    return tuple(units.get(week, 0) for week in range(max(1, first), HISTORY_WEEKS + 1))


def replenishment(position: Position, today: date, weeks: int) -> Replenishment:
    """The needs of today and of each of the next weeks, the last of which is what must be bought.

    What should have come by now is expected today. A discontinued product is not sold on backorder any more, so
    only its queue needs anything.
    """
    demand = Demand() if position.discontinued else usual_demand(position.history)
    needs = [_need(position, demand, today, _WEEK * week) for week in range(weeks + 1)]
    short_from = _short_from(position, demand, today, _WEEK * weeks)
    to_buy = needs[-1].units
    return Replenishment(
        **position.model_dump(exclude={"history", "release_on"}),
        on_order=sum(one.units for one in position.inbound),
        demand=demand,
        needs=tuple(needs),
        short_from=short_from,
        to_buy=to_buy,
        order_by=_order_by(position, short_from) if to_buy else None,
    )


def _need(position: Position, demand: Demand, today: date, days: int) -> Need:
    on = today + timedelta(days=days)
    wanted, inbound = _units(demand, days), _inbound(position.inbound, on)
    missing = position.waiting + wanted - position.available - inbound
    return Need(on=on, demand=wanted, inbound=inbound, units=max(0, missing))


def _units(demand: Demand, days: int) -> int:
    """Whole units in so many days, rounded up; in hundredths, or the last digit of a float might buy a unit."""
    return -(-round(demand.per_week * 100) * days // (100 * _WEEK))


def _inbound(inbound: Iterable[Expected], until: date) -> int:
    return sum(one.units for one in inbound if one.on is not None and one.on <= until)


def _short_from(position: Position, demand: Demand, today: date, days: int) -> date | None:
    release_on = position.release_on or today
    needs = (_need(position, demand, today, day) for day in range(days + 1))
    return next((need.on for need in needs if need.units and need.on >= release_on), None)


def _order_by(position: Position, short_from: date | None) -> date | None:
    if short_from is None or position.restock_days is None or position.discontinued:
        return None
    return short_from - timedelta(days=position.restock_days)


def urgency(one: Replenishment) -> tuple[bool, date, str]:
    """What must be bought first stands first; what only waits for its supply, last."""
    return not one.to_buy, one.order_by or one.short_from or date.max, one.sku
