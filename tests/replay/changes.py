"""Inventory changes whose histories are kept; the change's id is the life's name, and so is its order's."""

from contextlib import suppress

from domain.notices import Kind
from starter.errors import Refusal
from tests.replay.life import Life, failed
from workflows.messages import INVENTORY_CHANGE


async def received(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.changes("received", quantity=3)
    await life.ends()


async def received_twice(life: Life) -> None:
    """The second one, with another body under the same id, is refused."""
    await life.changes("received", quantity=3)
    with suppress(Refusal):
        await life.changes("received", quantity=4)


async def adjusted(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.changes("adjusted", quantity=1, reason="found one more")
    await life.until(lambda order: order.told(Kind.SHIPPED))


async def inbound(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.changes("inbound", quantity=9, inbound_id="PO-1", eta=(await life.shop.now()).date())
    await life.cancel()
    await life.ends()


async def malformed_change(life: Life) -> None:
    handle = await life.starts({"change_id": life.name, "kind": "stolen"}, INVENTORY_CHANGE)
    await failed(handle)


async def another_changes_id(life: Life) -> None:
    """A body that belongs to another workflow id."""
    at = (await life.shop.now()).isoformat()
    body = {"change_id": f"not-{life.name}", "kind": "received", "happened_at": at}
    handle = await life.starts(body | {"lines": [{"sku": life.sku, "quantity": 1}]}, INVENTORY_CHANGE)
    await failed(handle)


CHANGES = (received, received_twice, adjusted, inbound, malformed_change, another_changes_id)
