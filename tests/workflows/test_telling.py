"""What the Web UI shows of an order: its units, its parcels, what comes next; and nobody's name."""

import pytest

from domain.parcel import ParcelStage
from domain.payment import PaymentKind
from domain.state import OrderState
from domain.status import Status
from domain.steps import Wait
from tests.domain.samples import MINI, SKU, day, january, line, paid, parcel, rest, state
from workflows.telling import details

NOW = day(8)


def test_an_order_is_told_in_a_few_lines() -> None:
    shipped = parcel(ParcelStage.SHIPPED, carrier="UPS", tracking="1Z999")
    order = state(
        line(backordered=5, shipped=10),
        line(MINI, allocated=1),
        status=Status.PARTLY_SHIPPED,
        promised_on=january(23),
        parcels=(shipped, parcel(ParcelStage.CLAIMED, 2)),
    )

    assert details(order, Wait("update", day(12)), NOW).splitlines() == [
        "**partly_shipped** · promised 2026-01-23 · priority standard",
        "",
        "**Waits for**",
        f"- 5 units of {SKU}: not here yet; no supply with a date is known.",
        f"- 1 unit of {MINI}: here, and packed once parcel 2 is on its way.",
        "",
        "**Next**: the regular e-mail to the customer, 2026-01-12 12:00 UTC",
        "",
        "**Units**",
        f"- **{SKU}**: 15 ordered: 10 shipped, 5 backordered",
        f"- **{MINI}**: 1 ordered: 1 allocated",
        "",
        "**Parcels**",
        f"- Parcel 1: 2 × {SKU}: shipped, UPS 1Z999",
        f"- Parcel 2: 2 × {SKU}: claimed",
    ]


PARTS: list[tuple[str, OrderState, Wait | None, str]] = [
    ("no date is known", state(line(backordered=1)), None, "no date promised"),
    (
        "a gateway is away",
        state(line(claimed=2), rests=(rest("parcel/1", 9),)),
        None,
        "- The outside is out of reach",
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
        f"- Parcel 1: 2 × {SKU}: claimed, payment declined (expired_card)",
    ),
    (
        "no carrier goes there",
        state(line(claimed=2), parcels=(parcel(ParcelStage.AUTHORISED, address_refused=True),)),
        None,
        f"- Parcel 1: 2 × {SKU}: authorised, no carrier delivers to its address",
    ),
    (
        "an unpaid parcel was settled",
        state(line(shipped=2), parcels=(parcel(ParcelStage.UNPAID, settled="written_off"),)),
        None,
        f"- Parcel 1: 2 × {SKU}: unpaid, settled: written_off",
    ),
    (
        "a gateway refuses",
        state(line(shipped=2), rests=(rest("refund", 9).model_copy(update={"refused": "account closed"}),)),
        None,
        "refuses to take the next step (account closed): a person must look.",
    ),
    (
        "a customer's bank disputes",
        state(line(shipped=2), disputes=(paid(PaymentKind.DISPUTE, 500),)),
        None,
        "- The customer's bank disputes 500 USD minor units",
    ),
    (
        "waits for stock",
        state(line(backordered=1)),
        Wait("inventory", None),
        "**Next**: nothing by itself: stock, or a word from somebody",
    ),
]


@pytest.mark.parametrize(("order", "wait", "text"), [row[1:] for row in PARTS], ids=[row[0] for row in PARTS])
def test_the_details_say_it_when(order: OrderState, wait: Wait | None, text: str) -> None:
    assert text in details(order, wait, NOW)


def test_nothing_is_said_of_what_is_not() -> None:
    text = details(state(line(cancelled=1), status=Status.CANCELLED), None, NOW)

    for absent in ("Next", "Waits for", "could not be read", "Parcel"):
        assert absent not in text


def test_the_details_hold_no_personal_data() -> None:
    text = details(state(line(backordered=1), customer_id="C-7"), None, NOW)

    assert "C-7" not in text


def test_a_long_list_is_cut_and_counted() -> None:
    lines = [line(f"S{number}", backordered=1) for number in range(100)]

    text = details(state(*lines), None, NOW)

    assert text.count("not here yet") == 20
    assert text.count("- and 80 more") == 2
    assert len(text) < 4_000
