"""Workflows of a release that is not there yet, for the tests of what a release may and may not change."""

import asyncio
from typing import Any

from temporalio import workflow

from domain.outcome import Outcome
from workflows import options
from workflows.backorder import BackorderWorkflow
from workflows.messages import BACKORDER

WEIGHS = "weighs-parcels"
WEIGH = "weigh_parcel"


@workflow.defn(name=BACKORDER)
class Weighing(BackorderWorkflow):
    """A step that orders of before do not have where they passed it already: each parcel is weighed."""

    @workflow.run
    async def run(self, *inputs: Any) -> Outcome:
        return await super().run(*inputs)

    async def _claim(self) -> None:
        await super()._claim()
        if self._state.parcel and workflow.patched(WEIGHS):
            weigh = workflow.execute_activity(WEIGH, self._order.order_id, **options.DATABASE)
            await self._effect(weigh)


@workflow.defn(name=BACKORDER)
class Reordered(BackorderWorkflow):
    """Looks what may be packed before it is decided."""

    @workflow.run
    async def run(self, *inputs: Any) -> Outcome:
        return await super().run(*inputs)

    async def _place(self) -> None:
        await self._claim()
        await super()._place()


@workflow.defn(name=BACKORDER)
class Unpatched(BackorderWorkflow):
    """One more step, for orders of before as well."""

    @workflow.run
    async def run(self, *inputs: Any) -> Outcome:
        return await super().run(*inputs)

    async def _claim(self) -> None:
        await super()._claim()
        if self._state.parcel:
            await self._effect(workflow.execute_activity(WEIGH, self._order.order_id, **options.DATABASE))


@workflow.defn(name=BACKORDER)
class Pausing(BackorderWorkflow):
    """A timer before each look."""

    @workflow.run
    async def run(self, *inputs: Any) -> Outcome:
        return await super().run(*inputs)

    async def _claim(self) -> None:
        await asyncio.sleep(60)
        await super()._claim()


@workflow.defn(name=BACKORDER)
class PausingSeldom(BackorderWorkflow):
    """A timer in a case that nobody recorded."""

    @workflow.run
    async def run(self, *inputs: Any) -> Outcome:
        return await super().run(*inputs)

    async def _claim(self) -> None:
        if len(self._state.lines) > 1_000:
            await asyncio.sleep(60)
        await super()._claim()
