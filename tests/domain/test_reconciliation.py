"""Our ledger against the provider's books: exactly what differs, and nothing else."""

from datetime import datetime, timedelta

import pytest

from domain.money import Money
from domain.payment import PaymentKind
from domain.reconciliation import Entry, Fault, differences
from tests.domain.samples import day

NOON = day(8)


def entry(key: str, minor: int = 500, at: datetime = NOON, kind: PaymentKind = PaymentKind.CAPTURE) -> Entry:
    return Entry(key=key, kind=kind, amount=Money(minor=minor, currency="USD"), at=at, reference=f"pi-{key}")


def found(ours: list[Entry], theirs: list[Entry]) -> list[tuple[str, Fault]]:
    return [(one.key, one.fault) for one in differences(ours, theirs, day(5), day(10))]


def test_books_that_agree_differ_in_nothing() -> None:
    assert found([entry("a"), entry("b")], [entry("b"), entry("a")]) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "fault"),
    [
        ([entry("a")], [], Fault.ONLY_OURS),
        ([], [entry("a")], Fault.ONLY_THEIRS),
        ([entry("a", 500)], [entry("a", 501)], Fault.AMOUNT),
        ([entry("a")], [entry("a", kind=PaymentKind.REFUND)], Fault.KIND),
    ],
)
def test_each_difference_has_its_name(ours: list[Entry], theirs: list[Entry], fault: Fault) -> None:
    assert found([entry("same"), *ours], [*theirs, entry("same")]) == [("a", fault)]


def test_another_currency_is_another_amount() -> None:
    euros = entry("a").model_copy(update={"amount": Money(minor=500, currency="EUR")})

    assert found([entry("a")], [euros]) == [("a", Fault.AMOUNT)]


def test_an_entry_on_either_side_of_the_edge_is_no_difference() -> None:
    early, late = day(5) - timedelta(seconds=2), day(5) + timedelta(seconds=2)

    assert found([entry("a", at=early)], [entry("a", at=late)]) == []
    assert found([entry("a", at=late)], [entry("a", at=early)]) == []


def test_what_lies_outside_of_the_period_is_another_periods_business() -> None:
    assert found([entry("before", at=day(4)), entry("after", at=day(10))], []) == []
    assert found([], [entry("in it", at=day(9))]) == [("in it", Fault.ONLY_THEIRS)]


def test_differences_stand_in_the_order_in_which_they_happened() -> None:
    ours = [entry("c", at=day(9)), entry("a", at=day(7)), entry("b", at=day(7))]

    assert [key for key, _ in found(ours, [])] == ["a", "b", "c"]
