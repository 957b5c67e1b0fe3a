"""Events for the order system: those on their way, those that were given up, and once more."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from domain.errors import UnknownEvent
from domain.history_words import counted
from starter.errors import BadInput
from starter.web.room import form
from starter.web.room.room import Room
from starter.web.room.session import PATH
from store import events

_SHOWN = 100


def add(routes: APIRouter, room: Room) -> None:
    @routes.get("/events")
    async def show_events(request: Request) -> Response:
        who = room.operations(request)
        return room.page(request, who, "events.html", **await _events(room, dict(request.query_params)))

    @routes.post("/events/resend")
    async def resend(request: Request) -> Response:
        """One event, or with none named all dead ones."""
        who = room.operations(request)
        event_id = form.written((await form.fields(request)).get("event"))
        ids = [event_id] if event_id else None
        try:
            count = await room.house.database.awrite(events.resend, ids, who.by, room.house.now())
        except UnknownEvent as unknown:
            return room.back(f"{PATH}/events", f"Refused: {unknown}", "bad")
        said = f"{counted(count, 'event')} will be sent again."
        return room.back(f"{PATH}/events{'' if event_id else '?state=dead'}", said)


async def _events(room: Room, asked: dict[str, str]) -> dict[str, Any]:
    before = asked.get("before")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) < _DIGITS):
        raise BadInput("before: this is no page of the events")
    dead = asked.get("state") == "dead"
    found = await room.house.database.aread(
        events.listing, dead=dead, before=int(before) if before else None, limit=_SHOWN + 1
    )
    more = (
        {**({"state": "dead"} if dead else {}), "before": str(found[_SHOWN - 1].number)}
        if found[_SHOWN:]
        else None
    )
    return {
        "events": found[:_SHOWN],
        "dead": dead,
        "following": f"?{urlencode(more)}" if more else "",
        "told": room.house.settings.webhook_url is not None,
    }


_DIGITS = 19
"""Of numbers that a database still counts."""
