"""Which version of the worker gets the orders: all of them, a share, or none any more."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import RoutingConfigUpdateState, TaskQueueType, WorkerDeploymentVersionStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from starter import door
from starter.door import Said
from starter.errors import Refusal
from workflows.messages import BACKORDER, DEPLOYMENT, TASK_QUEUE

WORKER_WITHIN = timedelta(seconds=30)
"""How long a new build's worker may take to ask for work for the first time."""

EVERYWHERE_WITHIN = timedelta(seconds=60)
"""How long Temporal may take to tell all its parts of a new share."""

_AGAIN = 0.2
_NOT_YET = {RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION}
_NAMES = {
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE: "gets nothing yet",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: "current",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: "ramping",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: "draining",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: "drained",
}


@dataclass(frozen=True)
class Builds:
    """The builds that Temporal knows, and their shares."""

    document: dict[str, Any]
    refused: bool = False

    def show(self, console: Console) -> None:
        if not self.document["builds"]:
            console.print("No worker has a build id: all are unversioned, and each gets any order.")
            return
        table = Table(box=None)
        for column in ("Build", "State", "Share", "Workers seen", "Open orders by last step"):
            table.add_column(column, overflow="fold")
        for build in self.document["builds"]:
            seen, orders = str(build["workers"]), str(build["open_orders"])
            table.add_row(build["build"], build["state"], f"{build['share']:g} %", seen, orders)
        console.print(table)
        if not self.document["current"]:
            console.print("No build is current: all but a ramp's share goes to workers without a build id.")


async def current(build: str) -> Said:
    """Give a build everything, once a worker of it asks for work; the same with an older build rolls back."""
    async with door.backorders() as doors:
        await make_current(doors.client, build)
    return Said({"current": build}, f"Build {build} is current: every order moves to it with its next step.")


async def ramp(build: str, percent: float) -> Said:
    """Give a build a share of the orders; none of them ends the ramp."""
    async with door.backorders() as doors:
        await give_share(doors.client, build, percent)
    share = f"{percent:g} percent of the orders move" if percent else "no order moves"
    return Said({"ramping": build, "percent": percent}, f"Build {build}: {share} to it.")


async def status() -> Builds:
    async with door.backorders() as doors:
        return await builds(doors.client)


async def make_current(client: Client, build: str, within: timedelta = WORKER_WITHIN) -> None:
    """Raises Refusal: no worker of this build has asked for work."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=DEPLOYMENT, build_id=build, identity=client.identity
    )
    call = client.workflow_service.set_worker_deployment_current_version
    await _once_it_works(build, lambda: call(request), within)
    await everywhere(client)


async def give_share(client: Client, build: str, percent: float, within: timedelta = WORKER_WITHIN) -> None:
    """Raises Refusal: no worker of this build has asked for work."""
    request = SetWorkerDeploymentRampingVersionRequest(
        namespace=client.namespace,
        deployment_name=DEPLOYMENT,
        build_id=build if percent else "",  # nobody's ramp: what there was ends
        percentage=percent,
        identity=client.identity,
    )
    call = client.workflow_service.set_worker_deployment_ramping_version
    await _once_it_works(build, lambda: call(request), within)
    await everywhere(client)


async def _once_it_works(build: str, call: Callable[[], Awaitable[Any]], within: timedelta) -> None:
    """Temporal knows a build by its workers: it is asked again until there is one."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + within.total_seconds()
    while True:
        try:
            await call()
        except RPCError as error:
            if error.status not in _NOT_YET:
                raise
            if loop.time() > ends:
                text = f"no worker of build {build} asked for work within {within.seconds} s: {error.message}"
                raise Refusal("NoSuchBuild", text) from None
            await asyncio.sleep(_AGAIN)
        else:
            return


async def everywhere(client: Client, within: timedelta = EVERYWHERE_WITHIN) -> None:
    """Until every part of the task queue knows it; up to then some tasks still go the old way.

    Raises Refusal: not all of them do yet.
    """
    under_way = RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
    loop = asyncio.get_running_loop()
    ends = loop.time() + within.total_seconds()
    while (await _deployment(client)).routing_config_update_state == under_way:
        if loop.time() > ends:
            text = (
                f"it is set, but not every part of the task queue knew it within {within.seconds} s:"
                " some orders still go the old way; `backorder deployment status` shows them"
            )
            raise Refusal("NotEverywhereYet", text)
        await asyncio.sleep(_AGAIN)


async def builds(client: Client) -> Builds:
    """Every build, newest first, with the orders that it moved last."""
    info = await _deployment(client)
    routing = info.routing_config
    ramped = routing.ramping_version_percentage
    shares = {
        routing.ramping_deployment_version.build_id: ramped,
        routing.current_deployment_version.build_id: 100 - ramped,
    }
    workers = await _workers(client)
    found = [
        {
            "build": one.deployment_version.build_id,
            "state": _NAMES.get(one.status, "unknown"),
            "share": round(shares.get(one.deployment_version.build_id, 0), 1),
            "workers": workers.count(one.deployment_version.build_id),
            "open_orders": await _open_orders(client, one.deployment_version.build_id),
        }
        for one in sorted(
            info.version_summaries, key=lambda one: one.create_time.ToNanoseconds(), reverse=True
        )
    ]
    return Builds({"current": routing.current_deployment_version.build_id or None, "builds": found})


async def _deployment(client: Client) -> WorkerDeploymentInfo:
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
    try:
        answer = await client.workflow_service.describe_worker_deployment(request)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return WorkerDeploymentInfo()
        raise
    return answer.worker_deployment_info


async def _workers(client: Client) -> list[str]:
    """The build of each worker that asked for work in the last minutes."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=TASK_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request)
    return [poller.deployment_options.build_id for poller in answer.pollers]


async def _open_orders(client: Client, build: str) -> int:
    query = (
        f'WorkflowType = "{BACKORDER}" AND ExecutionStatus = "Running"'
        f' AND TemporalWorkerDeploymentVersion = "{DEPLOYMENT}:{build}"'
    )
    return (await client.count_workflows(query)).count
