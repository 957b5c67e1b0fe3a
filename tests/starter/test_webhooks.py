"""What Stripe tells by itself lands on its order, once; what is not Stripe's word is refused."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.money import Money
from domain.notices import Kind
from gateways.payment import Charged, PaymentRequest
from store.database import Database
from tests.gates import Gates
from tests.shop import PRICE, SKU, Shop, eventually, open_shop
from tests.starter.webhooks import Doors, open_doors, text
from tests.worlds import providers


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path, world=providers) as opened:
        yield opened


@pytest.fixture
async def doors(shop: Shop) -> AsyncIterator[Doors]:
    async with open_doors(shop) as opened:
        yield opened


async def test_a_dispute_stands_on_its_order_once_however_often_it_is_told(doors: Doors, shop: Shop) -> None:
    await shop.place("100", 2, timing="at_order")
    dispute = await doors.stripe.dispute(doors.reference("100", "charge"))

    answers = [await doors.told("charge.dispute.created", dispute) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    [shown] = shop.status("100").disputes
    assert (shown.amount_minor, shown.reference) == (2 * PRICE, dispute["id"])
    assert [payment.kind for payment in shop.status("100").payments] == ["charge"]


async def test_a_refund_made_in_the_dashboard_stands_among_the_payments_once(
    doors: Doors, shop: Shop
) -> None:
    await shop.place("100", 2, timing="at_order")
    refund = await doors.stripe.refund_in_dashboard(doors.reference("100", "charge"), 700)

    for _ in range(2):
        assert (await doors.told("refund.created", refund)).status_code == 200
    assert (await doors.told("refund.updated", refund)).status_code == 200

    shown = {(payment.kind, payment.amount_minor) for payment in shop.status("100").payments}
    assert shown == {("charge", 2 * PRICE), ("refund", 700)}
    assert len(shop.status("100").payments) == 2


async def test_what_was_refunded_in_the_dashboard_is_not_refunded_again(doors: Doors, shop: Shop) -> None:
    await shop.place("100", 2, timing="at_order")
    refund = await doors.stripe.refund_in_dashboard(doors.reference("100", "charge"), PRICE)
    await doors.told("refund.created", refund)

    await shop.cancel("100")
    await shop.ended("100")

    assert shop.payments.balance("100") == 0
    assert [one.amount.minor for one in doors.stripe.books("100")] == [2 * PRICE, PRICE, PRICE]


async def test_a_refund_that_came_back_is_made_again_by_its_open_order(doors: Doors, shop: Shop) -> None:
    await shop.place("100", 3, timing="at_order")
    await shop.cancel("100", lines={SKU: 1})
    await shop.until("100", lambda order: order.told(Kind.REFUNDED))
    failed = await doors.stripe.fail_refund(doors.reference("100", "refund"))

    for kind in ("refund.updated", "charge.refund.updated", "refund.failed"):
        assert (await doors.told(kind, failed)).status_code == 200

    await eventually(lambda: shop.payments.balance("100") == 2 * PRICE, "the second refund")
    await shop.until("100", lambda order: order.refunded.minor == PRICE)
    keys = [(one.key, one.state) for one in doors.stripe.books("100") if one.kind == "refund"]
    assert keys == [("100/0/refund/1", "declined"), ("100/0/refund/2", "succeeded")]


async def test_a_refund_that_came_back_while_its_mail_was_on_the_way_is_made_again_at_once(
    sqlite_database: Database, tmp_path: Path
) -> None:
    lost = iter(["lost"])
    gates = Gates(lambda _, step: next(lost, None) if step == "refunded" else None)
    mail = gates.close("100", "before refunded")
    async with (
        open_shop(sqlite_database, tmp_path, world=providers, around=gates.around) as shop,
        open_doors(shop) as doors,
    ):
        await shop.place("100", 3, timing="at_order")
        await shop.cancel("100", lines={SKU: 1})
        await mail.arrived()
        failed = await doors.stripe.fail_refund(doors.reference("100", "refund"))
        await doors.told("refund.failed", failed)
        mail.open()

        await eventually(lambda: shop.payments.balance("100") == 2 * PRICE, "the second refund", limit=5)


async def test_a_refund_of_the_dashboard_that_is_told_late_is_mailed_with_its_own_amount(
    doors: Doors, shop: Shop
) -> None:
    await shop.place("100", 3, timing="at_order")
    refund = await doors.stripe.refund_in_dashboard(doors.reference("100", "charge"), 700)
    late = await doors.stripe.event("refund.created", refund)
    await shop.cancel("100", lines={SKU: 1})
    await shop.until("100", lambda order: order.told(Kind.REFUNDED))

    await doors.post(*late)
    await shop.until("100", lambda order: [n.kind for n in order.notices].count(Kind.REFUNDED) == 2)

    bodies = [text(letter) for letter in shop.letters("100")]
    assert "$95.00" in bodies[-2]
    assert "$7.00" in bodies[-1]


async def test_a_refund_that_came_back_to_an_order_that_ended_is_recorded(doors: Doors, shop: Shop) -> None:
    await shop.place("100", 2, timing="at_order")
    await shop.cancel("100")
    await shop.ended("100")
    failed = await doors.stripe.fail_refund(doors.reference("100", "refund"))

    told = await doors.told("refund.failed", failed)

    assert told.status_code == 200
    assert shop.state("100").refund_due.minor == 2 * PRICE


async def test_what_is_about_no_order_of_ours_is_taken_and_left_alone(doors: Doors, shop: Shop) -> None:
    await shop.place("100", 2, timing="at_order")
    amount, now = Money(minor=500, currency="USD"), datetime.now(UTC)
    strange = PaymentRequest(key="999/0/charge/1", order_id="999", amount=amount, method="pm_1", at=now)
    charge = await shop.parts.payments.charge(strange)
    assert isinstance(charge, Charged)

    answers = [
        await doors.told("charge.dispute.created", await doors.stripe.dispute(charge.reference)),
        await doors.told("refund.created", await doors.stripe.refund_in_dashboard(charge.reference, 1)),
        await doors.told("customer.created", {"id": "cus_1"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert shop.status("100").disputes == ()
    assert [payment.kind for payment in shop.status("100").payments] == ["charge"]


async def test_unsigned_old_and_changed_letters_are_refused_and_nothing_is_written(
    doors: Doors, shop: Shop
) -> None:
    await shop.place("100", 2, timing="at_order")
    dispute = await doors.stripe.dispute(doors.reference("100", "charge"))
    kind = "charge.dispute.created"
    body, signature = await doors.stripe.event(kind, dispute)
    old = await doors.stripe.event(kind, dispute, signed_at=datetime.now(UTC) - timedelta(minutes=6))

    letters = [(body, None), (body, "nonsense"), (body, "t=1,v1=abc"), (body + b" ", signature), old]
    answers = [await doors.post(*letter) for letter in letters]

    assert [answer.status_code for answer in answers] == [400] * len(letters)
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    assert answers[0].json() == {"title": "the signature is not right", "status": 400}
    assert shop.status("100").disputes == ()


async def test_a_letter_of_another_shape_is_refused_and_its_words_are_not_repeated(
    doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await doors.told("refund.created", {"id": "re_1", "amount": "pm_secret"})

    assert answer.status_code == 400
    assert answer.json() == {"title": "the event can't be read", "status": 400}
    assert "data.object.currency: Field required" in caplog.text
    assert "pm_secret" not in caplog.text


async def test_a_letter_larger_than_any_event_is_refused_before_it_is_read(doors: Doors) -> None:
    answer = await doors.post(b"x" * 1_000_001, "t=1,v1=abc")

    assert answer.status_code == 413
    assert answer.json()["title"] == "what was sent is too large"


async def test_without_a_secret_the_door_does_not_exist(shop: Shop) -> None:
    async with open_doors(shop, secret=None) as doors:
        answer = await doors.post(b"{}", "t=1,v1=abc")

        assert answer.status_code == 404
        assert "BACKORDER_STRIPE_WEBHOOK_SECRET" in answer.json()["title"]
        assert (await doors.http.get("/healthz")).json() == {"status": "ok"}
