"""Which of the carriers' rates a parcel takes."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from domain.rates import choose
from tests.domain.samples import january


@dataclass(frozen=True)
class Rate:
    carrier: str
    service: str
    cost: Money
    days: int
    estimated_delivery: date


def rate(carrier: str, service: str, cost: int, days: int) -> Rate:
    return Rate(carrier, service, Money(minor=cost, currency="USD"), days, january(10) + timedelta(days=days))


GROUND = rate("UPS", "Ground", 895, 4)
SLOW = rate("USPS", "Advantage", 905, 5)
TWO_DAY = rate("UPS", "2nd Day", 2190, 2)
NEXT_DAY = rate("UPS", "Next Day", 4580, 1)
OVERNIGHT = rate("FedEx", "Overnight", 4490, 1)
ALL = (SLOW, TWO_DAY, NEXT_DAY, GROUND, OVERNIGHT)


@pytest.mark.parametrize(
    ("expedited", "need_by", "best"),
    [
        (False, None, GROUND),
        (True, None, OVERNIGHT),
        (False, january(31), GROUND),
        (False, january(14), GROUND),
        (False, january(13), TWO_DAY),
        (False, january(11), OVERNIGHT),
        (False, january(10), OVERNIGHT),
        (True, january(31), OVERNIGHT),
    ],
)
def test_the_cheapest_that_is_in_time_or_the_fastest(
    *, expedited: bool, need_by: date | None, best: Rate
) -> None:
    assert choose(ALL, expedited=expedited, need_by=need_by) == best


@pytest.mark.parametrize("expedited", [True, False])
def test_of_equal_offers_the_first_by_name_is_taken(*, expedited: bool) -> None:
    equal = [replace(GROUND, carrier=carrier) for carrier in ("USPS", "FedEx", "UPS")]

    assert choose(equal, expedited=expedited, need_by=None).carrier == "FedEx"


_RATES = st.lists(
    st.builds(
        rate,
        st.sampled_from(["UPS", "FedEx"]),
        st.sampled_from(["a", "b"]),
        st.integers(1, 9),
        st.integers(1, 9),
    ),
    min_size=1,
)


@given(_RATES, st.booleans(), st.none() | st.integers(1, 20).map(january))
def test_the_order_of_the_offers_decides_nothing(
    offers: list[Rate], expedited: bool, need_by: date | None
) -> None:
    forwards = choose(offers, expedited=expedited, need_by=need_by)
    backwards = choose(offers[::-1], expedited=expedited, need_by=need_by)

    assert (forwards.carrier, forwards.service, forwards.cost) == (
        backwards.carrier,
        backwards.service,
        backwards.cost,
    )


@given(_RATES, st.integers(1, 20).map(january))
def test_whoever_needs_it_by_a_date_gets_it_then_if_anybody_can(offers: list[Rate], need_by: date) -> None:
    best = choose(offers, expedited=False, need_by=need_by)

    assert best.estimated_delivery <= need_by or all(one.estimated_delivery > need_by for one in offers)
