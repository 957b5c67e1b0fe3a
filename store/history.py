"""The figures over time, and how long what is open has waited."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from domain import period
from domain.ages import FROM_DAYS, Age, ages
from domain.period import DAY, local_day, midnight
from domain.trend import DayCounts, DayFigures, figures, window_of
from store.figures import ENDED_BACKORDER, SENT_WITH_A_PROMISE, fill_days, kept_units, within
from store.life_tables import ParcelRow
from store.local_days import LocalDay, local_days
from store.metrics import BACKORDERED, OPEN_BACKORDER, WITH_OPEN_UNITS
from store.tables import OrderRow

_Sums = Select[*tuple[Any, ...]]


def history(session: Session, until: date, days: int = 90, time_zone: str = "UTC") -> list[DayFigures]:
    """The figures of the 30 days that end with each of the last `days` days before `until`, as they are known now."""
    shown = period.days(until - days * DAY, until)
    counts: defaultdict[date, DayCounts] = defaultdict(DayCounts)
    for names, statement in _statements(session, window_of(shown[0])[0], until, time_zone) if shown else ():
        for on, *sums in session.execute(statement):
            counted = {name: int(count or 0) for name, count in zip(names, sums, strict=True)}
            counts[on] = counts[on]._replace(**counted)
    return [figures(day, counts) for day in shown]


def _statements(
    session: Session, since: date, until: date, time_zone: str
) -> Iterator[tuple[tuple[str, ...], _Sums]]:
    """One pass over each index: what its rows add up to on each day, and the names of the sums."""
    day, of = local_days(session, since, until, time_zone), (since, until, time_zone)
    yield ("accepted", "backorders"), _accepted(day).where(within(OrderRow.placed_at, *of))
    ended = within(OrderRow.ended_at, *of)
    yield ("cancelled", "filled", "filled_days"), _ended(session, day).where(ended)
    yield ("promised", "kept"), _shipped(day).where(within(ParcelRow.shipped_at, *of))


def _accepted(day: LocalDay) -> _Sums:
    counts = (func.count(), func.count().filter(BACKORDERED))
    on = day(OrderRow.placed_at).label("on_day")
    return select(on, *counts).where(OrderRow.accepted_at.is_not(None)).group_by("on_day")


def _ended(session: Session, day: LocalDay) -> _Sums:
    shipped = func.count(OrderRow.shipped_at)
    counts = (func.count() - shipped, shipped, func.sum(fill_days(session, day)))
    on = day(OrderRow.ended_at).label("on_day")
    return select(on, *counts).where(*ENDED_BACKORDER).group_by("on_day")


def _shipped(day: LocalDay) -> _Sums:
    on = day(ParcelRow.shipped_at).label("on_day")
    sums = (func.sum(ParcelRow.units), kept_units(day))
    return select(on, *sums).where(*SENT_WITH_A_PROMISE).group_by("on_day")


def age_histogram(session: Session, now: datetime, time_zone: str) -> tuple[Age, ...]:
    """Open backorders by the shop's days since they were placed."""
    today = local_day(now, time_zone)
    # The youngest first: an order is of the first group that it is young enough for.
    begins = [(midnight(today - (first - 1) * DAY, time_zone), first) for first in FROM_DAYS[1:]]
    group = case(
        *(
            (OrderRow.placed_at >= begin, before)
            for (begin, _), before in zip(begins, FROM_DAYS, strict=False)
        ),
        else_=FROM_DAYS[-1],
    ).label("from_days")
    counted = (
        select(group, func.count())
        .join(WITH_OPEN_UNITS, WITH_OPEN_UNITS.c.order_id == OrderRow.order_id)
        .where(*OPEN_BACKORDER)
        .group_by("from_days")
    )
    return ages(dict(session.execute(counted).all()))
