"""What an audit asks of Temporal: which orders have a workflow, how one ended, who listens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import (
    Client,
    ScheduleDescription,
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
)
from temporalio.service import RPCError, RPCStatusCode

from starter.errors import OutOfReach
from workflows.messages import (
    BACKORDER,
    DAILY_REVIEW,
    INVENTORY_CHANGE,
    RESEND,
    REVIEW,
    SEARCH_ATTRIBUTES,
    TASK_QUEUE,
    backorder_workflow_id,
    inventory_workflow_id,
)

AT_ONCE = 50
"""Questions and starts on their way at one time: what an audit asks must not slow down who works."""

_PAGE = 1_000
_RUNNING = f"WorkflowType = '{BACKORDER}' AND ExecutionStatus = 'Running'"
_OURS = ", ".join(f"'{kind}'" for kind in (BACKORDER, INVENTORY_CHANGE, REVIEW, RESEND))
_FAILING = (
    f"WorkflowType IN ({_OURS}) AND ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
)
_STOPPED_CHANGES = (
    f"WorkflowType = '{INVENTORY_CHANGE}' AND ExecutionStatus IN ('Terminated', 'TimedOut', 'Canceled')"
)
_NOT_THERE = {RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.PERMISSION_DENIED}

Advance = Callable[[int], None]


@dataclass
class Temporal:
    """A server, asked by an audit; `unchecked`: what it can't say."""

    client: Client
    unchecked: list[str] = field(default_factory=list)

    async def running_orders(self, advance: Advance) -> set[str] | None:
        """Ids of all orders with a running workflow, by the server's index, which follows within a second or so.

        None where the server has no index.
        """
        try:
            found = set[str]()
            async for one in self._listed(_RUNNING):
                found.add(_order_id(one.id))
                advance(1)
        except RPCError as error:
            self._none("workflows that run for no order", error)
            return None
        return found

    async def failing(self) -> list[tuple[str, int]]:
        """Ids of workflows of ours, of every type, whose task keeps failing, and which attempt is the next."""
        try:
            ids = [one.id async for one in self._listed(_FAILING)]
        except RPCError as error:
            self._none("tasks that keep failing", error)
            return []
        found = await at_once(self.describe(one) for one in ids)
        return [(one, _attempt(there)) for one, there in zip(ids, found, strict=True) if there is not None]

    async def stopped_changes(self) -> list[str]:
        """Ids of inventory changes whose workflow was stopped, and is not running again."""
        try:
            ids = {one.id async for one in self._listed(_STOPPED_CHANGES)}
        except RPCError as error:
            self._none("inventory changes that were stopped", error)
            return []
        prefix = inventory_workflow_id("")
        return sorted(one.removeprefix(prefix) for one in ids if one.startswith(prefix))

    async def described(
        self, order_ids: Sequence[str], advance: Advance = lambda _: None
    ) -> list[tuple[str, WorkflowExecutionDescription | None]]:
        """Each order's latest workflow as the server has it at this moment; None where there is none."""

        async def look(order_id: str) -> WorkflowExecutionDescription | None:
            there = await self.describe(backorder_workflow_id(order_id))
            advance(1)
            return there

        there = await at_once(look(order_id) for order_id in order_ids)
        return list(zip(order_ids, there, strict=True))

    async def describe(self, workflow_id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self.client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise OutOfReach("Temporal") from error

    async def listens(self) -> bool:
        """Whether a worker has asked for orders in the last minutes."""
        request = DescribeTaskQueueRequest(
            namespace=self.client.namespace,
            task_queue=TaskQueue(name=TASK_QUEUE),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        try:
            answer = await self.client.workflow_service.describe_task_queue(request)
        except RPCError as error:
            self._none("whether a worker listens", error)
            return True
        return bool(answer.pollers)

    async def unknown_attributes(self) -> list[str]:
        """Search attributes of ours that the namespace lacks."""
        request = ListSearchAttributesRequest(namespace=self.client.namespace)
        try:
            answer = await self.client.operator_service.list_search_attributes(request)
        except RPCError as error:
            self._none("search attributes", error)
            return []
        return sorted({key.name for key in SEARCH_ATTRIBUTES} - set(answer.custom_attributes))

    async def schedule(self) -> ScheduleDescription | bool:
        """The daily review's; False when there is none, True when this server has no schedules."""
        try:
            return await self.client.get_schedule_handle(DAILY_REVIEW).describe()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return False
            self._none("the daily review's schedule", error)
            return True

    def _listed(self, query: str) -> AsyncIterator[WorkflowExecution]:
        return self.client.list_workflows(query, page_size=_PAGE)

    def _none(self, what: str, error: RPCError) -> None:
        """This server can't say it; any other fault is one."""
        if error.status not in _NOT_THERE:
            raise OutOfReach("Temporal") from error
        if what not in self.unchecked:
            self.unchecked.append(what)


def runs(there: WorkflowExecutionDescription | None) -> bool:
    return there is not None and there.status is WorkflowExecutionStatus.RUNNING


async def at_once(calls: Iterable[Any], *, each: bool = False) -> list[Any]:
    """The answers of all calls, so many at a time; of `each` its fault instead, which stops none of the others."""
    lines = asyncio.Semaphore(AT_ONCE)

    async def one(call: Any) -> Any:
        async with lines:
            return await call

    return await asyncio.gather(*(one(call) for call in calls), return_exceptions=each)


def pages(ids: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), size):
        yield ids[first : first + size]


@contextmanager
def reaching() -> Iterator[None]:
    """Temporal's faults in our own words."""
    try:
        yield
    except RPCError as error:
        raise OutOfReach("Temporal") from error


def _order_id(workflow_id: str) -> str:
    return workflow_id.removeprefix(backorder_workflow_id(""))


def _attempt(there: WorkflowExecutionDescription) -> int:
    return int(there.raw_description.pending_workflow_task.attempt)
