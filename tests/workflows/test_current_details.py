"""What an order says in the Web UI in each of its states: what it waits for, why, and nobody's name."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata

from domain.changes import Hold
from domain.notices import Kind
from domain.status import Status
from store.database import Database
from tests.gates import OUTAGES_END
from tests.shop import SKU, Shop, eventually, line, open_shop

MINI = "WIDGET-MINI"
PRIVATE = ("Ada", "Jensen", "Harbour", "Portland", "97201", "00000", "example.com", "C-", "pm_card")


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path, **OUTAGES_END) as opened:
        yield opened


async def told(shop: Shop, order_id: str, *sentences: str) -> str:
    """The order's current details, once they hold all of this; never anything of its customer."""

    async def said() -> str | None:
        found = await shop.handle(order_id).query(
            "__temporal_workflow_metadata", result_type=WorkflowMetadata
        )
        text = str(found.current_details)
        return text if all(sentence in text for sentence in sentences) else None

    details = str(await eventually(said, f"order {order_id} says so"))
    assert [word for word in PRIVATE if word in details] == []
    return details


async def test_an_order_that_waits_says_for_what_and_until_when(shop: Shop) -> None:
    await shop.place("100", 2)
    await told(shop, "100", "**waiting** · no date promised", f"2 units of {SKU}: not here yet; no supply")
    await told(shop, "100", "**Next**: the regular e-mail to the customer")

    eta = (await shop.now()).date() + timedelta(days=9)
    await shop.announce("PO-1", 5, eta, MINI)
    decision = await shop.place("101", lines=[line(MINI, 3)])
    await told(shop, "101", f"3 units of {MINI}: not here yet; expected to ship by {decision.promised_on}.")
    await told(shop, "101", f"**waiting** · promised {decision.promised_on}", "By law it must ship by")


async def test_a_payment_hold_says_why_it_was_declined_and_what_comes(shop: Shop) -> None:
    await shop.receive(2)
    await shop.place("100", 2, method="pm_card_insufficient_funds")
    await shop.until("100", lambda order: order.told(Kind.PAYMENT_PROBLEM))

    await told(
        shop,
        "100",
        "**payment_hold**",
        "The payment for parcel 1 was declined (insufficient_funds).",
        "The customer is asked for another payment method.",
        "The same method is tried again at",
        "then they go to the next in line.",
        "**Next**: another try of its payment",
    )


async def test_an_address_hold_says_that_no_carrier_goes_there(shop: Shop) -> None:
    order = await shop.order("100", 2)
    nowhere = order.ship_to.model_copy(update={"postal_code": "00000"})
    await shop.receive(2)
    await shop.place("100", 2, ship_to=nowhere.model_dump())
    await shop.until("100", lambda state: state.status is Status.ADDRESS_HOLD)

    await told(
        shop,
        "100",
        "**address_hold**",
        "No carrier delivers parcel 1 to its address.",
        "asked for another one",
    )


async def test_a_held_order_says_who_holds_it_and_keeps_the_reason_to_itself(shop: Shop) -> None:
    await shop.place("100", 2)
    await shop.doors.hold("100", Hold(reason="Ada Jensen called", requested_by="operations:li"))

    await told(
        shop, "100", "**held**", "Held by operations:li since", "nothing of it ships until it is released"
    )


async def test_an_order_that_asked_its_customer_says_until_when(shop: Shop) -> None:
    await shop.receive(1)
    await shop.place("100", lines=[line(SKU, 1), line(MINI, 1)], fulfilment="ask")

    await told(
        shop,
        "100",
        "**awaiting_choice**",
        "The customer was asked: what is here now, or all of it together?",
        f"1 unit of {SKU}: here, until the customer has chosen.",
        "**Next**: without an answer by then, all of it goes together",
    )


async def test_an_order_whose_carrier_is_away_says_when_it_tries_again(shop: Shop) -> None:
    shop.carrier.down_until(await shop.now() + timedelta(hours=5))
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.pass_days(0.01)
    await shop.until("100", lambda order: bool(order.rests))

    await told(
        shop,
        "100",
        "**shipping**",
        "The carrier is out of reach: to buy the label of parcel 1 was tried",
        "next try 20",
        "**Next**: another try of what was out of reach",
    )


async def test_messages_that_could_not_be_read_are_counted(shop: Shop) -> None:
    await shop.place("100", 2)
    await shop.handle("100").signal("cancel", {"reason": "Ada Jensen"})

    await told(shop, "100", "**To look at**", "1 message(s) could not be read")


async def test_an_order_that_has_ended_waits_for_nothing(shop: Shop) -> None:
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.ended("100")

    details = await told(shop, "100", "**completed**", f"**{SKU}**: 2 ordered: 2 shipped", "Parcel 1: 2 ×")
    assert "Waits for" not in details
    assert "Next" not in details
