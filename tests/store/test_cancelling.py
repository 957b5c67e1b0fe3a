"""Cancelling: whole and in part, once per id, and never what has shipped."""

import pytest

from domain.cancellation import Cancellation, CancelResult, Reason
from domain.errors import CancellationBodyChanged, UnknownLine, UnknownOrder
from domain.notices import Kind
from domain.parcel import ParcelStage
from domain.status import Status
from store import cancelling, notices
from store.cancelling import Cancelling
from store.notices import Telling
from tests.store.stockroom import MINI, PRICE, SKU, Stockroom, Units, day


def test_a_cancelled_order_hands_its_units_to_the_next_in_the_queue(stock: Stockroom) -> None:
    stock.place("100", 3, placed=5)
    stock.place("101", 2, placed=6)
    stock.receive(2)

    cancelled = stock.cancel("100")

    assert cancelled.outcome.outcome is CancelResult.CANCELLED
    assert cancelled.outcome.units_cancelled == 3
    assert stock.units("100") == Units(cancelled=3)
    assert stock.units("101") == Units(allocated=2)
    assert stock.heard(cancelled.cause) == {("101", "inventory_received")}
    assert cancelled.bells == 1


def test_the_same_cancellation_again_gives_the_first_answer(stock: Stockroom) -> None:
    stock.place("100", 3)
    first = stock.cancel("100", "C-1", lines={SKU: 1})
    before = stock.rows()

    again = stock.cancel("100", "C-1", lines={SKU: 1})

    assert again.outcome == first.outcome
    assert stock.units("100") == Units(backordered=2, cancelled=1)
    assert stock.rows() == before


def test_another_body_or_another_order_under_a_used_cancellation_id_is_refused(stock: Stockroom) -> None:
    stock.place("100", 3)
    stock.place("101", 3)
    stock.cancel("100", "C-1", lines={SKU: 1})

    with pytest.raises(CancellationBodyChanged):
        stock.cancel("100", "C-1", lines={SKU: 2})
    with pytest.raises(CancellationBodyChanged):
        stock.cancel("101", "C-1", lines={SKU: 1})

    assert stock.units("101") == Units(backordered=3)


def test_wishes_without_an_id_are_each_a_new_one(stock: Stockroom) -> None:
    stock.place("100", 3)
    stock.place("101", 3)
    wish = Cancellation(reason=Reason.PRICE)

    for order_id in ("100", "101"):
        asked = Cancelling(order_id=order_id, cancellation=wish, at=day(10))
        first = stock.database.write(cancelling.cancel, asked)
        assert stock.database.write(cancelling.cancel, asked).outcome == first.outcome
        assert stock.units(order_id) == Units(cancelled=3)

    later = Cancelling(order_id="100", cancellation=wish, at=day(11))
    assert stock.database.write(cancelling.cancel, later).outcome.outcome is CancelResult.TOO_LATE


def test_a_part_is_taken_from_backordered_first_then_from_allocated(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 5)

    stock.cancel("100", lines={SKU: 2})
    assert stock.units("100") == Units(allocated=2, backordered=1, cancelled=2)

    stock.cancel("100", lines={SKU: 2})
    assert stock.units("100") == Units(allocated=1, cancelled=4)
    assert stock.product() == (2, 1)


def test_a_part_that_needs_no_claimed_unit_leaves_the_parcel_alone(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 5)
    stock.claim("100")

    cancelled = stock.cancel("100", lines={SKU: 3})

    assert stock.units("100") == Units(claimed=2, cancelled=3)
    assert cancelled.state.parcel is not None


def test_a_part_that_needs_claimed_units_undoes_the_parcel(stock: Stockroom) -> None:
    stock.receive(3)
    stock.place("100", lines={SKU: 2, MINI: 1})
    stock.receive(1, MINI)
    stock.claim("100")

    cancelled = stock.cancel("100", lines={SKU: 1})

    assert stock.units("100") == Units(allocated=2, cancelled=1)
    assert [parcel.stage for parcel in cancelled.state.parcels] == [ParcelStage.UNDONE]
    assert cancelled.state.status is Status.WAITING
    assert stock.claim("100", on=16).parcels[1].number == 2


def test_units_that_shipped_are_not_cancelled(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 5)
    stock.claim("100")
    stock.ship("100")

    cancelled = stock.cancel("100")

    assert cancelled.outcome.outcome is CancelResult.PARTLY_SHIPPED
    assert (cancelled.outcome.units_cancelled, cancelled.outcome.units_shipped) == (3, 2)
    assert stock.units("100") == Units(shipped=2, cancelled=3)


def test_after_the_label_is_bought_it_is_too_late_and_nothing_changes(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)
    stock.claim("100")
    stock.ship("100")

    cancelled = stock.cancel("100")

    assert cancelled.outcome.outcome is CancelResult.TOO_LATE
    assert stock.units("100") == Units(shipped=2)


def test_more_than_is_open_cancels_what_is_open(stock: Stockroom) -> None:
    stock.place("100", 2)

    cancelled = stock.cancel("100", lines={SKU: 9})

    assert cancelled.outcome.units_cancelled == 2
    assert stock.units("100") == Units(cancelled=2)


def test_a_line_or_an_order_that_is_not_there_is_refused(stock: Stockroom) -> None:
    stock.place("100", 2)

    with pytest.raises(UnknownLine, match=MINI):
        stock.cancel("100", lines={MINI: 1})
    with pytest.raises(UnknownOrder):
        stock.cancel("999")


def test_a_rejected_order_has_nothing_to_cancel(stock: Stockroom) -> None:
    stock.place("100", 2, "NOWHERE")

    assert stock.cancel("100").outcome.outcome is CancelResult.TOO_LATE


def test_an_order_paid_at_order_is_told_its_refund_each_time_its_own(stock: Stockroom) -> None:
    stock.place("100", 3, timing="at_order", shipping_minor=500)
    stock.charge("100")

    first = stock.cancel("100", lines={SKU: 1})
    rest = stock.cancel("100", on=16)

    assert first.outcome.refunded_minor == PRICE
    assert rest.outcome.refunded_minor == 2 * PRICE + 500
    assert rest.state.refund_due.minor == 3 * PRICE + 500


def test_doors_answer_for_an_ended_order_and_leave_an_open_one_to_its_workflow(stock: Stockroom) -> None:
    stock.place("100", 2)
    stock.tell("100", Kind.CONFIRMATION, "placed")
    wish = Cancelling(
        order_id="100",
        cancellation=Cancellation(cancellation_id="C-1", reason=Reason.CHANGED_MIND),
        at=day(20),
    )
    with pytest.raises(UnknownOrder):
        stock.database.write(cancelling.answer_ended, wish)
    first = stock.cancel("100", "C-1").outcome
    ended = stock.tell("100", Kind.CANCELLED, "C-1", on=16)
    assert (ended.status, ended.ended_at) == (Status.CANCELLED, day(16))

    assert stock.database.write(cancelling.answer_ended, wish) == first

    other = wish.model_copy(update={"cancellation": Cancellation(cancellation_id="C-2")})
    assert stock.database.write(cancelling.answer_ended, other).outcome is CancelResult.TOO_LATE


def test_its_notice_names_the_units_that_were_cancelled(stock: Stockroom) -> None:
    stock.place("100", lines={SKU: 2, MINI: 3})
    stock.cancel("100", "C-1", lines={SKU: 9})
    stock.cancel("100", "C-2", reason=Reason.PRICE)

    first, second = (
        stock.database.read(
            notices.facts, Telling(order_id="100", kind=Kind.CANCELLED, occasion=one, at=day(16))
        )
        for one in ("C-1", "C-2")
    )

    assert [(line.sku, line.quantity) for line in first.lines] == [(SKU, 2)]
    assert [(line.sku, line.quantity) for line in second.lines] == [(MINI, 3)]
    assert second.reason is Reason.PRICE
