"""The books and the orders against Temporal; and a development server's clock."""

import asyncio
import re
from datetime import timedelta

from rich.progress import Progress
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from domain.history_words import counted
from starter import door
from starter.door import Said
from starter.errors import BadInput, Refusal
from store import audit as books
from workflows.messages import backorder_workflow_id

_PAGE = 500
_AT_ONCE = 50
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


async def audit(*, as_json: bool) -> Said:
    """The books against themselves, and the open orders against Temporal."""
    async with door.backorders() as doors:
        if doors.database is None:
            raise BadInput("BACKORDER_DATABASE_URL: an audit needs the database")
        findings = doors.database.read(books.findings)
        opened: list[str] = []
        while page := doors.database.read(books.should_run, opened[-1] if opened else "", _PAGE):
            opened.extend(page)
        missing = await _missing(doors.client, opened, quiet=as_json)
        bells = doors.database.read(books.unrung_bells)
    findings += [f"order {order}: its workflow is missing" for order in missing]
    text = (
        "\n".join(findings)
        or f"The books are right; {counted(len(opened), 'open order')}, each with its workflow."
    )
    document = {
        "findings": findings,
        "open_orders": len(opened),
        "missing_workflows": missing,
        "unrung_bells": bells,
    }
    return Said(document, text, refused=bool(findings))


async def _missing(client: Client, opened: list[str], *, quiet: bool) -> list[str]:
    lines = asyncio.Semaphore(_AT_ONCE)
    with Progress(transient=True, disable=quiet or len(opened) < _PAGE, console=door.console) as progress:
        task = progress.add_task("Asking Temporal", total=len(opened))

        async def runs(order_id: str) -> bool:
            async with lines:
                found = await _runs(client, order_id)
            progress.advance(task)
            return found

        there = await asyncio.gather(*(runs(order) for order in opened))
    return [order for order, found in zip(opened, there, strict=True) if not found]


async def _runs(client: Client, order_id: str) -> bool:
    try:
        description = await client.get_workflow_handle(backorder_workflow_id(order_id)).describe()
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return False
        raise
    return description.status is WorkflowExecutionStatus.RUNNING


async def fast_forward(order_id: str, by: str) -> Said:
    """Skip an order's own clock; the server must be a development server that allows it."""
    duration = _duration(by)
    async with door.backorders() as doors:
        handle = doors.client.get_workflow_handle(backorder_workflow_id(order_id))
        try:
            went = await TimeSkipper(doors.client).fast_forward(handle, duration)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                unknown = Refusal("UnknownOrder", f"no open order {order_id}")
                raise doors.gone(order_id) or unknown from None
            raise Refusal(
                "NotADevelopmentServer", f"this server does not skip time: {error.message}"
            ) from None
    text = f"Order {order_id} is {by} further on." if went else f"Order {order_id} ended on the way."
    return Said({"order_id": order_id, "skipped": by, "still_open": went}, text)


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})([dhm])", text)
    if match is None:
        raise BadInput(f"TIME: {text} is no time; write it as 7d, 12h or 30m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
