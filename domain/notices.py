"""The kinds of notices, and the days on which updates fall."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    CONFIRMATION = "confirmation"
    UPDATE = "update"
    PROMISE_MOVED = "promise_moved"
    CHOICE = "choice"
    DELAY_OPTION = "delay_option"
    DELAY_RENEWED = "delay_renewed"
    PAYMENT_PROBLEM = "payment_problem"
    PAYMENT_AUTHENTICATION = "payment_authentication"
    ADDRESS_PROBLEM = "address_problem"
    STALE_WARNING = "stale_warning"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


def update_at(accepted_at: datetime, number: int, every_days: int, time_zone: str) -> datetime:
    """The moment of update `number` (from 1): the same clock time in the shop, `every_days` days apart."""
    local = accepted_at.astimezone(ZoneInfo(time_zone))
    later = local.replace(tzinfo=None) + timedelta(days=number * every_days)
    return later.replace(tzinfo=ZoneInfo(time_zone)).astimezone(accepted_at.tzinfo)


def updates_passed(accepted_at: datetime, now: datetime, every_days: int, time_zone: str) -> int:
    """How many update moments have come by `now`."""
    number = max(0, (now - accepted_at) // timedelta(days=every_days) - 1)
    while update_at(accepted_at, number + 1, every_days, time_zone) <= now:
        number += 1
    return number


def last_full_day(deadline: datetime, time_zone: str) -> date:
    """The day by which a customer is asked to answer: one who answers late on it is still in time."""
    return deadline.astimezone(ZoneInfo(time_zone)).date() - timedelta(days=1)


def told_that_day(moment: datetime, sent: Iterable[datetime], time_zone: str) -> bool:
    """Whether something was sent on the local day of `moment`."""
    zone = ZoneInfo(time_zone)
    day = moment.astimezone(zone).date()
    return any(at.astimezone(zone).date() == day for at in sent)
