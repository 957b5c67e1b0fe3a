"""What the customer's page says of where an order stands."""

from datetime import timedelta

from domain.parcel import ParcelStage
from starter.web.customer import shown
from store.order_page import OrderPage
from tests.domain.samples import day, line, parcel, state


def test_a_parcel_that_was_stopped_and_taken_back_has_not_shipped() -> None:
    stopped = parcel(ParcelStage.STOPPED, 1, shipped_at=day(9))
    left = parcel(ParcelStage.SHIPPED, 2, shipped_at=day(8))
    order = state(line(shipped=2, cancelled=2), parcels=(stopped, left))
    page = OrderPage(state=order, places={}, locale="en_US", ship_to={}, erased=False)

    *_, shipped = shown.steps(page)

    assert shipped.name == "shipped"
    assert shipped.day == day(8)


def test_a_date_is_late_once_its_day_is_over() -> None:
    waits = state(line(backordered=2), promised_on=day(9).date())

    assert not shown.is_late(waits, day(9))
    assert shown.is_late(waits, day(9) + timedelta(days=1))
