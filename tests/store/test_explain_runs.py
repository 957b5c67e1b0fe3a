"""`explain` under random histories of a queue, held against the places that were seen at the time."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from domain.changes import Prioritisation
from domain.errors import Refused
from domain.explanation import ExplainedLine
from domain.state import LineState
from store.base import Base
from store.database import Database
from store.explain import explain
from tests.histories import many_in_a_soak, tries
from tests.store.stockroom import SKU, Stockroom, day

_START = day(12)


class Move(NamedTuple):
    what: str
    who: int
    units: int


OPERATIONS = (
    *["place"] * 6,
    *["receive"] * 3,
    *["claim"] * 3,
    *["cancel"] * 2,
    *["prioritise"] * 2,
    "adjust",
)
MOVES = st.lists(
    st.builds(Move, st.sampled_from(OPERATIONS), st.integers(0, 11), st.integers(1, 12)),
    min_size=8,
    max_size=30,
)


class Run:
    """One history of one SKU, a minute a move; `seen`: each order's place after each."""

    def __init__(self, database: Database) -> None:
        database.write(_forget_everything)
        self.stock = Stockroom(database, (SKU,))
        self.now = _START
        self.orders: list[str] = []
        self.seen: dict[tuple[str, datetime], int | None] = {}

    def play(self, moves: Sequence[Move]) -> None:
        for move in moves:
            self.now += timedelta(minutes=1)
            done: Callable[[Move], None] = getattr(self, f"_{move.what}")
            done(move)
            queue = self.stock.queue()
            places = {order_id: place for place, order_id in enumerate(queue, 1)}
            self.seen |= {(order_id, self.now): places.get(order_id) for order_id in self.orders}

    def _place(self, move: Move) -> None:
        self.orders.append(f"o{len(self.orders) + 1}")
        tier = ("standard", "vip", "wholesale")[move.who % 3]
        self.stock.place(self.orders[-1], move.units, placed=1 + move.who % 9, tier=tier, on=self.now)

    def _receive(self, move: Move) -> None:
        self.stock.receive(move.units * 2, on=self.now)

    def _adjust(self, move: Move) -> None:
        self.stock.adjust(-move.units, on=self.now)

    def _claim(self, move: Move) -> None:
        if self.orders:
            self.stock.claim(self._who(move), on=self.now)

    def _cancel(self, move: Move) -> None:
        if self.orders:
            self.stock.cancel(self._who(move), lines={SKU: move.units}, on=self.now)

    def _prioritise(self, move: Move) -> None:
        if self.orders:
            wanted = Prioritisation(days=move.units - 5, reason="asked for")
            try:
                self.stock.change(self._who(move), wanted, on=self.now)
            except Refused:
                return

    def _who(self, move: Move) -> str:
        return self.orders[move.who % len(self.orders)]


def _forget_everything(session: Session) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())


def _told_as_seen(database: Database, moves: Sequence[Move]) -> None:
    run = Run(database)
    run.play(moves)

    for order_id in run.orders:
        (told,) = database.read(explain, order_id).lines
        assert _as_seen(told, {at: place for (one, at), place in run.seen.items() if one == order_id})
        assert told.place == told.history[-1].place == told.places[-1].place == run.seen[order_id, run.now]
        assert _units(told) == _units(run.stock.line(order_id))
        assert told.history[-1].needs == told.backordered


def _as_seen(line: ExplainedLine, seen: dict[datetime, int | None]) -> bool:
    """At each minute the place of the last event; what was told as one has no places in between."""
    told = list(zip(line.history, [*line.history[1:], None], strict=True))
    return all(
        event.place == place
        for event, after in told
        for at, place in seen.items()
        if event.at == at
        or (event.at < at and (after is None or (len(after.order_ids) < 2 and at < after.at)))
    )


def _units(line: ExplainedLine | LineState) -> int:
    if isinstance(line, LineState):
        return line.allocated + line.claimed + line.shipped
    return sum(event.units for event in line.history)


def _holds(database: Database, histories: int, number: int) -> None:
    unhurried = tries(histories)
    seed(number)(unhurried(given(MOVES)(lambda moves: _told_as_seen(database, moves))))()


@pytest.mark.slow
@many_in_a_soak
def test_each_place_is_told_as_it_was_on_sqlite(sqlite_database: Database) -> None:
    _holds(sqlite_database, 40, 1)


@pytest.mark.slow
@many_in_a_soak
def test_each_place_is_told_as_it_was_on_postgresql(postgres_database: Database) -> None:
    _holds(postgres_database, 15, 2)
