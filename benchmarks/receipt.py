"""A receipt that reaches hundreds of waiting orders: its bells against bare signals, and until all have shipped."""

import asyncio
import time
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from activities.bells import AT_ONCE
from benchmarks.lifecycle import CACHED
from benchmarks.shop import ended, every, place, shop
from benchmarks.table import Figure, rate_ratio
from starter.client import Backorders
from tests.shop import SKU
from worker.wiring import running_worker, settle
from workflows.messages import backorder_workflow_id, inventory_workflow_id

WAITING = 500
RUNS = 2
REST_SECONDS = 300


async def measure() -> list[Figure]:
    """Bare signals reach the same orders at rest, under the same live worker.

    The orders hear a bare signal, look, and wait on; what the receipt wakes goes on to pay and ship meanwhile.
    """
    bare, rung = [], []
    async with shop() as (client, doors, built), running_worker(client, built, **CACHED):
        settle()
        for run in range(RUNS):
            ids = [f"bell-{run}-{number}" for number in range(WAITING)]
            handles = [client.get_workflow_handle(backorder_workflow_id(order_id)) for order_id in ids]
            await place(doors, ids)
            await _at_rest(handles)
            began = time.perf_counter()
            await every((handle.signal("inventory_received", "bench") for handle in handles), AT_ONCE)
            bare.append(WAITING / (time.perf_counter() - began))
            await _at_rest(handles)
            rung.append(await _ring(client, doors, f"receipt-{run}"))
            await ended(client, ids)
    return [
        rate_ratio(f"bells of a receipt, to {WAITING} orders, against signals", max(rung), max(bare), 0.8)
    ]


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
    """Orders a second from the start of the ringing activity to its end, as its history has it."""
    await doors.receive(change_id, {SKU: WAITING})
    history = await client.get_workflow_handle(inventory_workflow_id(change_id)).fetch_history()
    started = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED][-1]
    done = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED][-1]
    return WAITING / (done.event_time.ToDatetime() - started.event_time.ToDatetime()).total_seconds()
