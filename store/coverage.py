"""Which lines of a SKU's queue each arrival covers.

The queue is cut into runs of lines, one for each arrival and a last one for those that no supply reaches; each line
carries its run's date (`supply_on`), and the product keeps how many units each run needs. So when supply or queue
change, only the lines between an old cut and a new one are visited: the work grows with the dates that move, not
with the queue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, literal, select, true, tuple_
from sqlalchemy.orm import Session

from domain.supply import Arrival
from store.deal import QUEUE
from store.tables import LineRow


class Run(NamedTuple):
    """A run of lines, and the units that they need."""

    on: date | None
    needed: int


@dataclass(frozen=True)
class Cut:
    """Where a run ends: within old run `run`, at the line `at` (which it takes, if `taking`), after `needed` units."""

    run: int
    needed: int
    at: Row[Any] | None = None
    taking: bool = True

    def behind(self) -> ColumnElement[bool]:
        if self.at is None:
            return true()
        return tuple_(*QUEUE) > _place(self.at) if self.taking else tuple_(*QUEUE) >= _place(self.at)

    def ahead(self) -> ColumnElement[bool]:
        if self.at is None:
            return ~true()
        return tuple_(*QUEUE) <= _place(self.at) if self.taking else tuple_(*QUEUE) < _place(self.at)


class Move(NamedTuple):
    """Orders whose line of the SKU passes to another run."""

    to: date | None
    orders: list[str]


def cover(
    session: Session, sku: str, runs: Sequence[Run], supply: Sequence[Arrival]
) -> tuple[list[Arrival], list[Move]]:
    """The supply with what the queue needs of it, and the lines that pass from their old runs to others."""
    old = [*runs, Run(None, 0)]
    covered, moves = [], []
    start, units = Cut(0, 0), 0
    for arrival in supply:
        units += arrival.units
        end = _cut(session, sku, old, units)
        covered.append(arrival.model_copy(update={"needed": end.needed - start.needed}))
        moves += _moves(session, sku, old, arrival.on, start, end)
        start = end
    moves += _moves(session, sku, old, None, start, Cut(len(runs), 0))
    return covered, moves


def _cut(session: Session, sku: str, old: Sequence[Run], units: int) -> Cut:
    """The end of the longest queue that needs at most so many units."""
    before = 0
    for number, run in enumerate(old[:-1]):
        if units < before + run.needed:
            back = before + run.needed - units
            if units - before <= back:
                return _forward(session, sku, run.on, Cut(number, before), units - before)
            return _backward(session, sku, run.on, Cut(number, before + run.needed), back)
        before += run.needed
    return _forward(session, sku, None, Cut(len(old) - 1, before), units - before)


def _forward(session: Session, sku: str, on: date | None, start: Cut, room: int) -> Cut:
    """From the front of a run, as far as `room` units reach."""
    if not room:
        return start
    front = _lines(sku, on).order_by(*QUEUE).limit(room).subquery()
    places = [front.c[column.key] for column in QUEUE]
    needed = func.sum(front.c.backordered).over(order_by=places, rows=(None, 0)).label("needed")
    walked = select(*places, needed).subquery()
    reached = select(walked).where(walked.c.needed <= room).order_by(walked.c.needed.desc()).limit(1)
    last = session.execute(reached).first()
    return start if last is None else Cut(start.run, start.needed + last.needed, last)


def _backward(session: Session, sku: str, on: date | None, end: Cut, back: int) -> Cut:
    """From the end of a run, until at least `back` units were left out."""
    rear = _lines(sku, on).order_by(*(column.desc() for column in QUEUE)).limit(back).subquery()
    places = [rear.c[column.key] for column in QUEUE]
    backwards = [place.desc() for place in places]
    needed = func.sum(rear.c.backordered).over(order_by=backwards, rows=(None, 0)).label("needed")
    walked = select(*places, needed).subquery()
    reached = select(walked).where(walked.c.needed >= back).order_by(walked.c.needed).limit(1)
    last = session.execute(reached).one()
    return Cut(end.run, end.needed - last.needed, last, taking=False)


def _moves(
    session: Session, sku: str, old: Sequence[Run], to: date | None, start: Cut, end: Cut
) -> list[Move]:
    """The lines between two cuts that stand in a run of another date."""
    moves = []
    for number in range(start.run, end.run + 1):
        run = old[number]
        if run.on == to or (run.on is not None and not run.needed):
            continue
        between = _lines(sku, run.on).with_only_columns(LineRow.order_id)
        if number == start.run:
            between = between.where(start.behind())
        if number == end.run:
            between = between.where(end.ahead())
        moved = list(session.scalars(between))
        if moved:
            moves.append(Move(to, moved))
    return moves


def _lines(sku: str, on: date | None) -> Any:
    """The lines of a run; those without a date are found by the same index."""
    dated = LineRow.supply_on.is_(None) if on is None else LineRow.supply_on == on
    return select(LineRow.backordered, *QUEUE).where(LineRow.sku == sku, LineRow.backordered > 0, dated)


def _place(line: Row[Any]) -> ColumnElement[Any]:
    return tuple_(*(literal(getattr(line, column.key), column.type) for column in QUEUE))
