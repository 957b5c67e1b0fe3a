"""What a review gathers: counted in full, named in part."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from domain.review import SHOWN, Asked, LateLine, Need, Needy, ReviewRequest, asked, gathered

AT = datetime(2026, 1, 17, 6, tzinfo=UTC)


def found(need: Need, count: int) -> list[tuple[Need, Needy]]:
    return [(need, Needy(order_id=str(number))) for number in range(count)]


def test_all_are_counted_and_the_first_are_named() -> None:
    first = gathered(found(Need.ADDRESS_HOLD, SHOWN - 1))

    (all_of,) = gathered(found(Need.ADDRESS_HOLD, 10), first)

    assert (all_of.count, len(all_of.orders)) == (SHOWN + 9, SHOWN)


def test_needs_stand_in_one_order_whichever_was_found_first() -> None:
    both = gathered([*found(Need.UNREADABLE, 1), *found(Need.HELD, 2)])

    assert [(one.need, one.count) for one in both] == [(Need.HELD, 2), (Need.UNREADABLE, 1)]


@pytest.mark.parametrize(
    ("asked_at", "email", "refused", "expected"),
    [
        (AT, "a@example.com", (), Asked.TODAY),
        (datetime(2026, 1, 16, 6, tzinfo=UTC), "a@example.com", (), Asked.BEFORE),
        (datetime(2026, 1, 16, 6, tzinfo=UTC), None, (), Asked.BEFORE),
        (None, None, (), Asked.NO_ADDRESS),
        (None, "a@example.com", ("Acme",), Asked.REFUSED),
        (None, "a@example.com", ("Other",), Asked.NOT_YET),
    ],
)
def test_how_a_late_line_was_left(
    asked_at: datetime | None, email: str | None, refused: tuple[str, ...], expected: Asked
) -> None:
    line = LateLine(
        inbound_id="PO-1",
        sku="WIDGET",
        title="Widget",
        quantity=1,
        eta=date(2026, 1, 12),
        supplier="Acme",
        email=email,
        asked_at=asked_at,
    )

    assert asked(line, AT, refused) is expected


def test_a_request_may_leave_the_day_out() -> None:
    assert ReviewRequest.model_validate({}) == ReviewRequest.model_validate({"date": None}) == ReviewRequest()


@pytest.mark.parametrize("day", ["1999-12-31", "3000-01-01", "2026-13-01", "today", 7.5])
def test_a_day_that_can_not_be_meant_is_refused(day: object) -> None:
    with pytest.raises(ValidationError):
        ReviewRequest.model_validate({"date": day})
