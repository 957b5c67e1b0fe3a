"""Repairs, by the ordinary ways only; what was done is written down as it is done."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.audit import Finding, Mend, Repair
from domain.history_words import counted
from starter.asking import NoWorkflow, asked
from starter.auditing.showing import Showing
from starter.auditing.temporal import at_once, pages, reaching
from starter.client import Backorders
from starter.renewing import tell
from starter.schedule import schedule_review
from starter.starts import start_again
from store import events, resuming
from store.database import Database
from store.resuming import Resumable
from workflows.connection import register_search_attributes
from workflows.messages import backorder_workflow_id

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

    async def all(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        """Mend what can be mended. Cut short at any point, the next audit finds just what is left."""
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
                async for repair in ways[mend](of_this):
                    yield repair

    async def _register(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        with reaching():
            await register_search_attributes(self.doors.client)
        yield await self._did(findings[0], "Our search attributes were registered.")

    async def _schedule(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        with reaching():
            await schedule_review(self.doors.client, self.time_zone)
        yield await self._did(findings[0], "The daily review was scheduled.")

    async def _start(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        """With the order as it was placed: its workflow reads the database, and goes on from there."""
        lost = {one.order_id: one for one in findings if one.order_id}
        with self.showing.counting("Starting workflows", len(lost)) as advance:
            for page in pages(list(lost)):
                again = await self.database.aread(resuming.resumable, page)
                with reaching():
                    await at_once(self._start_one(one) for one in again)
                done = [_repair(lost[one.order.order_id], "Its workflow was started again.") for one in again]
                await self._record(done)
                advance(len(page))
                for repair in done:
                    yield repair

    async def _start_one(self, one: Resumable) -> None:
        await start_again(self.doors.client, one.order, one.status, one.priority)

    async def _look(self, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
        """It reads the database, and ends by itself where nothing is left to do."""
        told = list(await at_once(self._look_at(one) for one in findings))
        done = [
            _repair(one, "Its workflow was told to look.")
            for one, it in zip(findings, told, strict=True)
            if it
        ]
        await self._record(done)
        for repair in done:
            yield repair

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
    about = finding.model_dump(include={"order_id", "sku", "key"})
    return Repair(kind=finding.kind, repair=mend, done=done, **about)
