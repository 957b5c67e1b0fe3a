"""What the Temporal Web UI shows of an order: search attributes and a readable summary."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributePair, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from domain.parcel import ParcelState
    from domain.state import OrderState, Rest
    from domain.steps import Wait
    from workflows.messages import CUSTOMER, PLACED, PRIORITY, PROMISED, SKUS, STATUS


def show(state: OrderState, wait: Wait | None = None) -> None:
    """Renew the summary; touch the search attributes only where they changed, for each touch costs an action."""
    workflow.set_current_details(details(state, wait))
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
    yield SearchAttributePair(SKUS, [line.sku for line in state.lines])
    yield SearchAttributePair(PRIORITY, state.priority.value)
    yield SearchAttributePair(PLACED, state.placed_at)


def details(state: OrderState, wait: Wait | None) -> str:
    """The order in a few lines of Markdown, without personal data."""
    units = [
        f"- **{line.sku}**: {line.ordered} ordered, {line.backordered} backordered, {line.allocated} allocated, "
        f"{line.claimed} claimed, {line.shipped} shipped, {line.cancelled} cancelled"
        for line in state.lines
    ]
    parcels = [_parcel(parcel) for parcel in state.parcels]
    rests = [_rest(rest) for rest in state.rests]
    disputes = [
        f"- **Disputed**: {one.amount_minor} {one.currency} minor units, {one.reference}"
        for one in state.disputes
    ]
    head = [f"**{state.status}** · promised {state.promised_on or 'no date yet'} · {state.priority}", ""]
    unread = [f"- {state.unreadable} message(s) could not be read"] if state.unreadable else []
    return "\n".join([*head, *_stopped(state), *units, *parcels, *rests, *disputes, *unread, *_next(wait)])


def _stopped(state: OrderState) -> list[str]:
    """Why nothing of it ships, though it could; not the reason, which may name somebody."""
    held = [f"- **Held** by {state.held.by} since {state.held.at:%Y-%m-%d %H:%M} UTC"] if state.held else []
    if state.law_hold_until:
        held.append(
            f"- **Past its legal deadline**: the law decides at {state.law_hold_until:%Y-%m-%d %H:%M} UTC"
        )
    return [*held, *(["- **Shipping is paused** for the whole shop"] if state.paused else [])]


def _parcel(parcel: ParcelState) -> str:
    """How far it is, and what holds it up."""
    said = [f"- Parcel {parcel.number}: {parcel.stage}"]
    if parcel.tracking:
        said.append(f"{parcel.carrier} {parcel.tracking}")
    if parcel.payment_wanted:
        said.append(f"payment declined ({parcel.decline_code or 'no reason given'})")
    if parcel.address_refused and parcel.undoable:
        said.append("no carrier delivers to its address")
    if parcel.settled:
        said.append(f"settled: {parcel.settled}")
    return ", ".join(said)


def _rest(rest: Rest) -> str:
    if rest.refused:
        return f"- **Refused**: {rest.what}, {rest.refused}: a person must look"
    return f"- Out of reach: {rest.what}, tried {rest.failures} times"


def _next(wait: Wait | None) -> list[str]:
    if wait is None:
        return []
    until = f", {wait.until:%Y-%m-%d %H:%M} UTC" if wait.until else ""
    return ["", f"Next: {wait.what}{until}"]
