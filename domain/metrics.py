"""Figures: what a shop measures its backorders by."""

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from domain.model import Currency, Instant, Model

SOON = timedelta(days=7)


class Waiting(Model):
    """Current backorders of one currency, added up; `soon`: of the backordered units, those promised within 7 days."""

    currency: Currency
    orders: int
    units: int
    value_minor: int
    oldest: Instant
    backordered: int
    soon: int


class Current(Model):
    """Accepted backorders that have not ended.

    Units and value are those neither shipped nor cancelled, the value by currency in minor units. `oldest_days`: the
    shop's calendar days since the earliest was placed; None when there is none. `expected_within_7_days`: the share of
    backordered units whose promise lies within 7 days; None when no unit is backordered.
    """

    orders: int = 0
    units: int = 0
    value_minor: dict[str, int] = {}
    oldest_days: int | None = None
    expected_within_7_days: float | None = None


def current(sums: Iterable[Waiting], today: date, time_zone: str) -> Current:
    """The figures of today, over all currencies."""
    all_of = sorted(sums, key=lambda one: one.currency)
    if not all_of:
        return Current()
    oldest = min(one.oldest for one in all_of).astimezone(ZoneInfo(time_zone)).date()
    return Current(
        orders=sum(one.orders for one in all_of),
        units=sum(one.units for one in all_of),
        value_minor={one.currency: one.value_minor for one in all_of},
        oldest_days=(today - oldest).days,
        expected_within_7_days=share(sum(one.soon for one in all_of), sum(one.backordered for one in all_of)),
    )


def share(part: int, whole: int) -> float | None:
    """None of nothing: a share that nobody can state is not zero."""
    return part / whole if whole else None
