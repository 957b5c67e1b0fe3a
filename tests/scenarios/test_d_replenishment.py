"""D10: what must be bought is the queue and the usual demand less supply, for each SKU and date."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from domain.policy import Product
from starter.buying import reckoned
from store import catalog
from tests.shop import SKU, Shop, line

MINI = "WIDGET-MINI"
WEEKS = 4


async def test_d10_needs_are_those_computed_by_hand(shop_on_both: Shop) -> None:
    """Four weeks of 2, 0, 4, 0 units teach 1.48 a week, one week of one unit 1 a week.

    From the means p = 2/4 and z = 3 follow (0.55, 2.9), (0.495, 2.9), (0.5455, 3.01) and (0.49095, 3.01), and
    0.49095 * 3.01 = 1.48. Rounded up, that is 2, 3, 5 and 6 units after as many weeks.
    """
    shop = shop_on_both
    now = await shop.now()
    today = now.date()
    product = Product(sku=SKU, title="Widget Pro Blue", usual_restock_days=3)
    shop.database.write(catalog.load_products, (product,))
    noon = datetime.combine(today, time(12), UTC)
    weeks_ago: dict[str, Any] = {"100": (2, 25), "101": (4, 11), "gone": (9, 11)}
    for order_id, (units, days) in weeks_ago.items():
        await shop.place(order_id, units, placed_at=noon - timedelta(days=days))
    await shop.cancel("gone")
    await shop.place("today", 3)
    await shop.receive(4)
    await shop.announce("PO-1", 6, eta=today + timedelta(days=10))
    await shop.receive(4, MINI)
    await shop.place("mini", placed_at=noon - timedelta(days=4), lines=[line(MINI, 1)])

    mini, widget = await reckoned(shop.database, today, "UTC", WEEKS)

    assert (widget.waiting, widget.available, widget.on_order) == (5, 0, 6)
    assert (widget.demand.weeks, widget.demand.per_week) == (4, 1.48)
    assert [(need.on, need.units) for need in widget.needs] == [
        (today, 5 + 0 - 0),
        (today + timedelta(days=7), 5 + 2 - 0),
        (today + timedelta(days=14), 5 + 3 - 6),
        (today + timedelta(days=21), 5 + 5 - 6),
        (today + timedelta(days=28), 5 + 6 - 6),
    ]
    assert (widget.short_from, widget.to_buy) == (today, 5)
    assert widget.order_by == today - timedelta(days=3)
    assert (mini.waiting, mini.available, mini.demand.per_week) == (0, 3, 1)
    assert [need.units for need in mini.needs] == [0, 0, 0, 0, 4 - 3]
    assert (mini.short_from, mini.to_buy, mini.order_by) == (today + timedelta(days=22), 1, None)
    assert shop.findings() == []
