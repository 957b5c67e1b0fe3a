"""The life of an order, and a receipt that reaches a thousand, on the dev server."""

import asyncio
import json
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.testing import WorkflowEnvironment

from activities.bells import AT_ONCE
from activities.notices import Shop
from benchmarks.bare import Bare, nothing
from benchmarks.table import Figure, count, rate_ratio
from domain.order import Order
from domain.policy import Product
from gateways.letters import Letters
from gateways.links import Links
from gateways.sandbox_carrier import SandboxCarrier
from gateways.sandbox_payment import SandboxPayments
from gateways.smtp import SmtpMailer
from starter.client import Backorders
from store import catalog
from store.database import Database
from store.migrate import migrate
from tests.servers import temporal
from tests.shop import EXAMPLES, SKU
from worker.wiring import Parts, running_worker, settle
from workflows.connection import connect, register_search_attributes
from workflows.messages import SEARCH_ATTRIBUTES, backorder_workflow_id, inventory_workflow_id

ORDERS = 100
RUNS = 8
WAITING = 1_000
RINGS = 2
REST_SECONDS = 120

# Start, signals, updates, timers, activities and upserts are billed as actions in Temporal Cloud.
_ACTIONS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
}


async def measure() -> list[Figure]:
    figures: list[Figure] = []
    async with _shop() as (client, doors):
        await _ours(doors, "warm", ORDERS)
        await _floor(client, "warm", ORDERS)
        ours, floors = [], []
        for run in range(RUNS):  # in turns, so that a noisy moment meets both
            floors.append(await _floor(client, f"f{run}", ORDERS))
            ours.append(await _ours(doors, f"o{run}", ORDERS))
        figures.append(rate_ratio("Lives, placed to shipped", max(ours), max(floors), 0.55))
        history = await client.get_workflow_handle(backorder_workflow_id("o0-0")).fetch_history()
        events = [event.event_type for event in history.events]
        figures.append(count("History events of one order", len(events), 65))
        figures.append(count("Cloud actions of one order", sum(event in _ACTIONS for event in events), 13))
        figures.append(await _bells(client, doors))
    return figures


@asynccontextmanager
async def _shop() -> AsyncIterator[tuple[Client, Backorders]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder / 'bench.db'}")
        migrate(database)
        database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro - Blue"),))
        async with (
            await WorkflowEnvironment.start_local(
                dev_server_existing_path=temporal(),
                search_attributes=SEARCH_ATTRIBUTES,
                dev_server_log_level="error",
            ) as env,
            _parts(database, folder) as parts,
        ):
            client = await connect(env.client.service_client.config.target_host)
            await register_search_attributes(client)
            settings: dict[str, Any] = {"max_cached_workflows": 5_000}
            floor = {"workflows": [Bare], "activities": [nothing], "task_queue": "bare"}
            settle()
            async with (
                running_worker(client, parts, **settings),
                running_worker(client, parts, **settings, **floor),
            ):
                yield client, Backorders(client, database)
        database.close()


@asynccontextmanager
async def _parts(database: Database, folder: Path) -> AsyncIterator[Parts]:
    """The sandboxes, and a mail server in a process of its own: in a shop it is another machine's work."""
    port = _free_port()
    sink = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}"]
    server = await asyncio.create_subprocess_exec(*sink)
    mailer = SmtpMailer(f"smtp://127.0.0.1:{port}")
    payments, carrier = SandboxPayments(folder / "payments.db"), SandboxCarrier(folder / "carrier.db")
    links = Links("http://127.0.0.1:8000", "a secret")
    signs = Shop(name="The Widget Shop", mail_from="orders@shop.example")
    try:
        yield Parts(database, payments, carrier, mailer, Letters(), links, signs)
    finally:
        await mailer.aclose()
        payments.close()
        carrier.close()
        server.terminate()
        await server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _order(order_id: str) -> Order:
    body = json.loads((EXAMPLES / "order.json").read_text())
    body["order_id"] = order_id
    body["lines"][0]["quantity"] = 1
    return Order.model_validate(body)


async def _ours(doors: Backorders, name: str, orders: int) -> float:
    """Orders a second, from placing to shipped, all at once."""
    ids = [f"{name}-{number}" for number in range(orders)]
    began = time.perf_counter()
    await _all(doors.place(_order(order_id)) for order_id in ids)
    await doors.receive(f"receipt-{name}", {SKU: orders})
    await _all(doors.client.get_workflow_handle(backorder_workflow_id(order_id)).result() for order_id in ids)
    return orders / (time.perf_counter() - began)


async def _floor(client: Client, name: str, orders: int) -> float:
    ids = [f"bare-{name}-{number}" for number in range(orders)]
    body = json.loads((EXAMPLES / "order.json").read_text())
    began = time.perf_counter()
    await _all(_start_bare(client, workflow_id, body) for workflow_id in ids)
    await _all(client.get_workflow_handle(workflow_id).signal("ring", "receipt") for workflow_id in ids)
    await _all(client.get_workflow_handle(workflow_id).result() for workflow_id in ids)
    return orders / (time.perf_counter() - began)


async def _start_bare(client: Client, workflow_id: str, body: Any) -> None:
    start = WithStartWorkflowOperation(
        Bare.run,
        body,
        id=workflow_id,
        task_queue="bare",
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    await client.execute_update_with_start_workflow(Bare.decision, body, start_workflow_operation=start)


async def _all(calls: Iterable[Coroutine[Any, Any, Any]], at_once: int = 100) -> None:
    lines = asyncio.Semaphore(at_once)

    async def one(call: Any) -> None:
        async with lines:
            await call

    await asyncio.gather(*(one(call) for call in calls))


async def _bells(client: Client, doors: Backorders) -> Figure:
    """Bells of a receipt against bare client signals, to the same orders at rest, under the same live worker.

    The orders hear a bare signal, look, and wait on; what the receipt wakes goes on to pay and ship meanwhile.
    """
    bare, rung = [], []
    for run in range(RINGS):
        ids = [f"bell-{run}-{number}" for number in range(WAITING)]
        handles = [client.get_workflow_handle(backorder_workflow_id(order_id)) for order_id in ids]
        await _all(doors.place(_order(order_id)) for order_id in ids)
        await _at_rest(handles)
        began = time.perf_counter()
        await _all((handle.signal("inventory_received", "bench") for handle in handles), AT_ONCE)
        bare.append(WAITING / (time.perf_counter() - began))
        await _at_rest(handles)
        rung.append(await _ring(client, doors, f"receipt-of-a-thousand-{run}"))
        await _all(handle.result() for handle in handles)
    return rate_ratio("Bells of a receipt, to 1,000 orders", max(rung), max(bare), 0.8)


async def _at_rest(handles: list[WorkflowHandle[Any, Any]]) -> None:
    """Until none of the orders has anything to do."""
    async with asyncio.timeout(REST_SECONDS):
        while handles:
            pause = asyncio.sleep(0.5)
            busy: list[bool] = await asyncio.gather(*(_is_busy(handle) for handle in handles))
            handles = [handle for handle, still in zip(handles, busy, strict=True) if still]
            await pause


async def _is_busy(handle: WorkflowHandle[Any, Any]) -> bool:
    seen = (await handle.describe()).raw_description
    return bool(seen.pending_activities) or seen.HasField("pending_workflow_task")


async def _ring(client: Client, doors: Backorders, change_id: str) -> float:
    """From the start of the ringing activity to its end, as its history has it."""
    await doors.receive(change_id, {SKU: WAITING})
    history = await client.get_workflow_handle(inventory_workflow_id(change_id)).fetch_history()
    started = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED][-1]
    ended = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED][-1]
    seconds = (ended.event_time.ToDatetime() - started.event_time.ToDatetime()).total_seconds()
    return WAITING / seconds
