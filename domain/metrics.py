"""Figures: what a shop measures its backorders by."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from domain.model import Currency, Instant, Model
from domain.period import local_day
from domain.policy import Targets

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


class Rate(Model):
    """A share, and whether it lies below its target: None where there was nothing to divide."""

    value: float | None
    target: float
    met: bool | None


class CancelRate(Rate):
    """Of the backorders that ended, those of which nothing shipped; `by_reason`: how many for each reason."""

    by_reason: dict[str, int]


class FillTime(Model):
    """Calendar days from placing to the last parcel, over the backorders that were completed."""

    mean: float | None
    p50: float | None
    p90: float | None
    target: float
    met: bool | None


class Counted(Model):
    """A share, and of how many."""

    value: float | None
    count: int


class Kpi(Model):
    """The shop's figures of a period of its calendar days, `until` exclusive; `open` is as of `at`.

    `promises_kept.count`: units shipped in the period that had a promise. `saved_sales.count`: backorders, rejections
    and quotes of what stock did not cover that no order followed.
    """

    at: Instant
    since: date
    until: date
    open: Current
    backorder_rate: Rate
    fill_time_days: FillTime
    cancel_rate: CancelRate
    promises_kept: Counted
    saved_sales: Counted


class Sums(Model):
    """What the database adds up for a period.

    `filled`: completed backorders by their fill time in days. `promised`, `kept`: units shipped that had a promise,
    and those shipped by it. `not_cancelled`: of the backorders placed in the period.
    """

    accepted: int = 0
    backorders: int = 0
    not_cancelled: int = 0
    rejections: int = 0
    quotes: int = 0
    ended: int = 0
    cancelled_for: dict[str, int] = {}
    filled: dict[int, int] = {}
    promised: int = 0
    kept: int = 0


def current(sums: Iterable[Waiting], today: date, time_zone: str) -> Current:
    """The figures of today, over all currencies."""
    all_of = sorted(sums, key=lambda one: one.currency)
    if not all_of:
        return Current()
    oldest = local_day(min(one.oldest for one in all_of), time_zone)
    return Current(
        orders=sum(one.orders for one in all_of),
        units=sum(one.units for one in all_of),
        value_minor={one.currency: one.value_minor for one in all_of},
        oldest_days=(today - oldest).days,
        expected_within_7_days=share(sum(one.soon for one in all_of), sum(one.backordered for one in all_of)),
    )


def backorder_rate(sums: Sums, targets: Targets) -> Rate:
    """Backorders ÷ accepted orders."""
    value = share(sums.backorders, sums.accepted)
    return Rate(value=value, target=targets.backorder_rate, met=met(value, targets.backorder_rate))


def fill_time(sums: Sums, targets: Targets) -> FillTime:
    """The mean, which is what the target is for, and the days within which half and nine tenths were filled."""
    mean = share(sum(days * orders for days, orders in sums.filled.items()), sum(sums.filled.values()))
    return FillTime(
        mean=mean,
        p50=percentile(sums.filled, 50),
        p90=percentile(sums.filled, 90),
        target=targets.fill_time_days,
        met=met(mean, targets.fill_time_days),
    )


def cancel_rate(sums: Sums, targets: Targets) -> CancelRate:
    """Ended with nothing shipped ÷ ended; the most frequent reason first."""
    value = share(sum(sums.cancelled_for.values()), sums.ended)
    return CancelRate(
        value=value,
        target=targets.cancel_rate,
        met=met(value, targets.cancel_rate),
        by_reason=dict(sorted(sums.cancelled_for.items(), key=lambda one: (-one[1], one[0]))),
    )


def promises_kept(sums: Sums) -> Counted:
    """Units shipped by the first promise told ÷ units shipped that had one."""
    return Counted(value=share(sums.kept, sums.promised), count=sums.promised)


def saved_sales(sums: Sums) -> Counted:
    """Backorders not cancelled ÷ (backorders + rejections + quotes that no order followed)."""
    asked = sums.backorders + sums.rejections + sums.quotes
    return Counted(value=share(sums.not_cancelled, asked), count=asked)


def met(value: float | None, target: float) -> bool | None:
    """Strictly below the target; nobody can say of nothing."""
    return None if value is None else value < target


def share(part: int, whole: int) -> float | None:
    """None of nothing: a share that nobody can state is not zero."""
    return part / whole if whole else None


def percentile(counts: Mapping[int, int], percent: int) -> float | None:
    """The value below which so many percent lie, between two neighbours in proportion; `counts`: how often each is.

    The same as `percentile_cont` of SQL, in whole numbers for as long as can be.
    """
    total = sum(counts.values())
    if not total:
        return None
    rank, hundredths = divmod(percent * (total - 1), 100)
    low, high = _at(counts, rank), _at(counts, rank + 1 if hundredths else rank)
    return low + (high - low) * hundredths / 100


def _at(counts: Mapping[int, int], rank: int) -> int:
    """The value at a place, from 0, of all values in order."""
    for value in sorted(counts):
        rank -= counts[value]
        if rank < 0:
            return value
    raise AssertionError("a rank lies among its values")
