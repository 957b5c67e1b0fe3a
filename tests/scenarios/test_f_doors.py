"""Doors: what can't be meant is refused at once with every bad field named, and nothing is stored."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from domain.cancellation import Reason
from domain.decision import DecisionOutcome
from domain.inventory import ChangeKind, ChangeLine, InventoryChange
from domain.notices import Kind
from domain.report import Status as Report
from starter.errors import BadInput
from store.stock_tables import InventoryChangeRow
from store.tables import OrderRow
from tests.shop import EXAMPLES, PRICE, SKU, Books, Shop, eventually, line
from workflows.messages import CLOCKS_DIFFER, TASK_QUEUE, backorder_workflow_id, inventory_workflow_id

BROKEN = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b'{"order_id": '))


async def _start(shop: Shop, kind: str, workflow_id: str, inputs: Sequence[Any]) -> WorkflowHandle[Any, Any]:
    """As a client in another language does: plain JSON, and Temporal's own converter."""
    client = await Client.connect(shop.client.service_client.config.target_host)
    return await client.start_workflow(kind, args=inputs, id=workflow_id, task_queue=TASK_QUEUE)


async def _fails_at_once(started: WorkflowHandle[Any, Any], kind: str, fields: Sequence[str]) -> None:
    """In its first task, for good, and naming each field."""
    with pytest.raises(WorkflowFailureError) as failed:
        await started.result()
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.non_retryable) == (kind, True)
    assert [fault["field"] for fault in cause.details[0]] == list(fields)
    assert all(f"{field}: " in cause.message for field in fields)
    events = [event.event_type async for event in started.fetch_history_events()]
    assert len(events) == 5
    assert events[-1] == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED


def _stored(session: Session) -> int:
    rows = (OrderRow, InventoryChangeRow)
    return sum(session.scalar(select(func.count()).select_from(row)) or 0 for row in rows)


def _orders(now: datetime) -> dict[str, tuple[list[Any], list[str]]]:
    """Inputs that are no order, and the fields to be named."""
    whole = json.loads((EXAMPLES / "order.json").read_text()) | {"placed_at": now.isoformat()}
    without_customer = {name: value for name, value in whole.items() if name != "customer"}
    nameless = {**whole["customer"], "email": "ada"}
    ahead = now + CLOCKS_DIFFER + timedelta(minutes=5)
    twice = [line(SKU, 1), line(SKU, 1)]
    return {
        "a field is missing": ([without_customer], ["customer"]),
        "a field of a part is missing": ([{**whole, "payment": {}}], ["payment.method"]),
        "a field too many": ([{**whole, "colour": "red"}], ["colour"]),
        "a wrong type": ([{**whole, "lines": "many"}], ["lines"]),
        "a wrong quantity": ([{**whole, "lines": [line(SKU, 0)]}], ["lines.0.quantity"]),
        "a SKU twice": ([{**whole, "lines": twice}], ["body"]),
        "no lines": ([{**whole, "lines": []}], ["lines"]),
        "several": ([{**whole, "currency": "€", "customer": nameless}], ["customer.email", "currency"]),
        "a moment without its zone": ([{**whole, "placed_at": "2026-01-05T09:30:00"}], ["placed_at"]),
        "a moment in the future": ([{**whole, "placed_at": ahead.isoformat()}], ["placed_at"]),
        "another order's id": ([{**whole, "order_id": "101"}], ["order_id"]),
        "a number": ([7], ["body"]),
        "a text": (["100"], ["body"]),
        "a list": ([[whole]], ["body"]),
        "null": ([None], ["body"]),
        "bytes": ([b"\xff\x00"], ["body"]),
        "no input": ([], ["input"]),
        "two inputs": ([whole, whole], ["input"]),
    }


async def test_f5_a_foreign_order_that_cannot_be_read_fails_at_once_and_names_its_fields(shop: Shop) -> None:
    for inputs, fields in _orders(await shop.now()).values():
        started = await _start(shop, "BackorderWorkflow", "backorder-100", inputs)
        await _fails_at_once(started, "MalformedOrder", fields)

    assert shop.database.read(_stored) == 0
    decision = await shop.place("100", 2)
    assert decision.outcome is DecisionOutcome.BACKORDERED
    assert shop.books("100") == Books(backordered=2)
    assert shop.findings() == []


async def test_f5_a_foreign_order_with_what_no_database_keeps_fails_and_names_the_field(shop: Shop) -> None:
    whole = json.loads((EXAMPLES / "order.json").read_text()) | {"placed_at": (await shop.now()).isoformat()}
    cases = {
        "lines.0.title": {"lines": [line(SKU, 1) | {"title": "Widget\x00"}]},
        "promised_on": {"promised_on": "9999-12-31"},
    }

    for field, part in cases.items():
        started = await _start(shop, "BackorderWorkflow", backorder_workflow_id("100"), [whole | part])
        with pytest.raises(WorkflowFailureError) as failed:
            await started.result()
        cause = failed.value.cause
        assert isinstance(cause, ApplicationError)
        assert (cause.type, cause.non_retryable) == ("MalformedOrder", True)
        assert cause.message.startswith(f"{field}: ")

    assert shop.database.read(_stored) == 0


async def test_f5_an_update_with_what_no_database_keeps_is_refused_and_the_order_goes_on(shop: Shop) -> None:
    await shop.place("100", 1)
    handle = shop.handle("100")

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await handle.execute_update("change_payment_method", {"method": "pm_\x00x"})

    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "ChangeRefused"
    await shop.receive(1)
    await shop.ended("100")
    assert shop.books("100") == Books(shipped=1, charged=PRICE)


async def test_f5_a_foreign_inventory_change_that_cannot_be_read_fails_at_once_and_names_its_fields(
    shop: Shop,
) -> None:
    await shop.place("100", 2)
    whole = InventoryChange(
        change_id="R-1",
        kind=ChangeKind.RECEIVED,
        happened_at=await shop.now(),
        lines=(ChangeLine(sku=SKU, quantity=2),),
    ).model_dump(mode="json")
    none = {name: value for name, value in whole.items() if name != "lines"}
    cases: list[tuple[list[Any], list[str]]] = [
        ([none], ["lines"]),
        ([{**whole, "colour": "red"}], ["colour"]),
        ([{**whole, "kind": "stolen", "happened_at": "soon"}], ["kind", "happened_at"]),
        ([{**whole, "lines": [{"sku": SKU, "quantity": "two"}]}], ["lines.0.quantity"]),
        ([{**whole, "lines": [{"sku": SKU, "quantity": -2}]}], ["body"]),
        ([{**whole, "change_id": "R-2"}], ["change_id"]),
        ([{**whole, "reason": "\x00"}], ["reason"]),
        ([7], ["body"]),
        ([], ["input"]),
        ([whole, whole], ["input"]),
    ]

    for inputs, fields in cases:
        started = await _start(shop, "InventoryChangeWorkflow", inventory_workflow_id("R-1"), inputs)
        await _fails_at_once(started, "MalformedInventoryChange", fields)

    assert shop.database.read(_stored) == 1
    assert shop.books("100") == Books(backordered=2)
    outcome = await (
        await _start(shop, "InventoryChangeWorkflow", inventory_workflow_id("R-1"), [whole])
    ).result()
    assert (outcome["handed_out"], outcome["left_over"]) == (2, 0)
    await shop.ended("100")
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.findings() == []


UNREADABLE: list[Any] = [
    7,
    0,
    False,
    "please",
    [],
    [{"reason": "price"}],
    b"\xff\x00",
    {"reason": "because"},
    {"reason": 7},
    {"lines": 3},
    {"lines": [{"sku": SKU}]},
    {"lines": [{"sku": SKU, "quantity": 0}]},
    {"lines": [{"sku": SKU, "quantity": "all"}]},
    {"lines": [{"sku": "NOBODY", "quantity": 1}]},
    {"cancellation_id": "no spaces allowed"},
    {"note": "a\x00b"},
]


async def test_f5_an_order_keeps_signals_that_it_cannot_read_and_goes_on(shop: Shop) -> None:
    await shop.place("100", 3, fulfilment="together")
    handle = shop.handle("100")

    for message in UNREADABLE:
        await handle.signal("cancel", message)
    await handle.signal("payment_method_updated", {"method": 7})
    count = len(UNREADABLE) + 1
    await shop.until("100", lambda order: order.unreadable == count)

    assert shop.books("100") == Books(backordered=3)
    await eventually(lambda: _shows(handle, count), "the order's own word")
    assert f"{count} message(s) could not be read" in await _details(handle)
    assert shop.status("100").cancellable
    await shop.receive(2)
    await shop.until("100", lambda order: order.allocated_units == 2)
    await handle.signal("cancel", {"reason": "price"})
    outcome = await shop.ended("100")
    assert (outcome.status, outcome.units_cancelled) == ("cancelled", 3)
    assert [one.reason for one in shop.state("100").cancellations] == [Reason.PRICE]
    assert shop.books("100") == Books(cancelled=3)
    assert shop.told("100") == [Kind.CONFIRMATION, Kind.CANCELLED]
    assert shop.findings() == []


async def _shows(handle: WorkflowHandle[Any, Any], unreadable: int) -> bool:
    """The workflow has read what its last activity wrote."""
    status: Report = await handle.query("status", result_type=Report)
    return status.unreadable == unreadable


async def _details(handle: WorkflowHandle[Any, Any]) -> str:
    """What the Web UI shows of the order."""
    metadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return str(metadata.current_details)


WRONG_SHAPES: list[list[Any]] = [[], [7], [{"lines": 3}], [BROKEN], [{}, {}, {}]]


async def test_f5_signals_and_updates_of_the_wrong_shape_leave_an_order_as_it_is(shop: Shop) -> None:
    await shop.place("100", 3)
    handle = shop.handle("100")

    for name in ("cancel", "inventory_received", "promise_changed", "payment_method_updated"):
        await handle.signal(name, args=[{"reason": "price"}, 7])
        await handle.signal(name, BROKEN)
    await handle.signal("nobody_knows_this", 7)
    for name in ("request_cancellation", "decision"):
        for inputs in WRONG_SHAPES:
            with pytest.raises(WorkflowUpdateFailedError):
                await handle.execute_update(name, args=inputs)

    await shop.receive(3)
    await shop.ended("100")
    assert shop.state("100").unreadable == 2
    assert shop.books("100") == Books(shipped=3, charged=3 * PRICE)
    assert shop.findings() == []


async def test_our_own_door_refuses_an_order_of_the_future_before_anything_starts(shop: Shop) -> None:
    now = await shop.now()

    with pytest.raises(BadInput, match="placed_at: lies in the future"):
        await shop.place("100", 2, placed_at=now + timedelta(minutes=6))
    accepted = await shop.place("101", 2, placed_at=now + timedelta(minutes=4))

    with pytest.raises(RPCError):
        await shop.client.get_workflow_handle(backorder_workflow_id("100")).describe()
    assert accepted.outcome is DecisionOutcome.BACKORDERED
    assert shop.database.read(_stored) == 1
    assert shop.findings() == []


def test_the_command_refuses_an_order_of_the_future_as_bad_input_and_places_none(tmp_path: Path) -> None:
    order = json.loads((EXAMPLES / "order.json").read_text())
    ahead = datetime.now(UTC) + timedelta(hours=1)
    typed = json.dumps([order, {**order, "order_id": "101", "placed_at": ahead.isoformat()}])
    command = Path(sys.executable).parent / "backorder"

    placed = subprocess.run(
        [command, "place", "-", "--json"],
        input=typed,
        env=os.environ | {"BACKORDER_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert placed.returncode == 2
    assert "order 2: placed_at: lies in the future" in placed.stderr
    assert json.loads(placed.stdout)["error"]["code"] == "BadInput"
