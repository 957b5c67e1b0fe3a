"""Days as they are typed: the period that a report is of."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.period import DAY, WINDOW_DAYS
from starter.errors import BadInput

_YEARS = range(1970, 3000)
"""In which no reckoning with days runs out of calendar."""


@dataclass(frozen=True)
class Period:
    """Days of the shop; `until` is exclusive."""

    since: date
    until: date

    def __str__(self) -> str:
        return f"from {self.since} to {self.until - DAY}"

    @property
    def days(self) -> int:
        return (self.until - self.since).days


def period(since: str | None, until: str | None, time_zone: str) -> Period:
    """The days asked for; by default the last 30, today among them.

    Raises:
        BadInput: a day can't be read or meant, or the period is empty; the option is named.
    """
    today = datetime.now(ZoneInfo(time_zone)).date()
    last = day(until, "--until") or today + DAY
    first = day(since, "--since") or last - timedelta(days=WINDOW_DAYS)
    if first >= last:
        option = "--until" if until else "--since"
        raise BadInput(f"{option}: the period is empty, {first} is not before {last}")
    return Period(first, last)


def day(text: str | None, option: str) -> date | None:
    """A day as 2026-02-20."""
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option}: write the day as 2026-02-20") from None
    if found.year not in _YEARS:
        raise BadInput(f"{option}: {found} is too far away")
    return found
