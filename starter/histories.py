"""What Temporal still keeps of orders that have ended."""

import asyncio
from typing import NamedTuple

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from workflows.messages import backorder_workflow_id, resends_of

_AT_ONCE = 20
_NO_LIST = {RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.INVALID_ARGUMENT}
"""What servers say that cannot list, or not by the beginning of an id."""


class Deletion(NamedTuple):
    """Runs that were deleted, and those that Temporal keeps: still open, or it would not."""

    deleted: int = 0
    left: int = 0


async def delete(client: Client, order_ids: tuple[str, ...]) -> Deletion:
    """Delete every run of the orders' workflows, and of the notices that were sent once more for them."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(order_id: str) -> Deletion:
        async with turns:
            return await _of_order(client, order_id)

    done = await asyncio.gather(*(one(order_id) for order_id in order_ids))
    return Deletion(sum(one.deleted for one in done), sum(one.left for one in done))


async def _of_order(client: Client, order_id: str) -> Deletion:
    try:
        runs, still_open = await _runs(client, order_id)
    except RPCError:
        return Deletion(left=1)
    gone = [await _delete(client, run) for run in runs]
    return Deletion(gone.count(True), gone.count(False) + still_open)


async def _runs(client: Client, order_id: str) -> tuple[list[WorkflowExecution], int]:
    """The runs that have closed, and how many have not; of a server that cannot list, the order's latest run."""
    own, resent = backorder_workflow_id(order_id), resends_of(order_id)
    closed, still_open = [], 0
    try:
        async for run in client.list_workflows(f"WorkflowId = '{own}' OR WorkflowId STARTS_WITH '{resent}'"):
            if run.status is WorkflowExecutionStatus.RUNNING:
                still_open += 1
            else:
                closed.append(WorkflowExecution(workflow_id=run.id, run_id=run.run_id))
    except RPCError as error:
        if error.status not in _NO_LIST:
            raise
        return [WorkflowExecution(workflow_id=own)], 0
    return closed, still_open


async def _delete(client: Client, run: WorkflowExecution) -> bool | None:
    """Whether it is gone; None when it was gone before."""
    request = DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=run)
    try:
        await client.workflow_service.delete_workflow_execution(request)
    except RPCError as error:
        return None if error.status is RPCStatusCode.NOT_FOUND else False
    return True
