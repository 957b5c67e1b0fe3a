"""Activities as Temporal runs them: tried again after a pause, and run again when their answer was lost."""

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from gateways.errors import GatewayError, PermanentRefusal

Act = Callable[[Any], Any]

GATEWAY: Final = (1, 9, 50, 60)
"""Seconds after each try of a call that reaches outside; two minutes in all, with fewer tries than in life."""

TIME: Final = {
    "start_to_close_timeout": timedelta(seconds=90),
    "schedule_to_close_timeout": timedelta(minutes=2),
}
"""What Temporal says that a try may take."""

PLACING: Final = (1, 4, 25)
"""The same for what belongs to placing."""


class GaveUp(Exception):  # noqa: N818 - the fact is the name
    """A gateway stayed away, or `refused` for good."""

    def __init__(self, refused: str | None = None) -> None:
        super().__init__(refused or "away")
        self.refused = refused


@dataclass
class Clock:
    """The one time of a history: of the orders, and of the providers."""

    now: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)

    async def tell(self) -> datetime:
        return self.now

    def go_on(self, **passed: float) -> None:
        self.now += timedelta(**passed)


@dataclass
class Tries:
    clock: Clock
    tally: Counter[str] = field(default_factory=Counter)
    """What happened, by name."""
    lost: int = 0
    """How many of the next answers get lost on their way to Temporal, which then runs the activity again."""

    async def until_done(self, act: Act, wish: Any) -> Any:
        """An activity that touches our own database only."""
        answer = await _once(act, wish, 1)
        return await _once(act, wish, 2) if self._is_lost() else answer

    async def reach(self, act: Act, wish: Any, pauses: tuple[int, ...] = GATEWAY) -> Any:
        """An activity that reaches outside; raises `GaveUp` when it is out of tries, or was refused."""
        began = self.clock.now
        for attempt, seconds in enumerate(pauses, 1):
            pause = timedelta(seconds=seconds)
            try:
                answer = await _once(act, wish, attempt, self.clock.now - began)
            except PermanentRefusal as refusal:
                self.tally[f"refused: {refusal.code}"] += 1
                raise GaveUp(str(refusal)) from refusal
            except GatewayError as failure:
                self.tally[type(failure).__name__] += 1
            except ApplicationError as early:
                self.tally["too early to tell"] += 1
                pause = early.next_retry_delay or pause
            else:
                if not self._is_lost():
                    return answer
            self.clock.go_on(seconds=pause.total_seconds())
        raise GaveUp

    def _is_lost(self) -> bool:
        lost = self.lost > 0
        self.lost -= lost
        self.tally["answers lost"] += lost
        return lost


async def _once(act: Act, wish: Any, attempt: int, after: timedelta = timedelta(0)) -> Any:
    """One try, so long after the first was scheduled."""
    environment = ActivityEnvironment()
    scheduled = environment.info.scheduled_time
    environment.info = replace(
        environment.info, attempt=attempt, current_attempt_scheduled_time=scheduled + after, **TIME
    )
    answer = environment.run(act, wish)
    return await answer if inspect.isawaitable(answer) else answer
