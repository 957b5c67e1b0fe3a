"""What stays in memory of an order that waits."""

import gc
from collections.abc import Iterator
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from google.protobuf.message import Message
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

from store.database import Database
from tests.shop import Books, open_shop
from worker.runner import Runner

_OF_ALL = (type, ModuleType, FunctionType, BuiltinFunctionType)
"""What no single order holds."""


class Seen(WorkflowRunner):
    """Remembers the instances of the runner that it stands for."""

    def __init__(self, runner: WorkflowRunner) -> None:
        self.runner = runner
        self.instances: list[WorkflowInstance] = []

    def prepare_workflow(self, defn: Any) -> None:
        self.runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance = self.runner.create_instance(det)
        self.instances.append(instance)
        return instance


async def test_an_order_that_waits_holds_none_of_the_messages_that_it_got(
    sqlite_database: Database, tmp_path: Path
) -> None:
    ours, the_sdks = Seen(Runner()), Seen(UnsandboxedWorkflowRunner())

    for seen, name in ((ours, "ours"), (the_sdks, "the-sdks")):
        async with open_shop(sqlite_database, tmp_path / name, workflow_runner=seen) as shop:
            await shop.place(name)
            await shop.heard(name)
            assert shop.books(name) == Books(backordered=1)
            held = sorted(_messages(seen.instances[0]))
        if seen is ours:
            # Its timer's summary; a last result and, for what is dropped between tasks, an answer: both empty.
            assert held == ["Payloads 0", "UserMetadata 64", "WorkflowActivationCompletion 0"]
        else:  # else the SDK lets go by itself, and our runner is not needed
            assert {"MessageMapContainer", "RepeatedScalarContainer"} <= set(held)


def _messages(instance: WorkflowInstance) -> Iterator[str]:
    """The protobuf messages, or parts of them, that are reached from here."""
    met, next_ones = {id(instance)}, [instance]
    while next_ones:
        one: Any = next_ones.pop()
        if isinstance(one, Message):
            yield f"{type(one).__name__} {one.ByteSize()}"
        elif type(one).__module__.startswith("google._upb"):
            yield type(one).__name__
        for other in gc.get_referents(one):
            held = other.__self__ if isinstance(other, MethodType) else other
            if id(held) not in met and not isinstance(held, _OF_ALL):
                met.add(id(held))
                next_ones.append(held)
