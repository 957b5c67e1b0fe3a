"""Days of the shop: from one midnight of its clocks to the next, as instants."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
WINDOW_DAYS = 30
"""So many days a figure is of, unless told otherwise."""


class Offset(NamedTuple):
    """What is added to UTC from an instant on."""

    since: datetime
    plus: timedelta


def midnight(day: date, time_zone: str) -> datetime:
    """The instant at which a day of the shop begins, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


def local_day(instant: datetime, time_zone: str) -> date:
    """The shop's day of an instant."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def days(since: date, until: date) -> list[date]:
    """Each day of a period; `until` is exclusive."""
    return [since + number * DAY for number in range((until - since).days)]


@lru_cache(maxsize=64)
def offsets(time_zone: str, first_year: int, last_year: int) -> tuple[Offset, ...]:
    """The zone's offsets over these years, each from when it holds; the first from ever."""
    zone = ZoneInfo(time_zone)
    begin = datetime(first_year, 1, 1, tzinfo=UTC)
    found = [Offset(datetime(1, 1, 1, tzinfo=UTC), _plus(begin, zone))]
    while begin.year <= last_year:
        end = begin + DAY
        if _plus(end, zone) != found[-1].plus:
            found.append(Offset(_change(begin, end, zone), _plus(end, zone)))
        begin = end
    return tuple(found)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the clocks were changed between two moments."""
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if _plus(middle, zone) == _plus(after, zone):
            after = middle
        else:
            before = middle
    return after


def _plus(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()
