"""Events for the order system: what became of them, and sending them again."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from starter import door
from starter.door import Said
from starter.errors import BadInput
from store import events
from store.events import EventState, ListedEvent

_COLOURS = {EventState.PENDING: "yellow", EventState.DELIVERED: "green", EventState.DEAD: "red"}


@dataclass(frozen=True)
class EventsShown:
    document: list[ListedEvent]
    refused: bool = False

    def show(self, console: Console) -> None:
        if not self.document:
            console.print("No events.")
            return
        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column("Event", overflow="fold")
        table.add_column("At (UTC)", no_wrap=True)
        table.add_column("Tries", justify="right", no_wrap=True)
        table.add_column("State", overflow="fold")
        for event in self.document:
            table.add_row(
                f"{event.type}\n[dim]{escape(event.event_id)}[/]",
                f"{event.at:%Y-%m-%d %H:%M}",
                str(event.attempts),
                _became(event),
            )
        console.print(table, highlight=False)


def _became(event: ListedEvent) -> str:
    state = f"[{_COLOURS[event.state]}]{event.state}[/]"
    if event.error is None:
        return state
    again = f", again {event.next_at:%d %H:%M}" if event.next_at else ""
    return f"{state}: {escape(event.error)}{again}"


async def listing(order_id: str | None, *, dead: bool) -> EventsShown:
    async with door.database() as database:
        return EventsShown(await database.aread(events.listing, stream=order_id, dead=dead))


async def resend(event_ids: list[str], by: str, *, dead: bool) -> Said:
    if dead == bool(event_ids):
        raise BadInput("EVENT_ID…: name events, or say --dead for all that are dead")
    async with door.database() as database:
        count = await database.awrite(events.resend, None if dead else event_ids, by, datetime.now(UTC))
    were = "event is" if count == 1 else "events are"
    return Said({"resent": count}, f"{count} {were} sent again at once.")
