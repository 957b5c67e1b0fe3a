"""The whole way with Stripe and EasyPost by settings alone, through hiccups, and nothing private in any log."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.changes import AddressChange, PaymentMethod
from domain.status import Status
from gateways.sandbox_carrier import UNDELIVERABLE
from tests.e2e.providers import CITY, METHOD, NAME, POSTAL_CODE, STREET, RealShop, real_shop, working
from tests.shop import PRICE, SKU

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealShop]:
    async with real_shop(tmp_path_factory.mktemp("shop")) as shop, working(shop):
        yield shop


@pytest.fixture
def shop(open_shop: RealShop) -> RealShop:
    return open_shop


async def test_a_parcel_is_charged_when_it_leaves(shop: RealShop) -> None:
    await shop.place("100")
    await shop.doors.receive("R-100", {SKU: 2})
    await shop.ended("100")

    assert shop.books("100") == [("authorise", "succeeded"), ("capture", "succeeded")]
    assert shop.stripe.balance("100") == 2 * PRICE
    assert shop.labels("100") == 1
    assert len(shop.letters("100")) == 2
    assert shop.leaks() == []


async def test_what_is_cancelled_after_payment_at_order_is_refunded_once(shop: RealShop) -> None:
    await shop.place("101", 3, timing="at_order")
    shop.stripe.fail("refund", 1, acted=True)

    one = CancelledLine(sku=SKU, quantity=1)
    wish = Cancellation(cancellation_id="W-101", reason=Reason.CHANGED_MIND, lines=(one,))
    await shop.doors.cancel("101", wish)
    await shop.doors.receive("R-101", {SKU: 2})
    await shop.ended("101")

    assert shop.books("101") == [("charge", "succeeded"), ("refund", "succeeded")]
    assert shop.stripe.balance("101") == 2 * PRICE
    assert shop.labels("101") == 1
    assert shop.leaks() == []


async def test_a_declined_card_is_replaced_by_another(shop: RealShop) -> None:
    await shop.place("102", method="pm_card_chargeDeclined")
    await shop.doors.receive("R-102", {SKU: 2})
    await shop.until("102", lambda order: order.status is Status.PAYMENT_HOLD)
    held = shop.books("102")

    await shop.doors.change_payment_method("102", PaymentMethod(method="pm_card_mastercard_77aa"))
    await shop.ended("102")

    assert held == [("authorise", "declined")]
    assert shop.books("102")[1:] == [("authorise", "succeeded"), ("capture", "succeeded")]
    assert shop.stripe.balance("102") == 2 * PRICE
    assert shop.leaks() == []


async def test_an_address_that_no_carrier_accepts_is_changed_by_its_customer(shop: RealShop) -> None:
    await shop.place("103", postal_code=UNDELIVERABLE)
    await shop.doors.receive("R-103", {SKU: 2})
    await shop.until("103", lambda order: order.status is Status.ADDRESS_HOLD)
    held = shop.labels("103")

    right = AddressChange(name=NAME, street=STREET, city=CITY, postal_code=POSTAL_CODE, country="US")
    await shop.doors.change_address("103", right)
    await shop.ended("103")

    assert held == 0
    assert shop.labels("103") == 1
    assert shop.stripe.balance("103") == 2 * PRICE
    assert shop.leaks() == []


async def test_answers_that_get_lost_are_logged_and_nothing_is_done_twice(shop: RealShop) -> None:
    for operation in ("authorise", "capture"):
        shop.stripe.fail(operation, 1, acted=True)
    for operation in ("rates", "buy"):
        shop.easypost.fail(operation, 1, acted=True)
    shop.mail.refuse_with = "451 later, customer-104@quartermaine.example"

    await shop.place("104")
    await shop.programs[0].says("mail: unavailable")
    shop.mail.refuse_with = None
    await shop.doors.receive("R-104", {SKU: 2})
    await shop.ended("104")

    assert shop.books("104") == [("authorise", "succeeded"), ("capture", "succeeded")]
    assert len(shop.easypost.labels("104")) == 1
    assert len(shop.letters("104")) == 2
    assert "gateways.errors.GatewayUnavailable" in shop.programs[0].said
    assert "outcome unknown" in shop.programs[0].said
    assert shop.leaks() == []


async def test_a_statement_that_the_database_refuses_is_logged_without_its_values(shop: RealShop) -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the disk is on strike'); END"
    for table in ("orders", "payments"):
        shop.sql(f"CREATE TRIGGER strike_{table} BEFORE INSERT ON {table} {refuse}")
    placing = asyncio.create_task(shop.place("105", timing="at_order"))
    await shop.programs[0].says("in enter")
    shop.sql("DROP TRIGGER strike_orders")
    await shop.programs[0].says("store/payments.py")
    shop.sql("DROP TRIGGER strike_payments")
    await placing
    await shop.doors.receive("R-105", {SKU: 2})
    await shop.ended("105")

    assert shop.stripe.balance("105") == 2 * PRICE
    assert shop.leaks() == []


async def test_what_cannot_be_read_is_logged_without_its_words(shop: RealShop) -> None:
    await shop.place("106")
    placed = shop.doors.client.get_workflow_handle("backorder-106")
    spoilt = shop.order("107").model_dump(mode="json") | {"currency": "dollars"}

    await placed.signal("payment_method_updated", {"method": [METHOD], "email": shop.email("106")})
    await placed.signal("cancel", {"reason": "because", "note": NAME})
    started = await shop.doors.client.start_workflow(
        "BackorderWorkflow", spoilt, id="backorder-107", task_queue="backorders"
    )
    with pytest.raises(WorkflowFailureError):
        await started.result()
    with pytest.raises(WorkflowUpdateFailedError):
        await placed.execute_update("change_address", {"name": NAME, "street": [STREET]})
    await shop.until("106", lambda order: order.unreadable == 2)

    assert shop.leaks() == []
