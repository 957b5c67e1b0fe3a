"""What the Web UI shows of an order: its units, its parcels, what comes next; and nobody's name."""

import pytest

from domain.parcel import ParcelStage
from domain.payment import PaymentKind
from domain.state import OrderState
from domain.status import Status
from domain.steps import Wait
from tests.domain.samples import MINI, SKU, day, january, line, paid, parcel, rest, state
from workflows.telling import details


def test_an_order_is_told_in_a_few_lines() -> None:
    shipped = parcel(ParcelStage.SHIPPED, carrier="UPS", tracking="1Z999")
    order = state(
        line(backordered=5, shipped=10),
        line(MINI, allocated=1),
        status=Status.PARTLY_SHIPPED,
        promised_on=january(23),
        parcels=(shipped, parcel(ParcelStage.CLAIMED, 2)),
    )

    assert details(order, Wait("update", day(12))).splitlines() == [
        "**partly_shipped** · promised 2026-01-23 · standard",
        "",
        f"- **{SKU}**: 15 ordered, 5 backordered, 0 allocated, 0 claimed, 10 shipped, 0 cancelled",
        f"- **{MINI}**: 1 ordered, 0 backordered, 1 allocated, 0 claimed, 0 shipped, 0 cancelled",
        "- Parcel 1: shipped, UPS 1Z999",
        "- Parcel 2: claimed",
        "",
        "Next: update, 2026-01-12 12:00 UTC",
    ]


PARTS: list[tuple[str, OrderState, Wait | None, str]] = [
    ("no date is known", state(line(backordered=1)), None, "promised no date yet"),
    (
        "a gateway is away",
        state(line(claimed=2), rests=(rest("parcel/1", 9),)),
        None,
        "- Out of reach: parcel/1, tried 1 times",
    ),
    (
        "messages could not be read",
        state(line(backordered=1), unreadable=2),
        None,
        "- 2 message(s) could not be read",
    ),
    (
        "a payment was declined",
        state(
            line(claimed=2),
            parcels=(parcel(ParcelStage.CLAIMED, declined_at=day(8), decline_code="expired_card"),),
        ),
        None,
        "- Parcel 1: claimed, payment declined (expired_card)",
    ),
    (
        "no carrier goes there",
        state(line(claimed=2), parcels=(parcel(ParcelStage.AUTHORISED, address_refused=True),)),
        None,
        "- Parcel 1: authorised, no carrier delivers to its address",
    ),
    (
        "an unpaid parcel was settled",
        state(line(shipped=2), parcels=(parcel(ParcelStage.UNPAID, settled="written_off"),)),
        None,
        "- Parcel 1: unpaid, settled: written_off",
    ),
    (
        "a gateway refuses",
        state(line(shipped=2), rests=(rest("refund", 9).model_copy(update={"refused": "account closed"}),)),
        None,
        "- **Refused**: refund, account closed: a person must look",
    ),
    (
        "a customer's bank disputes",
        state(line(shipped=2), disputes=(paid(PaymentKind.DISPUTE, 500),)),
        None,
        "- **Disputed**: 500 USD minor units",
    ),
    ("waits for stock", state(line(backordered=1)), Wait("inventory", None), "Next: inventory"),
]


@pytest.mark.parametrize(("order", "wait", "text"), [row[1:] for row in PARTS], ids=[row[0] for row in PARTS])
def test_the_details_say_it_when(order: OrderState, wait: Wait | None, text: str) -> None:
    assert text in details(order, wait)


def test_nothing_is_said_of_what_is_not() -> None:
    text = details(state(line(cancelled=1), status=Status.CANCELLED), None)

    for absent in ("Next", "Out of reach", "could not be read", "Parcel"):
        assert absent not in text


def test_the_details_hold_no_personal_data() -> None:
    text = details(state(line(backordered=1), customer_id="C-7"), None)

    assert "C-7" not in text
