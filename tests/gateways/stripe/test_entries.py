"""Stripe's books of a period."""

from datetime import timedelta

from domain.money import Money
from gateways.payment import BookEntry
from gateways.stripe_payment import StripePayments
from tests.fakes.stripe_server import FakeStripe
from tests.gateways.stripe.samples import CENT, NOON, PRICE, Clock, authorised, charged, request

HOUR = timedelta(hours=1)
MOVES = {"charge", "capture", "refund"}


def moved(stripe: FakeStripe) -> list[BookEntry]:
    return [entry for entry in stripe.books() if entry.kind in MOVES and entry.state == "succeeded"]


async def test_the_entries_are_the_money_that_moved_under_our_keys(
    bank: StripePayments, stripe: FakeStripe, clock: Clock
) -> None:
    held, other = await authorised(bank), await authorised(bank, key="b")
    await bank.charge(request("d", "pm_card_chargeDeclined"))
    clock.pass_time(minutes=10)
    await bank.capture("c", held.reference, CENT, clock.time)
    await bank.void("v", other.reference, clock.time)
    charge = await charged(bank)
    clock.pass_time(minutes=10)
    await bank.refund("r", charge.reference, CENT, clock.time)

    entries = await bank.entries(NOON, NOON + HOUR)

    assert entries == moved(stripe)
    assert [(entry.key, entry.kind) for entry in entries] == [
        ("c", "capture"),
        ("100/1/charge/1", "charge"),
        ("r", "refund"),
    ]
    assert entries[0].reference == held.reference
    assert entries[2].reference.startswith("re_")


async def test_a_period_ends_before_its_end(bank: StripePayments, clock: Clock) -> None:
    await charged(bank, key="first")
    clock.pass_time(hours=1)
    await charged(bank, key="second")

    assert [entry.key for entry in await bank.entries(NOON, NOON + HOUR)] == ["first"]
    assert [entry.key for entry in await bank.entries(NOON + HOUR, NOON + 2 * HOUR)] == ["second"]
    assert await bank.entries(NOON + timedelta(milliseconds=1), NOON + HOUR) == []


async def test_a_long_period_comes_in_pages(bank: StripePayments, stripe: FakeStripe) -> None:
    for number in range(120):
        await charged(bank, key=f"k{number}")

    assert await bank.entries(NOON, NOON + HOUR) == moved(stripe)


async def test_what_was_done_in_the_dashboard_has_stripes_ids_for_keys(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    held = await authorised(bank)
    await stripe.capture_in_dashboard(held.reference)
    refund = await stripe.refund_in_dashboard(held.reference, 1)

    capture, given_back = await bank.entries(NOON, NOON + HOUR)

    assert [capture, given_back] == moved(stripe)
    assert capture.key.startswith("ch_")
    assert (given_back.key, given_back.reference) == (refund["id"], refund["id"])


async def test_disputes_and_refunds_that_came_back_are_no_entries(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    charge = await charged(bank)
    refund = await bank.refund("r", charge.reference, PRICE, NOON)
    await stripe.fail_refund(refund.reference)
    await stripe.dispute(charge.reference)

    entries = await bank.entries(NOON, NOON + HOUR)

    assert [entry.kind for entry in entries] == ["charge"]


async def test_a_charge_without_a_payment_intent_is_an_entry_of_its_own(
    bank: StripePayments, stripe: FakeStripe
) -> None:
    await stripe.charge_without_intent("ch_old", 700, "isk")

    (entry,) = await bank.entries(NOON - HOUR, NOON + HOUR)

    assert (entry.key, entry.reference, entry.kind) == ("ch_old", "ch_old", "charge")
    assert entry.amount == Money(minor=7, currency="ISK")
