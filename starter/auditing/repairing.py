"""Repairs, by the ordinary ways only; what was done is written down as it is done."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from temporalio.service import RPCError, RPCStatusCode

from domain.audit import Finding, Mend, NotMended, Repair
from domain.history_words import counted
from starter.asking import NoWorkflow, asked
from starter.auditing.showing import Showing
from starter.auditing.temporal import at_once, pages, reaching
from starter.client import Backorders
from starter.errors import OutOfReach, Refusal
from starter.renewing import tell
from starter.schedule import schedule_review
from starter.starts import start_again
from store import events, resuming
from store.database import Database
from store.resuming import Resumable
from workflows.connection import register_search_attributes
from workflows.messages import backorder_workflow_id, faults, sentence

Tried = Repair | NotMended

IN_ORDER = (
    Mend.REGISTER,  # a start with attributes that nobody knows is refused
    Mend.SCHEDULE,
    Mend.START,
    Mend.LOOK,
    Mend.RING,  # once those who shall hear are there
    Mend.RESEND,
)


@dataclass(frozen=True)
class Repairing:
    """Whoever repairs, `by` name, in the shop's time zone."""

    doors: Backorders
    database: Database
    time_zone: str
    by: str
    showing: Showing

    async def all(self, findings: Sequence[Finding]) -> AsyncIterator[Tried]:
        """Mend what can be mended; what can't stops nothing else. Cut short at any point, the next audit finds just what is left."""
        ways = {
            Mend.REGISTER: self._register,
            Mend.SCHEDULE: self._schedule,
            Mend.START: self._start,
            Mend.LOOK: self._look,
            Mend.RING: self._ring,
            Mend.RESEND: self._resend,
        }
        for mend in IN_ORDER:
            if of_this := [one for one in findings if one.kind.mend is mend]:
                async for tried in ways[mend](of_this):
                    yield tried

    async def _register(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        with reaching():
            await register_search_attributes(self.doors.client)
        yield await self._did(findings[0], "Our search attributes were registered.")

    async def _schedule(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        with reaching():
            await schedule_review(self.doors.client, self.time_zone)
        yield await self._did(findings[0], "The daily review was scheduled.")

    async def _start(self, findings: Sequence[Finding]) -> AsyncIterator[Tried]:
        """With the order as it was placed: its workflow reads the database, and goes on from there."""
        lost = {one.order_id: one for one in findings if one.order_id}
        with self.showing.counting("Starting workflows", len(lost)) as advance:
            for page in pages(list(lost)):
                again = await self.database.aread(resuming.resumable, page)
                came = await at_once((self._start_one(one) for one in again), each=True)
                of = [lost[one.order_id] for one in again]
                async for tried in self._each(of, came, "Its workflow was started again."):
                    yield tried
                advance(len(page))

    async def _start_one(self, one: Resumable) -> bool:
        with reaching():
            return await start_again(self.doors.client, one.order, one.status, one.priority)

    async def _look(self, findings: Sequence[Finding]) -> AsyncIterator[Tried]:
        """It reads the database, and ends by itself where nothing is left to do."""
        came = await at_once((self._look_at(one) for one in findings), each=True)
        async for tried in self._each(findings, came, "Its workflow was told to look."):
            yield tried

    async def _look_at(self, finding: Finding) -> bool:
        handle = self.doors.client.get_workflow_handle(backorder_workflow_id(finding.order_id or ""))
        with suppress(NoWorkflow):  # it has ended meanwhile, or was started just now
            await asked(handle.signal("inventory_received", "audit"))
            return True
        return False

    async def _ring(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        for one in findings:
            with reaching():
                reached = await tell(self.database, self.doors.client, one.key or "", datetime.now(UTC))
            yield await self._did(one, f"{one.key}: {counted(reached, 'order')} heard of it.")

    async def _resend(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        """Recorded with the shop by `events resend` itself."""
        by_id = {one.key: one for one in findings if one.key}
        for page in pages(list(by_id)):
            await self.database.awrite(events.resend, page, self.by, datetime.now(UTC))
            for event_id in page:
                yield _repair(by_id[event_id], f"{event_id}: is sent again.")

    async def _each(
        self, findings: Sequence[Finding], came: Sequence[bool | Exception], done: str
    ) -> AsyncIterator[Tried]:
        """What was done is written down first, then told; then what failed.

        Raises:
            OutOfReach: nothing was done, for Temporal is away.
        """
        both = list(zip(findings, came, strict=True))
        repairs = [_repair(one, done) for one, it in both if it is True]
        await self._record(repairs)
        for repair in repairs:
            yield repair
        failed = [(one, it) for one, it in both if isinstance(it, Exception)]
        if failed and len(failed) == len(both) and all(_is_away(error) for _, error in failed):
            raise failed[0][1]
        for one, error in failed:
            yield NotMended(kind=one.kind, why=_why(error), **_about(one))

    async def _did(self, finding: Finding, done: str) -> Repair:
        repair = _repair(finding, done)
        await self._record([repair])
        return repair

    async def _record(self, repairs: Sequence[Repair]) -> None:
        if repairs:
            await self.database.awrite(resuming.record, repairs, self.by, datetime.now(UTC))


def _repair(finding: Finding, done: str) -> Repair:
    mend = finding.kind.mend
    if mend is None:
        raise AssertionError("only what can be mended is mended")
    return Repair(kind=finding.kind, repair=mend, done=done, **_about(finding))


def _about(finding: Finding) -> dict[str, Any]:
    return finding.model_dump(include={"order_id", "sku", "key"})


def _is_away(error: Exception) -> bool:
    """Temporal itself, and not just what it was asked."""
    return isinstance(error, OutOfReach) and _said(error) is None


def _why(error: Exception) -> str:
    """Never with the order's own words, which may be private."""
    if isinstance(error, ValidationError):
        return sentence(faults(error))
    if isinstance(error, OutOfReach | Refusal):
        return _said(error) or str(error)
    return type(error).__name__


def _said(error: Exception) -> str | None:
    """By Temporal, about what it refused."""
    cause = error.__cause__
    refused = isinstance(cause, RPCError) and cause.status is RPCStatusCode.INVALID_ARGUMENT
    return cause.message if refused and isinstance(cause, RPCError) else None
