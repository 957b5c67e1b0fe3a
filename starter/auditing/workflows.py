"""The database against Temporal, both ways: each open order has a workflow, and no other workflow runs."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus

from domain.audit import Finding, Kind
from starter.auditing.showing import Showing
from starter.auditing.temporal import Advance, Temporal, pages, runs
from store import resuming
from store.audit import should_run
from store.database import Database
from store.resuming import Standing
from workflows.messages import order_of_workflow

_PAGE = 500
_JUST = timedelta(minutes=1)
"""A workflow whose order has ended answers whoever still waits, and ends."""
_NEW = timedelta(minutes=5)
"""Meanwhile an order that was started, perhaps anew, may not stand so in the database: its deadline is half a minute."""
_FAILS = 4
"""A task that failed so often will go on failing."""

_ENDS = {
    WorkflowExecutionStatus.TERMINATED: (Kind.STOPPED, "was terminated"),
    WorkflowExecutionStatus.FAILED: (Kind.FAILED, "failed"),
    WorkflowExecutionStatus.TIMED_OUT: (Kind.CLOSED, "timed out"),
    WorkflowExecutionStatus.CANCELED: (Kind.CLOSED, "was cancelled"),
    # It completes once its order has ended in the books: these are older than it.
    WorkflowExecutionStatus.COMPLETED: (Kind.COMPLETED, "has completed"),
}


async def open_orders(database: Database, showing: Showing) -> list[str]:
    with showing.counting("Open orders") as advance:
        opened: list[str] = []
        while page := await database.aread(should_run, opened[-1] if opened else "", _PAGE):
            opened.extend(page)
            advance(len(page))
    return opened


async def compared(
    database: Database, temporal: Temporal, opened: Sequence[str], showing: Showing, now: datetime
) -> AsyncIterator[Finding]:
    """One list of all that runs; then only what differs is looked at, for the list may lag behind."""
    with showing.counting("Running workflows", len(opened)) as advance:
        running = await temporal.running_orders(advance)
    without = [order_id for order_id in opened if running is None or order_id not in running]
    with showing.counting("Orders without one", len(without)) as advance:
        for page in pages(without):
            for finding in await _without(database, temporal, page, advance):
                yield finding
    for page in pages(sorted((running or set()).difference(opened))):
        for finding in await _left_over(database, temporal, page, now):
            yield finding
    for workflow_id, attempt in await temporal.failing():
        if attempt >= _FAILS:
            yield _stuck(workflow_id, attempt)
    late = dict(await database.aread(resuming.late_decisions, now - _NEW))
    for order_id, there in await temporal.described(list(late)):
        if runs(there):
            says = f"asked for at {late[order_id]:%Y-%m-%d %H:%M} UTC, and not decided"
            yield Finding.of_order(Kind.PLACING, order_id, says)


def _stuck(workflow_id: str, attempt: int) -> Finding:
    says = f"workflow {workflow_id}: its task failed {attempt - 1} times"
    return Finding(kind=Kind.STUCK, finding=says, order_id=order_of_workflow(workflow_id), key=workflow_id)


async def _without(
    database: Database, temporal: Temporal, order_ids: Sequence[str], advance: Advance
) -> list[Finding]:
    """Those that have none now, and are still open after that was seen."""
    there = await temporal.described(order_ids, advance)
    known = await database.aread(resuming.standings, order_ids)
    return [
        _lost(order_id, found)
        for order_id, found in there
        if not runs(found) and order_id in known and known[order_id].ended_at is None
    ]


def _lost(order_id: str, found: WorkflowExecutionDescription | None) -> Finding:
    if found is None or found.status is None:
        return Finding.of_order(Kind.MISSING, order_id, "its workflow is missing")
    kind, became = _ENDS.get(found.status, (Kind.CLOSED, "has ended"))
    at = f" at {found.close_time:%Y-%m-%d %H:%M} UTC" if found.close_time else ""
    return Finding.of_order(kind, order_id, f"its workflow {became}{at}")


async def _left_over(
    database: Database, temporal: Temporal, order_ids: Sequence[str], now: datetime
) -> list[Finding]:
    """Workflows of orders that ended, or that nobody knows, and that run nevertheless."""
    there = await temporal.described(order_ids)
    known = await database.aread(resuming.standings, order_ids)
    found = (
        _too_many(order_id, known.get(order_id), now)
        for order_id, workflow in there
        if workflow is not None and runs(workflow) and now - workflow.start_time > _NEW
    )
    return [finding for finding in found if finding]


def _too_many(order_id: str, known: Standing | None, now: datetime) -> Finding | None:
    if known is None:
        says = "its workflow runs, and the database does not know the order"
        return Finding.of_order(Kind.UNKNOWN, order_id, says)
    if known.ended_at is None or timedelta() <= now - known.ended_at < _JUST:
        return None
    return Finding.of_order(Kind.LEFT_OVER, order_id, f"its workflow runs, and the order is {known.status}")
