"""What a receipt would do, without touching anything."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from domain.policy import HeadStart
from starter import door
from starter.errors import BadInput
from store.whatif import Answer, WhatIf, play


@dataclass(frozen=True)
class Played:
    document: Answer
    refused: bool = False

    def show(self, console: Console) -> None:
        found = self.document
        console.print(
            f"{found.units} × {found.sku}: {found.handed_out} handed out, {found.left_over} left over. "
            "Nothing was changed."
        )
        served = Table("Order", "Class", "Gets", "Needs still", box=None)
        for one in found.served:
            served.add_row(one.order_id, one.priority, str(one.units), str(one.still_needs))
        moved = Table("Order", "Promised", "Would be", box=None)
        for promise in found.promises:
            moved.add_row(
                promise.order_id, *(str(day or "no date") for day in (promise.was, promise.will_be))
            )
        places = Table("Order", "Place", "Would be", box=None)
        for place in found.places:
            places.add_row(place.order_id, str(place.was), str(place.will_be))
        for table in (served, moved, places):
            if table.row_count:
                console.print(table)


async def what_if(
    sku: str, units: int, on: str | None, inbound_id: str | None, head_starts: list[str]
) -> Played:
    zone = door.settings().time_zone
    question = WhatIf(
        sku=sku,
        units=units,
        at=_moment(on, zone),
        inbound_id=inbound_id,
        head_start=dict(_head_start(one) for one in head_starts),
        time_zone=zone,
    )
    async with door.database() as database:
        return Played(database.rehearse(play, question))


def _moment(on: str | None, zone: str) -> datetime:
    if on is None:
        return datetime.now(UTC)
    try:
        return datetime.combine(date.fromisoformat(on), time(12), ZoneInfo(zone))
    except ValueError:
        raise BadInput(f"--on: {on} is no date, as 2026-02-01") from None


def _head_start(text: str) -> tuple[str, int]:
    name, _, days = text.partition("=")
    if name not in HeadStart.model_fields or not days.isdecimal():
        known = ", ".join(HeadStart.model_fields)
        raise BadInput(f"--head-start: {text}: write it as vip=10; there are {known}")
    return name, int(days)
