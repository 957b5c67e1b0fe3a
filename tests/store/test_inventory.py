"""Inventory changes: each applied once, whatever is sent twice."""

import pytest

from domain.errors import ChangeBodyChanged, UnknownInbound, UnknownSku
from domain.inventory import ChangeKind
from domain.notices import Kind
from store import keys
from tests.store.stockroom import MINI, SKU, Stockroom, Units, change_of, january

MOVED = "promise_changed"


def test_the_same_receipt_again_gives_the_first_outcome(stock: Stockroom) -> None:
    stock.place("100", 2)
    first = stock.receive(5, change_id="R-1")
    stock.place("101", 1, placed=6)
    before = stock.rows()

    again = stock.receive(5, change_id="R-1")

    assert again == first
    assert stock.product() == (5, 3)
    assert stock.rows() == before


def test_another_body_under_a_used_change_id_is_refused(stock: Stockroom) -> None:
    stock.receive(5, change_id="R-1")

    with pytest.raises(ChangeBodyChanged):
        stock.receive(6, change_id="R-1")
    with pytest.raises(ChangeBodyChanged):
        stock.receive(5, MINI, change_id="R-1")

    assert stock.product() == (5, 0)


def test_an_unknown_sku_is_refused_with_its_name_and_nothing_is_stored(stock: Stockroom) -> None:
    lines = {"sku": SKU, "quantity": 1}, {"sku": "NOWHERE", "quantity": 1}
    before = stock.rows()

    with pytest.raises(UnknownSku, match="NOWHERE"):
        stock.apply(change_of(ChangeKind.RECEIVED, "R-1", *lines))

    assert stock.product() == (0, 0)
    assert stock.rows() == before


def test_a_return_is_dealt_like_a_receipt(stock: Stockroom) -> None:
    stock.place("100", 2)

    outcome = stock.adjust(1)

    assert outcome.orders == ("100",)
    assert stock.units("100") == Units(allocated=1, backordered=1)


def test_an_adjustment_below_zero_takes_what_is_there_and_reports_the_rest(stock: Stockroom) -> None:
    stock.receive(2)

    assert stock.adjust(-5).uncovered == 3
    assert stock.product() == (0, 0)


def test_a_receipt_reduces_the_inbound_line_it_names(stock: Stockroom) -> None:
    stock.announce("PO-1", 10, eta=20)
    stock.announce("PO-2", 10, eta=25)

    stock.receive(4, inbound="PO-2")

    assert stock.inbound("PO-1") == (10, january(20))
    assert stock.inbound("PO-2") == (6, january(25))


@pytest.mark.parametrize(("inbound", "sku"), [("PO-9", SKU), ("PO-1", MINI)])
def test_a_receipt_of_a_line_that_was_never_announced_is_refused_and_leaves_nothing(
    stock: Stockroom, inbound: str, sku: str
) -> None:
    stock.place("100", 2)
    stock.announce("PO-1", 10, eta=20)
    rows = stock.rows()

    with pytest.raises(UnknownInbound, match=f"inbound_id: {inbound} was never announced for {sku}"):
        stock.receive(4, sku, "R-1", inbound=inbound)

    assert stock.rows() == rows
    assert stock.inbound("PO-1") == (10, january(20))
    assert stock.receive(4, change_id="R-1").handed_out == 2


def test_a_receipt_that_names_none_reduces_the_earliest_open_one(stock: Stockroom) -> None:
    stock.announce("PO-1", 10, eta=25)
    stock.announce("PO-2", 4, eta=20)

    stock.receive(4)
    stock.receive(3)

    assert stock.inbound("PO-2") == (0, january(20))
    assert stock.inbound("PO-1") == (7, january(25))


def test_a_receipt_of_more_than_was_expected_leaves_nothing_outstanding(stock: Stockroom) -> None:
    stock.announce("PO-1", 3, eta=20)

    stock.receive(5, inbound="PO-1")

    assert stock.inbound("PO-1") == (0, january(20))
    assert stock.product() == (5, 0)


def test_one_receipt_may_name_one_inbound_line_and_leave_another_open(stock: Stockroom) -> None:
    stock.announce("PO-1", 3, eta=20)
    stock.announce("PO-2", 3, eta=25)
    lines = {"sku": SKU, "quantity": 3, "inbound_id": "PO-1"}, {"sku": SKU, "quantity": 2}

    stock.apply(change_of(ChangeKind.RECEIVED, "R-1", *lines))

    assert stock.inbound("PO-1")[0] == 0
    assert stock.inbound("PO-2")[0] == 1


def test_an_older_revision_is_recorded_and_not_applied(stock: Stockroom) -> None:
    stock.announce("PO-1", 10, eta=20, on=8)

    outcome = stock.announce("PO-1", 99, eta=9, on=7)

    assert not outcome.applied
    assert stock.inbound("PO-1") == (10, january(20))


def test_a_newer_revision_is_applied_and_a_cancelled_line_brings_nothing(stock: Stockroom) -> None:
    stock.place("100", 2)
    stock.announce("PO-1", 10, eta=20, on=8)
    assert stock.line("100").promised_on == january(21)

    assert stock.announce("PO-1", 10, eta=28, on=9).applied
    assert stock.line("100").promised_on == january(29)

    stock.announce("PO-1", 0, eta=28, on=10, cancelled=True)
    assert stock.inbound("PO-1") == (0, january(28))
    assert stock.line("100").promised_on is None


def test_supply_gives_each_waiting_line_its_date_and_tells_those_whose_date_moved(stock: Stockroom) -> None:
    for number, order_id in enumerate(("100", "101", "102"), 5):
        stock.place(order_id, 2, placed=number)
    stock.announce("PO-1", 3, eta=20)

    outcome = stock.announce("PO-2", 2, eta=25)

    dates = [stock.line(order_id).promised_on for order_id in ("100", "101", "102")]
    assert dates == [january(21), january(26), None]
    assert outcome.orders == ("101",)
    assert stock.heard(keys.changed(outcome.change_id)) == {("101", MOVED)}


def test_an_order_placed_into_known_supply_is_promised_its_date(stock: Stockroom) -> None:
    stock.announce("PO-1", 3, eta=20)
    stock.announce("PO-2", 3, eta=25)

    first = stock.place("100", 3, placed=8)
    second = stock.place("101", 2, placed=9)
    beyond = stock.place("102", 2, placed=10)

    promised = [placed.state.promised_on for placed in (first, second, beyond)]
    assert promised == [january(21), january(26), None]


def test_a_vip_that_enters_ahead_moves_the_dates_of_those_behind(stock: Stockroom) -> None:
    stock.announce("PO-1", 3, eta=20)
    stock.announce("PO-2", 3, eta=25)
    stock.place("100", 3, placed=8)

    vip = stock.place("vip", 2, placed=9, tier="vip")

    assert vip.state.promised_on == january(21)
    assert stock.line("100").promised_on == january(26)
    assert stock.heard(vip.cause) == {("100", MOVED)}


def test_a_cancellation_moves_those_behind_forward(stock: Stockroom) -> None:
    stock.announce("PO-1", 3, eta=20)
    stock.announce("PO-2", 3, eta=25)
    stock.place("100", 3, placed=8)
    stock.place("101", 3, placed=9)

    cancelled = stock.cancel("100")

    assert stock.line("101").promised_on == january(21)
    assert stock.heard(cancelled.cause) == {("101", MOVED)}


def test_units_taken_back_renew_the_promise(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)
    stock.announce("PO-1", 2, eta=20)

    outcome = stock.adjust(-2)

    assert stock.line("100").promised_on == january(21)
    assert stock.heard(keys.changed(outcome.change_id)) == {("100", MOVED), ("100", "inventory_received")}
    assert outcome.orders_reached == 1


def test_the_last_date_of_all_waiting_lines_is_expected_and_none_when_one_has_none(stock: Stockroom) -> None:
    stock.place("100", lines={SKU: 1, MINI: 1})
    stock.announce("PO-1", 1, eta=20, sku=SKU)
    assert stock.state("100").expected_on is None

    stock.announce("PO-2", 1, eta=25, sku=MINI)

    assert stock.state("100").expected_on == january(26)


def test_a_promise_stays_until_the_customer_is_told_a_new_one(stock: Stockroom) -> None:
    stock.announce("PO-1", 2, eta=20)
    stock.place("100", 2, placed=8)
    stock.announce("PO-1", 2, eta=28, on=9)
    assert stock.state("100").promised_on == january(21)

    told = stock.tell("100", Kind.UPDATE, on=12)

    assert told.promised_on == january(29)
    assert told.original_promised_on == january(21)


def test_a_first_date_told_later_is_the_original_promise(stock: Stockroom) -> None:
    stock.place("100", 2)
    stock.announce("PO-1", 2, eta=20)

    told = stock.tell("100", Kind.UPDATE, on=12)

    assert (told.promised_on, told.original_promised_on) == (january(21), january(21))


def test_a_discontinued_product_takes_no_new_backorders(stock: Stockroom) -> None:
    stock.receive(1)
    stock.apply(change_of(ChangeKind.DISCONTINUED, "D-1", {"sku": SKU}))

    assert stock.place("100", 1).state.status == "waiting"
    assert stock.place("101", 1).state.status == "rejected"
