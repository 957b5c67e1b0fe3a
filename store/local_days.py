"""The shop's calendar in SQL: the local day of an instant, alike on both databases and by Python's own time zones."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Interval, String, case, cast, func, literal
from sqlalchemy.orm import InstrumentedAttribute, Session

from domain.period import Offset, midnight, offsets

_YEARS_BACK = 10
"""So long an order may wait; before that, the zone is taken as it was then."""
_YEARS = (1900, 2100)
"""In which clocks are known to change."""

Instants = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
LocalDay = Callable[[Instants], ColumnElement[date]]


def local_days(session: Session, since: date, until: date, time_zone: str) -> LocalDay:
    """What makes the shop's day of a column's instants: those of a period, and those of what began before it."""
    known = _offsets(since, until, time_zone)
    if session.get_bind().dialect.name == "sqlite":
        return lambda column: func.date(column, _plus(column, known, _seconds), type_=Date)
    return lambda column: cast(func.timezone("UTC", column) + _plus(column, known, _interval), Date)


def _offsets(since: date, until: date, time_zone: str) -> tuple[Offset, ...]:
    """Those that held until the period ended, the latest first: most instants are of it."""
    first, last = _YEARS
    every = offsets(time_zone, max(first, since.year - _YEARS_BACK), min(last, until.year))
    return tuple(offset for offset in reversed(every) if offset.since < midnight(until, time_zone))


def days_between(
    session: Session, first: ColumnElement[date], last: ColumnElement[date]
) -> ColumnElement[int]:
    """How many days `last` lies after `first`."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(func.julianday(last) - func.julianday(first), Integer)
    return cast(last - first, Integer)


def _plus(
    column: Instants, known: tuple[Offset, ...], value: Callable[[Offset], ColumnElement[Any]]
) -> ColumnElement[Any]:
    """The offset that held at an instant."""
    *later, first = known
    if not later:
        return value(first)
    return case(*((column >= one.since, value(one)) for one in later), else_=value(first))


def _seconds(offset: Offset) -> ColumnElement[str]:
    return literal(f"{offset.plus.total_seconds():+.0f} seconds", String)


def _interval(offset: Offset) -> ColumnElement[Any]:
    return literal(offset.plus, Interval)
