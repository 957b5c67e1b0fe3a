"""Changes on the way in random histories: the same made of the store and of the model."""

from datetime import datetime

from domain.changes import AddressChange, Handover, How, PaymentMethod, QuantityChange, Settlement
from domain.choice import Choice, Wish
from domain.errors import ChangeRefused
from domain.order import Fulfilment
from domain.parcel import ParcelStage, ParcelState
from domain.state import OrderState
from tests.store.plain_model import Model
from tests.store.stockroom import Stockroom

ELSEWHERE = AddressChange(name="Ada", street="14 Harbour Street", city="Portland", country="US")


def change_on_the_way(
    stock: Stockroom, model: Model, order_id: str, units: int, dice: int, now: datetime
) -> None:
    """Ask for one change of the dice's choice; one that a rule refuses changes nothing."""
    state = stock.state(order_id)
    make = (_choose, _fewer, _readdress, _pay_with, _hand_over, _settle)[dice % 6]
    try:
        make(stock, model, state, units + dice // 6, now)
    except ChangeRefused:
        return


def _choose(stock: Stockroom, model: Model, state: OrderState, number: int, now: datetime) -> None:
    wish = Wish.SPLIT if number % 2 else Wish.TOGETHER
    stock.change(state.order_id, Choice(choice=wish), on=now)
    model.orders[state.order_id].fulfilment = Fulfilment(wish.value)


def _fewer(stock: Stockroom, model: Model, state: OrderState, number: int, now: datetime) -> None:
    line = state.lines[number % len(state.lines)]
    wanted = QuantityChange(sku=line.sku, quantity=1 + number % 5)
    outcome = stock.change(state.order_id, wanted, on=now).outcome
    taken = model.cancel(state.order_id, {line.sku: line.kept - wanted.quantity})
    assert outcome.cancelled is not None
    assert outcome.cancelled.units_cancelled == taken


def _readdress(stock: Stockroom, _model: Model, state: OrderState, _number: int, now: datetime) -> None:
    stock.change(state.order_id, ELSEWHERE, on=now)


def _pay_with(stock: Stockroom, _model: Model, state: OrderState, number: int, now: datetime) -> None:
    stock.change(state.order_id, PaymentMethod(method=f"pm_{number % 3}"), on=now)


def _hand_over(stock: Stockroom, model: Model, state: OrderState, number: int, now: datetime) -> None:
    """The parcel that stands ready, or any number."""
    ready = next((parcel.number for parcel in state.parcels if parcel.stage is ParcelStage.READY), None)
    stock.change(state.order_id, Handover(number=ready or 1 + number % 3), on=now)
    if ready is not None:
        model.ship(state.order_id)


def _settle(stock: Stockroom, model: Model, state: OrderState, number: int, now: datetime) -> None:
    parcel = next((parcel for parcel in state.parcels if parcel.owed), None)
    how = list(How)[number % len(How)]
    wish = Settlement(parcel=parcel.number if parcel else 1, how=how, reason="random")
    stock.change(state.order_id, wish, on=now)
    if parcel is not None and how is How.STOPPED:
        model.stop(state.order_id, _units(parcel))


def _units(parcel: ParcelState) -> dict[str, int]:
    return {line.sku: line.quantity for line in parcel.lines}
