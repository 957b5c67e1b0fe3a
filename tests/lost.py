"""Orders in every state that an order can be in, and what must become of each when its Temporal is lost."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.changes import Hold, PaymentMethod, Release
from domain.notices import Kind
from domain.state import OrderState
from domain.status import Status
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.payment import PaymentProvider
from tests.scenarios.wishes import HOME, NOWHERE, changed
from tests.shop import PRICE, Books, Shop, eventually, line

DECLINED = "pm_card_chargeDeclined"
SOON = timedelta(days=1)

Reached = Callable[[OrderState], bool]
Act = Callable[[Shop, str], Awaitable[Any]]


class Lost:
    """A provider whose answers about some orders do not arrive: what it is asked for them was done, or was not."""

    def __init__(self, provider: PaymentProvider) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def charge(self, request: Any) -> Any:
        done = await self._provider.charge(request)
        if request.order_id.startswith("placing-"):
            raise OutcomeUnknown("payment", "its answer got lost")
        return done

    async def find(self, attempt: Any) -> Any:
        if attempt.order_id.startswith(("placing-", "refund-")):
            raise GatewayUnavailable("payment", "away")
        return await self._provider.find(attempt)

    async def capture(self, key: str, *rest: Any) -> Any:
        if key.startswith("labelled-"):
            raise GatewayUnavailable("payment", "away")
        return await self._provider.capture(key, *rest)

    async def refund(self, key: str, *rest: Any) -> Any:
        done = await self._provider.refund(key, *rest)
        if key.startswith("refund-"):
            raise OutcomeUnknown("payment", "its answer got lost")
        return done


async def _nothing(_shop: Shop, _order_id: str) -> None:
    """It goes on by itself."""


async def _hold(shop: Shop, order_id: str) -> None:
    await shop.doors.hold(order_id, Hold(reason="a call is awaited", requested_by="support:maria"))


async def _release(shop: Shop, order_id: str) -> None:
    await shop.doors.release(order_id, Release(reason="they called", requested_by="support:maria"))


async def _cancel(shop: Shop, order_id: str) -> None:
    await shop.cancel(order_id)


async def _cancel_one(shop: Shop, order_id: str) -> None:
    await shop.cancel(order_id, lines={sku(order_id): 1})


async def _pay_otherwise(shop: Shop, order_id: str) -> None:
    await shop.doors.change_payment_method(order_id, PaymentMethod(method="pm_card_visa"))


async def _move(shop: Shop, order_id: str) -> None:
    await shop.doors.change_address(order_id, changed(**{name: HOME[name] for name in ("postal_code",)}))


@dataclass(frozen=True)
class Condition:
    """One state: how an order gets there and is known to be, what frees it afterwards, and how it ends.

    `stock`: units that each order of it finds there; of two units ordered.
    """

    reached: Reached
    fields: dict[str, Any]
    ends: Books
    told: tuple[str, ...]
    stock: int = 0
    act: Act = _nothing
    free: Act = _nothing


def sku(order_id: str) -> str:
    """Each state has a product of its own, so that none takes another's units."""
    return f"SKU-{order_id.rpartition('-')[0]}"


def lacking(name: str) -> str:
    """The product that orders of this state wait for: where a part is there, it is a product of its own."""
    return f"SKU-{name}-REST" if CONDITIONS[name].stock == 1 else f"SKU-{name}"


def _lines(order_id: str, condition: Condition) -> list[dict[str, Any]]:
    """Two units; of a part that is there each order finds its own."""
    of = sku(order_id)
    return [line(of, 1), line(f"{of}-REST", 1)] if condition.stock == 1 else [line(of, 2)]


def _told(kind: Kind) -> Reached:
    return lambda order: order.told(kind)


def _is(status: Status) -> Reached:
    return lambda order: order.status is status and order.told(Kind.CONFIRMATION)


SOLD = Books(shipped=2, charged=2 * PRICE)
CONFIRMED = ("confirmation", "shipped")
AT_ORDER = {"timing": "at_order"}

CONDITIONS: dict[str, Condition] = {
    "waiting": Condition(_told(Kind.CONFIRMATION), {}, SOLD, CONFIRMED),
    "vip": Condition(_told(Kind.CONFIRMATION), {"tier": "vip"}, SOLD, CONFIRMED),
    "promised": Condition(lambda order: order.expected_on is not None, {}, SOLD, CONFIRMED),
    "at_order": Condition(_told(Kind.CONFIRMATION), AT_ORDER, SOLD, CONFIRMED),
    "delayed": Condition(
        _told(Kind.DELAY_OPTION),
        {"promised_on": (datetime.now(UTC) + SOON).date().isoformat()},
        SOLD,
        ("confirmation", "delay_option", "shipped"),
    ),
    "payment_hold": Condition(
        _told(Kind.PAYMENT_PROBLEM),
        {"method": DECLINED},
        SOLD,
        ("confirmation", "payment_problem", "shipped"),
        stock=2,
        free=_pay_otherwise,
    ),
    "address_hold": Condition(
        _told(Kind.ADDRESS_PROBLEM),
        {"ship_to": NOWHERE},
        SOLD,
        ("confirmation", "address_problem", "shipped"),
        stock=2,
        free=_move,
    ),
    "held": Condition(_is(Status.HELD), {}, SOLD, CONFIRMED, act=_hold, free=_release),
    "awaiting_choice": Condition(
        _told(Kind.CHOICE), {"fulfilment": "ask"}, SOLD, ("confirmation", "choice", "shipped"), stock=1
    ),
    "partly_shipped": Condition(
        _told(Kind.SHIPPED),
        {"fulfilment": "split"},
        SOLD,
        ("confirmation", "shipped", "shipped"),
        stock=1,
    ),
    "cancelled_in_part": Condition(
        _told(Kind.CANCELLED),
        {},
        Books(shipped=1, cancelled=1, charged=PRICE),
        ("cancelled", "confirmation", "shipped"),
        act=_cancel_one,
    ),
    "labelled": Condition(lambda order: order.shipped_units == 2, {}, SOLD, CONFIRMED, stock=2),
    "refund": Condition(
        lambda order: (
            (order.status is Status.WAITING and order.cancelled_units == 2) or order.refund_due.minor > 0
        ),
        AT_ORDER,
        Books(cancelled=2),
        ("cancelled", "confirmation", "refunded"),
        act=_cancel,
    ),
}
ENDED: dict[str, Condition] = {
    "completed": Condition(lambda order: order.ended_at is not None, {}, SOLD, CONFIRMED, stock=2),
    "cancelled": Condition(
        lambda order: order.ended_at is not None,
        {},
        Books(cancelled=2),
        ("cancelled", "confirmation"),
        act=_cancel,
    ),
}


async def place(shop: Shop, order_id: str, condition: Condition) -> None:
    await shop.place(order_id, lines=_lines(order_id, condition), **dict(condition.fields))


async def bring(shop: Shop, order_id: str, condition: Condition, within: float) -> None:
    """Have an order that was placed get where it shall be."""
    if condition.act is not _nothing:
        await eventually(lambda: shop.state(order_id).told(Kind.CONFIRMATION), order_id, within)
        await condition.act(shop, order_id)
    await eventually(lambda: condition.reached(shop.state(order_id)), order_id, within)


async def starts(shop: Shop) -> AsyncIterator[str]:
    """The order of each workflow that this server has ever had."""
    async for one in shop.client.list_workflows("WorkflowType = 'BackorderWorkflow'"):
        yield one.id.removeprefix("backorder-")
