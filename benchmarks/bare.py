"""The floor: a workflow of the same shape as one order's life, whose activities do nothing."""

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

ACTIVITIES = 7


@activity.defn
async def nothing(_input: Any) -> None:
    """No work at all."""


@workflow.defn
class Bare:
    def __init__(self) -> None:
        self._decided = False
        self._rung = False

    @workflow.run
    async def run(self, order: Any) -> None:
        await self._do(order)
        self._decided = True
        await self._do(order)
        try:
            await workflow.wait_condition(lambda: self._rung, timeout=timedelta(days=7))
        except TimeoutError:
            return
        for _ in range(ACTIVITIES - 2):
            await self._do(order)

    async def _do(self, order: Any) -> None:
        await workflow.execute_activity(nothing, order, start_to_close_timeout=timedelta(seconds=30))

    @workflow.signal
    def ring(self, _cause: str) -> None:
        self._rung = True

    @workflow.update
    async def decision(self, _order: Any) -> bool:
        await workflow.wait_condition(lambda: self._decided)
        return True

    @workflow.query
    def status(self) -> str:
        return "rung" if self._rung else "waiting"
