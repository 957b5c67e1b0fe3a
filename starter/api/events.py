"""Events for the order system: what became of sending them, and sending them again."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from domain.model import Id, Model
from starter.api.auth import needs
from starter.api.described import answers
from starter.api.doors import Door
from starter.api.orders import READ
from starter.api.pages import After, Limit, Page, cursor, place
from starter.limits import BadFields
from starter.tokens import Holder, Scope
from starter.web.house import House
from store import events
from store.events import ListedEvent

_OMS = (Scope.OMS,)

EventId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._:~-]{1,300}$", description="As in `webhook-id`.")]


class Events(Page[ListedEvent]):
    """One page of events."""


class Resent(Model):
    """How many events are sent again."""

    resent: int


class _Number(Model):
    """Where an event stands among all."""

    number: Annotated[int, Query(ge=1, lt=2**63)]


@dataclass(frozen=True)
class Which:
    """Which events."""

    dead: Annotated[bool, Query(description="Only those that are not sent any more.")] = False
    order_id: Id | None = None
    sku: Id | None = None

    @property
    def stream(self) -> str | None:
        """What they are about.

        Raises:
            BadFields: an order and a SKU at once.
        """
        if self.sku is None:
            return self.order_id
        if self.order_id is not None:
            raise BadFields([{"field": "sku", "problem": "an event is about an order or a SKU"}])
        return events.of_sku(self.sku)


def router(house: House) -> APIRouter:
    """The webhook's ledger."""
    doors = APIRouter(tags=["events"], route_class=Door)
    _look(doors, house)
    _resend(doors, house)
    return doors


def _look(doors: APIRouter, house: House) -> None:
    @doors.get(
        "/events",
        summary="List events",
        dependencies=[Depends(needs(house, *READ))],
        responses=answers("events", scopes=READ),
    )
    async def listing(which: Annotated[Which, Depends()], limit: Limit = 50, after: After = None) -> Events:
        """Events for the order system, the newest first, and how far each has come: `pending`, `delivered` or `dead`."""
        before = place(_Number, after)
        found = await house.database.aread(
            events.listing,
            stream=which.stream,
            dead=which.dead,
            before=before.number if before else None,
            limit=limit + 1,
        )
        shown = tuple(found[:limit])
        last = _Number(number=shown[-1].number) if len(found) > limit else None
        return Events(items=shown, next=cursor(last))


def _resend(doors: APIRouter, house: House) -> None:
    says = answers("resent", scopes=_OMS, fails=(404,))

    @doors.post("/events/{event_id}/resend", summary="Send an event again", responses=says)
    async def resend(event_id: EventId, holder: Annotated[Holder, Depends(needs(house, *_OMS))]) -> Resent:
        """Send it again at once, whatever became of it before; who receives events knows one again by its id."""
        count = await house.database.awrite(events.resend, [event_id], holder.by, house.now())
        return Resent(resent=count)
