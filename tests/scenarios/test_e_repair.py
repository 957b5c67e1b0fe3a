"""E5: what went wrong behind our back is named, and mended by the ordinary ways."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from domain.audit import Kind as Found
from domain.audit import Mend
from domain.cancellation import Cancellation
from domain.inventory import ChangeKind, ChangeLine, InventoryChange
from domain.notices import Kind
from domain.policy import Product
from domain.status import Status
from starter.commands.audit import Shown
from store import bells, cancelling, catalog, notices
from store.cancelling import Cancelling
from store.database import Database
from store.door_tables import EventRow
from store.notices import Telling
from store.shop_tables import OperationRow
from store.tables import LineRow, OrderRow
from tests.dev_shop import dev_shop, found, repaired
from tests.shop import PRICE, SKU, Books, Shop, eventually, gateways, sandboxes
from worker.wiring import running_worker
from workflows.messages import DAILY_REVIEW, INVENTORY_CHANGE, TASK_QUEUE, inventory_workflow_id

LONG_AGO = timedelta(hours=2)


async def opened(database: Database, folder: Path, stack: AsyncExitStack) -> Shop:
    database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro - Blue"),))
    outside = await stack.enter_async_context(sandboxes(folder))
    parts, mail = await stack.enter_async_context(gateways(database, outside))
    return await stack.enter_async_context(dev_shop(database, outside, parts, mail))


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    """Without a worker: nothing happens meanwhile, unless the test has one."""
    async with AsyncExitStack() as stack:
        yield await opened(sqlite_database, tmp_path, stack)


@pytest.fixture
async def shop_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with AsyncExitStack() as stack:
        yield await opened(database, tmp_path, stack)


async def confirmed(shop: Shop, *order_ids: str, **fields: object) -> None:
    for order_id in order_ids:
        await shop.place(order_id, 2, **fields)
    for order_id in order_ids:
        await shop.until(order_id, lambda order: order.told(Kind.CONFIRMATION))


async def test_e5_a_workflow_terminated_by_hand_is_named_and_started_again_and_its_order_ships(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    async with running_worker(shop.client, shop.parts):
        await confirmed(shop, "100", "101")
        await shop.handle("100").terminate("by mistake")
        # The list of what runs follows within a second.
        await eventually(lambda: _named(shop, ("workflow_terminated", "100")), "it is named")

        repairs, audited = await repaired(shop)
        again, nothing = await repaired(shop)
        await shop.receive(4)
        outcomes = [await shop.ended(order_id) for order_id in ("100", "101")]

        assert [(one.order_id, one.repair) for one in repairs] == [("100", Mend.START)]
        assert audited.left.findings == ()
        assert (again, nothing.found.findings) == ([], ())
        assert [outcome.status for outcome in outcomes] == [Status.COMPLETED] * 2
        for order_id in ("100", "101"):
            assert shop.books(order_id) == Books(shipped=2, charged=2 * PRICE)
            assert shop.differences(order_id) == []
            assert shop.labels(order_id) == 1
            assert shop.told(order_id) == ["confirmation", "shipped"]
            assert len(shop.letters(order_id)) == 2
        assert shop.changes("100") == [("workflow", "operations:maria")]
        assert shop.changes("101") == []
        assert shop.findings() == []


async def _named(shop: Shop, finding: tuple[str, str]) -> bool:
    return await found(shop) == [finding]


async def test_e5_a_workflow_whose_order_has_ended_is_told_to_look_and_ends_by_itself(shop: Shop) -> None:
    # A worker that forgets leaves no queue of its own behind, in which the next task would wait for it.
    async with running_worker(shop.client, shop.parts, max_cached_workflows=0):
        await confirmed(shop, "100")
    _end_behind_its_back(shop, "100", datetime.now(UTC) - LONG_AGO)
    async with running_worker(shop.client, shop.parts):
        named = await found(shop)

        repairs, audited = await repaired(shop)
        outcome = await shop.ended("100")

    assert named == [("workflow_left_over", "100")]
    assert [(one.order_id, one.repair) for one in repairs] == [("100", Mend.LOOK)]
    assert audited.left.findings == ()
    assert outcome.status is Status.CANCELLED
    assert shop.books("100") == Books(cancelled=2)
    assert shop.findings() == []


def _end_behind_its_back(shop: Shop, order_id: str, at: datetime) -> None:
    wish = Cancellation(cancellation_id="C-1")
    shop.database.write(cancelling.cancel, Cancelling(order_id=order_id, cancellation=wish, at=at))
    telling = Telling(order_id=order_id, kind=Kind.CANCELLED, occasion="C-1", at=at)
    facts = shop.database.read(notices.facts, telling)
    shop.database.write(notices.told, telling, delivered=True, message_id="m-1", facts=facts)


async def test_e5_bells_that_nobody_rang_are_rung_and_the_order_hears_of_its_stock(shop: Shop) -> None:
    async with running_worker(shop.client, shop.parts):
        await confirmed(shop, "100")
        of_it = select(OrderRow.order_id).where(OrderRow.order_id == "100")
        at = datetime.now(UTC) - LONG_AGO
        shop.database.write(bells.hang, "inventory-lost", "inventory_received", at, of_it)

        named = await found(shop)
        repairs, audited = await repaired(shop)

        assert named == [("bells_unrung", "inventory-lost")]
        assert [(one.key, one.repair) for one in repairs] == [("inventory-lost", Mend.RING)]
        assert repairs[0].done == "inventory-lost: 1 order heard of it."
        assert audited.left.findings == ()
        assert operations(shop) == [("repair", "operations:maria")]
        assert shop.books("100") == Books(backordered=2)


def operations(shop: Shop) -> list[tuple[str, str]]:
    rows = select(OperationRow.what, OperationRow.requested_by).order_by(OperationRow.id)
    return shop.database.read(lambda session: [(what, by) for what, by in session.execute(rows)])


async def test_e5_an_event_that_was_given_up_is_sent_again_where_somebody_hears_it(shop: Shop) -> None:
    event = {"event_id": "E-1", "type": "order.completed", "stream": "100", "body": {}, "dead": True}
    at = datetime.now(UTC)
    shop.database.write(
        lambda session: session.execute(insert(EventRow).values(**event, at=at, attempts=9, error="HTTP 500"))
    )
    async with running_worker(shop.client, shop.parts):
        unheard = await found(shop)
        named = await found(shop, webhook=True)
        repairs, audited = await repaired(shop, webhook=True)

    assert (unheard, named) == ([], [("event_dead", "E-1")])
    assert [one.repair for one in repairs] == [Mend.RESEND]
    assert audited.left.findings == ()
    assert operations(shop) == [("resend_events", "operations:maria")]


async def test_e5_books_that_somebody_spoiled_are_named_for_a_person_and_left_alone(shop: Shop) -> None:
    async with running_worker(shop.client, shop.parts):
        await confirmed(shop, "100")
        eta = (datetime.now(UTC) + timedelta(days=20)).date()
        await shop.announce("PO-1", 5, eta)
        spoiled = update(LineRow).where(LineRow.order_id == "100").values(supply_on=eta + timedelta(days=40))
        shop.database.write(lambda session: session.execute(spoiled))

        repairs, audited = await repaired(shop)

    assert repairs == []
    assert {one.kind for one in audited.left.findings} == {Found.DATE, Found.SUPPLY}
    assert all(one.kind.advice for one in audited.left.findings)


async def test_e5_the_schedule_of_the_review_is_made_again_and_one_that_was_paused_is_named(
    shop: Shop,
) -> None:
    schedule = shop.client.get_schedule_handle(DAILY_REVIEW)
    async with running_worker(shop.client, shop.parts):
        await schedule.delete()
        missing = await found(shop)
        repairs, audited = await repaired(shop)
        await schedule.pause(note="holidays")
        paused, still = await repaired(shop)

    assert missing == [("schedule_missing", None)]
    assert [one.repair for one in repairs] == [Mend.SCHEDULE]
    assert audited.left.findings == ()
    assert paused == []
    assert [one.finding for one in still.left.findings] == ["the daily review is paused: holidays"]


async def test_e5_a_receipt_that_was_stopped_before_it_was_applied_is_named_with_what_sends_it(
    shop: Shop,
) -> None:
    change = InventoryChange(
        change_id="R-1",
        kind=ChangeKind.RECEIVED,
        happened_at=datetime.now(UTC),
        lines=(ChangeLine(sku=SKU, quantity=5, inbound_id="PO-1"),),
    )
    handle = await shop.client.start_workflow(
        INVENTORY_CHANGE, change, id=inventory_workflow_id("R-1"), task_queue=TASK_QUEUE
    )
    await handle.terminate("by mistake")
    async with running_worker(shop.client, shop.parts):
        await eventually(lambda: _named(shop, ("change_not_applied", "R-1")), "it is named")
        repairs, audited = await repaired(shop)
        await shop.announce("PO-1", 5, datetime.now(UTC).date())
        await shop.doors.apply(change)

        assert repairs == []
        (left,) = audited.left.findings
        assert left.finding.endswith(f"backorder receive {SKU}=5 --inbound PO-1 --id R-1")
        assert await found(shop) == []
    assert shop.findings() == []


async def test_e5_without_a_worker_an_audit_says_so_and_waits_for_nobody(shop: Shop) -> None:
    seen = await asyncio.wait_for(found(shop), 20)
    _, audited = await repaired(shop)

    assert seen == [("no_worker", None)]
    shown = Shown(audited, repaired=True)
    assert shown.refused
    assert shown.document["findings"] == ["no worker listens on the task queue backorders"]
