"""Placing: one life, one decision, and never stock for an order that is not accepted."""

from hashlib import sha256

import pytest
from sqlalchemy import update

from domain.cancellation import CancelResult
from domain.decision import DecisionOutcome, Refusal
from domain.errors import OrderBodyChanged
from domain.inventory import ChangeKind
from domain.policy import Policy, Product
from domain.status import Status
from store import keys
from store.tables import OrderRow
from tests.store.stockroom import MINI, SKU, Stockroom, Units, change_of, day, january, order_of


def test_an_order_that_stock_covers_is_in_stock(stock: Stockroom) -> None:
    stock.receive(2)

    placed = stock.place("100", 2)

    assert placed.state.decision is not None
    assert placed.state.decision.outcome is DecisionOutcome.IN_STOCK
    assert placed.state.status is Status.WAITING
    assert placed.state.accepted_at == day(5)


def test_an_order_beyond_stock_is_backordered_with_what_is_ahead(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", 3, placed=5)

    decision = stock.place("101", 2, placed=6).state.decision

    assert decision is not None
    assert decision.outcome is DecisionOutcome.BACKORDERED
    assert decision.queue_ahead_units == 2
    assert (decision.lines[0].allocated, decision.lines[0].backordered) == (0, 2)


def test_the_same_order_again_is_only_read(stock: Stockroom) -> None:
    stock.receive(3)
    first = stock.place("100", 2)
    before = stock.rows()

    again = stock.place("100", 2, on=7)

    assert again.state == first.state
    assert stock.rows() == before


def test_an_ended_order_placed_again_gives_its_end(stock: Stockroom) -> None:
    stock.place("100", 2)
    stock.cancel("100", "C-1")

    again = stock.place("100", 2, on=20)

    assert again.state.cancelled_units == 2
    assert stock.units("100") == Units(cancelled=2)


@pytest.mark.parametrize("end", ["open", "cancelled"])
def test_another_body_under_a_used_id_is_refused(stock: Stockroom, end: str) -> None:
    stock.place("100", 2)
    if end == "cancelled":
        stock.cancel("100", "C-1")
    before = stock.rows()

    with pytest.raises(OrderBodyChanged):
        stock.place("100", 3, on=20)
    with pytest.raises(OrderBodyChanged):
        stock.refuse(order_of("100", 3), on=20)

    assert stock.rows() == before


def test_an_order_that_an_earlier_version_stored_is_the_same_under_todays(stock: Stockroom) -> None:
    stock.place("100", 2)
    _as_before_there_were_special_requests(stock)

    again = stock.place("100", 2)

    assert again.state.status is Status.WAITING
    with pytest.raises(OrderBodyChanged):
        stock.place("100", 3)


def test_of_an_order_that_was_erased_what_is_left_of_its_body_says_nothing(stock: Stockroom) -> None:
    stock.place("100", 2)
    _as_before_there_were_special_requests(stock)
    stock.database.write(lambda session: session.execute(update(OrderRow).values(erased_at=day(9))))

    with pytest.raises(OrderBodyChanged):
        stock.place("100", 2)


def _as_before_there_were_special_requests(stock: Stockroom) -> None:
    order = order_of("100", 2)
    body = order.model_dump(mode="json", exclude={"special_request"})
    digest = sha256(order.model_dump_json(exclude={"special_request"}).encode()).hexdigest()[:32]
    stock.database.write(lambda session: session.execute(update(OrderRow).values(body=body, digest=digest)))


def test_a_repeated_placing_finds_the_bells_that_still_hang(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", 1, placed=8)
    stock.place("vip", 1, placed=9, tier="vip")

    again = stock.place("vip", 1, placed=9, tier="vip")

    assert (again.bells, again.cause) == (1, keys.placed("vip", 1))


def test_one_refused_line_rejects_the_order_with_every_reason_of_every_line(stock: Stockroom) -> None:
    stock.catalogue(Product(sku="OFF", title="Off", accepts_backorders=False))
    stock.apply(change_of(ChangeKind.DISCONTINUED, "D-1", {"sku": "OFF"}))
    stock.receive(5, SKU)

    placed = stock.place("100", lines={SKU: 2, "OFF": 1, "NOWHERE": 1})

    decision = placed.state.decision
    assert decision is not None
    assert {(reason.code, reason.sku) for reason in decision.reasons} == {
        (Refusal.UNKNOWN_SKU, "NOWHERE"),
        (Refusal.DISCONTINUED, "OFF"),
        (Refusal.BACKORDERS_OFF, "OFF"),
    }
    assert placed.state.status is Status.REJECTED
    assert placed.state.ended_at is not None
    assert stock.product() == (5, 0)


def test_a_rejected_order_takes_nothing_from_those_it_would_have_overtaken(stock: Stockroom) -> None:
    stock.catalogue(Product(sku="OFF", title="Off", accepts_backorders=False))
    stock.receive(1)
    stock.place("100", 1, placed=8)

    rejected = stock.place("vip", lines={SKU: 1, "OFF": 1}, placed=9, tier="vip")

    assert rejected.state.status is Status.REJECTED
    assert rejected.bells == 0
    assert stock.units("100") == Units(allocated=1)
    assert stock.queue() == ["100"]
    assert stock.heard(keys.placed("vip", 1)) == set()


def test_a_line_that_stock_covers_is_accepted_though_backorders_are_off(stock: Stockroom) -> None:
    stock.catalogue(Product(sku=SKU, title="Widget", accepts_backorders=False))
    stock.receive(2)

    assert stock.place("100", 2).state.status is Status.WAITING
    assert stock.place("101", 1).state.status is Status.REJECTED


def test_a_rejected_order_may_be_placed_again_even_with_another_body(stock: Stockroom) -> None:
    stock.place("100", 2, "NEW")
    stock.catalogue(Product(sku="NEW", title="New"))
    stock.receive(1, "NEW")

    placed = stock.place("100", 3, "NEW", on=7)

    assert placed.state.status is Status.WAITING
    assert placed.state.ended_at is None
    assert stock.units("100") == Units(allocated=1, backordered=2)


def test_an_order_that_is_placed_again_after_it_was_freed_has_right_books(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2, timing="at_order")
    stock.charge("100", declined=True)

    placed = stock.place("100", 2, on=7)

    assert placed.state.status is Status.WAITING
    assert placed.state.accepted_at == day(7)
    assert placed.state.ended_at is None
    assert stock.units("100") == Units(allocated=2)
    assert [kind for kind, _ in stock.ledger("100")] == [
        "ordered",
        "dealt",
        "refused",
        "forgotten",
        "ordered",
        "dealt",
    ]


def test_a_cancellation_that_came_too_late_for_a_rejected_order_cancels_the_one_that_is_placed_now(
    stock: Stockroom,
) -> None:
    stock.receive(2)
    stock.place("100", 2, timing="at_order")
    stock.charge("100", declined=True)
    late = stock.cancel("100", cancellation_id="native-100", on=6)
    stock.place("100", 2, on=7)

    done = stock.cancel("100", cancellation_id="native-100", on=8)

    assert (late.outcome.outcome, late.outcome.units_cancelled) == (CancelResult.TOO_LATE, 0)
    assert (done.outcome.outcome, done.outcome.units_cancelled) == (CancelResult.CANCELLED, 2)
    assert stock.units("100") == Units(cancelled=2)


def test_an_order_may_be_rejected_and_placed_many_times(stock: Stockroom) -> None:
    for number in range(5, 9):
        stock.place("100", 2, timing="at_order", on=number, asked=number)
        stock.charge("100", on=number, declined=True)
        assert stock.findings() == []

    assert stock.place("100", 2, on=9).state.status is Status.WAITING
    assert stock.units("100") == Units(backordered=2)


def test_a_rejected_order_whose_charge_is_unknown_is_not_placed_again_yet(stock: Stockroom) -> None:
    order = order_of("100", 2, timing="at_order")
    stock.place_order(order)
    stock.refuse(order)

    again = stock.place_order(order, on=7)

    assert again.state.status is Status.REJECTED
    assert again.state.charge_unknown
    assert stock.payments("100") == [("100/0/charge/1", "started")]


def test_a_late_placing_is_rejected_as_unavailable_and_holds_nothing(stock: Stockroom) -> None:
    stock.receive(2)

    placed = stock.place("100", 2, late=True)

    assert placed.state.decision is not None
    assert [reason.code for reason in placed.state.decision.reasons] == [Refusal.UNAVAILABLE]
    assert placed.state.status is Status.REJECTED
    assert stock.product() == (2, 0)


def test_a_late_start_of_an_order_that_is_open_only_resumes_it(stock: Stockroom) -> None:
    stock.place("100", 2)

    assert stock.place("100", 2, on=9, late=True).state.status is Status.WAITING


def test_refusing_an_order_that_waits_for_its_charge_frees_its_units_for_the_next(stock: Stockroom) -> None:
    stock.receive(2)
    first = order_of("100", 2, timing="at_order")
    stock.place_order(first)
    stock.place("101", 2, placed=6)

    refused = stock.refuse(first)

    assert refused.state.status is Status.REJECTED
    assert stock.units("100") == Units(cancelled=2)
    assert stock.units("101") == Units(allocated=2)
    assert stock.heard(refused.cause) == {("101", "inventory_received")}
    assert refused.bells == 1


def test_refusing_an_order_of_several_skus_frees_them_all(stock: Stockroom) -> None:
    stock.receive(1, SKU)
    stock.receive(1, MINI)
    order = order_of("100", lines={MINI: 1, SKU: 2}, timing="at_order")
    stock.place_order(order)

    stock.refuse(order)

    assert stock.product(SKU) == (1, 0)
    assert stock.product(MINI) == (1, 0)


def test_refusing_an_accepted_order_only_reads_it(stock: Stockroom) -> None:
    stock.place("100", 2)

    assert stock.refuse(order_of("100", 2)).state.status is Status.WAITING


def test_refusing_again_gives_the_first_answer(stock: Stockroom) -> None:
    order = order_of("100", 2)
    first = stock.refuse(order)
    before = stock.rows()

    assert stock.refuse(order).state == first.state
    assert stock.rows() == before


def test_a_placing_that_arrives_after_its_refusal_changes_nothing(stock: Stockroom) -> None:
    stock.receive(2)
    order = order_of("100", 2)
    stock.refuse(order, on=6, asked=5)
    before = stock.rows()

    zombie = stock.place_order(order, on=5)

    assert zombie.state.status is Status.REJECTED
    assert stock.product() == (2, 0)
    assert stock.rows() == before


def test_a_declined_charge_rejects_the_order_and_frees_its_units(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2, timing="at_order")
    stock.place("101", 1, placed=6)

    placed = stock.charge("100", declined=True)

    assert placed.state.decision is not None
    assert [reason.code for reason in placed.state.decision.reasons] == [Refusal.PAYMENT_DECLINED]
    assert stock.units("101") == Units(allocated=1)
    assert stock.heard(placed.cause) == {("101", "inventory_received")}


def test_an_order_is_accepted_with_its_charge(stock: Stockroom) -> None:
    placed = stock.place("100", 2, timing="at_order")
    assert placed.state.status is Status.PLACING

    charged = stock.charge("100", on=6)

    assert charged.state.status is Status.WAITING
    assert charged.state.accepted_at == day(6)


def test_an_order_that_costs_nothing_is_accepted_without_a_charge(stock: Stockroom) -> None:
    placed = stock.place("100", 2, timing="at_order", price=0)

    assert placed.state.status is Status.WAITING
    assert stock.payments("100") == []


def test_the_terms_are_those_of_the_day_on_which_it_was_placed(stock: Stockroom) -> None:
    stock.policy(Policy(update_every_days=10))
    stock.place("100")
    stock.policy(Policy(update_every_days=3))

    assert stock.state("100").terms.update_every_days == 10


def test_a_line_keeps_its_number_title_and_price(stock: Stockroom) -> None:
    stock.place("100", lines={SKU: 1, MINI: 2}, price=450)

    assert [(line.sku, line.ordered, line.unit_price_minor) for line in stock.state("100").lines] == [
        (SKU, 1, 450),
        (MINI, 2, 450),
    ]


def test_a_promise_that_an_import_states_is_kept(stock: Stockroom) -> None:
    placed = stock.place("100", promised_on=january(30).isoformat())

    assert placed.state.promised_on == january(30)
    assert placed.state.original_promised_on == january(30)


def test_units_that_lie_with_those_behind_cover_a_vip_where_nobody_may_wait(stock: Stockroom) -> None:
    stock.catalogue(Product(sku=SKU, title="Off", accepts_backorders=False))
    stock.receive(4)
    stock.place("first", 3, placed=5)

    late = stock.place("late", 2, placed=9)
    vip = stock.place("vip", 4, placed=9, tier="vip")

    assert late.state.status is Status.REJECTED
    assert vip.state.status is Status.WAITING
    assert stock.units("vip") == Units(allocated=4)
    assert stock.units("first") == Units(backordered=3)
    assert stock.findings() == []
