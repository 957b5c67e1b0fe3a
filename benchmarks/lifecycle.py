"""The life of an order from placing to shipped, against a bare workflow of the same shape."""

import time
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from benchmarks.bare import Bare, nothing
from benchmarks.shop import ended, every, place, shop, start_bare
from benchmarks.table import Figure, count, rate_ratio
from starter.client import Backorders
from tests.shop import SKU
from worker.wiring import running_worker, settle
from workflows.messages import backorder_workflow_id

ORDERS = 100
RUNS = 8
CACHED: dict[str, Any] = {"max_cached_workflows": 5_000}
FLOOR: dict[str, Any] = {"workflows": [Bare], "activities": [nothing], "task_queue": "bare"}
AS_THE_SDK: dict[str, Any] = {
    "workflow_runner": SandboxedWorkflowRunner(),
    "workflow_task_executor": None,
}

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
    """In turns, so that a noisy moment meets all; the floor once as the SDK comes, and once run as ours is."""
    lives: dict[str, list[float]] = {"ours": [], "sandboxed": [], "plain": []}
    async with shop() as (client, doors, built):
        settle()
        async with running_worker(client, built, **CACHED):
            for run in range(-1, RUNS):
                lives["ours"].append(await _ours(doors, f"o{run}"))
                async with running_worker(client, built, **CACHED, **FLOOR, **AS_THE_SDK):
                    lives["sandboxed"].append(await _floor(client, f"s{run}"))
                async with running_worker(client, built, **CACHED, **FLOOR):
                    lives["plain"].append(await _floor(client, f"p{run}"))
        history = await client.get_workflow_handle(backorder_workflow_id("o0-0")).fetch_history()
    ours, sandboxed, plain = (max(rates[1:]) for rates in lives.values())  # the first run warms up
    events = [event.event_type for event in history.events]
    return [
        rate_ratio(
            "lives, placed to shipped, against a bare workflow as the SDK runs it", ours, sandboxed, 0.65
        ),
        rate_ratio("lives, placed to shipped, against a bare workflow run as ours are", ours, plain, 0.45),
        count("history events of one order", len(events), 65),
        count("Cloud actions of one order", sum(event in _ACTIONS for event in events), 13),
    ]


async def _ours(doors: Backorders, name: str) -> float:
    """Orders a second, all at once."""
    ids = [f"{name}-{number}" for number in range(ORDERS)]
    began = time.perf_counter()
    await place(doors, ids)
    await doors.receive(f"receipt-{name}", {SKU: ORDERS})
    await ended(doors.client, ids)
    return ORDERS / (time.perf_counter() - began)


async def _floor(client: Client, name: str) -> float:
    handles = [client.get_workflow_handle(f"bare-{name}-{number}") for number in range(ORDERS)]
    began = time.perf_counter()
    await every(start_bare(client, handle.id) for handle in handles)
    await every(handle.signal("ring", "receipt") for handle in handles)
    await every(handle.result() for handle in handles)
    return ORDERS / (time.perf_counter() - began)
