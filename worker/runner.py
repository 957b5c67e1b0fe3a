"""How workflows run: as plain Python, and holding none of Temporal's messages while they wait."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails

_BETWEEN_TASKS: dict[str, Callable[[], Any]] = {
    # A life that is dropped between its tasks, as at a worker's end, still cancels its timer here.
    "_current_completion": WorkflowActivationCompletion,
    "_current_internal_flags": tuple,
    "_deployment_version_for_current_task": lambda: None,
}
"""What the SDK's instance sets anew for each task and keeps until the next, and what does in its place meanwhile."""


class Runner(UnsandboxedWorkflowRunner):
    """Workflows run as plain Python: a test reads their source for clocks, chance and I/O instead.

    The sandbox looks only at modules that it loads anew for each order, and none of ours should be; all the same it
    entered and left itself around each payload, which took a quarter of the worker's time (`docs/decisions.md`).
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """An instance that lets go of its messages after each task."""
        last = Payloads()
        last.CopyFrom(det.last_completion_result)
        return _Frugal(super().create_instance(replace(det, last_completion_result=last)))


class _Frugal(WorkflowInstance):
    """A part of a protobuf message keeps the whole of it in memory, and the SDK keeps a part of three.

    Of the first one that an order got, the last one, and its own last answer: 28 KB of each order that waits. What is
    read later of the first is copied out of it; the other two are set anew before they are read again.
    """

    def __init__(self, instance: WorkflowInstance) -> None:
        self._instance = instance

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        done = self._instance.activate(act)
        kept = vars(self._instance)
        kept.update((name, empty()) for name, empty in _BETWEEN_TASKS.items() if name in kept)
        if (asked := kept.get("_workflow_input")) is not None:
            asked.headers = dict(asked.headers)
        return done

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()
