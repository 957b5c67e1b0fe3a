"""Looking: one order, a queue, a list."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.delays import Silence
from domain.history_words import counted
from domain.report import Status
from domain.status import Status as OrderStatus
from starter import door
from starter.errors import BadInput
from starter.money import amount
from store import delays, orders
from store import queue as queues
from store import status as statuses
from store.delays import DelayRecord
from store.queue import ListedOrder, SkuQueue
from store.shop_tables import ShopRow


@dataclass(frozen=True)
class OrderShown:
    """An order, and what its `document` leaves out: dates by SKU, the open question, who paused shipping and why."""

    document: Status
    promised: dict[str, date] = field(default_factory=dict)
    question: DelayRecord | None = None
    pause: dict[str, Any] | None = None
    refused: bool = False

    def show(self, console: Console) -> None:
        order = self.document
        console.print(
            f"[bold]Order {order.order_id}[/] · {order.status} · {order.priority}\n"
            f"placed {order.placed_at:%Y-%m-%d %H:%M} UTC{_promised(order)}",
            highlight=False,
        )
        for part in _lines(order, self.promised):
            console.print(part, highlight=False)
        for text in (*_parcels(order), *self._waits_for(), *_troubles(order), *_happened(order)):
            console.print(text, highlight=False)
        if order.next:
            at = f" on {order.next.at:%Y-%m-%d %H:%M} UTC" if order.next.at else ""
            console.print(
                f"Next: {order.next.what}{at}. {'Can' if order.cancellable else 'Can not'} be cancelled.",
                highlight=False,
            )

    def _waits_for(self) -> Iterator[str]:
        """What somebody else must do before it goes on."""
        if self.question:
            yield from _asked(self.question, self.document.order_id)
        if self.document.status is OrderStatus.ADDRESS_HOLD:
            yield "[yellow]An address is awaited[/]: no parcel can be sent to the one it has"
        if self.document.paused:
            yield f"[yellow]Shipping is paused[/] for the whole shop{_by_whom(self.pause)}"


def _promised(order: Status) -> str:
    """A date, and its lack only where something still waits for one."""
    if order.promised_on:
        return f" · promised {order.promised_on}"
    lacks = order.status.open and any(line.backordered for line in order.lines)
    return " · promised no date yet" if lacks else ""


def _asked(delay: DelayRecord, order_id: str) -> Iterator[str]:
    until = f" by {delay.answer_by}" if delay.answer_by else ""
    offered = f"its new date {delay.offered_on}" if delay.offered_on else "a date that is not known"
    silence = {
        Silence.KEEPS: "without one it waits",
        Silence.CANCELS: "without one it is cancelled",
        Silence.NOTHING: "without one nothing changes",
    }
    yield (
        f"[yellow]An answer is awaited[/]{until} to the delay of {delay.told_at:%Y-%m-%d}, which offers {offered}; "
        f"{silence[delay.silence]}"
    )
    yield f"  backorder consent {order_id} {delay.notice_id} --accept, or --refuse"


def _by_whom(pause: dict[str, Any] | None) -> str:
    if pause is None:
        return ""
    since = datetime.fromisoformat(pause["at"])
    return f" by {escape(pause['by'])} since {since:%Y-%m-%d %H:%M} UTC: {escape(pause['reason'])}"


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


def _lines(order: Status, promised: dict[str, date]) -> Iterator[Table | str]:
    """Each line under its SKU and title, so that neither takes room from its figures."""
    if order.lines:
        yield _figures(heads=True)
    for line in order.lines:
        yield f"{line.sku} {escape(line.title)}"
        figures = _figures(heads=False)
        counts = (line.ordered, line.backordered, line.allocated, line.claimed, line.shipped, line.cancelled)
        day = promised.get(line.sku)
        figures.add_row(*map(str, counts), str(line.queue_position or ""), str(day or ""))
        yield figures


def _figures(*, heads: bool) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=heads)
    for name in ("Ordered", "Backordered", "Allocated", "Claimed", "Shipped", "Cancelled", "Place"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    table.add_column("Promised", no_wrap=True, min_width=10)
    return table


async def status(order_id: str) -> OrderShown:
    async with door.database() as database:
        return await database.aread(shown, order_id, datetime.now(UTC))


def shown(session: Session, order_id: str, now: datetime) -> OrderShown:
    """The order, with what a person must know beside it."""
    document = statuses.status(session, order_id, now)
    lines = orders.state(session, order_id).lines
    told = delays.report(session, order_id).delays if document.status.open else ()
    return OrderShown(
        document,
        {line.sku: line.promised_on for line in lines if line.waits and line.promised_on},
        told[-1] if told and told[-1].accepted is None else None,
        session.scalar(select(ShopRow.paused)) if document.paused else None,
    )


def _table() -> Table:
    """Ids, dates and figures stay whole; only a very long id is folded."""
    return Table(box=None, padding=(0, 1, 0, 0))


@dataclass(frozen=True)
class QueueShown:
    document: SkuQueue
    refused: bool = False

    def show(self, console: Console) -> None:
        queue = self.document
        console.print(
            f"[bold]{queue.sku}[/] {escape(queue.title)}: {queue.on_hand} on hand, {queue.available} available, "
            f"{counted(queue.waiting_units, 'unit')} waiting",
            highlight=False,
        )
        table = _table()
        table.add_column("Place", justify="right", no_wrap=True)
        table.add_column("Order", overflow="fold")
        table.add_column("Priority", no_wrap=True)
        table.add_column("Placed", no_wrap=True)
        for name in ("Ordered", "Back-\nordered", "Allo-\ncated"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("Promised", no_wrap=True)
        for place in queue.places:
            table.add_row(
                str(place.place),
                place.order_id,
                place.priority,
                f"{place.placed_at:%Y-%m-%d}",
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
    ended_too: bool = False
    """Whether there are others, that have ended."""
    refused: bool = False

    def show(self, console: Console) -> None:
        table = _table()
        table.add_column("Order", overflow="fold")
        for name in ("Status", "Placed", "Priority"):
            table.add_column(name, no_wrap=True)
        table.add_column("Units\nopen", justify="right", no_wrap=True)
        table.add_column("Promised", no_wrap=True)
        for order in self.document:
            table.add_row(
                order.order_id,
                order.status,
                f"{order.placed_at:%Y-%m-%d}",
                order.priority,
                str(order.units_open),
                str(order.promised_on or ""),
            )
        console.print(table if self.document else "No open orders." if self.ended_too else "No orders.")
        if self.ended_too:
            hint = "Orders that have ended are not shown: --status completed, cancelled or rejected."
            console.print(hint, highlight=False)


async def listing(status: str | None) -> OrdersShown:
    if status is not None and status not in set(OrderStatus):
        raise BadInput(f"--status: {status} is none of {', '.join(OrderStatus)}")
    async with door.database() as database:
        found = await database.aread(queues.listing, status)
        return OrdersShown(found, status is None and await database.aread(queues.any_ended))
