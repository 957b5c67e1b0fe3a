"""Why an order stands where it stands (A16)."""

from datetime import timedelta

from domain.explanation import Event, ExplainedLine, HandOut, What
from store.explain import explain
from tests.shop import Shop


def told(shop: Shop, order_id: str) -> ExplainedLine:
    (line,) = shop.database.read(explain, order_id).lines
    return line


def of(line: ExplainedLine, *kinds: What) -> list[Event]:
    return [event for event in line.history if event.what in kinds]


async def test_a16_explain_gives_the_place_of_102_over_time_what_moved_it_and_why_it_got_10(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    now = await shop.now()
    for order_id, units, days_ago in (("100", 20, 20), ("101", 20, 19), ("102", 15, 17)):
        await shop.place(order_id, units, placed_at=now - timedelta(days=days_ago))
    waiting = told(shop, "102")
    await shop.receive(50, change_id="ASN-5001")
    await shop.ended("100")
    await shop.ended("101")
    await shop.until("102", lambda order: order.told("shipped"))
    partly = told(shop, "102")
    await shop.receive(5, change_id="ASN-5002")
    await shop.ended("102")
    ended = told(shop, "102")

    assert (waiting.place, waiting.queue_length) == (3, 3)
    assert [(one.priority, one.orders, one.units) for one in waiting.ahead] == [("standard", 2, 40)]
    assert (waiting.queue_at, waiting.head_start_days) == (now - timedelta(days=17), 0)

    assert (partly.place, partly.queue_length, partly.ahead) == (1, 1, ())
    assert (partly.shipped, partly.backordered) == (10, 5)

    receipts = of(ended, What.RECEIVED)
    assert [event.words for event in receipts] == [
        "Receipt ASN-5001, 50 came in: 40 went to 2 orders ahead, 10 to this one, 5 still needed",
        "Receipt ASN-5002, 5 came in: 5 went to this one, it has all",
    ]
    assert [(event.units, event.needs, event.place) for event in receipts] == [(10, 5, 3), (5, 0, 1)]
    assert receipts[0].handed_out == HandOut(units=50, to_others=40, others=2, to_this=10)

    assert [(place.place, place.what) for place in ended.places] == [
        (3, What.PLACED),
        (1, What.PACKED_AHEAD),
        (None, What.PACKED),
    ]
    assert ended.places[1].words == "2 orders ahead were packed"
    assert [event.words for event in of(ended, What.PACKED, What.SHIPPED)] == [
        "10 packed into parcel 1",
        "Parcel 1 shipped with 10",
        "5 packed into parcel 2",
        "Parcel 2 shipped with 5",
    ]
    assert (ended.place, ended.shipped) == (None, 15)
    assert shop.findings() == []
