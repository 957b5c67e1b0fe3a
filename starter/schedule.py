"""The daily review's schedule in Temporal."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from domain.review import ReviewRequest
from workflows.messages import DAILY_REVIEW, REVIEW, REVIEW_ID, TASK_QUEUE

_HOUR = 6
_CATCH_UP = timedelta(days=1)
"""A review that was due while Temporal was down is made up for within a day."""


async def schedule_review(client: Client, time_zone: str) -> None:
    """Have the review start every day at six in the shop's time zone; a schedule that is there is brought up to date.

    One that somebody paused stays paused.
    """
    wanted = _schedule(time_zone)
    try:
        await client.create_schedule(DAILY_REVIEW, wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(DAILY_REVIEW).update(lambda known: _updated(known, time_zone))


def _updated(known: ScheduleUpdateInput, time_zone: str) -> ScheduleUpdate:
    wanted = _schedule(time_zone)
    wanted.state = known.description.schedule.state
    return ScheduleUpdate(schedule=wanted)


def _schedule(time_zone: str) -> Schedule:
    daily = ScheduleCalendarSpec(hour=[ScheduleRange(_HOUR)], comment="the daily review")
    return Schedule(
        action=ScheduleActionStartWorkflow(
            REVIEW,
            ReviewRequest(),
            id=REVIEW_ID,
            task_queue=TASK_QUEUE,
            static_summary="the daily review",
        ),
        spec=ScheduleSpec(calendars=[daily], time_zone_name=time_zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
    )
