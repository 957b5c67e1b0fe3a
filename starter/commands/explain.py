"""Why an order stands where it stands, to be read to a customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from domain.explanation import Ahead, Event, ExplainedLine, Explanation
from domain.history_words import by_hand, counted, named
from starter import door
from store.explain import explain as question

_SHOWN = 40
"""Rows of one history that a person still reads."""


@dataclass(frozen=True)
class Explained:
    document: Explanation
    refused: bool = False

    def show(self, console: Console) -> None:
        order = self.document
        console.print(_head(order), highlight=False)
        for reason in order.reasons:
            console.print(f"Not accepted: {escape(reason)}", highlight=False)
        if order.reasons and not order.lines:
            console.print("It never had a place in a queue.")
        for line in order.lines:
            console.print()
            for sentence in _sentences(line):
                console.print(sentence, highlight=False)
            console.print(_history(line.history))


def _head(order: Explanation) -> str:
    ended = f"ended {_moment(order.ended_at)}" if order.ended_at else ""
    promised = f"promised for {order.promised_on}" if order.promised_on else "no date promised yet"
    return (
        f"[bold]Order {order.order_id}[/] · {order.status} · {named(order.priority)}\n"
        f"placed {_moment(order.placed_at)} · {ended or promised}"
    )


def _sentences(line: ExplainedLine) -> Iterator[str]:
    yield f"[bold]{line.ordered} × {line.sku}[/] {escape(line.title)}: {_units(line)}"
    if line.place is None:
        yield "It waits in no queue any more."
        return
    yield f"Place {line.place} of {line.queue_length}. {_ahead(line)}"
    yield _decided(line)


def _units(line: ExplainedLine) -> str:
    counts = {
        "shipped": line.shipped,
        "packed": line.claimed,
        "set aside for it": line.allocated,
        "still needed": line.backordered,
        "cancelled": line.cancelled,
    }
    return ", ".join(f"{units} {what}" for what, units in counts.items() if units)


def _ahead(line: ExplainedLine) -> str:
    groups = ", ".join(_group(one) for one in line.ahead)
    return f"Ahead: {groups}." if groups else "Nobody is ahead."


def _group(ahead: Ahead) -> str:
    orders = counted(ahead.orders, f"{named(ahead.priority)} order")
    return f"{orders} ({counted(ahead.units, 'unit') if ahead.units else 'no units'} needed)"


def _decided(line: ExplainedLine) -> str:
    """What decides the place: the earliest of these moments comes first."""
    head_start = f"{counted(line.head_start_days, 'day')} of head start as {named(line.priority)}"
    moved = f"moved by hand {by_hand(line.by_hand)}" if line.by_hand else ""
    shifts = [*([head_start] if line.head_start_days else []), *([escape(moved)] if moved else [])]
    if not shifts:
        return "Its place counts from the moment it was placed; it has no head start."
    return f"Its place counts from {_moment(line.queue_at)}: placed {_moment(line.placed_at)}, {', '.join(shifts)}."


def _history(events: tuple[Event, ...]) -> Table:
    """All of it, or of a long one its beginning and what came last."""
    right = [Column(name, justify="right") for name in ("Units", "Needs", "Place")]
    table = Table("When (UTC)", "What happened", *right, box=None, padding=(0, 1, 0, 0))
    left_out = len(events) - _SHOWN
    for number, event in enumerate(events):
        if left_out > 1 and number == 1:
            table.add_row("…", f"{left_out} more, all of them with --json")
        if left_out <= 1 or not 1 <= number <= left_out:
            table.add_row(*_row(event))
    return table


def _row(event: Event) -> tuple[str, ...]:
    return (
        f"{event.at:%Y-%m-%d %H:%M}",
        escape(event.words),
        f"{event.units:+}" if event.units else "",
        str(event.needs),
        str(event.place or "-"),
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


async def explain(order_id: str) -> Explained:
    async with door.database() as database:
        return Explained(database.read(question, order_id))
