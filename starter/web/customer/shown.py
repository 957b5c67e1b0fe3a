"""Where an order stands, as its customer sees it."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain import waiting
from domain.model import Instant, Model
from domain.offers import Offers
from domain.state import OrderState
from domain.status import Status
from store.order_page import OrderPage


class Reached(StrEnum):
    """How far a step of the journey is."""

    DONE = "done"
    PART = "part"
    NOW = "now"
    LATER = "later"


class Step(Model):
    """One step of the journey from placed to shipped; `units` of `total` have come so far."""

    name: str
    reached: Reached
    day: date | Instant | None = None
    place: int | None = None
    units: int = 0
    total: int = 0


def headline(state: OrderState, offers: Offers) -> str:
    """The name of the one sentence that comes first: what is asked, else where the order stands."""
    if offers.questions:
        return offers.questions[0].about.value
    if state.status in {Status.PLACING, Status.REJECTED, Status.COMPLETED}:
        return state.status.value
    if _is_cancelled(state):
        return Status.CANCELLED.value
    if state.shipped_units:
        return "partly_shipped" if state.open_units else "completed"
    return "waiting" if _waits(state) else "packing"


def steps(page: OrderPage) -> tuple[Step, ...]:
    """Placed, waiting, packed, shipped; or placed, and how it ended."""
    state = page.state
    placed = Step(name="placed", reached=Reached.DONE, day=state.placed_at)
    if state.status is Status.PLACING:
        return (placed,)
    if state.status is Status.REJECTED or _is_cancelled(state):
        name = Status.REJECTED if state.status is Status.REJECTED else Status.CANCELLED
        return placed, Step(name=name.value, reached=Reached.DONE, day=state.ended_at)
    return placed, _waiting(page), _packed(state), _shipped(state)


def today(state: OrderState, now: datetime) -> date:
    """The shop's day."""
    return now.astimezone(ZoneInfo(state.time_zone)).date()


def is_late(state: OrderState, now: datetime) -> bool:
    """Whether the date that was told has passed."""
    return state.promised_on is not None and state.promised_on < today(state, now) and _waits(state)


def warned_on(state: OrderState, now: datetime) -> date | None:
    """The day on which a wait that got too long ends the order; known once its customer was told."""
    ends = waiting.warned_of(state) if state.status.open else None
    return ends.astimezone(ZoneInfo(state.time_zone)).date() if ends and ends > now else None


def _is_cancelled(state: OrderState) -> bool:
    """Whole; it stays open until its money is back and its customer has heard."""
    return not state.open_units and not state.shipped_units


def _waits(state: OrderState) -> bool:
    return state.waits_for_a_date


def _waiting(page: OrderPage) -> Step:
    state = page.state
    was_short = state.decision is not None and state.decision.backordered
    name = "waiting" if was_short or state.backordered_units else "in_stock"
    if not _waits(state):
        return Step(name=name, reached=Reached.DONE)
    places = list(_places(page))
    return Step(
        name="waiting",
        reached=Reached.NOW,
        day=state.promised_on,
        place=places[0] if len(places) == 1 else None,
    )


def _places(page: OrderPage) -> Iterator[int]:
    for line in page.state.lines:
        place = page.places.get(line.sku)
        if line.backordered and place is not None:
            yield place


def _packed(state: OrderState) -> Step:
    claimed = sum(line.claimed for line in state.lines)
    here = claimed + state.allocated_units
    if not state.open_units:
        return Step(name="packed", reached=Reached.DONE)
    if claimed or (here and not _waits(state)):
        return Step(name="packed", reached=Reached.NOW)
    if here or state.shipped_units:
        return Step(name="packed", reached=Reached.PART, units=here, total=state.open_units if here else 0)
    return Step(name="packed", reached=Reached.LATER)


def _shipped(state: OrderState) -> Step:
    sent = (parcel.shipped_at for parcel in state.parcels if parcel.sent and parcel.shipped_at)
    left = max(sent, default=None)
    if not state.shipped_units:
        return Step(name="shipped", reached=Reached.LATER)
    total = state.shipped_units + state.open_units
    reached = Reached.PART if state.open_units else Reached.DONE
    return Step(name="shipped", reached=reached, day=left, units=state.shipped_units, total=total)
