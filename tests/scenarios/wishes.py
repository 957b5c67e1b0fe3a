"""What is wished of an order, and the ways in which it gets there."""

from typing import Any

from temporalio.client import WorkflowUpdateHandle, WorkflowUpdateStage

from domain.cancellation import CancellationOutcome
from domain.changes import AddressChange
from tests.shop import SKU, Shop

WAYS = ("signal", "update", "native")

Update = WorkflowUpdateHandle[CancellationOutcome]

HOME = {
    "name": "Ada Jensen",
    "street": "14 Harbour Street",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}
NOWHERE = HOME | {"postal_code": "00000"}


async def ask(shop: Shop, order_id: str, way: str, units: int | None = None) -> Update | None:
    lines = [{"sku": SKU, "quantity": units}] if units else None
    wish = {"cancellation_id": f"wish-{order_id}", "reason": "changed_mind", "lines": lines}
    return await send(shop, order_id, way, wish)


async def send(shop: Shop, order_id: str, way: str, wish: dict[str, Any]) -> Update | None:
    """Have Temporal take the wish to cancel; an update's handle, to ask for the answer later."""
    handle = shop.handle(order_id)
    if way == "native":
        await handle.cancel()
    elif way == "signal":
        await handle.signal("cancel", wish)
    else:
        return await handle.start_update(
            "request_cancellation",
            wish,
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            result_type=CancellationOutcome,
        )
    return None


def changed(**fields: str) -> AddressChange:
    return AddressChange.model_validate(HOME | fields)
