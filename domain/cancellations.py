"""Why customers cancel, over time."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from domain.model import Model
from domain.period import DAY


class Asker(StrEnum):
    CUSTOMER = "customer"
    SUPPORT = "support"
    OPERATIONS = "operations"
    OMS = "oms"
    """The shop's order system."""
    BACKORDER = "backorder"
    """Nobody: a deadline, the law or a payment that failed."""
    OTHER = "other"


_OWN = {"backorder", "law", "deadline"}


class Cancelled(NamedTuple):
    """Cancellations of one day, reason and asker, added up."""

    on: date
    reason: str
    by: str
    cancellations: int
    units: int


class Sum(Model):
    cancellations: int = 0
    units: int = 0


class Row(Sum):
    """Of the week that begins with this Monday."""

    week: date
    reason: str
    asked_by: Asker


class Cancellations(Model):
    """What was cancelled in a period of the shop's days, whole or in part; `until` is exclusive.

    The most frequent reason and asker first; rows by week, reason and asker.
    """

    since: date
    until: date
    total: Sum
    by_reason: dict[str, Sum]
    by_asker: dict[str, Sum]
    rows: tuple[Row, ...]


def cancellations(since: date, until: date, found: Iterable[Cancelled]) -> Cancellations:
    """The report over these sums."""
    counted: defaultdict[tuple[date, str, Asker], Counter[str]] = defaultdict(Counter)
    for one in found:
        key = (one.on - one.on.weekday() * DAY, one.reason, asker(one.by))
        counted[key].update(cancellations=one.cancellations, units=one.units)
    rows = tuple(
        Row(week=week, reason=reason, asked_by=by, **counted[week, reason, by])
        for week, reason, by in sorted(counted)
    )
    return Cancellations(
        since=since,
        until=until,
        total=_sum(rows),
        by_reason=_grouped(rows, lambda row: row.reason),
        by_asker=_grouped(rows, lambda row: row.asked_by.value),
        rows=rows,
    )


def asker(by: str) -> Asker:
    """The kind of whoever asked: `support:maria` is support; a word of the order system's own is kept by none."""
    kind = by.partition(":")[0]
    if kind in _OWN:
        return Asker.BACKORDER
    return Asker(kind) if kind in {*Asker} else Asker.OTHER


def _grouped(rows: Iterable[Row], by: Callable[[Row], str]) -> dict[str, Sum]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[by(row)].append(row)
    sums = {name: _sum(group) for name, group in groups.items()}
    return dict(sorted(sums.items(), key=lambda one: (-one[1].cancellations, one[0])))


def _sum(rows: Iterable[Row]) -> Sum:
    of = list(rows)
    return Sum(cancellations=sum(row.cancellations for row in of), units=sum(row.units for row in of))
