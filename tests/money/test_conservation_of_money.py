"""charged + captured - refunded + recorded as unpaid = shipped value + shipping due: per order, in total, in both books."""

import asyncio
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, seed

from domain.parcel import ParcelState
from domain.state import OrderState
from store.database import Database
from tests.histories import many_in_a_soak, tries
from tests.money import books
from tests.money.history import begin
from tests.money.samples import HISTORIES, Dice, Move, terms
from tests.money.tries import Clock
from tests.shop import World, sandboxes
from tests.worlds import providers

MUST_HAPPEN = (
    *("authorise declined", "charge declined", "capture succeeded", "charge succeeded"),
    *("refund succeeded", "void succeeded", "authorisations ran out", "given up", "not placed in time"),
    *("OutcomeUnknown", "GatewayUnavailable", "answers lost", "rests", "labels voided"),
    *("parcels shipped", "parcels undone", "parcels unpaid", "orders completed", "orders cancelled"),
    *("orders rejected", "parcels settled"),
)
"""In the course of all histories, at each kind of providers."""


async def _play(database: Database, folder: Path, world: World, moves: list[Move]) -> Counter[str]:
    clock = Clock()
    async with world(folder, clock.tell) as outside:
        history = begin(database, outside, clock, terms(Dice(moves)), moves)
        for move in (Move("place", 0), Move("place", 1), *moves):
            await history.play(move)
        await history.settled()
        await books.check(history.runner)
        await history.ended()
        states = await books.check(history.runner)
        assert all(state.ended_at or _owed(state) for state in states), states
        return books.count(history.runner, states)


def _owed(state: OrderState) -> list[ParcelState]:
    return [parcel for parcel in state.parcels if parcel.owed]


def _conserves(database: Database, folder: Path, world: World, histories: int, number: int) -> Counter[str]:
    """Play that many histories, `number` chooses which; what happened in all of them."""
    happened: Counter[str] = Counter()
    folders = (folder / str(one) for one in count())
    unhurried = tries(histories)
    with asyncio.Runner() as loop:

        def play(moves: list[Move]) -> None:
            happened.update(loop.run(_play(database, next(folders), world, moves)))

        seed(number)(unhurried(given(HISTORIES)(play)))()
    return happened


def _assert_that_much_happened(happened: Counter[str]) -> None:
    """A history in which nothing goes wrong proves little."""
    missing = [what for what in MUST_HAPPEN if not happened[what]]
    assert not missing, (missing, happened)
    never = [what for what in happened if what.startswith("refused: ")]
    assert not never, happened


@pytest.mark.slow
@many_in_a_soak
def test_every_cent_is_accounted_for_at_the_sandbox(sqlite_database: Database, tmp_path: Path) -> None:
    happened = _conserves(sqlite_database, tmp_path, sandboxes, 90, 1)

    _assert_that_much_happened(happened)
    assert happened["settled paid_elsewhere"]
    assert happened["settled written_off"]
    assert happened["settled stopped"]


@pytest.mark.slow
@many_in_a_soak
def test_every_cent_is_accounted_for_at_real_providers(sqlite_database: Database, tmp_path: Path) -> None:
    happened = _conserves(sqlite_database, tmp_path, providers, 30, 2)

    _assert_that_much_happened(happened)
