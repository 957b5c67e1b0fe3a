"""What may be asked of a cancellation, which units it takes, and what is answered."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.cancellation import Cancellation, CancelledLine, CancelResult, Reason, message, result, split
from domain.money import Money
from tests.domain.samples import SKU, example

NOTHING = Money(minor=0, currency="USD")
REFUND = Money(minor=500, currency="USD")


@pytest.mark.parametrize("name", ["cancellation", "cancellation_partial"])
def test_the_contracts_examples_are_read_and_written_alike(name: str) -> None:
    assert Cancellation.model_validate(example(name)).model_dump(mode="json") == example(name)


def test_a_reason_is_enough_and_without_one_it_is_other() -> None:
    assert Cancellation.model_validate({"reason": "price"}).reason is Reason.PRICE
    assert Cancellation.model_validate({}) == Cancellation(
        cancellation_id=None, reason=Reason.OTHER, requested_by="customer", note=None, lines=None
    )


def test_fields_that_it_does_not_know_are_ignored() -> None:
    wish = Cancellation.model_validate({"reason": "too_slow", "channel": "phone", "agent": {"id": 7}})

    assert wish == Cancellation(reason=Reason.TOO_SLOW)


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"reason": "bored"}, "reason"),
        ({"cancellation_id": "a b"}, "cancellation_id"),
        ({"lines": [{"sku": SKU, "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"sku": SKU}]}, "lines.0.quantity"),
        ({"lines": [{"sku": SKU, "quantity": 1, "units": 2}]}, "lines.0.units"),
        ({"note": "x" * 2001}, "note"),
        ({"requested_by": "x" * 201}, "requested_by"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(fields: dict[str, Any], bad: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Cancellation.model_validate(fields)

    assert [".".join(map(str, fault["loc"])) for fault in refused.value.errors()] == [bad]


def test_lines_name_the_units_to_cancel() -> None:
    wish = Cancellation.model_validate(example("cancellation_partial"))

    assert wish.lines == (CancelledLine(sku=SKU, quantity=5),)


@pytest.mark.parametrize(
    ("quantity", "backordered", "allocated", "claimed", "taken"),
    [
        (2, 5, 3, 1, (2, 0, 0)),
        (5, 5, 3, 1, (5, 0, 0)),
        (6, 5, 3, 1, (5, 1, 0)),
        (9, 5, 3, 1, (5, 3, 1)),
        (99, 5, 3, 1, (5, 3, 1)),
        (2, 0, 0, 1, (0, 0, 1)),
        (2, 0, 0, 0, (0, 0, 0)),
    ],
)
def test_backordered_units_go_first_then_allocated_then_claimed(
    quantity: int, backordered: int, allocated: int, claimed: int, taken: tuple[int, int, int]
) -> None:
    parts = split(quantity, backordered=backordered, allocated=allocated, claimed=claimed)

    assert (parts.backordered, parts.allocated, parts.claimed) == taken


UNITS = st.integers(0, 1000)


@given(UNITS, UNITS, UNITS, UNITS)
def test_a_cancellation_takes_what_was_asked_for_or_all_that_there_is(
    quantity: int, backordered: int, allocated: int, claimed: int
) -> None:
    parts = split(quantity, backordered=backordered, allocated=allocated, claimed=claimed)

    assert parts.units == min(quantity, backordered + allocated + claimed)
    assert parts.backordered <= backordered
    assert parts.allocated <= allocated
    assert parts.claimed <= claimed
    assert not parts.allocated or parts.backordered == backordered
    assert not parts.claimed or parts.allocated == allocated


CANCELLED, PARTLY, LATE = CancelResult.CANCELLED, CancelResult.PARTLY_SHIPPED, CancelResult.TOO_LATE


@pytest.mark.parametrize(
    ("cancelled", "shipped", "asked", "ended", "answer"),
    [
        (5, 0, 5, False, CANCELLED),
        (2, 0, 2, False, CANCELLED),
        (3, 2, 3, False, PARTLY),
        (3, 2, 5, False, PARTLY),
        (3, 0, 5, False, PARTLY),
        (0, 5, 5, True, LATE),
        (0, 5, 0, True, LATE),
        (0, 0, 0, True, LATE),
        (0, 2, 5, False, LATE),
    ],
)
def test_the_answer_says_whether_it_came_in_time(
    cancelled: int, shipped: int, asked: int, *, ended: bool, answer: CancelResult
) -> None:
    assert result(cancelled, shipped, asked, ended=ended) is answer


@pytest.mark.parametrize(
    ("cancelled", "shipped", "refund", "charged", "text"),
    [
        (20, 0, NOTHING, False, "All 20 units cancelled. Your card was not charged."),
        (1, 0, NOTHING, False, "All 1 unit cancelled. Your card was not charged."),
        (3, 0, REFUND, True, "All 3 units cancelled. Your refund is on its way."),
        (3, 2, NOTHING, True, "3 units cancelled; 2 already shipped."),
        (1, 2, REFUND, True, "1 unit cancelled; 2 already shipped. Your refund is on its way."),
        (0, 2, NOTHING, True, "Nothing was cancelled: the units have already shipped."),
        (0, 0, NOTHING, False, "Nothing was left to cancel."),
    ],
)
def test_whoever_asked_reads_what_became_of_it(
    cancelled: int, shipped: int, refund: Money, *, charged: bool, text: str
) -> None:
    assert message(cancelled, shipped, refund, charged=charged) == text
