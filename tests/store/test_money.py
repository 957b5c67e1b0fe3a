"""Money: each call stored before it is made, its outcome after, and never a second call for one thing."""

from sqlalchemy import select

from domain.changes import PaymentMethod
from domain.notices import Kind
from domain.parcel import ParcelStage
from domain.state import OrderState
from domain.status import Status
from store import labels, money
from store.life_tables import PaymentRow
from store.money import Approval
from store.parcels import Step
from tests.store.stockroom import PRICE, SKU, Stockroom, Units, bought, day, order_of


def _claimed(stock: Stockroom, units: int = 2) -> None:
    stock.receive(units)
    stock.place("100", units)
    stock.claim("100")


def _step(on: int = 12, parcel: int = 1) -> Step:
    return Step(order_id="100", at=day(on), parcel=parcel)


def _parcel(state: OrderState) -> tuple[ParcelStage, int]:
    return state.parcels[0].stage, state.parcels[0].declines


def test_a_parcel_is_authorised_labelled_and_captured_once(stock: Stockroom) -> None:
    _claimed(stock)
    stock.authorise("100")
    labelled = stock.ship("100")
    captured = stock.capture("100")

    assert labelled.parcels[0].stage is ParcelStage.LABELLED
    assert captured.charged.minor == 2 * PRICE
    assert captured.parcels[0].stage is ParcelStage.SHIPPED
    assert stock.payments("100") == [("100/1/authorise/1", "succeeded"), ("100/1/capture/1", "succeeded")]
    assert stock.product() == (0, 0)


def test_the_authorisation_is_stored_with_the_claim_under_its_first_key(stock: Stockroom) -> None:
    _claimed(stock)

    assert stock.payments("100") == [("100/1/authorise/1", "started")]
    assert stock.database.write(money.to_authorise, _step()).key == "100/1/authorise/1"
    assert stock.database.write(money.to_authorise, _step(13)).key == "100/1/authorise/1"


def test_a_new_key_follows_a_decline_only(stock: Stockroom) -> None:
    _claimed(stock)

    first, state = stock.decline("100", on=12)
    second, _ = stock.decline("100", on=13)

    assert (first.key, second.key) == ("100/1/authorise/1", "100/1/authorise/2")
    assert state.status is Status.PAYMENT_HOLD
    assert stock.state("100").parcels[0].declines == 2
    assert stock.state("100").parcels[0].declined_at == day(12)
    assert stock.units("100") == Units(claimed=2)


def test_a_decline_that_is_delivered_twice_counts_once(stock: Stockroom) -> None:
    _claimed(stock)
    stock.decline("100")

    attempt, state = stock.decline("100")

    assert attempt.key == "100/1/authorise/1"
    assert _parcel(state) == (ParcelStage.CLAIMED, 1)


def test_a_step_that_comes_again_after_its_answer_was_stored_asks_under_the_same_key(
    stock: Stockroom,
) -> None:
    """The worker died between the commit and its report: nothing may be held or taken a second time."""
    _claimed(stock)
    stock.authorise("100", on=12)
    assert stock.database.write(money.to_authorise, _step(12)).key == "100/1/authorise/1"
    stock.ship("100", on=12)
    stock.capture("100", on=12)

    assert stock.database.write(money.to_capture, _step(12)).key == "100/1/capture/1"
    stock.capture("100", on=12)

    assert stock.state("100").charged.minor == 2 * PRICE
    assert len(stock.payments("100")) == 2


def test_a_charge_and_a_refund_that_come_again_are_the_same_call(stock: Stockroom) -> None:
    stock.place("100", 2, timing="at_order")
    stock.charge("100")
    stock.charge("100")
    stock.cancel("100", lines={SKU: 1})
    stock.refund("100")

    state = stock.refund("100")

    assert (state.charged.minor, state.refunded.minor) == (2 * PRICE, PRICE)
    assert [key for key, _ in stock.payments("100")] == ["100/0/charge/1", "100/0/refund/1"]


def test_a_second_refund_has_its_own_key(stock: Stockroom) -> None:
    stock.place("100", 2, timing="at_order")
    stock.charge("100")
    stock.cancel("100", lines={SKU: 1})
    stock.refund("100", on=16)
    stock.cancel("100", on=17)

    state = stock.refund("100", on=18)

    assert state.refunded.minor == 2 * PRICE
    assert state.refund_due.minor == 0


def test_a_refund_that_was_begun_is_finished_with_its_own_amount(stock: Stockroom) -> None:
    stock.place("100", 3, timing="at_order")
    stock.charge("100")
    stock.cancel("100", lines={SKU: 1})
    begun = stock.database.write(money.to_refund, Step(order_id="100", at=day(16)))
    stock.cancel("100", lines={SKU: 1}, on=17)

    again = stock.database.write(money.to_refund, Step(order_id="100", at=day(18)))

    assert (again.key, again.amount_minor) == (begun.key, PRICE)


def test_an_authorisation_that_expired_is_made_anew_under_a_new_key(stock: Stockroom) -> None:
    _claimed(stock)
    stock.authorise("100", on=12, until=14)

    assert stock.database.write(money.to_authorise, _step(13)).key == "100/1/authorise/1"
    assert stock.database.write(money.to_authorise, _step(15)).key == "100/1/authorise/2"


def test_a_capture_that_fails_for_good_leaves_the_parcel_unpaid_on_record(stock: Stockroom) -> None:
    _claimed(stock)
    stock.authorise("100")
    stock.ship("100")

    state = stock.capture("100", refused=True)

    assert state.status is Status.PAYMENT_HOLD
    assert state.unpaid.minor == 2 * PRICE
    assert (state.charged.minor, state.ended_at) == (0, None)


def test_another_method_ends_the_hold_and_pays_the_next_attempt(stock: Stockroom) -> None:
    _claimed(stock)
    stock.decline("100", final=True)

    state = stock.change("100", PaymentMethod(method="pm_other")).state
    assert state.parcels[0].new_method
    assert not state.parcels[0].final_decline

    assert stock.database.write(money.to_authorise, _step(14)).method == "pm_other"
    held = stock.authorise("100", on=14)
    assert (held.status, held.parcels[0].declined_at) == (Status.SHIPPING, None)


def test_money_held_for_an_undone_parcel_is_given_back(stock: Stockroom) -> None:
    _claimed(stock)
    stock.authorise("100")
    cancelled = stock.cancel("100")
    assert cancelled.state.parcels[0].money_held

    attempt = stock.database.write(money.to_void, _step(16))
    state = stock.database.write(money.voided, _step(16), attempt.key, attempt.reference)

    assert attempt.reference == "pi-100/1/authorise/1"
    assert not state.parcels[0].money_held
    assert ("100/1/void/1", "succeeded") in stock.payments("100")


def test_an_authorisation_that_nobody_answered_for_is_looked_up_before_it_is_voided(stock: Stockroom) -> None:
    _claimed(stock)
    stock.cancel("100")
    unknown = stock.database.read(money.unknown_authorisation, _step())
    assert unknown is not None
    assert unknown.key == "100/1/authorise/1"
    attempt = stock.database.write(money.to_void, _step(16))
    assert attempt.reference is None

    state = stock.database.write(money.voided, _step(16), attempt.key, None)

    assert stock.payments("100") == [("100/1/authorise/1", "never"), ("100/1/void/1", "never")]
    assert not state.parcels[0].money_held


def test_an_authorisation_that_was_found_and_voided_is_in_the_ledger(stock: Stockroom) -> None:
    _claimed(stock)
    stock.cancel("100")
    attempt = stock.database.write(money.to_void, _step(16))

    stock.database.write(money.voided, _step(16), attempt.key, "pi-found")

    assert stock.payments("100") == [("100/1/authorise/1", "succeeded"), ("100/1/void/1", "succeeded")]


def test_an_approval_that_comes_after_the_parcel_was_undone_is_held_to_be_voided(stock: Stockroom) -> None:
    _claimed(stock)
    attempt = stock.database.write(money.to_authorise, _step())
    stock.cancel("100")

    late = Approval(reference="pi-late")
    state = stock.database.write(money.authorised, _step(13), attempt, late)

    assert state.parcels[0].stage is ParcelStage.UNDONE
    assert state.parcels[0].money_held
    assert state.ended_at is None


def test_an_approval_that_is_delivered_after_shipment_changes_nothing(stock: Stockroom) -> None:
    _claimed(stock)
    attempt = stock.database.write(money.to_authorise, _step())
    approval = Approval(reference="pi-1")
    stock.database.write(money.authorised, _step(), attempt, approval)
    stock.ship("100")
    stock.capture("100")

    state = stock.database.write(money.authorised, _step(), attempt, approval)

    assert state.parcels[0].stage is ParcelStage.SHIPPED
    assert not state.parcels[0].money_held


def test_a_charge_that_nobody_answered_for_is_looked_up_and_refunded(stock: Stockroom) -> None:
    placed = stock.place("100", 2, timing="at_order")
    stock.refuse(order_of("100", 2, timing="at_order"))
    assert placed.state.charge_unknown
    assert stock.state("100").ended_at is None
    attempt = stock.database.write(money.to_charge, _step(6, 0))

    found = stock.database.write(money.charge_found, _step(6, 0), attempt.key, "ch-1")
    assert found.refund_due.minor == 2 * PRICE

    ended = stock.refund("100", on=7)
    assert (ended.status, ended.ended_at) == (Status.REJECTED, day(7))


def test_a_charge_that_never_happened_ends_the_rejected_order(stock: Stockroom) -> None:
    stock.place("100", 2, timing="at_order")
    stock.refuse(order_of("100", 2, timing="at_order"))
    attempt = stock.database.write(money.to_charge, _step(6, 0))

    ended = stock.database.write(money.charge_found, _step(6, 0), attempt.key, None)

    assert (ended.charged.minor, ended.ended_at) == (0, day(6))


def test_a_charge_that_is_found_declined_ends_the_rejected_order_and_stands_in_the_ledger(
    stock: Stockroom,
) -> None:
    stock.place("100", 2, timing="at_order")
    stock.refuse(order_of("100", 2, timing="at_order"))
    attempt = stock.database.write(money.to_charge, _step(6, 0))

    ended = stock.database.write(money.charge_found, _step(6, 0), attempt.key, None, "generic_decline")

    assert (ended.charged.minor, ended.ended_at) == (0, day(6))
    entry = stock.database.read(lambda session: session.scalars(select(PaymentRow)).one())
    assert (entry.key, entry.state, entry.decline_code) == (attempt.key, "declined", "generic_decline")


def test_an_order_paid_at_order_is_never_charged_at_shipment(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2, timing="at_order")
    stock.charge("100")
    stock.claim("100")

    state = stock.ship("100")

    assert state.parcels[0].stage is ParcelStage.SHIPPED
    assert [key for key, _ in stock.payments("100")] == ["100/0/charge/1"]


def test_a_parcel_that_costs_nothing_ships_without_a_payment(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", 1, price=0)
    stock.claim("100")

    assert stock.ship("100").parcels[0].stage is ParcelStage.SHIPPED
    assert stock.payments("100") == []


def test_each_parcel_is_charged_its_value_and_shipping_once(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", 3, shipping_minor=500)
    stock.claim("100")
    stock.authorise("100")
    stock.ship("100")
    stock.capture("100")
    stock.receive(2)
    stock.claim("100", on=13)

    amounts = [parcel.amount_minor for parcel in stock.state("100").parcels]

    assert amounts == [PRICE + 500, 2 * PRICE]


def test_shipping_is_charged_with_the_parcel_that_follows_an_undone_one(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2, shipping_minor=500)
    stock.claim("100")
    stock.cancel("100", lines={SKU: 1})

    state = stock.claim("100", on=16)

    assert [parcel.amount_minor for parcel in state.parcels] == [2 * PRICE + 500, PRICE + 500]


def test_a_label_bought_once_ships_once(stock: Stockroom) -> None:
    _claimed(stock)
    stock.authorise("100")
    stock.ship("100")

    again = stock.database.read(labels.to_label, _step())
    state = stock.database.write(labels.bought, _step(), bought())

    assert again.unknown
    assert not state.parcels[0].label_unknown
    assert stock.units("100") == Units(shipped=2)


def test_a_label_may_have_been_bought_until_its_answer_is_known(stock: Stockroom) -> None:
    _claimed(stock)
    stock.authorise("100")

    assert not stock.database.read(labels.to_label, _step()).unknown
    stock.database.write(labels.about_to_buy, _step(), [])
    assert stock.database.read(labels.to_label, _step()).unknown
    stock.database.write(labels.never_bought, _step())
    assert not stock.database.read(labels.to_label, _step()).unknown


def test_an_order_ends_when_its_last_parcel_is_paid_and_told(stock: Stockroom) -> None:
    _claimed(stock)
    stock.tell("100", Kind.CONFIRMATION, "placed")
    stock.authorise("100")
    stock.ship("100")
    assert stock.capture("100").ended_at is None

    ended = stock.tell("100", Kind.SHIPPED, "1", on=13)

    assert (ended.status, ended.ended_at) == (Status.COMPLETED, day(13))


def test_a_decline_is_no_reason_to_lose_the_units_before_the_grace_period_ends(stock: Stockroom) -> None:
    _claimed(stock)
    stock.place("101", 2, placed=6)
    stock.decline("100")

    stock.cancel("100", "gave-up")

    assert stock.units("101") == Units(allocated=2)
    assert not stock.state("100").parcels[0].money_held
