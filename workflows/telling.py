"""What the Temporal Web UI shows of an order: search attributes and a readable summary."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributePair, SearchAttributeUpdate

from domain.next_words import comes
from domain.parcel import ParcelState
from domain.state import LineState, OrderState
from domain.steps import Wait
from domain.waiting_words import contents, moment, waits_for
from workflows.messages import CUSTOMER, PLACED, PRIORITY, PROMISED, SKUS, STATUS, searchable

_MOST = 20
"""Entries of a list: the Web UI carries the text in a URL."""


def show(state: OrderState, wait: Wait | None = None) -> None:
    """Renew the summary; touch the search attributes only where they changed, for each touch costs an action."""
    workflow.set_current_details(details(state, wait, workflow.now()))
    there = workflow.info().typed_search_attributes
    changes: list[SearchAttributeUpdate[Any]] = [
        pair.key.value_set(pair.value) for pair in _attributes(state) if there.get(pair.key) != pair.value
    ]
    if state.edition > 1 and state.promised_on is None and there.get(PROMISED) is not None:
        changes.append(PROMISED.value_unset())  # before this edition a promise was never lost
    if changes:
        workflow.upsert_search_attributes(changes)


def _attributes(state: OrderState) -> Iterator[SearchAttributePair[Any]]:
    yield SearchAttributePair(STATUS, state.status.value)
    if state.promised_on:
        yield SearchAttributePair(PROMISED, datetime.combine(state.promised_on, time(), UTC))
    yield SearchAttributePair(CUSTOMER, state.customer_id)
    yield SearchAttributePair(SKUS, searchable(line.sku for line in state.lines))
    yield SearchAttributePair(PRIORITY, state.priority.value)
    yield SearchAttributePair(PLACED, state.placed_at)


def details(state: OrderState, wait: Wait | None, now: datetime) -> str:
    """The order in some lines of Markdown, without personal data."""
    promised = f"promised {state.promised_on}" if state.promised_on else "no date promised"
    parts = (
        [f"**{state.status}** · {promised} · priority {state.priority}"],
        _listed("Waits for", waits_for(state, now)),
        _next(state, wait),
        _listed("Units", map(_line, state.lines)),
        _listed("Parcels", map(_parcel, state.parcels)),
        _listed("To look at", _to_look_at(state)),
    )
    return "\n\n".join("\n".join(part) for part in parts if part)


def _listed(title: str, entries: Iterable[str]) -> list[str]:
    """What matters most comes first; the rest of a long list is counted."""
    every = [f"- {entry}" for entry in entries]
    more = [f"- and {len(every) - _MOST} more"] if len(every) > _MOST else []
    return [f"**{title}**", *every[:_MOST], *more] if every else []


def _next(state: OrderState, wait: Wait | None) -> list[str]:
    if wait is None:
        return []
    until = f", {moment(wait.until, state.time_zone)}" if wait.until else ""
    return [f"**Next**: {comes(state, wait)}{until}"]


def _line(line: LineState) -> str:
    """Where its units are; nothing of where none are."""
    places = {name: getattr(line, name) for name in _PLACES}
    there = [f"{units} {place}" for place, units in places.items() if units]
    return f"**{line.sku}**: {line.ordered} ordered: {', '.join(there)}"


_PLACES = ("shipped", "claimed", "allocated", "backordered", "cancelled")


def _parcel(parcel: ParcelState) -> str:
    """What is in it, how far it is, and what holds it up."""
    said = [f"Parcel {parcel.number}: {contents(parcel.lines)}: {parcel.stage}"]
    if parcel.tracking:
        said.append(f"{parcel.carrier} {parcel.tracking}")
    if parcel.payment_wanted:
        said.append(f"payment declined ({parcel.decline_code or 'no reason given'})")
    if parcel.address_refused and parcel.undoable:
        said.append("no carrier delivers to its address")
    if parcel.settled:
        said.append(f"settled: {parcel.settled}")
    return ", ".join(said)


def _to_look_at(state: OrderState) -> Iterator[str]:
    for one in state.disputes:
        yield f"The customer's bank disputes {one.amount_minor} {one.currency} minor units, {one.reference}"
    if state.unreadable:
        yield f"{state.unreadable} message(s) could not be read"
