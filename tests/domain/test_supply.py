"""What is to come of a product, by the date on which it can ship, and the date that a need may expect."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy import Policy, Product
from domain.supply import Arrival, Inbound, arrivals, covering, without_supply
from domain.working_days import is_working
from tests.domain.samples import SKU, january

# The 5th of January 2026 is a Monday; the 19th, also one, is a holiday in the US.
TODAY = january(5)
FEBRUARY = date(2026, 2, 1)


def product(**says: Any) -> Product:
    return Product(sku=SKU, title="A widget", **says)


def inbound(expected: date, units: int = 1, on_time: float | None = None) -> Inbound:
    return Inbound(expected_on=expected, units=units, on_time=on_time)


def supply(*coming: Inbound, **says: Any) -> list[Arrival]:
    return arrivals(coming, product(**says), Policy(), TODAY)


@pytest.mark.parametrize(
    ("expected_on", "ships_on"),
    [
        (january(7), january(8)),
        (january(8), january(9)),
        (january(9), january(12)),  # a Friday's arrival is packed for Monday
        (january(10), january(12)),
        (january(11), january(12)),
        (january(12), january(13)),
        (TODAY, january(6)),
        (january(4), january(6)),  # what should have come is expected today
        (date(2025, 6, 1), january(6)),
    ],
)
def test_what_arrives_ships_a_day_later_on_a_working_day(expected_on: date, ships_on: date) -> None:
    assert supply(inbound(expected_on)) == [Arrival(on=ships_on, units=1)]


@pytest.mark.parametrize(
    ("terms", "ships_on"),
    [
        (Policy(handling_days=0), january(16)),
        (Policy(handling_days=1), january(19)),
        (Policy(handling_days=3), january(19)),
        (Policy(handling_days=4), january(20)),
        (Policy(handling_days=1, holidays="US"), january(20)),
        (Policy(handling_days=1, holidays="DE"), january(19)),
    ],
)
def test_the_shop_says_how_long_it_packs_and_whose_holidays_it_keeps(terms: Policy, ships_on: date) -> None:
    friday = [inbound(january(16))]

    assert [one.on for one in arrivals(friday, product(), terms, TODAY)] == [ships_on]


@pytest.mark.parametrize(
    ("release_on", "ships_on"),
    [
        (None, january(13)),
        (january(2), january(13)),
        (january(13), january(13)),
        (january(14), january(14)),
        (january(17), january(19)),  # a Saturday
    ],
)
def test_nothing_ships_before_its_release(release_on: date | None, ships_on: date) -> None:
    assert [one.on for one in supply(inbound(january(12)), release_on=release_on)] == [ships_on]


def test_what_can_ship_on_one_day_is_one_arrival_and_the_earliest_comes_first() -> None:
    coming = supply(
        inbound(january(20), 5),
        inbound(january(11), 4),
        inbound(january(9), 3),
        inbound(january(1), 2),
        inbound(TODAY, 1),
        inbound(january(13), 0),
    )

    assert coming == [
        Arrival(on=january(6), units=3),
        Arrival(on=january(12), units=7),
        Arrival(on=january(21), units=5),
    ]
    assert supply() == []


@pytest.mark.parametrize(
    ("shares", "speaks"),
    [
        ([0.9], 0.9),
        ([0.9, 0.4, 0.7], 0.4),
        ([0.9, 0.0], 0.0),
        ([0.9, None], 0.9),
        ([None, None], None),
    ],
)
def test_the_least_reliable_supplier_speaks_for_all_that_comes_at_once(
    shares: list[float | None], speaks: float | None
) -> None:
    others = inbound(january(20), on_time=0.1)

    first, _ = supply(*(inbound(january(7), on_time=share) for share in shares), others)

    assert first.on_time == speaks


@given(
    st.lists(st.builds(inbound, st.dates(january(1), date(2026, 3, 31)), st.integers(0, 9)), max_size=12),
    st.integers(0, 5),
    st.sampled_from([None, "US", "DE"]),
)
def test_no_unit_gets_lost_and_each_date_is_a_later_working_day(
    coming: list[Inbound], handling_days: int, holidays: str | None
) -> None:
    terms = Policy(handling_days=handling_days, holidays=holidays)

    dated = arrivals(coming, product(), terms, TODAY)

    days = [one.on for one in dated]
    assert sum(one.units for one in dated) == sum(one.units for one in coming)
    assert days == sorted(set(days))
    assert all(is_working(day, holidays) and day >= TODAY + timedelta(days=handling_days) for day in days)


@pytest.mark.parametrize(
    ("needed", "comes_on"),
    [
        (1, january(12)),
        (10, january(12)),
        (11, january(21)),
        (15, january(21)),
        (16, None),
    ],
)
def test_a_need_is_covered_by_the_arrival_with_which_enough_has_come(
    needed: int, comes_on: date | None
) -> None:
    coming = [Arrival(on=january(12), units=10), Arrival(on=january(21), units=5)]

    arrival = covering(coming, needed)

    assert (arrival.on if arrival else None) == comes_on
    assert covering([], needed) is None


@pytest.mark.parametrize(
    ("says", "holidays", "expected_on"),
    [
        ({}, None, None),
        ({"usual_restock_days": 0}, None, january(6)),
        ({"usual_restock_days": 10}, None, january(16)),
        ({"usual_restock_days": 11}, None, january(19)),
        ({"usual_restock_days": 11}, "US", january(20)),
        ({"release_on": january(4)}, None, None),
        ({"release_on": TODAY}, None, None),
        ({"release_on": january(6)}, None, january(6)),
        ({"release_on": january(17)}, None, january(19)),
        ({"release_on": january(17)}, "US", january(20)),
        ({"usual_restock_days": 10, "release_on": FEBRUARY}, None, date(2026, 2, 2)),
        ({"usual_restock_days": 10, "release_on": january(7)}, None, january(16)),
    ],
)
def test_without_supply_the_usual_restock_gives_the_date_else_the_release_else_nothing(
    says: dict[str, Any], holidays: str | None, expected_on: date | None
) -> None:
    assert without_supply(product(**says), Policy(holidays=holidays), TODAY) == expected_on
