"""What runs beside a worker for as long as it works: it may stumble, and never ends unseen."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

logger = logging.getLogger("worker.upkeep")

Work = Callable[[asyncio.Event], Awaitable[None]]
"""Goes on until the event is set, and then comes to its end."""

LONGEST_PAUSE = 60

LONGEST_END = 3
"""How many seconds what is under way may still take at the end: a worker is killed 45 s after it was told to go, and
its running activities have 30 of them. What it leaves undone, another worker does."""


def real_time() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def beside(
    what: str, work: Work, first_pause: float = 1, longest_end: float = LONGEST_END
) -> AsyncIterator[None]:
    """Do this work for as long as the block lasts; what is under way at its end is finished, if it is soon.

    An error that nobody foresaw is told at once, and the work begins anew after a pause that grows: orders do not
    stand still for the sake of what only watches or tells.
    """
    stop = asyncio.Event()
    running = asyncio.create_task(_kept_up(what, work, stop, first_pause))
    try:
        yield
    finally:
        stop.set()
        await _ended(what, running, longest_end)


async def _ended(what: str, running: asyncio.Task[None], seconds: float) -> None:
    _, still_at_it = await asyncio.wait({running}, timeout=seconds)
    if not still_at_it:
        await running
        return
    logger.warning("%s is given up: not finished within %g s of the end", what, seconds)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _kept_up(what: str, work: Work, stop: asyncio.Event, pause_seconds: float) -> None:
    while not stop.is_set():
        try:
            await work(stop)
        except Exception:
            logger.exception("%s ended by an unforeseen error; it begins anew in %g s", what, pause_seconds)
            await pause(stop, pause_seconds)
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until told to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def kind(error: Exception) -> str:
    """An error's kind alone: the rest may name what a log must not."""
    return type(getattr(error, "orig", None) or error).__name__


@dataclass
class Trouble:
    """Said once when it begins, and once when it is over."""

    what: str
    of: str
    log: logging.Logger
    met: bool = False

    def seen(self, why: str | None) -> None:
        if why and not self.met:
            self.log.warning("%s wait; %s: %s", self.what, self.of, why)
        elif self.met and not why:
            self.log.info("%s go on; %s answers again", self.what, self.of)
        self.met = why is not None
