"""A change of the workflow is rolled over orders that wait: old and new worker side by side, a ramp, the way back."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from typer.testing import CliRunner, Result

from domain.notices import Kind
from domain.policy import Product
from starter.cli import app
from starter.commands.deployment import builds, give_share, make_current
from starter.errors import Refusal
from store import catalog
from store.database import Database
from tests.replay.variants import WEIGH, WEIGHS, Weighing
from tests.servers import temporal
from tests.shop import PRICE, SKU, Books, Shop, eventually, gateways, sandboxes
from worker.rollout import awake_but, version
from worker.wiring import WORKFLOWS, activities, running_worker
from workflows.connection import register_search_attributes

OLD, KNOWS, NEW = "0.5.0", "0.6.0-asleep", "0.6.0"
WAITING = [f"{number}" for number in range(100, 106)]
NONDETERMINISTIC = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
SHIPPED = Books(shipped=2, charged=2 * PRICE)

pytestmark = pytest.mark.slow


@dataclass
class Rollover:
    """A shop, and the versions of its worker."""

    shop: Shop
    weighed: list[str] = field(default_factory=list)

    def old(self) -> Worker:
        return running_worker(self.shop.client, self.shop.parts, identity=OLD, deployment_config=version(OLD))

    def new(self, build: str = NEW, asleep: str | None = None) -> Worker:
        """With one more step, which weighs; or that knows the step, and does not begin it."""
        weighed = self.weighed

        @activity.defn(name=WEIGH)
        async def weigh(order_id: str) -> None:
            weighed.append(order_id)

        return running_worker(
            self.shop.client,
            self.shop.parts,
            identity=build,
            deployment_config=version(build),
            patch_activation_callback=awake_but({asleep}) if asleep else None,
            workflows=[Weighing, *WORKFLOWS[1:]],
            activities=[*activities(self.shop.parts, self.shop.client), weigh],
        )

    async def place(self, *order_ids: str) -> None:
        for order_id in order_ids:
            await self.shop.place(order_id, 2)
            await self.shop.until(order_id, lambda order: order.told(Kind.CONFIRMATION))

    async def step(self, order_ids: Iterable[str]) -> dict[str, str]:
        """Each order looks at its stock and waits again; by which build."""
        before = {order_id: len(await self.moved_by(order_id)) for order_id in order_ids}
        for order_id in before:
            await self.shop.handle(order_id).signal("inventory_received", "a look")
        return {order_id: await self._looked(order_id, seen) for order_id, seen in before.items()}

    async def _looked(self, order_id: str, seen: int) -> str:
        """A look is two tasks: one asks, one hears."""

        async def build() -> str | None:
            moved = await self.moved_by(order_id)
            return moved[-1] if len(moved) >= seen + 2 else None

        found: str = await eventually(build, f"a step of order {order_id}")
        return found

    async def moved_by(self, order_id: str) -> list[str]:
        """The build of each of its workflow tasks, as the history has it."""
        events = (await self.shop.handle(order_id).fetch_history()).events
        done = [e.workflow_task_completed_event_attributes for e in events]
        return [one.deployment_version.build_id for one in done if one.deployment_version.build_id]

    async def command(self, *words: str) -> Result:
        """What an engineer types."""
        here = {
            "TEMPORAL_ADDRESS": self.shop.client.service_client.config.target_host,
            "BACKORDER_DATABASE_URL": self.shop.database.url.render_as_string(hide_password=False),
        }
        typed = ["deployment", *words]
        return await asyncio.to_thread(CliRunner().invoke, app, typed, env=here, catch_exceptions=False)

    async def stuck(self, order_id: str) -> bool:
        """Its worker could not go on with what the history says; Temporal tries again and again."""
        events = (await self.shop.handle(order_id).fetch_history()).events
        failed = (event.workflow_task_failed_event_attributes for event in events)
        return any(one.cause == NONDETERMINISTIC for one in failed)


@pytest.fixture
async def rollover(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Rollover]:
    sqlite_database.write(catalog.load_products, (Product(sku=SKU, title="Widget Pro"),))
    async with (
        await WorkflowEnvironment.start_local(
            dev_server_existing_path=temporal(),
            data_converter=pydantic_data_converter,
            dev_server_log_level="never",
        ) as env,
        sandboxes(tmp_path) as outside,
        gateways(sqlite_database, outside) as (parts, mail),
    ):
        await register_search_attributes(env.client)
        yield Rollover(Shop(env, env.client, sqlite_database, outside.bank, outside.labels, mail, parts))


async def test_orders_move_to_the_new_worker_and_back_and_to_it_for_good_and_none_is_lost(
    rollover: Rollover,
) -> None:
    shop = rollover.shop
    everyone = ["half", *WAITING]
    async with AsyncExitStack() as new:
        async with rollover.old():
            await make_current(shop.client, OLD)
            await shop.receive(1)
            await rollover.place(*everyone)
            await shop.until("half", lambda order: order.shipped_units == 1)

            await new.enter_async_context(rollover.new())
            assert await rollover.step(everyone) == dict.fromkeys(everyone, OLD)

            await give_share(shop.client, NEW, 50)
            ramped = await rollover.step(everyone)
            assert set(ramped.values()) == {OLD, NEW}
            assert await rollover.step(everyone) == ramped

            await give_share(shop.client, NEW, 0)
            assert await rollover.step(everyone) == dict.fromkeys(everyone, OLD)

            await make_current(shop.client, NEW)
            assert await rollover.step(everyone) == dict.fromkeys(everyone, NEW)
        await rollover.place("new")
        await shop.receive(1 + 2 * len(WAITING) + 2)
        for order_id in [*everyone, "new"]:
            await shop.ended(order_id)

    assert sorted(rollover.weighed) == sorted([*WAITING, "new"])  # "half" passed the place before
    assert set(await rollover.moved_by("new")) == {NEW}
    for order_id in [*everyone, "new"]:
        assert shop.books(order_id) == SHIPPED
        assert shop.differences(order_id) == []
        assert shop.labels(order_id) == (2 if order_id == "half" else 1)
    assert shop.findings() == []


async def test_an_order_that_took_the_new_step_stands_still_under_the_old_worker_and_goes_on_under_the_new(
    rollover: Rollover,
) -> None:
    shop = rollover.shop
    async with rollover.old(), rollover.new():
        await make_current(shop.client, NEW)
        await shop.receive(1)
        await rollover.place("marked", "waiting")
        await shop.until("marked", lambda order: order.shipped_units == 1)

        await make_current(shop.client, OLD)
        await shop.handle("marked").signal("inventory_received", "a look")
        await eventually(lambda: rollover.stuck("marked"), "the old worker refuses it")
        await eventually(lambda: _keeps_from_rolling_back(rollover, 1), "Temporal lists it")
        assert await rollover.step(["waiting"]) == {"waiting": OLD}

        await make_current(shop.client, NEW)
        await shop.receive(3)
        for order_id in ("marked", "waiting"):
            await shop.ended(order_id)

    assert sorted(rollover.weighed) == ["marked", "marked", "waiting"]
    for order_id in ("marked", "waiting"):
        assert shop.books(order_id) == SHIPPED
        assert shop.differences(order_id) == []
    assert shop.findings() == []


async def test_a_worker_that_knows_the_step_goes_on_with_orders_that_have_it_and_begins_it_for_none(
    rollover: Rollover,
) -> None:
    shop = rollover.shop
    async with rollover.new(KNOWS, asleep=WEIGHS), rollover.new():
        await make_current(shop.client, NEW)
        await shop.receive(1)
        await rollover.place("marked")
        await shop.until("marked", lambda order: order.shipped_units == 1)

        await make_current(shop.client, KNOWS)
        await rollover.place("begun-asleep")
        await shop.receive(2)
        await shop.ended("marked")
        await shop.until("begun-asleep", lambda order: order.shipped_units == 1)

        await make_current(shop.client, NEW)
        await rollover.place("awake")
        await shop.receive(3)
        for order_id in ("begun-asleep", "awake"):
            await shop.ended(order_id)

    assert rollover.weighed == ["marked", "marked", "awake"]
    assert (await rollover.moved_by("marked"))[-1] == KNOWS
    for order_id in ("marked", "begun-asleep", "awake"):
        assert shop.books(order_id) == SHIPPED
        assert shop.differences(order_id) == []
    assert shop.findings() == []


async def _keeps_from_rolling_back(rollover: Rollover, orders: int) -> bool:
    """As docs/deploying.md asks it."""
    query = f'TemporalChangeVersion = "{WEIGHS}" AND ExecutionStatus = "Running"'
    return (await rollover.shop.client.count_workflows(query)).count == orders


async def test_without_a_current_build_orders_wait_for_a_worker_without_one(rollover: Rollover) -> None:
    shop = rollover.shop
    async with rollover.old():
        placing = asyncio.create_task(shop.place("100", 2))
        await eventually(lambda: _known(rollover, OLD), "its worker asks for work")
        assert not placing.done()

        async with running_worker(shop.client, shop.parts):
            await placing
            assert await rollover.moved_by("100") == []
            with pytest.raises(Refusal, match=NEW):
                await make_current(shop.client, NEW, within=timedelta())

            await make_current(shop.client, OLD)
            await shop.receive(2)
            await shop.ended("100")

    assert set(await rollover.moved_by("100")) == {OLD}
    assert shop.books("100") == SHIPPED
    assert shop.findings() == []


async def test_the_commands_tell_and_move_shares(rollover: Rollover) -> None:
    shop = rollover.shop
    assert "all are unversioned" in (await rollover.command("status")).output

    async with AsyncExitStack() as workers:
        await workers.enter_async_context(rollover.old())
        await rollover.command("current", OLD)
        await rollover.place("100", "101")
        await eventually(lambda: _counted(rollover, OLD, 2), "Temporal lists them")
        await workers.enter_async_context(rollover.new())
        ramped = await rollover.command("ramp", NEW, "--percent", "5")
        shown = await rollover.command("status")
        told = json.loads((await rollover.command("status", "--json")).output)
        await rollover.command("current", NEW)
        over = json.loads((await rollover.command("status", "--json")).output)

    assert ramped.output == f"Build {NEW}: 5 percent of the orders move to it.\n"
    assert [line.split() for line in shown.output.splitlines()[1:]] == [
        [NEW, "ramping", "5", "%", "1", "0"],
        [OLD, "current", "95", "%", "1", "2"],
    ]
    old = {"build": OLD, "state": "current", "share": 95, "workers": 1, "open_orders": 2}
    new = {"build": NEW, "state": "ramping", "share": 5, "workers": 1, "open_orders": 0}
    assert told == {"current": OLD, "builds": [new, old]}
    assert [(one["state"], one["share"]) for one in over["builds"]] == [("current", 100), ("draining", 0)]
    assert shop.findings() == []


async def _counted(rollover: Rollover, build: str, orders: int) -> bool:
    found = (await builds(rollover.shop.client)).document["builds"]
    return [one["open_orders"] for one in found if one["build"] == build] == [orders]


async def _known(rollover: Rollover, build: str) -> bool:
    found = (await builds(rollover.shop.client)).document["builds"]
    return [(one["build"], one["state"]) for one in found] == [(build, "gets nothing yet")]
