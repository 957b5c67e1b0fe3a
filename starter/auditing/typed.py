"""An inventory change as the command that sends it."""

import shlex
from collections.abc import Iterator

from temporalio.client import Client
from temporalio.service import RPCError

from domain.inventory import ChangeKind, ChangeLine, InventoryChange
from starter.auditing.temporal import reaching
from workflows.codec import Unreadable
from workflows.messages import inventory_workflow_id


async def as_typed(client: Client, change_id: str) -> str | None:
    """What to type to send a change again whose workflow was stopped; None where its input can't be read."""
    with reaching():
        history = client.get_workflow_handle(inventory_workflow_id(change_id)).fetch_history_events(
            page_size=1
        )
        first = await anext(history)
    payloads = first.workflow_execution_started_event_attributes.input.payloads
    try:
        (change,) = await client.data_converter.decode(payloads, [InventoryChange])
    except (ValueError, RuntimeError, RPCError, Unreadable):
        return None
    one_word = isinstance(change, InventoryChange) and len({_of_supply(line) for line in change.lines}) == 1
    return shlex.join(["backorder", *_words(change)]) if one_word else None


def _of_supply(line: ChangeLine) -> tuple[object, ...]:
    """What a command says once, for all its lines."""
    return line.inbound_id, line.eta, line.supplier, line.cancelled


def _words(change: InventoryChange) -> Iterator[str]:
    line = change.lines[0]
    units = [f"{one.sku}={one.quantity}" for one in change.lines]
    match change.kind:
        case ChangeKind.DISCONTINUED:
            yield from ("discontinue", *change.skus)
        case ChangeKind.INBOUND:
            yield from ("inbound", line.inbound_id or "", *(["--cancel"] if line.cancelled else units))
            yield from ("--eta", f"{line.eta}") if line.eta else ()
            yield from ("--supplier", line.supplier) if line.supplier else ()
        case ChangeKind.ADJUSTED:
            yield from ("adjust", *units, "--reason", change.reason or "counted")
        case ChangeKind.RECEIVED:
            yield from ("receive", *units)
            yield from ("--inbound", line.inbound_id) if line.inbound_id else ()
    yield from ("--id", change.change_id)
