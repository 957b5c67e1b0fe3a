import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.money import Money
from domain.payment import Attempt, PaymentKind
from gateways.errors import GatewayUnavailable, OutcomeUnknown, PermanentRefusal
from gateways.payment import (
    Authorised,
    Captured,
    Charged,
    Declined,
    PaymentProvider,
    PaymentRequest,
    Refunded,
    Voided,
)
from gateways.sandbox_payment import SandboxPayments

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRICE = Money(minor=4_999, currency="USD")
CENT = Money(minor=1, currency="USD")


def request(
    key: str = "100/1/charge/1", method: str = "pm_card_visa", amount: Money = PRICE
) -> PaymentRequest:
    return PaymentRequest(key=key, order_id="100", amount=amount, method=method, at=NOON)


def call(key: str) -> Attempt:
    """What is looked up; a sandbox knows it by its key."""
    return Attempt(
        key=key,
        order_id="100",
        parcel=1,
        kind=PaymentKind.CHARGE,
        amount_minor=PRICE.minor,
        currency="USD",
        method="pm_card_visa",
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox" / "payments.sqlite"


@pytest.fixture
def bank(file: Path) -> Iterator[SandboxPayments]:
    with SandboxPayments(file) as bank:
        yield bank


async def authorised(bank: SandboxPayments, method: str = "pm_card_visa") -> Authorised:
    answer = await bank.authorise(request("100/1/authorise/1", method))
    assert isinstance(answer, Authorised)
    return answer


async def charged(bank: SandboxPayments) -> Charged:
    answer = await bank.charge(request())
    assert isinstance(answer, Charged)
    return answer


async def refused(call: Awaitable[object]) -> str:
    with pytest.raises(PermanentRefusal) as refusal:
        await call
    return refusal.value.code


def test_the_sandbox_is_a_payment_provider(bank: SandboxPayments) -> None:
    provider: PaymentProvider = bank

    assert provider is bank


async def test_a_charge_takes_the_money_at_once(bank: SandboxPayments) -> None:
    charge = await charged(bank)

    assert charge.amount == PRICE
    assert charge.reference.startswith("pi_")
    assert bank.balance("100") == 4_999


async def test_an_authorisation_takes_nothing_until_it_is_captured(bank: SandboxPayments) -> None:
    held = await authorised(bank)
    before = bank.balance("100")

    captured = await bank.capture("100/1/capture/1", held.reference, PRICE, NOON)

    assert (before, bank.balance("100")) == (0, 4_999)
    assert captured == Captured(key="100/1/capture/1", reference=held.reference, amount=PRICE, at=NOON)
    assert held.expires_at == NOON + timedelta(days=7)


async def test_the_same_charge_again_gets_the_first_result(bank: SandboxPayments) -> None:
    first = await bank.charge(request())

    later = request().model_copy(update={"at": NOON + timedelta(hours=3)})

    assert await bank.charge(later) == first
    assert len(bank.books()) == 1


async def test_the_same_key_with_another_body_is_refused(bank: SandboxPayments) -> None:
    held = await authorised(bank)
    await bank.capture("c", held.reference, PRICE, NOON)

    assert await refused(bank.charge(request("c"))) == "idempotency_conflict"
    assert await refused(bank.capture("c", held.reference, CENT, NOON)) == "idempotency_conflict"
    assert await refused(bank.authorise(request(held.key, amount=CENT))) == "idempotency_conflict"
    assert bank.balance("100") == 4_999


async def test_keys_are_remembered_after_the_worker_was_killed(bank: SandboxPayments, file: Path) -> None:
    first = await bank.charge(request())

    with SandboxPayments(file) as next_bank:
        again = await next_bank.charge(request())
        found = await next_bank.find(call(request().key))

    assert again == found == first
    assert bank.balance("100") == 4_999


def test_two_workers_that_charge_at_the_same_time_charge_once(file: Path) -> None:
    def work(_: int) -> object:
        with SandboxPayments(file) as bank:
            return asyncio.run(bank.charge(request()))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(work, range(6)))

    with SandboxPayments(file) as bank:
        assert bank.balance("100") == 4_999
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize(
    ("method", "code", "final"),
    [
        ("pm_card_chargeDeclined", "generic_decline", False),
        ("pm_card_insufficient_funds", "insufficient_funds", False),
        ("pm_card_stolen", "stolen_card", True),
        ("pm_card_authenticationRequired", "authentication_required", False),
        ("tok_visa", "unknown_method", True),
    ],
)
async def test_a_declined_card_is_an_answer_and_takes_nothing(
    bank: SandboxPayments, method: str, code: str, final: bool
) -> None:
    for pay in (bank.charge, bank.authorise):
        key = f"100/1/{pay.__name__}/1"

        declined = await pay(request(key, method))

        assert isinstance(declined, Declined)
        assert (declined.code, declined.final) == (code, final)
        assert await pay(request(key, method)) == await bank.find(call(key)) == declined
    assert bank.balance("100") == 0
    assert [entry.state for entry in bank.books("100")] == ["declined", "declined"]


async def test_a_declined_authorisation_cannot_be_captured(bank: SandboxPayments) -> None:
    await bank.authorise(request("a", "pm_card_chargeDeclined"))
    reference = bank.books()[0].reference

    assert await refused(bank.capture("c", reference, PRICE, NOON)) == "unknown_reference"


async def test_an_expired_authorisation_is_not_captured(bank: SandboxPayments) -> None:
    held = await authorised(bank, "pm_card_expiresSoon")
    assert held.expires_at == NOON + timedelta(minutes=1)

    code = await refused(bank.capture("c", held.reference, PRICE, held.expires_at))

    assert code == "authorization_expired"
    assert await bank.find(call("c")) is None
    assert bank.balance("100") == 0


async def test_a_capture_in_time_stays_the_answer_after_expiry(bank: SandboxPayments) -> None:
    held = await authorised(bank, "pm_card_expiresSoon")
    first = await bank.capture("c", held.reference, PRICE, NOON)

    assert await bank.capture("c", held.reference, PRICE, NOON + timedelta(days=1)) == first


async def test_an_authorisation_is_captured_once(bank: SandboxPayments) -> None:
    held = await authorised(bank)
    await bank.capture("c1", held.reference, CENT, NOON)

    assert await refused(bank.capture("c2", held.reference, CENT, NOON)) == "already_captured"
    assert bank.balance("100") == 1


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (PRICE + CENT, "amount_too_large"),
        (Money(minor=0, currency="USD"), "invalid_amount"),
        (Money(minor=4_999, currency="EUR"), "currency_mismatch"),
    ],
)
async def test_a_capture_stays_within_the_authorisation(
    bank: SandboxPayments, amount: Money, code: str
) -> None:
    held = await authorised(bank)

    assert await refused(bank.capture("c", held.reference, amount, NOON)) == code


async def test_a_capture_can_fail_for_good(bank: SandboxPayments) -> None:
    held = await authorised(bank, "pm_card_captureFails")

    assert await refused(bank.capture("c", held.reference, PRICE, NOON)) == "capture_failed"


async def test_an_authorisation_can_be_voided_twice_and_after_expiry(bank: SandboxPayments) -> None:
    held = await authorised(bank, "pm_card_expiresSoon")

    voided = await bank.void("v1", held.reference, NOON)

    assert await bank.void("v1", held.reference, NOON) == await bank.find(call("v1")) == voided
    assert isinstance(await bank.void("v2", held.reference, NOON + timedelta(days=9)), Voided)
    assert await refused(bank.capture("c", held.reference, PRICE, NOON)) == "authorization_voided"


async def test_what_was_taken_cannot_be_voided(bank: SandboxPayments) -> None:
    held = await authorised(bank)
    charge = await charged(bank)
    await bank.capture("c", held.reference, PRICE, NOON)

    assert await refused(bank.void("v1", held.reference, NOON)) == "already_captured"
    assert await refused(bank.void("v2", charge.reference, NOON)) == "already_captured"


async def test_refunds_never_exceed_what_was_taken(bank: SandboxPayments) -> None:
    charge = await charged(bank)
    part = Money(minor=3_000, currency="USD")

    first = await bank.refund("r1", charge.reference, part, NOON)

    assert isinstance(first, Refunded)
    assert first.reference.startswith("re_")
    assert await bank.refund("r1", charge.reference, part, NOON) == first
    assert await refused(bank.refund("r2", charge.reference, part, NOON)) == "refund_exceeds_charge"
    assert bank.balance("100") == 1_999


async def test_a_capture_in_part_is_refunded_in_part(bank: SandboxPayments) -> None:
    held = await authorised(bank)
    assert await refused(bank.refund("r1", held.reference, CENT, NOON)) == "not_captured"
    await bank.capture("c", held.reference, CENT, NOON)

    assert await refused(bank.refund("r2", held.reference, CENT + CENT, NOON)) == "refund_exceeds_charge"
    await bank.refund("r3", held.reference, CENT, NOON)

    assert bank.balance("100") == 0


async def test_unknown_references_are_refused(bank: SandboxPayments) -> None:
    assert await refused(bank.capture("c", "pi_none", CENT, NOON)) == "unknown_reference"
    assert await refused(bank.void("v", "pi_none", NOON)) == "unknown_reference"
    assert await refused(bank.refund("r", "pi_none", CENT, NOON)) == "unknown_reference"


async def test_what_never_happened_is_not_found(bank: SandboxPayments) -> None:
    assert await bank.find(call("100/1/charge/1")) is None


async def test_a_charge_with_a_lost_answer_is_found_by_its_key(bank: SandboxPayments) -> None:
    ask = request(method="pm_card_timeoutAfterCharge")

    with pytest.raises(OutcomeUnknown):
        await bank.charge(ask)

    found = await bank.find(call(ask.key))
    assert isinstance(found, Charged)
    assert await bank.charge(ask) == found
    assert bank.balance("100") == 4_999


async def test_a_capture_with_a_lost_answer_is_found_by_its_key(bank: SandboxPayments) -> None:
    ask = request("a", "pm_card_timeoutAfterCharge")
    with pytest.raises(OutcomeUnknown):
        await bank.authorise(ask)
    held = await bank.authorise(ask)
    assert isinstance(held, Authorised)

    with pytest.raises(OutcomeUnknown):
        await bank.capture("c", held.reference, PRICE, NOON)

    assert isinstance(await bank.find(call("c")), Captured)
    assert await bank.capture("c", held.reference, PRICE, NOON) == await bank.find(call("c"))


async def test_a_provider_that_is_away_once_has_done_nothing(bank: SandboxPayments) -> None:
    ask = request(method="pm_card_unavailableOnce")

    with pytest.raises(GatewayUnavailable):
        await bank.charge(ask)

    assert await bank.find(call(ask.key)) is None
    assert isinstance(await bank.charge(ask), Charged)


async def test_planned_faults_happen_as_often_as_planned_and_survive_a_restart(
    bank: SandboxPayments, file: Path
) -> None:
    bank.fail("charge", 2)

    with pytest.raises(GatewayUnavailable):
        await bank.charge(request())
    with SandboxPayments(file) as next_bank, pytest.raises(GatewayUnavailable):
        await next_bank.charge(request())

    assert await bank.find(call(request().key)) is None
    assert isinstance(await bank.charge(request()), Charged)


OPERATIONS: dict[str, Callable[[SandboxPayments, str], Awaitable[object]]] = {
    "capture": lambda bank, reference: bank.capture("k", reference, PRICE, NOON),
    "void": lambda bank, reference: bank.void("k", reference, NOON),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_planned_lost_answer_has_acted(bank: SandboxPayments, operation: str) -> None:
    held = await authorised(bank)
    bank.fail(operation, 1, acted=True)

    with pytest.raises(OutcomeUnknown):
        await OPERATIONS[operation](bank, held.reference)

    assert await bank.find(call("k")) == await OPERATIONS[operation](bank, held.reference)


async def test_even_the_lookup_can_fail(bank: SandboxPayments) -> None:
    bank.fail("find", 1)

    with pytest.raises(GatewayUnavailable):
        await bank.find(call("k"))


def test_a_fault_of_an_unknown_operation_is_a_mistake(bank: SandboxPayments) -> None:
    with pytest.raises(ValueError, match="no such operation: pay"):
        bank.fail("pay", 1)


async def test_an_outage_ends_at_its_instant(bank: SandboxPayments) -> None:
    bank.down_until(NOON + timedelta(hours=1))

    with pytest.raises(GatewayUnavailable):
        await bank.charge(request())

    assert await bank.charge(request().model_copy(update={"at": NOON + timedelta(hours=1)}))


async def test_the_books_show_every_entry_of_an_order(bank: SandboxPayments) -> None:
    held = await authorised(bank)
    await bank.capture("c", held.reference, PRICE, NOON)
    await bank.refund("r", held.reference, CENT, NOON)
    other = request("101/1/charge/1").model_copy(update={"order_id": "101"})
    await bank.charge(other)

    books = bank.books("100")

    assert [(entry.kind, entry.amount.minor, entry.state) for entry in books] == [
        ("authorise", 4_999, "succeeded"),
        ("capture", 4_999, "succeeded"),
        ("refund", 1, "succeeded"),
    ]
    assert books[0].reference == books[1].reference == held.reference
    assert len(bank.books()) == 4
    assert bank.balance("100") == 4_998


async def test_the_books_of_a_period_show_what_moved_money_in_it(bank: SandboxPayments) -> None:
    held = await authorised(bank)
    await bank.authorise(request("a", "pm_card_chargeDeclined"))
    await bank.capture("c", held.reference, PRICE, NOON)
    await bank.refund("r", held.reference, CENT, NOON + timedelta(days=1))

    first_day = await bank.entries(NOON, NOON + timedelta(days=1))
    both = await bank.entries(NOON, NOON + timedelta(days=2))

    assert [entry.kind for entry in first_day] == ["capture"]
    assert [entry.kind for entry in both] == ["capture", "refund"]
