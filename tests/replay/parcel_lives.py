"""Lives of choices, holds, settlements, changed addresses and hand-overs; each function plays one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.changes import AddressChange, How, PaymentMethod, QuantityChange, Settlement
from domain.choice import Choice, Wish
from domain.notices import Kind
from domain.order import Fulfilment
from domain.parcel import ParcelStage
from domain.policy import Policy, ShippedWhen
from store import catalog
from tests.replay.life import Life

HERE = AddressChange(
    name="Ada Jensen",
    street="14 Harbour Street",
    city="Portland",
    region="OR",
    postal_code="97201",
    country="US",
)
NOWHERE = {**HERE.address.model_dump(), "postal_code": "00000"}


async def _asked(life: Life) -> None:
    await life.receive(3)
    await life.place(5, fulfilment="ask")
    await life.until(lambda order: order.told(Kind.CHOICE))


async def asked_and_split(life: Life) -> None:
    await _asked(life)
    await life.shop.doors.choose(life.name, Choice(choice=Wish.SPLIT))
    await life.until(lambda order: order.told(Kind.SHIPPED))
    await life.receive(2)
    await life.ends()


async def asked_and_silent(life: Life) -> None:
    await _asked(life)
    await life.shop.pass_days(3.5)
    await life.until(lambda order: order.fulfilment is Fulfilment.TOGETHER)
    await life.receive(2)
    await life.ends()


async def asked_and_cancelled(life: Life) -> None:
    await _asked(life)
    await life.shop.doors.choose(life.name, Choice(choice=Wish.CANCEL))
    await life.ends()


async def bank_asks(life: Life) -> None:
    """The bank wants to hear from the customer; another method pays."""
    await life.receive(2)
    await life.place(method="pm_card_authenticationRequired")
    await life.until(lambda order: order.told(Kind.PAYMENT_AUTHENTICATION))
    await life.shop.doors.change_payment_method(life.name, PaymentMethod(method="pm_card_visa"))
    await life.ends()


async def _unpaid(life: Life) -> None:
    await life.receive(2)
    await life.place(method="pm_card_captureFails")
    await life.until(lambda order: order.told(Kind.PAYMENT_PROBLEM))


async def written_off(life: Life) -> None:
    await _unpaid(life)
    wish = Settlement(parcel=1, how=How.WRITTEN_OFF, reason="small")
    await life.shop.doors.settle(life.name, wish)
    await life.ends()


async def stopped(life: Life) -> None:
    await _unpaid(life)
    await life.shop.place(f"behind-{life.name}", 2, lines=[_line(life)])
    await life.shop.doors.settle(life.name, Settlement(parcel=1, how=How.STOPPED, reason="at the dock"))
    await life.ends()
    await life.shop.ended(f"behind-{life.name}")


async def paid_after_it_left(life: Life) -> None:
    await _unpaid(life)
    await life.shop.doors.change_payment_method(life.name, PaymentMethod(method="pm_card_visa"))
    await life.ends()


async def delivered_elsewhere(life: Life) -> None:
    """No carrier goes to its address, until it has another one."""
    await life.receive(2)
    await life.place(ship_to=NOWHERE)
    await life.until(lambda order: order.told(Kind.ADDRESS_PROBLEM))
    await life.shop.doors.change_address(life.name, HERE)
    await life.ends()


async def fewer_units(life: Life) -> None:
    await life.place(5)
    await life.waits()
    await life.shop.doors.change_quantity(life.name, QuantityChange(sku=life.sku, quantity=3))
    await life.receive(3)
    await life.ends()


@asynccontextmanager
async def _handed_over(life: Life) -> AsyncIterator[None]:
    """The shop's policy while an order is placed."""
    now = await life.shop.now()
    handed_over = Policy(shipped_when=ShippedWhen.HANDED_OVER)
    life.shop.database.write(catalog.load_policy, handed_over, now)
    yield
    life.shop.database.write(catalog.load_policy, Policy(), now)


async def _ready(life: Life, method: str = "pm_card_visa") -> None:
    await life.receive(2)
    async with _handed_over(life):
        await life.place(method=method)
    await life.until(lambda order: any(p.stage is ParcelStage.READY for p in order.parcels))


async def handed_over(life: Life) -> None:
    await _ready(life)
    await life.handle.signal("parcel_handed_over", 1)
    await life.ends()


async def ready_and_cancelled(life: Life) -> None:
    await _ready(life)
    await life.cancel()
    await life.ends()


async def ready_and_readdressed(life: Life) -> None:
    await _ready(life)
    await life.shop.doors.change_address(life.name, HERE)
    await life.until(lambda order: order.parcels[0].stage is ParcelStage.READY)
    await life.handle.signal("parcel_handed_over", 7)
    await life.handle.signal("parcel_handed_over", 1)
    await life.ends()


def _line(life: Life) -> dict[str, object]:
    return {"sku": life.sku, "title": life.sku, "quantity": 2, "unit_price_minor": 500}


PARCELS = (
    asked_and_split,
    asked_and_silent,
    asked_and_cancelled,
    bank_asks,
    written_off,
    stopped,
    paid_after_it_left,
    delivered_elsewhere,
    fewer_units,
    handed_over,
    ready_and_cancelled,
    ready_and_readdressed,
)
