"""E5: what went wrong behind our back is named, and mended by the ordinary ways."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from temporalio import workflow
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from domain.audit import Kind as Found
from domain.audit import Mend
from domain.cancellation import Cancellation, Reason
from domain.decision import DecisionOutcome
from domain.inventory import ChangeKind, ChangeLine, InventoryChange
from domain.notices import Kind
from domain.policy import Product
from domain.status import Status
from gateways.errors import GatewayUnavailable
from gateways.oms_webhook import OmsWebhook, keys_of
from gateways.payment import BookEntry
from starter.auditing import audit
from starter.auditing.around import of_provider
from starter.auditing.temporal import Temporal
from starter.auditing.typed import as_typed
from starter.commands.audit import Shown
from starter.errors import Refusal
from starter.starts import start, start_again
from store import bells, cancelling, catalog, mailed, notices, placing
from store.cancelling import Cancelling
from store.database import Database
from store.door_tables import EventRow
from store.notices import Telling
from store.placing import Placing
from store.shop_tables import OperationRow
from store.tables import LineRow, OrderRow
from tests.dev_shop import ahead, dev_shop, found, repaired
from tests.fakes.oms_server import SECRET, OmsServer
from tests.shop import LIMIT_SECONDS, PRICE, SKU, Books, Shop, eventually, gateways, line, sandboxes
from worker.relay import relay
from worker.wiring import running_worker
from workflows.codec import Encryption, Key
from workflows.connection import data_converter
from workflows.messages import DAILY_REVIEW, INVENTORY_CHANGE, TASK_QUEUE, inventory_workflow_id

LONG_AGO = timedelta(hours=2)
LATER = ahead(timedelta(minutes=10))


async def opened(database: Database, folder: Path, stack: AsyncExitStack, **server: Any) -> Shop:
    database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro - Blue"),))
    outside = await stack.enter_async_context(sandboxes(folder))
    parts, mail = await stack.enter_async_context(gateways(database, outside))
    return await stack.enter_async_context(dev_shop(database, outside, parts, mail, **server))


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


async def test_e5_a_start_with_another_body_ends_though_somebody_asked_it_something(shop: Shop) -> None:
    order = await shop.order("100", 2)
    other = order.model_copy(update={"expedited": True})
    wish = Cancellation(cancellation_id="C-1", reason=Reason.PRICE)
    async with running_worker(shop.client, shop.parts), asyncio.timeout(LIMIT_SECONDS):
        await shop.doors.place(order)
        await shop.handle("100").terminate("by mistake")
        started = start(other)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await shop.client.execute_update_with_start_workflow(
                "request_cancellation", wish, start_workflow_operation=started
            )
        with pytest.raises(WorkflowFailureError):
            await (await started.workflow_handle()).result()
        await eventually(lambda: _named(shop, ("workflow_failed", "100")), "it is named")

        repairs, audited = await repaired(shop)

        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "OrderBodyChanged"
        assert [(one.order_id, one.repair) for one in repairs] == [("100", Mend.START)]
        assert audited.left.findings == ()
        assert shop.books("100") == Books(backordered=2)


async def test_e5_where_most_orders_have_no_workflow_it_may_be_the_wrong_temporal(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_FEW", 1)
    async with running_worker(shop.client, shop.parts):
        await confirmed(shop, "100")
        for order_id in ("101", "102"):
            order, now = await shop.order(order_id, 1), datetime.now(UTC) - LONG_AGO
            shop.database.write(placing.place, Placing(order=order, at=now, asked_at=now))

        with pytest.raises(Refusal, match="2 of 3 open orders have no workflow"):
            await repaired(shop)
        repairs, audited = await repaired(shop, sure=True)

    assert sorted(one.order_id or "" for one in repairs) == ["101", "102"]
    assert audited.left.findings == ()


async def _named(shop: Shop, finding: tuple[str, str]) -> bool:
    return await found(shop) == [finding]


async def test_e5_a_workflow_whose_order_has_ended_is_told_to_look_and_ends_by_itself(shop: Shop) -> None:
    # A worker that forgets leaves no queue of its own behind, in which the next task would wait for it.
    async with running_worker(shop.client, shop.parts, max_cached_workflows=0):
        await confirmed(shop, "100")
        await shop.heard("100")
    _end_behind_its_back(shop, "100", datetime.now(UTC) - LONG_AGO)
    async with running_worker(shop.client, shop.parts):
        named = await found(shop, clock=LATER)

        repairs, audited = await repaired(shop, clock=LATER)
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
    shop.database.write(mailed.told, telling, delivered=True, message_id="m-1", facts=facts)


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


class Looks:
    """The clock of who audits, which knows how often it was asked: twice for the first look, then once for each."""

    times = 0

    def __call__(self) -> datetime:
        self.times += 1
        return datetime.now(UTC)


async def test_e5_an_event_that_was_given_up_is_sent_again_where_somebody_hears_it(shop: Shop) -> None:
    at = datetime.now(UTC) - timedelta(days=2)
    event = {"type": "order.completed", "body": {}, "at": at}
    dead = event | {"event_id": "E-1", "stream": "100", "dead": True, "attempts": 9, "error": "HTTP 500"}
    waits = event | {"event_id": "E-2", "stream": "101", "next_at": at}
    for one in (dead, waits):
        shop.database.write(lambda session, one=one: session.execute(insert(EventRow).values(**one)))
    looks = Looks()

    def of_relay() -> datetime:
        """It gets to sending while the second look after the repair is made: the first still finds the event late."""
        return datetime.now(UTC) if looks.times > 3 else at

    async with running_worker(shop.client, shop.parts):
        unheard = await found(shop)
        named = await found(shop, webhook=True)
        async with (
            OmsServer().serving() as url,
            aclosing(OmsWebhook(url, keys_of(SECRET))) as webhook,
            relay(shop.database, webhook, of_relay),
        ):
            repairs, audited = await repaired(shop, webhook=True, clock=looks)

    assert (unheard, named) == ([], [("event_dead", "E-1"), ("events_late", None)])
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


async def test_e5_a_stopped_receipt_that_can_not_be_read_is_named_without_what_sends_it(shop: Shop) -> None:
    """It was encrypted under a key that who audits does not have, or has another of that id."""
    change = InventoryChange(
        change_id="R-1",
        kind=ChangeKind.RECEIVED,
        happened_at=datetime.now(UTC),
        lines=(ChangeLine(sku=SKU, quantity=5),),
    )
    ours, theirs = (
        Client(**shop.client.config() | {"data_converter": data_converter(Encryption((Key.new(name),)))})
        for name in ("ours", "theirs")
    )
    handle = await theirs.start_workflow(
        INVENTORY_CHANGE, change, id=inventory_workflow_id("R-1"), task_queue=TASK_QUEUE
    )
    await handle.terminate("by mistake")

    assert await as_typed(theirs, "R-1") == f"backorder receive {SKU}=5 --id R-1"
    assert await as_typed(ours, "R-1") is None


async def test_e5_an_order_of_older_books_whose_workflow_has_completed_is_left_to_a_person(
    shop: Shop, tmp_path: Path
) -> None:
    order = await shop.order("100", 2)
    async with running_worker(shop.client, shop.parts, max_cached_workflows=0):
        await shop.doors.place(order)
        await shop.until("100", lambda state: state.told(Kind.CONFIRMATION))
        await shop.heard("100")
    with (
        closing(sqlite3.connect(":memory:")) as backup,
        closing(sqlite3.connect(tmp_path / "backorder.db")) as books,
    ):
        books.backup(backup)
        async with running_worker(shop.client, shop.parts):
            await shop.receive(2)
            await shop.ended("100")
        backup.backup(books)

    async with running_worker(shop.client, shop.parts):
        await eventually(lambda: _named(shop, ("workflow_completed", "100")), "it is named")
        repairs, audited = await repaired(shop)
        await shop.doors.place(order)
        again = await found(shop)

    assert repairs == []
    assert [one.kind for one in audited.left.findings] == [Found.COMPLETED]
    assert again == []  # a person who found that nothing happened lets it go on so
    assert shop.books("100") == Books(backordered=2, charged=2 * PRICE)
    assert [entry.kind for entry in shop.payments.books("100")] == ["authorise", "capture"]


async def test_e5_a_rejected_order_whose_workflow_has_completed_is_never_placed_anew_by_a_repair(
    shop: Shop,
) -> None:
    """As when it was rejected after the repair had read it."""
    order = await shop.order("100", lines=[line("GADGET", 1)])
    async with running_worker(shop.client, shop.parts):
        await shop.doors.place(order)
        await shop.ended("100")
        await shop.sells("GADGET")

        started = await start_again(shop.client, order, "placing", "standard")
        again = await shop.doors.place(order)

    assert not started
    assert shop.database.read(_lives, "100") == 2
    assert again.outcome is not DecisionOutcome.REJECTED


def _lives(session: Session, order_id: str) -> int | None:
    return session.scalar(select(OrderRow.lives).where(OrderRow.order_id == order_id))


async def test_e5_a_workflow_that_just_began_is_given_its_time_and_then_named(shop: Shop) -> None:
    """One that places a rejected order anew, one whose order nobody has written yet, and one that is to decide."""
    rejected, undecided = (
        await shop.order("100", lines=[line("GADGET", 1)]),
        await shop.order("102", timing="at_order"),
    )
    at = datetime.now(UTC)
    for order in (rejected, undecided):
        shop.database.write(placing.place, Placing(order=order, at=at, asked_at=at - timedelta(minutes=2)))
    for order in (rejected, await shop.order("101"), undecided):
        await start_again(shop.client, order, "placing", "standard")
    await eventually(lambda: _runs(shop, 3), "all are listed")

    assert await found(shop) == [("no_worker", None)]
    assert await found(shop, clock=LATER) == [
        ("workflow_left_over", "100"),
        ("workflow_of_no_order", "101"),
        ("placing_late", "102"),
        ("no_worker", None),
    ]


async def _runs(shop: Shop, count: int) -> bool:
    return await Temporal(shop.client).running_orders(lambda _: None) == {f"{100 + n}" for n in range(count)}


class Refusing(Interceptor):
    """Temporal, but for one order that it does not take."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - its name
        return _Refusing(next)


class _Refusing(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002
        if input.id.endswith("-102"):
            raise RPCError("too large", RPCStatusCode.INVALID_ARGUMENT, b"")
        return await super().start_workflow(input)


async def test_e5_an_order_that_can_not_be_started_keeps_no_other_from_it(shop: Shop) -> None:
    at = datetime.now(UTC)
    for order_id in ("100", "101", "102"):
        shop.database.write(placing.place, Placing(order=await shop.order(order_id), at=at, asked_at=at))
    spoiled = update(OrderRow).where(OrderRow.order_id == "101").values(body={"order_id": "101"})
    shop.database.write(lambda session: session.execute(spoiled))
    client = Client(**shop.client.config() | {"interceptors": [Refusing()]})

    repairs, audited = await repaired(replace(shop, client=client))

    assert [one.order_id for one in repairs] == ["100"]
    assert shop.changes("100") == [("workflow", "operations:maria")]
    why = {one.order_id: one.why for one in audited.failed}
    assert why["102"] == "too large"
    assert "lines: Field required" in why["101"]
    left = {(one.kind, one.order_id) for one in audited.left.findings}
    assert left == {(Found.MISSING, "101"), (Found.MISSING, "102"), (Found.NO_WORKER, None)}


@workflow.defn(name=INVENTORY_CHANGE, sandboxed=False)
class Broken:
    """A version that can't do it."""

    @workflow.run
    async def run(self, _change: dict[str, str]) -> None:
        raise RuntimeError("a version that is broken")


async def test_e5_a_workflow_of_any_type_whose_task_keeps_failing_is_named_by_its_id(
    sqlite_database: Database, tmp_path: Path
) -> None:
    soon = ["--dynamic-config-value", "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"]
    async with AsyncExitStack() as stack:
        shop = await opened(sqlite_database, tmp_path, stack, dev_server_extra_args=soon)
        worker = Worker(shop.client, task_queue=TASK_QUEUE, workflows=[Broken])
        await stack.enter_async_context(worker)
        handle = await shop.client.start_workflow(
            INVENTORY_CHANGE, {}, id="inventory-R-1", task_queue=TASK_QUEUE, task_timeout=timedelta(seconds=1)
        )

        await eventually(lambda: _named(shop, ("workflow_stuck", "inventory-R-1")), "it is named", 60)
        await handle.terminate()


class Away:
    """A provider that is away."""

    async def entries(self, *_period: datetime) -> list[BookEntry]:
        raise GatewayUnavailable("payment", "away")


async def test_e5_a_provider_that_is_away_is_named_and_hides_nothing_else(sqlite_database: Database) -> None:
    provider: Any = Away()

    (only,) = await of_provider(sqlite_database, provider, datetime.now(UTC))

    assert only.kind is Found.PROVIDER_AWAY
    assert only.finding == "not compared: the payment provider is out of reach"


async def test_e5_without_a_worker_an_audit_says_so_and_waits_for_nobody(shop: Shop) -> None:
    seen = await asyncio.wait_for(found(shop), 20)
    _, audited = await repaired(shop)

    assert seen == [("no_worker", None)]
    shown = Shown(audited, repaired=True)
    assert shown.refused
    assert shown.document["findings"] == ["no worker listens on the task queue backorders"]
