"""Durability: no worker, no database, no mail server; and then there is one again."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.service import RPCError

from domain.decision import Decision, DecisionOutcome, Refusal
from domain.errors import UnknownOrder
from domain.notices import Kind
from domain.status import Status
from starter.errors import OutOfReach
from store.database import Database
from store.tables import ProductRow
from tests.cutting import When, line_to
from tests.shop import PRICE, SKU, Books, Shop, eventually, open_shop
from worker.wiring import running_worker
from workflows.messages import PLACING_DEADLINE

TIMINGS = ("at_shipment", "at_order")


@pytest.mark.slow  # while a task waits for a worker no time can be skipped: the deadline passes for real
async def test_e0_checkouts_that_gave_up_get_no_order_later_and_those_within_the_deadline_get_one(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with open_shop(sqlite_database, tmp_path, working=False) as shop:
        async with running_worker(shop.client, shop.parts):
            await shop.receive(4)
        again = await shop.order("again", 2, timing="at_order")
        late = [await shop.order(f"late-{timing}", 2, timing=timing) for timing in TIMINGS]
        answers = await asyncio.gather(
            *(shop.doors.place(order) for order in (again, *late)), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [OutOfReach] * 3
        await eventually(lambda: _too_late(shop, "late-at_order"), "the deadline")
        within = [
            asyncio.create_task(shop.place(f"in-time-{timing}", 2, timing=timing)) for timing in TIMINGS
        ]
        for timing in TIMINGS:
            await eventually(partial(_started, shop, f"in-time-{timing}"), "its start")

        async with running_worker(shop.client, shop.parts):
            accepted: list[Decision] = await asyncio.gather(*within)
            for order in (again, *late):
                assert (await shop.ended(order.order_id)).status is Status.REJECTED
            for decision in accepted:
                await shop.ended(decision.order_id)
            anew = await shop.doors.place(again)
            await shop.receive(2)
            await shop.until("again", lambda order: order.shipped_units > 0 and order.ended_at is not None)

        for order in late:
            rejected = shop.state(order.order_id).decision
            assert rejected
            assert [reason.code for reason in rejected.reasons] == [Refusal.UNAVAILABLE]
            assert shop.books(order.order_id) == Books()
            assert shop.payments.books(order.order_id) == []
            assert shop.told(order.order_id) == []
        assert [decision.outcome for decision in accepted] == [DecisionOutcome.IN_STOCK] * 2
        assert anew.outcome is DecisionOutcome.BACKORDERED
        for order_id in ("again", *(decision.order_id for decision in accepted)):
            assert shop.books(order_id) == Books(shipped=2, charged=2 * PRICE)
            assert shop.differences(order_id) == []
        assert [entry.kind for entry in shop.payments.books("again")] == ["charge"]
        assert shop.findings() == []


async def _started(shop: Shop, order_id: str) -> bool:
    try:
        await shop.handle(order_id).describe()
    except RPCError:
        return False
    return True


async def _too_late(shop: Shop, order_id: str) -> bool:
    began = (await shop.handle(order_id).describe()).start_time
    return await shop.now() > began + PLACING_DEADLINE


@pytest.mark.parametrize("when", ["before", "after"])
async def test_e3_the_database_goes_away_while_a_receipt_commits(
    database: Database, tmp_path: Path, when: When
) -> None:
    async with (
        line_to(database) as line,
        open_shop(database, tmp_path, around=lambda parts: replace(parts, database=line.database)) as shop,
    ):
        for order_id in ("100", "101"):
            await shop.place(order_id, 2)
            await shop.until(order_id, lambda order: order.told(Kind.CONFIRMATION))
        line.cut_at_commit(when)
        receiving = asyncio.create_task(shop.receive(5, change_id="R-1"))
        await eventually(lambda: line.refused >= 2, "tried while the database is away")
        assert line.cuts == 1
        assert not receiving.done()
        assert shop.database.read(_on_hand) == (0 if when == "before" else 5)

        await line.come_back()
        outcome = await receiving
        again = await shop.receive(5, change_id="R-1")
        for order_id in ("100", "101"):
            await shop.ended(order_id)

        assert (outcome.handed_out, outcome.orders) == (4, ("100", "101"))
        assert again == outcome
        for order_id in ("100", "101"):
            assert shop.books(order_id) == Books(shipped=2, charged=2 * PRICE)
            assert shop.differences(order_id) == []
            assert shop.labels(order_id) == 1
            assert shop.told(order_id) == ["confirmation", "shipped"]
        assert shop.database.read(_on_hand) == 1
        assert shop.findings() == []


def _on_hand(session: Session) -> int:
    return session.get_one(ProductRow, SKU).on_hand


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
async def test_e3_the_database_goes_away_at_each_commit_in_the_life_of_an_order(
    database: Database, tmp_path: Path, when: When
) -> None:
    async with (
        line_to(database) as line,
        open_shop(database, tmp_path, around=lambda parts: replace(parts, database=line.database)) as shop,
    ):
        await shop.receive(200)
        for commit in count(1):
            order_id = f"cut-{commit}"
            line.cut_at_commit(when, commit)
            placing = asyncio.create_task(shop.place(order_id, 2))
            await eventually(lambda: line.cuts == commit or _ended(shop, order_id), order_id)  # noqa: B023
            was_cut = line.cuts == commit
            await line.come_back()
            await placing
            await shop.ended(order_id)

            assert shop.books(order_id) == Books(shipped=2, charged=2 * PRICE)
            assert shop.differences(order_id) == []
            assert shop.labels(order_id) == 1
            assert shop.told(order_id) == ["confirmation", "shipped"]
            if not was_cut:
                break
        assert line.cuts >= 8
        assert shop.findings() == []


def _ended(shop: Shop, order_id: str) -> bool:
    try:
        return shop.state(order_id).ended_at is not None
    except UnknownOrder:
        return False


async def test_e3_somebody_else_holds_the_sqlite_file_while_a_receipt_comes(shop: Shop) -> None:
    await shop.place("100", 2)
    await shop.until("100", lambda order: order.told(Kind.CONFIRMATION))
    path = shop.database.url.database
    assert path
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        receiving = asyncio.create_task(shop.receive(3, change_id="R-1"))
        await eventually(lambda: _tried(shop, "inventory-R-1"), "the receipt is tried")
        assert not receiving.done()
        other.execute("ROLLBACK")
    outcome = await receiving
    await shop.ended("100")

    assert outcome.handed_out == 2
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.differences("100") == []
    assert shop.findings() == []


async def _tried(shop: Shop, workflow_id: str) -> bool:
    try:
        there = await shop.client.get_workflow_handle(workflow_id).describe()
    except RPCError:
        return False
    started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    return any(one.state == started for one in there.raw_description.pending_activities)


async def test_e4_the_mail_server_refuses_for_an_hour_and_each_notice_arrives_once(shop: Shop) -> None:
    shop.mail.refuse_with = "451 4.3.0 try again later"
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.place("101", 2)
    await shop.until("100", lambda order: order.shipped_units == 2)
    for _ in range(6):
        await shop.env.sleep(timedelta(minutes=10))
    assert (shop.told("100"), shop.told("101")) == ([], [])
    await shop.cancel("101")

    shop.mail.refuse_with = None
    await shop.ended_within("100", 0.5, step_hours=0.5)
    await shop.ended_within("101", 0.5, step_hours=0.5)

    assert shop.told("100") == ["confirmation", "shipped"]
    assert shop.told("101") == ["confirmation", "cancelled"]
    assert len(shop.letters("100")) == len(shop.letters("101")) == 2
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.books("101") == Books(cancelled=2)
    assert shop.labels("100") == 1
    assert shop.findings() == []


async def test_e4_a_mailbox_that_refuses_for_good_is_recorded_and_the_order_goes_on(shop: Shop) -> None:
    shop.mail.refuse_with = "550 5.1.1 no such mailbox"
    await shop.receive(2)

    await shop.place("100", 2)
    await shop.ended("100")

    notices = [(notice.kind, notice.delivered) for notice in shop.state("100").notices]
    assert notices == [("confirmation", False), ("shipped", False)]
    assert [notice.delivered for notice in shop.status("100").notices] == [False, False]
    assert shop.letters("100") == []
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.findings() == []
