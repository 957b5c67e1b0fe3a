"""The deal: unclaimed units lie with the front of the queue whenever a transaction ends."""

from domain.inventory import ChangeKind
from store import keys
from tests.store.stockroom import MINI, SKU, Stockroom, Units, change_of

STOCK = "inventory_received"


def test_units_go_to_the_first_in_line_first(stock: Stockroom) -> None:
    stock.place("100", 20, placed=5)
    stock.place("101", 20, placed=6)
    stock.place("102", 15, placed=8)

    outcome = stock.receive(50)

    assert stock.units("100") == Units(allocated=20)
    assert stock.units("101") == Units(allocated=20)
    assert stock.units("102") == Units(allocated=10, backordered=5)
    assert outcome.orders == ("100", "101", "102")
    assert (outcome.handed_out, outcome.left_over) == (50, 0)


def test_what_nobody_waits_for_stays_available(stock: Stockroom) -> None:
    stock.place("100", 3)

    outcome = stock.receive(5)

    assert (outcome.handed_out, outcome.left_over) == (3, 2)
    assert stock.product() == (5, 3)


def test_a_tie_in_the_queue_goes_by_placing_then_by_order_id(stock: Stockroom) -> None:
    stock.place("b", placed=6)
    stock.place("a", placed=6)
    stock.place("vip", placed=13, tier="vip")

    assert stock.queue() == ["a", "b", "vip"]


def test_an_import_takes_its_rightful_place(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2, placed=6)

    stock.place("old", 2, placed=2, on=8)

    assert stock.queue() == ["old", "100"]
    assert stock.units("old") == Units(allocated=2)
    assert stock.units("100") == Units(backordered=2)


def test_a_vip_gets_the_unclaimed_units_of_those_behind_and_they_hear_of_it(stock: Stockroom) -> None:
    stock.receive(5)
    stock.place("first", 2, placed=1)
    stock.place("100", 2, placed=8)
    stock.place("101", 1, placed=9)

    placed = stock.place("vip", 2, placed=10, tier="vip")

    assert stock.units("first") == Units(allocated=2)
    assert stock.units("vip") == Units(allocated=2)
    assert stock.units("100") == Units(allocated=1, backordered=1)
    assert stock.units("101") == Units(backordered=1)
    assert stock.heard(placed.cause) == {("100", STOCK), ("101", STOCK)}
    assert placed.bells == 2


def test_a_vip_never_gets_claimed_units(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2, placed=8)
    stock.claim("100")

    placed = stock.place("vip", 2, placed=10, tier="vip")

    assert stock.units("100") == Units(claimed=2)
    assert stock.units("vip") == Units(backordered=2)
    assert placed.bells == 0


def test_an_order_that_waited_longer_than_the_head_start_keeps_its_units(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", 1, placed=2)

    stock.place("vip", 1, placed=10, tier="vip")

    assert stock.units("100") == Units(allocated=1)


def test_a_negative_adjustment_takes_from_the_last_first(stock: Stockroom) -> None:
    for number, order_id in enumerate(("100", "101", "102"), 5):
        stock.place(order_id, 2, placed=number)
    stock.receive(6)

    outcome = stock.adjust(-3)

    assert stock.units("100") == Units(allocated=2)
    assert stock.units("101") == Units(allocated=1, backordered=1)
    assert stock.units("102") == Units(backordered=2)
    assert set(outcome.orders) == {"101", "102"}
    assert outcome.uncovered == 0


def test_a_negative_adjustment_takes_free_units_before_those_of_orders(stock: Stockroom) -> None:
    stock.receive(5)
    stock.place("100", 3)

    outcome = stock.adjust(-2)

    assert stock.units("100") == Units(allocated=3)
    assert outcome.orders_reached == 0


def test_a_claimed_parcel_is_never_taken_from_and_what_is_not_covered_is_reported(stock: Stockroom) -> None:
    stock.receive(5)
    stock.place("100", 3)
    stock.claim("100")
    stock.place("101", 2, placed=6)

    outcome = stock.adjust(-4)

    assert stock.units("100") == Units(claimed=3)
    assert stock.units("101") == Units(backordered=2)
    assert outcome.uncovered == 2
    assert stock.product() == (3, 3)


def test_units_taken_back_are_dealt_again_in_the_old_order(stock: Stockroom) -> None:
    stock.receive(4)
    stock.place("100", 2, placed=5)
    stock.place("101", 2, placed=6)
    stock.adjust(-3)

    stock.receive(3)

    assert stock.units("100") == Units(allocated=2)
    assert stock.units("101") == Units(allocated=2)


def test_cutting_the_second_order_promotes_nobody_without_stock(stock: Stockroom) -> None:
    for number, (order_id, units) in enumerate({"100": 1, "101": 2, "102": 1}.items(), 5):
        stock.place(order_id, units, placed=number)

    cancelled = stock.cancel("101", lines={SKU: 1})

    assert stock.queue() == ["100", "101", "102"]
    assert [stock.units(order_id).backordered for order_id in ("100", "101", "102")] == [1, 1, 1]
    assert cancelled.bells == 0


def test_two_orders_that_want_the_same_two_skus_together_never_deadlock(stock: Stockroom) -> None:
    both = {SKU: 1, MINI: 1}
    stock.place("100", lines=both, placed=5, fulfilment="together")
    stock.place("101", lines={MINI: 1, SKU: 1}, placed=6, fulfilment="together")
    stock.receive(1, SKU)
    stock.receive(1, MINI)

    assert stock.claim("101").parcel is None
    assert stock.claim("100").parcel is not None


def test_a_vip_between_two_that_want_both_skus_together_completes_in_its_turn(stock: Stockroom) -> None:
    both = {SKU: 1, MINI: 1}
    stock.place("100", lines=both, placed=1, fulfilment="together")
    stock.place("101", lines=both, placed=9, fulfilment="together")
    stock.receive(2, SKU)
    stock.receive(1, MINI)

    stock.place("vip", lines=both, placed=10, tier="vip", fulfilment="together")

    assert stock.units("100") == Units(allocated=2)
    assert stock.units("vip") == Units(allocated=1, backordered=1)
    assert stock.units("101") == Units(backordered=2)
    stock.receive(1, MINI)
    assert stock.units("vip") == Units(allocated=2)


def test_an_undone_parcel_serves_who_waits_ahead(stock: Stockroom) -> None:
    stock.receive(3)
    stock.place("100", 3, placed=8)
    stock.claim("100")
    stock.place("vip", 2, placed=9, tier="vip")

    stock.cancel("100", lines={SKU: 1})

    assert stock.units("vip") == Units(allocated=2)
    assert stock.units("100") == Units(allocated=1, backordered=1, cancelled=1)


def test_one_receipt_of_two_skus_reaches_each_order_once(stock: Stockroom) -> None:
    stock.place("100", lines={SKU: 1, MINI: 1})
    both = {"sku": SKU, "quantity": 1}, {"sku": MINI, "quantity": 1}

    outcome = stock.apply(change_of(ChangeKind.RECEIVED, "R-1", *both))

    assert outcome.orders == ("100",)
    assert stock.heard(keys.changed("R-1")) == {("100", STOCK)}


def test_the_ledger_keeps_each_lines_place(stock: Stockroom) -> None:
    stock.receive(3)
    stock.place("100", 1, placed=8)
    stock.place("101", 1, placed=9)
    stock.place("vip", 2, placed=10, tier="vip")
    stock.adjust(-2)

    assert stock.ledger("100") == [("ordered", None), ("dealt", 1), ("taken", 2)]
    assert stock.ledger("101") == [("ordered", None), ("dealt", 2), ("taken", 3)]
    assert stock.ledger("vip") == [("ordered", None), ("dealt", 1), ("taken", 1)]


def test_a_vip_served_from_free_stock_stands_first_in_the_ledger(stock: Stockroom) -> None:
    stock.receive(10)
    stock.place("100", 1, placed=8)

    stock.place("vip", 1, placed=9, tier="vip")

    assert stock.ledger("vip") == [("ordered", None), ("dealt", 1)]


def test_a_deal_over_a_long_queue_touches_only_the_lines_it_changes(stock: Stockroom) -> None:
    for number in range(40):
        stock.place(f"{number:03}", 2)
    stock.receive(40)

    outcome = stock.receive(2)

    assert outcome.orders == ("020",)
    assert outcome.handed_out == 2
