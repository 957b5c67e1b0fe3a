"""Lives whose histories are kept: each function plays one; the order's id is the life's name."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.errors import UnknownOrder
from domain.notices import Kind
from starter.errors import Refusal
from tests.replay.life import Life, failed
from tests.shop import eventually, line

DECLINED = "pm_card_chargeDeclined"
LONG = 2_100
"""Signals, so that a history is cut: each is an event."""


async def split_in_two(life: Life) -> None:
    await life.receive(3)
    await life.place(5, shipping_minor=490)
    await life.until(lambda order: order.told(Kind.SHIPPED))
    await life.receive(2)
    await life.ends()


async def told_weekly(life: Life) -> None:
    await life.place(fulfilment="together", expedited=True)
    await life.waits()
    await life.shop.pass_days(8)
    eta = (await life.shop.now()).date() + timedelta(days=12)
    await life.shop.announce(life.name, 5, eta, life.sku)
    await life.shop.pass_days(14)
    await life.receive(5)
    await life.ends()


async def paid_at_order(life: Life) -> None:
    await life.place(3, timing="at_order")
    await life.cancel(1)
    await life.until(lambda order: order.told(Kind.REFUNDED))
    await life.receive(2)
    await life.ends()


async def cancelled_by_signal(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.handle.signal("cancel", {"reason": "price", "channel": "phone"})
    await life.ends()


async def cancelled_by_update(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.cancel()
    await life.ends()


async def cancelled_natively(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.handle.cancel()
    await life.ends()


async def cancelled_natively_at_once(life: Life) -> None:
    """While its confirmation is being sent: the effect runs to its end first."""
    await life.place()
    await life.handle.cancel()
    await life.ends()


async def cancelled_in_parcel(life: Life) -> None:
    """Its money is held when the carrier is away: the parcel is undone and the money let go."""
    life.shop.carrier.down_until(await life.shop.now() + timedelta(hours=1))
    await life.receive(2)
    await life.place()
    await life.rests()
    await life.cancel()
    await life.ends()


async def dealt_on(life: Life) -> None:
    """Its units go to the order behind it, which hears of it."""
    await life.place(3, fulfilment="together")
    await life.shop.place("behind", 2, lines=[line(life.sku, 2)])
    await life.receive(2)
    await life.until(lambda order: order.allocated_units == 2)
    await life.cancel()
    await life.ends()
    await life.shop.ended("behind")


async def declined_and_given_up(life: Life) -> None:
    await life.receive(2)
    await life.place(method=DECLINED)
    await life.ends_within(9)


async def declined_then_paid(life: Life) -> None:
    await life.receive(2)
    await life.place(method=DECLINED)
    await life.until(lambda order: order.told(Kind.PAYMENT_PROBLEM))
    await life.handle.signal("payment_method_updated", {"method": "pm_card_visa"})
    await life.ends()


async def declined_at_order(life: Life) -> None:
    await life.place(timing="at_order", method=DECLINED)
    await life.ends()


async def carrier_away(life: Life) -> None:
    life.shop.carrier.down_until(await life.shop.now() + timedelta(hours=2))
    await life.receive(2)
    await life.place()
    await life.ends_within(1, step_hours=0.2)


async def label_answer_lost(life: Life) -> None:
    """The label was bought, and nobody can say so for a while: a cancellation waits for the answer."""
    life.shop.carrier.fail("buy", 1, acted=True)
    life.shop.carrier.fail("find", 12)
    await life.receive(2)
    await life.place()
    await life.rests()
    await life.handle.signal("cancel", {"reason": "price"})
    await life.ends_within(1, step_hours=0.2)


async def never_paid(life: Life) -> None:
    await life.receive(2)
    await life.place(method="pm_card_captureFails")
    await life.until(lambda order: order.told(Kind.SHIPPED))


async def unreadable(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.handle.signal("cancel", {"reason": "bored"})
    await life.handle.signal("payment_method_updated", "pm_card_visa")
    await life.until(lambda order: order.unreadable == 2)
    await life.cancel()
    await life.ends()


async def malformed(life: Life) -> None:
    await life.starts({"order_id": life.name, "lines": [], "colour": "blue"})
    await failed(life.handle)


async def another_body(life: Life) -> None:
    """An order whose id was used before: its first life has ended, and the second one is refused."""
    await life.receive(2)
    await life.place()
    await life.ends()
    await life.starts(await life.order(7))
    await failed(life.handle)


async def another_body_at_checkout(life: Life) -> None:
    """As before, and somebody waits for the answer."""
    await life.receive(2)
    await life.place()
    await life.ends()
    with suppress(Refusal):
        await life.place(7)


async def another_orders_id(life: Life) -> None:
    """A body that belongs to another workflow id."""
    order = await life.order()
    await life.starts(order.model_copy(update={"order_id": f"not-{life.name}"}))
    await failed(life.handle)


async def another_wish_under_the_same_id(life: Life) -> None:
    """The first one is carried out, and whoever asked for the second is told."""
    await life.place()
    await life.waits()
    for units in (1, 2):
        line = CancelledLine(sku=life.sku, quantity=units)
        wish = Cancellation(cancellation_id=life.name, reason=Reason.PRICE, lines=(line,))
        with suppress(Refusal):
            await life.shop.doors.cancel(life.name, wish)
    await life.cancel()
    await life.ends()


async def rejected(life: Life) -> None:
    await life.place(lines=[line("UNKNOWN", 1)])
    await life.ends()


async def too_late(life: Life) -> None:
    await life.starts(await life.order(), start_delay=timedelta(minutes=1))
    await life.shop.env.sleep(timedelta(minutes=2))
    await life.ends()


async def charge_unanswered(life: Life) -> None:
    """The provider is away until the placing deadline has passed."""
    life.shop.payments.down_until(await life.shop.now() + timedelta(minutes=5))
    placing = asyncio.create_task(life.place(timing="at_order"))
    await eventually(lambda: _asks_for_its_charge(life), "its charge")
    await life.shop.env.sleep(timedelta(minutes=1))
    await placing
    await life.ends_within(1, step_hours=1)


async def continued(life: Life) -> None:
    """So many bells that its history is cut; its second run ends."""
    await life.place()
    await life.waits()
    first = (await life.handle.describe()).run_id
    await asyncio.gather(*(life.handle.signal("inventory_received") for _ in range(LONG)))
    await eventually(lambda: _another_run(life, first), "the second run")
    await life.receive(2)
    await life.ends()


def _asks_for_its_charge(life: Life) -> bool:
    with suppress(UnknownOrder):
        return life.shop.state(life.name).charge_unknown
    return False


async def _another_run(life: Life, first: str | None) -> bool:
    return (await life.handle.describe()).run_id != first


ORDERS = (
    split_in_two,
    told_weekly,
    paid_at_order,
    cancelled_by_signal,
    cancelled_by_update,
    cancelled_natively,
    cancelled_natively_at_once,
    cancelled_in_parcel,
    dealt_on,
    declined_and_given_up,
    declined_then_paid,
    declined_at_order,
    carrier_away,
    label_answer_lost,
    never_paid,
    unreadable,
    malformed,
    another_body,
    another_body_at_checkout,
    another_orders_id,
    another_wish_under_the_same_id,
    rejected,
    too_late,
    charge_unanswered,
    continued,
)
