"""Many orders that are over, written at once, at moments where days of the shop are easily mistaken."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from domain.period import local_day
from domain.status import Status
from store.life_tables import ParcelRow
from store.tables import OrderRow
from tests.store.month import finish
from tests.store.stockroom import Stockroom


@dataclass(frozen=True)
class Past:
    """An order that ended: its units left in one parcel at its end, if any did."""

    placed_at: datetime
    ended_at: datetime
    backordered: bool
    cancelled: bool
    units: int
    promised_on: date | None
    stopped: bool

    @property
    def shipped_at(self) -> datetime | None:
        return None if self.cancelled or self.stopped else self.ended_at


def some(seed: int, count: int, since: date, days: int) -> list[Past]:
    """Orders placed over these days, most of them near a midnight somewhere, and ended up to 40 days later."""
    chance = Random(seed)  # noqa: S311 - the same orders each time
    return [_one(chance, since, days) for _ in range(count)]


def _one(chance: Random, since: date, days: int) -> Past:
    placed = _moment(chance, since + timedelta(days=chance.randrange(days)))
    ended = max(placed, _moment(chance, placed.date() + timedelta(days=chance.randrange(40))))
    stopped = chance.random() < 0.1
    promised = ended.date() + timedelta(days=chance.randrange(-2, 3))
    return Past(
        placed_at=placed,
        ended_at=ended,
        backordered=chance.random() < 0.6,
        cancelled=stopped or chance.random() < 0.3,
        units=chance.randrange(1, 4),
        promised_on=promised if chance.random() < 0.7 else None,
        stopped=stopped,
    )


def _moment(chance: Random, day: date) -> datetime:
    hour = chance.choice((3, 4, 5, 6, 7, 22, 23))
    return datetime.combine(day, time(hour, chance.choice((0, 59)), chance.choice((0, 59))), UTC)


def write(stock: Stockroom, orders: list[Past]) -> None:
    """Copies of one order that was lived through, at their own moments."""
    stock.receive(1, on=1)
    stock.place("template", placed=1)
    finish(stock, "template", on=1)
    stock.database.write(_copy, orders)


def _copy(session: Session, orders: list[Past]) -> None:
    for table, made in ((OrderRow, _order), (ParcelRow, _parcel)):
        columns = table.__table__.c
        template = session.execute(select(*columns).where(columns.order_id == "template")).mappings().one()
        rows = [
            {**template, "order_id": f"p-{number}", **changed}
            for number, past in enumerate(orders)
            for changed in made(past)
        ]
        session.execute(insert(table), rows)


def _order(past: Past) -> Iterator[dict[str, Any]]:
    yield {
        "placed_at": past.placed_at,
        "accepted_at": past.placed_at,
        "ended_at": past.ended_at,
        "shipped_at": past.shipped_at,
        "backordered": past.backordered,
        "status": Status.CANCELLED if past.cancelled else Status.COMPLETED,
    }


def _parcel(past: Past) -> Iterator[dict[str, Any]]:
    if past.cancelled and not past.stopped:
        return
    stage = "stopped" if past.stopped else "shipped"
    told = {"promised_on": past.promised_on, "units": past.units}
    yield {"stage": stage, "shipped_at": past.ended_at, **told}


@dataclass(frozen=True)
class ByHand:
    """The figures of a window of days, counted one order at a time; a share is its two numbers."""

    orders: list[Past]
    days: set[date]
    zone: str

    def _in(self, moment: datetime) -> bool:
        return local_day(moment, self.zone) in self.days

    @property
    def accepted(self) -> tuple[int, int]:
        placed = [one for one in self.orders if self._in(one.placed_at)]
        return sum(one.backordered for one in placed), len(placed)

    @property
    def cancelled(self) -> tuple[int, int]:
        ended = [one for one in self.orders if one.backordered and self._in(one.ended_at)]
        return sum(one.cancelled for one in ended), len(ended)

    @property
    def filled(self) -> list[int]:
        """The fill times in days, in order."""
        done = (one for one in self.orders if one.backordered and one.shipped_at and self._in(one.ended_at))
        days = (local_day(one.ended_at, self.zone) - local_day(one.placed_at, self.zone) for one in done)
        return sorted(took.days for took in days)

    @property
    def kept(self) -> tuple[int, int]:
        sent = [one for one in self.orders if one.shipped_at and one.promised_on and self._in(one.ended_at)]
        in_time = (
            one.units for one in sent if local_day(one.ended_at, self.zone) <= (one.promised_on or date.min)
        )
        return sum(in_time), sum(one.units for one in sent)
