"""What the Temporal Web UI shows of an order: search attributes and a readable summary."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from domain.life import Wait
    from domain.state import OrderState
    from workflows.messages import CUSTOMER, PLACED, PRIORITY, PROMISED, SKUS, STATUS


@dataclass(frozen=True)
class Shown:
    """What the search attributes say already."""

    status: str
    promised_on: str


def show(state: OrderState, shown: Shown | None, wait: Wait | None = None) -> Shown:
    """Renew the summary; touch the search attributes only where they changed, for each touch costs an action."""
    workflow.set_current_details(details(state, wait))
    now = Shown(status=state.status, promised_on=str(state.promised_on))
    if now != shown:
        updates: list[SearchAttributeUpdate[Any]] = [STATUS.value_set(state.status)]
        if state.promised_on:
            updates.append(PROMISED.value_set(datetime.combine(state.promised_on, time(), UTC)))
        if shown is None:
            updates.extend(_fixed(state))
        workflow.upsert_search_attributes(updates)
    return now


def _fixed(state: OrderState) -> list[SearchAttributeUpdate[Any]]:
    return [
        CUSTOMER.value_set(state.customer_id),
        SKUS.value_set([line.sku for line in state.lines]),
        PRIORITY.value_set(state.priority),
        PLACED.value_set(state.placed_at),
    ]


def details(state: OrderState, wait: Wait | None) -> str:
    """The order in a few lines of Markdown, without personal data."""
    units = [
        f"- **{line.sku}**: {line.ordered} ordered, {line.backordered} backordered, {line.allocated} allocated, "
        f"{line.claimed} claimed, {line.shipped} shipped, {line.cancelled} cancelled"
        for line in state.lines
    ]
    parcels = [
        f"- Parcel {p.number}: {p.stage}" + (f", {p.carrier} {p.tracking}" if p.tracking else "")
        for p in state.parcels
    ]
    rests = [f"- Out of reach: {rest.what}, tried {rest.failures} times" for rest in state.rests]
    head = [f"**{state.status}** · promised {state.promised_on or 'no date yet'} · {state.priority}", ""]
    unread = [f"- {state.unreadable} message(s) could not be read"] if state.unreadable else []
    return "\n".join([*head, *units, *parcels, *rests, *unread, *_next(wait)])


def _next(wait: Wait | None) -> list[str]:
    if wait is None:
        return []
    until = f", {wait.until:%Y-%m-%d %H:%M} UTC" if wait.until else ""
    return ["", f"Next: {wait.what}{until}"]
