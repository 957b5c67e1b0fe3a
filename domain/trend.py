"""The four figures over time: for each day, of the window that ends with it."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from domain.metrics import share
from domain.model import Model
from domain.period import DAY, WINDOW_DAYS, days


class DayFigures(Model):
    """The figures of the 30 days that end with `day`, as they are known now; None where there is nothing to divide."""

    day: date
    backorder_rate: float | None
    fill_time_days: float | None
    cancel_rate: float | None
    promises_kept: float | None


class DayCounts(NamedTuple):
    """What happened on one day: orders accepted, backorders among them, cancelled, and filled; units promised, and kept.

    `filled_days`: the fill times of those filled, added up.
    """

    accepted: int = 0
    backorders: int = 0
    cancelled: int = 0
    filled: int = 0
    filled_days: int = 0
    promised: int = 0
    kept: int = 0


def added(counts: list[DayCounts]) -> DayCounts:
    return DayCounts(*map(sum, zip(*counts, strict=True)))


def window_of(day: date) -> list[date]:
    """The days whose figures are shown with this one, itself the last."""
    return days(day - (WINDOW_DAYS - 1) * DAY, day + DAY)


def figures(day: date, counted: Mapping[date, DayCounts]) -> DayFigures:
    """Of the window that ends with the day; a day that was not counted had nothing."""
    window = added([counted.get(one, DayCounts()) for one in window_of(day)])
    return DayFigures(
        day=day,
        backorder_rate=share(window.backorders, window.accepted),
        fill_time_days=share(window.filled_days, window.filled),
        cancel_rate=share(window.cancelled, window.cancelled + window.filled),
        promises_kept=share(window.kept, window.promised),
    )
