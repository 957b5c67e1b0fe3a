"""The same again: one receipt, one life, one decision; another body under a used id is refused everywhere."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.cancellation import Reason
from domain.decision import DecisionOutcome
from domain.notices import Kind
from domain.order import Order
from domain.outcome import Outcome
from domain.policy import Product
from starter.client import Backorders
from starter.errors import Refusal
from store import audit, catalog
from store.database import Database
from store.tables import OrderRow
from tests.servers import temporal
from tests.shop import EXAMPLES, PRICE, SKU, Books, Shop, gateways, sandboxes
from worker.wiring import running_worker
from workflows.connection import register_search_attributes
from workflows.messages import TASK_QUEUE, backorder_workflow_id


async def test_b1_the_same_receipt_three_times_at_once_and_once_more_raises_stock_once(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    for order_id in ("100", "101", "102"):
        await shop.place(order_id, 2)

    at_once = await asyncio.gather(*(shop.receive(5, change_id="R-1") for _ in range(3)))
    for order_id in ("100", "101"):
        await shop.ended(order_id)
    later = await shop.receive(5, change_id="R-1")
    await shop.until("102", lambda order: order.told(Kind.SHIPPED))

    assert [*at_once, later] == [at_once[0]] * 4
    assert (later.units, later.handed_out, later.orders) == (5, 5, ("100", "101", "102"))
    for order_id in ("100", "101"):
        assert shop.books(order_id) == Books(shipped=2, charged=2 * PRICE)
        assert shop.labels(order_id) == 1
    assert shop.books("102") == Books(backordered=1, shipped=1, charged=PRICE)
    assert shop.findings() == []


async def test_b1_two_receipts_of_different_bodies_under_one_id_at_once_are_one_receipt_and_a_refusal(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await shop.place("100", 9, fulfilment="together")

    answers = await asyncio.gather(
        *(shop.receive(units, change_id="R-1") for units in (3, 4)), return_exceptions=True
    )
    with pytest.raises(Refusal, match="another body"):
        await shop.receive(5, change_id="R-1")

    (refused,) = [answer for answer in answers if isinstance(answer, BaseException)]
    assert isinstance(refused, Refusal)
    assert refused.code == "ChangeBodyChanged"
    (applied,) = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert applied.units in {3, 4}
    assert shop.books("100") == Books(backordered=9 - applied.units, allocated=applied.units)
    assert shop.findings() == []


async def test_b1_the_same_order_has_one_life_while_it_is_open_and_after_its_end(shop_on_both: Shop) -> None:
    shop = shop_on_both
    order = await shop.order("100", 2)

    first, *others = await asyncio.gather(*(shop.doors.place(order) for _ in range(3)))
    again = await shop.doors.place(order)
    await shop.receive(5)
    end = await shop.ended("100")
    after = await shop.doors.place(order)
    foreign_end = await (await _foreign(shop, _plain(order))).result()

    assert first.outcome is DecisionOutcome.BACKORDERED
    assert [*others, again, after] == [first] * 4
    assert foreign_end == end.model_dump(mode="json")
    assert _lives(shop, "100") == 1
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.differences("100") == []
    assert shop.told("100") == ["confirmation", "shipped"]
    assert shop.labels("100") == 1
    assert shop.findings() == []


async def test_b1_an_order_from_a_foreign_client_is_the_same_order(shop_on_both: Shop) -> None:
    shop = shop_on_both
    order = await shop.order("100", 2)

    started = await _foreign(shop, _plain(order))
    decision = await shop.doors.place(order)
    joined = await _foreign(shop, _plain(order))
    await shop.receive(2)
    await shop.ended("100")

    assert started.first_execution_run_id == joined.first_execution_run_id
    assert decision.outcome is DecisionOutcome.BACKORDERED
    assert await shop.doors.place(order) == decision
    assert _lives(shop, "100") == 1
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.told("100") == ["confirmation", "shipped"]
    assert shop.findings() == []


async def test_b1_a_rejected_order_may_be_placed_again_and_has_one_open_life(shop_on_both: Shop) -> None:
    shop = shop_on_both
    order = await shop.order("100", 2)
    shop.database.write(
        catalog.load_products, (Product(sku=SKU, title="Widget Pro", accepts_backorders=False),)
    )
    first = await shop.doors.place(order)
    await shop.ended("100")
    again = await shop.doors.place(order)
    await shop.ended("100")
    shop.database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro"),))

    accepted = await asyncio.gather(*(shop.doors.place(order) for _ in range(3)))
    await shop.receive(5)
    await shop.ended("100")

    assert first.outcome is again.outcome is DecisionOutcome.REJECTED
    assert accepted == [accepted[0]] * 3
    assert accepted[0].outcome is DecisionOutcome.BACKORDERED
    assert _lives(shop, "100") == 3
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.differences("100") == []
    assert shop.told("100") == ["confirmation", "shipped"]
    assert shop.findings() == []


async def test_b1_on_the_dev_server_too_a_rejected_order_may_be_placed_again(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """The time-skipping server forgets the updates of an ended workflow; Temporal's own server does not."""
    refuses, accepts = (
        Product(sku=SKU, title="Widget Pro", accepts_backorders=accepted) for accepted in (False, True)
    )
    sqlite_database.write(catalog.load_products, (refuses,))
    order = Order.model_validate_json((EXAMPLES / "order.json").read_text())
    async with (
        await WorkflowEnvironment.start_local(
            dev_server_existing_path=temporal(), data_converter=pydantic_data_converter
        ) as env,
        sandboxes(tmp_path) as outside,
        gateways(sqlite_database, outside) as (parts, _mail),
        running_worker(env.client, parts),
    ):
        await register_search_attributes(env.client)
        doors = Backorders(env.client, sqlite_database)
        ended = env.client.get_workflow_handle(backorder_workflow_id(order.order_id), result_type=Outcome)
        rejected = await doors.place(order)
        await ended.result()
        sqlite_database.write(catalog.load_products, (accepts,))

        accepted = [await doors.place(order) for _ in range(2)]
        await doors.receive("R-1", {SKU: order.units})
        outcome = await ended.result()
        after = await doors.place(order)

    assert rejected.outcome is DecisionOutcome.REJECTED
    assert accepted[0].outcome is DecisionOutcome.BACKORDERED
    assert after == accepted[0] == accepted[1]
    assert (outcome.units_shipped, outcome.charged_minor) == (order.units, order.value.minor)
    assert sqlite_database.read(audit.findings) == []


async def test_b1_another_body_under_a_used_id_is_refused_everywhere(shop_on_both: Shop) -> None:
    shop = shop_on_both
    order = await shop.order("100", 2)
    other = order.model_copy(update={"expedited": True})
    await shop.doors.place(order)

    await _refused(shop, other)
    part = await shop.cancel("100", Reason.PRICE, {SKU: 1}, cancellation_id="C-1")
    assert await shop.cancel("100", Reason.PRICE, {SKU: 1}, cancellation_id="C-1") == part
    with pytest.raises(Refusal, match="another body"):
        await shop.cancel("100", Reason.PRICE, cancellation_id="C-1")
    await shop.receive(1)
    await shop.ended("100")
    await _refused(shop, other)
    with pytest.raises(WorkflowFailureError) as failed:
        await (await _foreign(shop, _plain(other))).result()

    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "OrderBodyChanged"
    assert _lives(shop, "100") == 1
    assert shop.books("100") == Books(shipped=1, cancelled=1, charged=PRICE)
    assert [one.units for one in shop.state("100").cancellations] == [1]
    assert shop.findings() == []


async def _refused(shop: Shop, other: Order) -> None:
    with pytest.raises(Refusal) as refused:
        await shop.doors.place(other)
    assert refused.value.code == "OrderBodyChanged"


def _plain(order: Order) -> dict[str, Any]:
    """Plain JSON, without what may be left out."""
    return order.model_dump(mode="json", exclude_defaults=True)


async def _foreign(shop: Shop, body: dict[str, Any]) -> WorkflowHandle[Any, Any]:
    """Start the order as a client in another language does: plain JSON, and Temporal's own converter."""
    client = await Client.connect(shop.client.service_client.config.target_host)
    return await client.start_workflow(
        "BackorderWorkflow",
        body,
        id=backorder_workflow_id(body["order_id"]),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )


def _lives(shop: Shop, order_id: str) -> int:
    return shop.database.read(lambda session: session.get_one(OrderRow, order_id).lives)
