"""The final books of an order: units, money on both sides, labels and notices."""

from tests.shop import Books, Shop


def kinds(shop: Shop, order_id: str) -> list[tuple[str, str]]:
    return [(entry.kind, entry.state) for entry in shop.payments.books(order_id)]


def check(shop: Shop, order_id: str, expected: Books, *told: str) -> None:
    """The final books: units, money on both sides, labels and notices."""
    assert shop.books(order_id) == expected
    assert shop.differences(order_id) == []
    assert shop.labels(order_id) == told.count("shipped")
    assert sorted(shop.told(order_id)) == sorted(told)
    assert shop.findings() == []


async def shows(shop: Shop, order_id: str) -> tuple[str, str]:
    """The order's status, and what comes next, as its workflow says."""
    report = await shop.handle(order_id).query("status")
    return report["status"], report["next"]["what"]
