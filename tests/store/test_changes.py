"""Changes on the way: made once, recorded with who asked, and refused without a trace."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.changes import (
    AddressChange,
    Handover,
    How,
    PaymentMethod,
    Prioritisation,
    QuantityChange,
    Settlement,
)
from domain.choice import Choice, Wish
from domain.errors import ChangeRefused
from domain.order import Address, Fulfilment
from domain.parcel import ParcelStage
from domain.policy import Policy, Product, ShippedWhen
from domain.status import Status
from store import labels, money, moved, orders
from store.life_tables import ChangeRow
from store.money import Approval
from store.parcels import Step
from tests.store.stockroom import MINI, PRICE, SKU, Stockroom, Units, bought, day

ELSEWHERE = AddressChange(
    name="Ada", street="14 Harbour Street", city="Portland", country="US", requested_by="support:maria"
)
STEP = Step(order_id="100", at=day(12), parcel=1)


def recorded(stock: Stockroom) -> list[tuple[str, str]]:
    def look(session: Session) -> list[tuple[str, str]]:
        rows = session.scalars(select(ChangeRow).order_by(ChangeRow.at))
        return [(row.what, row.requested_by) for row in rows]

    return stock.database.read(look)


def waiting(stock: Stockroom, units: int = 2) -> None:
    stock.place("100", units)


def ready(stock: Stockroom) -> None:
    """A parcel with its label, for the warehouse to hand over."""
    stock.policy(Policy(shipped_when=ShippedWhen.HANDED_OVER))
    stock.receive(2)
    stock.place("100", 2)
    stock.claim("100")
    stock.authorise("100")
    stock.ship("100")


def unpaid(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)
    stock.claim("100")
    stock.authorise("100")
    stock.ship("100")
    stock.capture("100", refused=True)


def test_a_changed_address_is_where_what_has_not_left_goes(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)
    stock.claim("100")
    ordered = stock.database.read(orders.body, "100")

    stock.change("100", ELSEWHERE)

    to_label = stock.database.read(labels.to_label, STEP)
    assert to_label.ship_to == Address.model_validate(ELSEWHERE.model_dump(exclude={"requested_by"}))
    assert to_label.key == "100/1/label/2"
    assert stock.database.read(orders.body, "100") == ordered
    assert recorded(stock) == [("ship_to", "support:maria")]


def test_a_refused_address_is_waited_for_and_freed_by_another(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)
    stock.claim("100")
    stock.authorise("100")
    held = stock.database.write(labels.refuse_address, STEP)
    assert held.status is Status.ADDRESS_HOLD

    changed = stock.change("100", ELSEWHERE)

    assert changed.state.status is Status.SHIPPING
    assert changed.state.parcels[0].stage is ParcelStage.AUTHORISED
    assert not changed.state.parcels[0].address_refused


def test_the_same_change_again_is_made_once_and_gets_the_first_answer(stock: Stockroom) -> None:
    waiting(stock, 5)
    wish = QuantityChange(sku=SKU, quantity=3)

    first = stock.change("100", wish)
    again = stock.change("100", wish)

    assert again == first
    assert stock.units("100") == Units(backordered=3, cancelled=2)
    assert recorded(stock) == [("quantity", "customer")]


def test_a_change_that_is_refused_leaves_nothing_behind(stock: Stockroom) -> None:
    waiting(stock)

    for wish in (QuantityChange(sku=SKU, quantity=3), Handover(number=1), Settlement(parcel=1, how=How.STOPPED, reason="x")):  # fmt: skip
        with pytest.raises(ChangeRefused):
            stock.change("100", wish)

    assert recorded(stock) == []
    assert stock.units("100") == Units(backordered=2)


def test_fewer_units_free_what_others_wait_for(stock: Stockroom) -> None:
    stock.receive(3)
    stock.place("100", 3, fulfilment="together")
    stock.place("101", 2, placed=6)

    changed = stock.change("100", QuantityChange(sku=SKU, quantity=1))

    assert stock.units("101") == Units(allocated=2)
    assert changed.bells == 1
    assert changed.outcome.cancelled is not None
    assert changed.outcome.cancelled.units_cancelled == 2


def test_a_choice_is_the_orders_preference_from_now_on(stock: Stockroom) -> None:
    waiting(stock)

    state = stock.change("100", Choice(choice=Wish.TOGETHER, requested_by="deadline")).state

    assert state.fulfilment is Fulfilment.TOGETHER
    assert recorded(stock) == [("fulfilment", "deadline")]


def test_what_ships_whole_is_remembered_from_the_day_of_the_order(stock: Stockroom) -> None:
    stock.catalogue(Product(sku=MINI, title="Mini", may_split=False))
    stock.place("100", 2, MINI)
    stock.catalogue(Product(sku=MINI, title="Mini", may_split=True))

    assert [line.may_split for line in stock.state("100").lines] == [False]


def test_a_parcel_stands_ready_until_it_is_handed_over(stock: Stockroom) -> None:
    ready(stock)
    assert stock.units("100") == Units(claimed=2)
    assert stock.product() == (2, 2)

    state = stock.change("100", Handover(number=1)).state

    assert state.parcels[0].stage is ParcelStage.LABELLED
    assert state.parcels[0].shipped_at == day(13)
    assert stock.units("100") == Units(shipped=2)
    assert stock.product() == (0, 0)
    assert recorded(stock) == [("handed_over", "warehouse")]


def test_a_parcel_that_is_handed_over_twice_leaves_once(stock: Stockroom) -> None:
    ready(stock)
    stock.change("100", Handover(number=1))

    again = stock.change("100", Handover(number=1), on=14)

    assert again.state.parcels[0].shipped_at == day(13)
    assert stock.units("100") == Units(shipped=2)


def test_a_cancelled_ready_parcel_gives_its_label_and_its_money_back(stock: Stockroom) -> None:
    ready(stock)

    state = stock.cancel("100").state
    assert state.parcels[0].labels_to_void == ("100/1/label/1",)
    assert state.parcels[0].to_void
    given_back = stock.database.write(labels.given_back, STEP, ["100/1/label/1"])

    assert given_back.parcels[0].labels_to_void == ()
    assert stock.units("100") == Units(cancelled=2)


def test_another_address_gives_a_ready_parcels_label_back_and_asks_for_a_new_one(stock: Stockroom) -> None:
    ready(stock)

    state = stock.change("100", ELSEWHERE).state

    assert state.parcels[0].stage is ParcelStage.AUTHORISED
    assert state.parcels[0].labels_to_void == ("100/1/label/1",)
    assert stock.database.read(labels.to_label, STEP).key == "100/1/label/2"
    again = stock.database.write(labels.bought, STEP, bought(2))
    assert again.parcels[0].stage is ParcelStage.READY


@pytest.mark.parametrize("how", [How.PAID_ELSEWHERE, How.WRITTEN_OFF])
def test_a_settled_parcel_stays_on_record_as_unpaid(stock: Stockroom, how: How) -> None:
    unpaid(stock)

    state = stock.change("100", Settlement(parcel=1, how=how, reason="small")).state

    assert (state.parcels[0].stage, state.parcels[0].settled) == (ParcelStage.UNPAID, how)
    assert state.unpaid.minor == 2 * PRICE
    assert not state.parcels[0].owed


@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("answered", [True, False])
def test_what_another_card_holds_for_a_settled_parcel_goes_back(
    stock: Stockroom, how: How, *, answered: bool
) -> None:
    unpaid(stock)
    stock.database.write(money.voided, STEP, "100/1/void/1", "pi-1")
    stock.change("100", PaymentMethod(method="pm_card_mastercard"))
    later = STEP.model_copy(update={"at": day(14)})
    attempt = stock.database.write(money.to_authorise, later)
    if answered:
        stock.database.write(money.authorised, later, attempt, Approval(reference="pi-2"))

    state = stock.change("100", Settlement(parcel=1, how=how, reason="bank transfer")).state

    assert state.parcels[0].to_void
    assert state.ended_at is None
    let_go = stock.database.write(money.voided, later, "100/1/void/2", "pi-2")
    assert (let_go.parcels[0].money_held, let_go.started) == (False, ())


def test_a_stopped_parcels_units_are_back_and_go_to_the_next(stock: Stockroom) -> None:
    unpaid(stock)
    stock.place("101", 1, placed=6)

    stopped = stock.change("100", Settlement(parcel=1, how=How.STOPPED, reason="never left the dock"))

    assert stock.units("100") == Units(cancelled=2)
    assert stock.units("101") == Units(allocated=1)
    assert stock.product() == (2, 1)
    assert stopped.bells == 1
    assert stopped.state.unpaid.minor == 0
    assert stopped.state.parcels[0].labels_to_void == ("100/1/label/1",)
    assert [one.units for one in stopped.state.cancellations] == [2]


def test_another_method_is_kept_with_the_calls_that_use_it(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)
    stock.claim("100")

    stock.change("100", PaymentMethod(method="pm_other"))

    (unanswered,) = stock.state("100").started
    assert unanswered.method == "pm_card_visa", "what may have been sent already is asked for again as it was"


def test_the_decline_of_a_replaced_method_says_nothing_of_the_new_one(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)
    stock.claim("100")
    stock.change("100", PaymentMethod(method="pm_other"))

    attempt, state = stock.decline("100")

    assert attempt.method == "pm_card_visa"
    assert state.status is Status.SHIPPING
    assert state.parcels[0].declined_at is None
    held = stock.authorise("100", on=13)
    assert held.parcels[0].money_held
    assert [key for key, _ in stock.payments("100")] == ["100/1/authorise/1", "100/1/authorise/2"]


def test_money_that_moved_is_listed_by_its_moment(stock: Stockroom) -> None:
    stock.receive(2)
    stock.place("100", 2)
    stock.claim("100")
    stock.authorise("100")
    stock.ship("100")
    stock.capture("100")

    entries = stock.database.read(moved.moved, day(12), day(13))

    assert [(one.key, one.kind, one.amount.minor) for one in entries] == [
        ("100/1/capture/1", "capture", 2 * PRICE)
    ]
    assert stock.database.read(moved.moved, day(13), day(14)) == []
    assert stock.database.read(moved.stuck) == []


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (2, "2 days ahead of its own place."),
        (1, "1 day ahead of its own place."),
        (-3, "3 days behind its own place."),
        (0, "Back at its own place."),
    ],
)
def test_a_move_by_hand_is_said_in_its_direction(stock: Stockroom, days: int, words: str) -> None:
    stock.place("100")

    assert stock.change("100", Prioritisation(days=days, reason="asked for")).outcome.message == words
