"""A13: of all carriers' rates a parcel takes the one that its customer needs."""

from datetime import date, timedelta
from typing import Any

from tests.shop import Books, Shop


async def sent(shop: Shop, order_id: str, **fields: Any) -> tuple[str, str]:
    """The carrier and the service that an order of one unit went with."""
    await shop.place(order_id, **fields)
    await shop.ended(order_id)
    (parcel,) = shop.state(order_id).parcels
    assert parcel.carrier
    assert parcel.service
    return parcel.carrier, parcel.service


async def test_a13_plain_expedited_and_needed_by_a_day_each_take_their_own_rate(shop: Shop) -> None:
    await shop.receive(4)
    today = (await shop.now()).date()

    plain = await sent(shop, "plain")
    expedited = await sent(shop, "expedited", expedited=True)
    offers = {(rate["carrier"], rate["service"]): rate for rate in shop.rates("plain")}
    days = sorted({date.fromisoformat(rate["estimated_delivery"]) for rate in offers.values()})
    by_then = days[1]
    in_time = await sent(shop, "in-time", need_by=str(by_then))
    impossible = await sent(shop, "impossible", need_by=str(today))

    cheapest = min(offers, key=lambda name: (offers[name]["cost"]["minor"], *name))
    fastest = min(offers, key=lambda name: (offers[name]["days"], offers[name]["cost"]["minor"], *name))
    meets = [name for name in offers if date.fromisoformat(offers[name]["estimated_delivery"]) <= by_then]
    assert len({carrier for carrier, _ in offers}) == 3
    assert plain == cheapest
    assert expedited == fastest != cheapest
    assert in_time == min(meets, key=lambda name: (offers[name]["cost"]["minor"], *name))
    assert impossible == fastest


async def test_a13_the_refused_rates_are_kept_with_the_parcel(shop: Shop) -> None:
    await shop.receive(1)

    taken = await sent(shop, "100")

    kept = [(rate["carrier"], rate["service"]) for rate in shop.rates("100")]
    assert len(kept) == 8
    assert taken in kept


async def test_a13_the_rates_are_kept_though_the_answer_to_the_purchase_was_lost(shop: Shop) -> None:
    shop.carrier.fail("buy", 1, acted=True)
    await shop.receive(1)

    taken = await sent(shop, "100")

    assert taken in [(rate["carrier"], rate["service"]) for rate in shop.rates("100")]
    assert shop.labels("100") == 1


async def test_a13_a_customer_whose_day_no_carrier_meets_is_told(shop: Shop) -> None:
    await shop.receive(2)
    today = (await shop.now()).date()

    await sent(shop, "late", need_by=str(today))
    await sent(shop, "in-time", need_by=str(today + timedelta(days=60)))

    late, in_time = (shop.letters(order_id)[-1].get_body(("plain",)) for order_id in ("late", "in-time"))
    assert late is not None
    assert in_time is not None
    assert "fastest" in late.get_content()
    assert "fastest" not in in_time.get_content()
    assert shop.books("late") == shop.books("in-time") == Books(shipped=1, charged=9500)
