"""The daily review's schedule, on Temporal's development server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleOverlapPolicy,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from starter.schedule import schedule_review
from store import review
from store.database import Database
from tests.servers import temporal
from tests.shop import eventually, gateways, sandboxes
from worker.wiring import running_worker
from workflows.messages import DAILY_REVIEW, TASK_QUEUE


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal(), data_converter=pydantic_data_converter
    ) as env:
        yield env.client


async def test_it_starts_the_review_at_six_in_the_shops_time_zone(client: Client) -> None:
    await schedule_review(client, "Europe/Oslo")

    described = await client.get_schedule_handle(DAILY_REVIEW).describe()
    action = described.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, action.id, action.task_queue) == ("ReviewWorkflow", "review", TASK_QUEUE)
    assert described.schedule.spec.time_zone_name == "Europe/Oslo"
    (daily,) = described.schedule.spec.calendars
    assert [(times[0].start, times[0].end) for times in (daily.hour, daily.minute, daily.second)] == [
        (6, 6),
        (0, 0),
        (0, 0),
    ]
    assert described.schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert described.schedule.policy.catchup_window.days == 1


async def test_created_again_it_is_brought_up_to_date_and_stays_paused(client: Client) -> None:
    await schedule_review(client, "UTC")
    schedule = client.get_schedule_handle(DAILY_REVIEW)
    await schedule.pause(note="holidays")

    await schedule_review(client, "America/New_York")

    described = await schedule.describe()
    assert described.schedule.spec.time_zone_name == "America/New_York"
    assert (described.schedule.state.paused, described.schedule.state.note) == (True, "holidays")


async def test_triggered_it_makes_a_review(client: Client, sqlite_database: Database, tmp_path: Path) -> None:
    await schedule_review(client, "UTC")
    async with (
        sandboxes(tmp_path) as outside,
        gateways(sqlite_database, outside) as (parts, mail),
        running_worker(client, parts),
    ):
        await client.get_schedule_handle(DAILY_REVIEW).trigger()
        (digest,) = await eventually(lambda: mail.to("operations@shop.example") or None, "the digest")

    assert "nothing needs a person" in digest["Subject"]
    (started,) = (await client.get_schedule_handle(DAILY_REVIEW).describe()).info.recent_actions
    assert isinstance(started.action, ScheduleActionExecutionStartWorkflow)
    assert started.action.workflow_id.startswith("review-")
    assert sqlite_database.read(review.known, started.started_at.date()) is not None
