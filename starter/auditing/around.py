"""What else must be as it should: changes that were stopped, the review's schedule, messages, the provider's books."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.audit import Finding, Kind
from domain.reconciliation import Difference, Fault
from gateways.payment import PaymentProvider
from starter.auditing.temporal import Temporal, runs
from starter.auditing.typed import as_typed
from starter.errors import OutOfReach
from starter.money import amount
from starter.two_books import compared
from store import unheard
from store.database import Database
from store.stock_tables import InventoryChangeRow
from workflows.messages import TASK_QUEUE, inventory_workflow_id

_UNRUNG = timedelta(minutes=5)
_LATE = timedelta(hours=1)
_BOOKS = timedelta(days=30)
_ON_ITS_WAY = timedelta(minutes=10)
"""What moves money right now stands in one of the books first."""


async def of_temporal(temporal: Temporal) -> AsyncIterator[Finding]:
    """The namespace: a worker, our search attributes, the daily review."""
    if not await temporal.listens():
        yield Finding(kind=Kind.NO_WORKER, finding=f"no worker listens on the task queue {TASK_QUEUE}")
    if missing := await temporal.unknown_attributes():
        yield Finding(kind=Kind.ATTRIBUTES, finding=f"not registered: {', '.join(missing)}")
    schedule = await temporal.schedule()
    if schedule is False:
        yield Finding(kind=Kind.SCHEDULE, finding="the daily review is not scheduled")
    elif schedule is not True and schedule.schedule.state.paused:
        note = schedule.schedule.state.note
        yield Finding(kind=Kind.PAUSED, finding=f"the daily review is paused{f': {note}' if note else ''}")


async def of_changes(database: Database, temporal: Temporal) -> AsyncIterator[Finding]:
    """Inventory changes that somebody stopped before they were applied."""
    for change_id in await temporal.stopped_changes():
        applied = await database.aread(_applied, change_id)
        if applied or runs(await temporal.describe(inventory_workflow_id(change_id))):
            continue
        typed = await as_typed(temporal.client, change_id)
        says = f"{change_id}: its workflow was stopped before it was applied{f': {typed}' if typed else ''}"
        yield Finding(kind=Kind.CHANGE, finding=says, key=change_id)


def _applied(session: Session, change_id: str) -> bool:
    known = select(InventoryChangeRow.change_id).where(InventoryChangeRow.change_id == change_id)
    return session.scalar(known) is not None


def of_messages(session: Session, now: datetime, *, webhook: bool) -> list[Finding]:
    """Bells, and where somebody hears them, events."""
    return list(_messages(session, now, webhook=webhook))


def _messages(session: Session, now: datetime, *, webhook: bool) -> Iterator[Finding]:
    yield from unheard.bells(session, now - _UNRUNG)
    if webhook:
        yield from unheard.dead_events(session)
        yield from unheard.late_events(session, now - _LATE)


async def of_provider(database: Database, provider: PaymentProvider, now: datetime) -> list[Finding]:
    """The last 30 days of both books, as `report payments` compares them."""
    try:
        _, found = await compared(database, provider, now - _BOOKS, now - _ON_ITS_WAY)
    except OutOfReach as away:
        return [Finding(kind=Kind.PROVIDER_AWAY, finding=f"not compared: {away}")]
    return [_of_payment(one) for one in found]


def _of_payment(one: Difference) -> Finding:
    of = f"order {one.order_id}: " if one.order_id else ""
    says = f"{of}{one.kind} {one.key}: {_SAYS[one.fault].format(**_amounts(one))}"
    return Finding(kind=Kind.PROVIDER, finding=says, order_id=one.order_id or None, key=one.key)


_SAYS = {
    Fault.ONLY_OURS: "{ours} stand only in our ledger",
    Fault.ONLY_THEIRS: "{theirs} stand only in the provider's books",
    Fault.AMOUNT: "{ours} in our ledger, {theirs} in the provider's books",
    Fault.KIND: "{ours} in our ledger, and of another kind in the provider's books",
}


def _amounts(one: Difference) -> dict[str, str]:
    minors = {"ours": one.ours_minor, "theirs": one.theirs_minor}
    return {name: "" if minor is None else amount(minor, one.currency) for name, minor in minors.items()}
