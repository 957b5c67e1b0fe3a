"""A new share of the orders is waited for, and not for ever."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import RoutingConfigUpdateState
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentResponse
from temporalio.client import Client

from starter.commands.deployment import everywhere
from starter.errors import Refusal

UNDER_WAY = RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
DONE = RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_COMPLETED


class Temporal:
    """Says these, one after another, and the last of them for ever."""

    namespace = "default"

    def __init__(self, *says: RoutingConfigUpdateState.ValueType) -> None:
        self.says = list(says)
        self.workflow_service = SimpleNamespace(describe_worker_deployment=self._describe)

    async def _describe(self, _request: Any) -> DescribeWorkerDeploymentResponse:
        state = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        return DescribeWorkerDeploymentResponse(
            worker_deployment_info=WorkerDeploymentInfo(routing_config_update_state=state)
        )


async def test_a_share_that_is_everywhere_soon_is_waited_for() -> None:
    temporal = Temporal(UNDER_WAY, UNDER_WAY, DONE)

    await everywhere(cast(Client, temporal))

    assert temporal.says == [DONE]


async def test_a_share_that_some_part_never_hears_of_is_told() -> None:
    with pytest.raises(Refusal, match="it is set, but not every part") as told:
        await everywhere(cast(Client, Temporal(UNDER_WAY)), timedelta(0))

    assert told.value.code == "NotEverywhereYet"
