"""Looking: one order, a queue, a list, the audit; and a development server's clock."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from domain.report import Status
from domain.status import Status as OrderStatus
from starter import door
from starter.door import Said
from starter.errors import BadInput, Refusal
from starter.money import amount
from store import audit as books
from store import queue as queues
from store import status as statuses
from store.queue import ListedOrder, SkuQueue
from workflows.messages import backorder_workflow_id

_PAGE = 500
_AT_ONCE = 50
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass(frozen=True)
class OrderShown:
    document: Status
    refused: bool = False

    def show(self, console: Console) -> None:
        order = self.document
        console.print(
            f"[bold]Order {order.order_id}[/] · {order.status} · placed {order.placed_at:%Y-%m-%d %H:%M} UTC · "
            f"{order.priority} · promised {order.promised_on or 'no date yet'}",
            highlight=False,
        )
        console.print(_lines(order))
        for text in (*_parcels(order), *_troubles(order), *_happened(order)):
            console.print(text, highlight=False)
        if order.next:
            at = f" on {order.next.at:%Y-%m-%d %H:%M} UTC" if order.next.at else ""
            console.print(
                f"Next: {order.next.what}{at}. {'Can' if order.cancellable else 'Can not'} be cancelled."
            )


def _parcels(order: Status) -> Iterator[str]:
    for parcel in order.parcels:
        units = ", ".join(f"{line.quantity} × {line.sku}" for line in parcel.lines)
        waits = "" if parcel.shipped_at else f", to be handed over: {parcel.label_url}"
        yield (
            f"Parcel {parcel.number}: {units}, {parcel.carrier} {parcel.service} {parcel.tracking}, "
            f"expected {parcel.estimated_delivery}{waits}"
        )


def _troubles(order: Status) -> Iterator[str]:
    """What somebody must see to."""
    if order.held:
        yield f"[yellow]Held[/] by {escape(order.held.by)} since {order.held.at:%Y-%m-%d %H:%M} UTC: {escape(order.held.reason)}"
    if order.law_hold_until:
        until = f"{order.law_hold_until:%Y-%m-%d %H:%M} UTC"
        yield f"[yellow]Past its legal deadline[/]: cancelled at {until} unless it ships or the customer agrees"
    if order.paused:
        yield "[yellow]Shipping is paused[/] for the whole shop"
    if order.unpaid_minor:
        owed = amount(order.unpaid_minor, order.currency)
        yield f"[red]Left unpaid[/]: {owed}, until another method pays or it is settled"
    for dispute in order.disputes:
        claimed = amount(dispute.amount_minor, dispute.currency)
        yield f"{dispute.at:%Y-%m-%d %H:%M}  [red]disputed[/] {claimed}, {escape(dispute.reference or '')}"
    for refused in order.refused:
        yield f"[red]A person must look[/]: {escape(refused)}"


def _happened(order: Status) -> Iterator[str]:
    for payment in order.payments:
        yield f"{payment.at:%Y-%m-%d %H:%M}  {payment.kind} {amount(payment.amount_minor, payment.currency)}"
    for notice in order.notices:
        lost = "" if notice.delivered else " [red](not delivered)[/]"
        yield f"{notice.at:%Y-%m-%d %H:%M}  e-mail: {notice.kind}{lost}"


def _lines(order: Status) -> Table:
    table = Table(
        "SKU",
        "Title",
        "Ordered",
        "Backordered",
        "Allocated",
        "Claimed",
        "Shipped",
        "Cancelled",
        "Place",
        box=None,
    )
    for line in order.lines:
        counts = (line.ordered, line.backordered, line.allocated, line.claimed, line.shipped, line.cancelled)
        table.add_row(line.sku, escape(line.title), *map(str, counts), str(line.queue_position or ""))
    return table


async def status(order_id: str) -> OrderShown:
    async with door.database() as database:
        return OrderShown(database.read(statuses.status, order_id, datetime.now(UTC)))


@dataclass(frozen=True)
class QueueShown:
    document: SkuQueue
    refused: bool = False

    def show(self, console: Console) -> None:
        queue = self.document
        console.print(
            f"[bold]{queue.sku}[/] {escape(queue.title)}: {queue.on_hand} on hand, {queue.available} available, "
            f"{queue.waiting_units} units waiting",
            highlight=False,
        )
        table = Table(
            "Place",
            "Order",
            "Priority",
            "Placed",
            "Ordered",
            "Backordered",
            "Allocated",
            "Promised",
            box=None,
        )
        for place in queue.places:
            table.add_row(
                str(place.place),
                place.order_id,
                place.priority,
                f"{place.placed_at:%Y-%m-%d %H:%M}",
                str(place.ordered),
                str(place.backordered),
                str(place.allocated),
                str(place.promised_on or ""),
            )
        console.print(table)


async def queue(sku: str) -> QueueShown:
    async with door.database() as database:
        return QueueShown(database.read(queues.queue, sku))


@dataclass(frozen=True)
class OrdersShown:
    document: list[ListedOrder]
    refused: bool = False

    def show(self, console: Console) -> None:
        table = Table("Order", "Status", "Placed", "Priority", "Units open", "Promised", box=None)
        for order in self.document:
            table.add_row(
                order.order_id,
                order.status,
                f"{order.placed_at:%Y-%m-%d}",
                order.priority,
                str(order.units_open),
                str(order.promised_on or ""),
            )
        console.print(table if self.document else "No orders.")


async def listing(status: str | None) -> OrdersShown:
    if status is not None and status not in set(OrderStatus):
        raise BadInput(f"--status: {status} is none of {', '.join(OrderStatus)}")
    async with door.database() as database:
        return OrdersShown(database.read(queues.listing, status))


async def audit(*, as_json: bool) -> Said:
    """The books against themselves, and the open orders against Temporal."""
    async with door.backorders() as doors:
        if doors.database is None:
            raise BadInput("BACKORDER_DATABASE_URL: an audit needs the database")
        findings = doors.database.read(books.findings)
        orders: list[str] = []
        while page := doors.database.read(books.should_run, orders[-1] if orders else "", _PAGE):
            orders.extend(page)
        missing = await _missing(doors.client, orders, quiet=as_json)
        bells = doors.database.read(books.unrung_bells)
    findings += [f"order {order}: its workflow is missing" for order in missing]
    text = "\n".join(findings) or f"The books are right; {len(orders)} open orders, each with its workflow."
    document = {
        "findings": findings,
        "open_orders": len(orders),
        "missing_workflows": missing,
        "unrung_bells": bells,
    }
    return Said(document, text, refused=bool(findings))


async def _missing(client: Client, orders: list[str], *, quiet: bool) -> list[str]:
    lines = asyncio.Semaphore(_AT_ONCE)
    with Progress(transient=True, disable=quiet or len(orders) < _PAGE, console=door.console) as progress:
        task = progress.add_task("Asking Temporal", total=len(orders))

        async def runs(order_id: str) -> bool:
            async with lines:
                found = await _runs(client, order_id)
            progress.advance(task)
            return found

        there = await asyncio.gather(*(runs(order) for order in orders))
    return [order for order, found in zip(orders, there, strict=True) if not found]


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
                raise Refusal("UnknownOrder", f"no open order {order_id}") from None
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
