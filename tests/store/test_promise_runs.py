"""The dates of a queue under random changes of supply and queue, held against a recount from scratch."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.changes import Prioritisation
from domain.errors import Refused, UnknownInbound
from domain.inventory import ChangeKind
from domain.supply import Arrival, Inbound, arrivals
from store import catalog, promises
from store.base import Base
from store.database import Database
from store.deal import QUEUE
from store.supply_tables import InboundRow
from store.tables import LineRow, ProductRow
from tests.histories import many_in_a_soak, tries
from tests.store.stockroom import SKU, Stockroom, change_of, day, january


class Move(NamedTuple):
    what: str
    who: int
    units: int
    day: int


OPERATIONS = (
    *["place"] * 6,
    *["announce"] * 4,
    *["receive"] * 2,
    *["cancel"] * 2,
    *["prioritise"] * 2,
    "adjust",
    "withdraw",
)
MOVES = st.lists(
    st.builds(Move, st.sampled_from(OPERATIONS), st.integers(0, 11), st.integers(1, 12), st.integers(6, 28)),
    min_size=8,
    max_size=30,
)


class Run:
    """One history of one SKU, all on one day: a date that passes is another test's business."""

    def __init__(self, database: Database) -> None:
        database.write(_forget_everything)
        self.stock = Stockroom(database, (SKU,))
        self.placed = 0
        self.changes = 0

    def play(self, moves: Sequence[Move]) -> None:
        for move in moves:
            self.do(move)
            assert self.stock.findings() == [], move
            assert self.stock.database.read(_recounted) == [], move

    def do(self, move: Move) -> None:
        done: Callable[[Move], None] = getattr(self, f"_{move.what}")
        done(move)

    @property
    def now(self) -> datetime:
        return day(10) + timedelta(seconds=self.changes)

    def _place(self, move: Move) -> None:
        self.placed += 1
        tier = ("standard", "vip", "wholesale")[move.who % 3]
        self.stock.place(f"o{self.placed}", move.units, placed=1 + move.who % 9, tier=tier)

    def _announce(self, move: Move) -> None:
        self.stock.announce(f"PO-{move.who % 4}", move.units, eta=move.day, on=10)

    def _withdraw(self, move: Move) -> None:
        self.stock.announce(f"PO-{move.who % 4}", 0, eta=move.day, on=10, cancelled=True)

    def _receive(self, move: Move) -> None:
        self.changes += 1
        named = {"inbound_id": f"PO-{move.who % 4}"} if move.who % 2 else {}
        line = {"sku": SKU, "quantity": move.units, **named}
        with suppress(UnknownInbound):
            self.stock.apply(change_of(ChangeKind.RECEIVED, f"r{self.changes}", line))

    def _adjust(self, move: Move) -> None:
        self.stock.adjust(-move.units, on=self.now)

    def _cancel(self, move: Move) -> None:
        if self.placed:
            self.stock.cancel(f"o{1 + move.who % self.placed}", lines={SKU: move.units}, on=self.now)

    def _prioritise(self, move: Move) -> None:
        if self.placed:
            self.changes += 1
            wanted = Prioritisation(days=move.day - 12, reason="asked for")
            try:
                self.stock.change(f"o{1 + move.who % self.placed}", wanted, on=self.now)
            except Refused:
                return


def _forget_everything(session: Session) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())


def _recounted(session: Session) -> list[str]:
    """Lines whose date is not that of the supply as the purchase orders have it, counted from the front."""
    product = session.get_one(ProductRow, SKU)
    policy = catalog.policy(session)
    rows = session.scalars(select(InboundRow).where(InboundRow.quantity > 0, ~InboundRow.cancelled))
    inbound = [Inbound(expected_on=row.expected_on, units=row.quantity) for row in rows if row.expected_on]
    supply = arrivals(inbound, promises.offered(product, policy), policy, january(10))
    kept = [Arrival.model_validate(arrival) for arrival in product.supply]
    wrong = [] if [(a.on, a.units) for a in kept] == [(a.on, a.units) for a in supply] else ["supply"]
    needed = 0
    queue = select(LineRow).where(LineRow.backordered > 0).order_by(*QUEUE)
    for line in session.scalars(queue):
        needed += line.backordered
        by_then = [sum(one.units for one in supply[: nth + 1]) for nth in range(len(supply))]
        right = next((one.on for one, units in zip(supply, by_then, strict=True) if units >= needed), None)
        if (line.supply_on, line.promised_on) != (right, right):
            wrong.append(f"{line.order_id}: {line.promised_on}, not {right}")
    return wrong


def _holds(database: Database, histories: int, number: int) -> None:
    unhurried = tries(histories)
    seed(number)(unhurried(given(MOVES)(lambda moves: Run(database).play(moves))))()


@pytest.mark.slow
@many_in_a_soak
def test_every_line_has_the_date_of_the_supply_that_covers_it_on_sqlite(sqlite_database: Database) -> None:
    _holds(sqlite_database, 40, 1)


@pytest.mark.slow
@many_in_a_soak
def test_every_line_has_the_date_of_the_supply_that_covers_it_on_postgresql(
    postgres_database: Database,
) -> None:
    _holds(postgres_database, 15, 2)
