"""What is drawn by chance: moves, orders, terms and wishes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple, TypeVar

from hypothesis import strategies as st

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.changes import AddressChange, Handover, How, PaymentMethod, QuantityChange, Settlement
from domain.choice import Choice, Wish
from domain.order import Order
from domain.parcel import ParcelStage
from domain.policy import Policy, ShippedWhen
from domain.state import OrderState
from gateways.sandbox_carrier import UNDELIVERABLE
from tests.money.tries import Clock

T = TypeVar("T")

SKUS: Final = ("ODD", "DEAR", "CHEAP", "WHOLE")
_PRICES: Final = (9_500, 333, 1_999, 1, 0, 12_345)
_SHIPPING: Final = (0, 499, 750, 1)
_GOOD: Final = "pm_card_visa"
_METHODS: Final = (
    *[_GOOD] * 6,
    *["pm_card_timeoutAfterCharge"] * 3,
    *["pm_card_captureFails"] * 6,
    *["pm_card_expiresSoon"] * 2,
    "pm_card_unavailableOnce",
    "pm_card_chargeDeclined",
    "pm_card_insufficient_funds",
    "pm_card_stolen",
    "pm_card_authenticationRequired",
    "no-such-method",
)
_MOVES: Final = (
    *["place"] * 3,
    *["receive"] * 4,
    *["live"] * 6,
    *["pass_time"] * 5,
    *["fault"] * 5,
    *["cancel"] * 2,
    *["change"] * 3,
    *["pay_with"] * 2,
    *["hand_over"] * 2,
    *["settle"] * 3,
    "outage",
    "sleep",
    "lose",
    "terms",
)
_LONG: Final = 36

_EXAMPLES = Path(__file__).parents[1] / "examples"
_ORDER = json.loads((_EXAMPLES / "order.json").read_text())
_ADDRESS = json.loads((_EXAMPLES / "address.json").read_text())
_ADDRESSES = (_ADDRESS, _ADDRESS | {"street": "1 Elsewhere"}, _ADDRESS | {"postal_code": UNDELIVERABLE})


class Move(NamedTuple):
    """One thing that happens, and to which order."""

    what: str
    who: int


_MOVE = st.builds(Move, st.sampled_from(_MOVES), st.integers(0, 3))
HISTORIES = st.lists(_MOVE, min_size=_LONG, max_size=_LONG)


class Dice:
    """Takes one decision after another, the same from the same beginning.

    Histories that Hypothesis makes of one another share most of their moves: begun with all of them, they differ.
    """

    def __init__(self, *beginning: object) -> None:
        self._random = Random(repr(beginning))  # noqa: S311 - chance, not secrets

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)


def order_of(
    order_id: str,
    lines: Mapping[str, tuple[int, int]],
    clock: Clock,
    *,
    timing: str = "at_shipment",
    method: str = _GOOD,
    **fields: Any,
) -> Order:
    """The example order with other `lines`: of each SKU, how many units at which price."""
    body = _ORDER | {
        "order_id": order_id,
        "placed_at": clock.now,
        "lines": [
            {"sku": sku, "quantity": units, "unit_price_minor": price}
            for sku, (units, price) in lines.items()
        ],
        "payment": {"timing": timing, "method": method},
    }
    return Order.model_validate(body | fields)


def order(order_id: str, dice: Dice, clock: Clock) -> Order:
    skus = {dice.pick(SKUS) for _ in range(dice.pick((1, 2, 3)))}
    return order_of(
        order_id,
        {sku: (dice.pick((1, 2, 3, 5)), dice.pick(_PRICES)) for sku in sorted(skus)},
        clock,
        timing=dice.pick(("at_order", "at_shipment", "at_shipment")),
        method=dice.pick(_METHODS),
        fulfilment=dice.pick(("split", "split", "together", "ask")),
        shipping_minor=dice.pick(_SHIPPING),
    )


def terms(dice: Dice) -> Policy:
    return Policy(
        shipped_when=dice.pick(tuple(ShippedWhen)),
        payment_retry_days=dice.pick(((1, 3, 5), (), (0, 2))),
        payment_grace_days=dice.pick((7, 2)),
        split_from_minor=dice.pick((0, 5_000)),
    )


def cancellation(cancellation_id: str, state: OrderState, dice: Dice) -> Cancellation:
    """Of some units of a line mostly, else of everything."""
    part = state.lines[: dice.pick((1, 1, 0))]
    lines = tuple(CancelledLine(sku=line.sku, quantity=dice.pick((1, 2, 3))) for line in part)
    return Cancellation(cancellation_id=cancellation_id, reason=dice.pick(tuple(Reason)), lines=lines or None)


def change(state: OrderState, dice: Dice) -> Choice | QuantityChange | AddressChange:
    match dice.pick(("choice", "quantity", "address")):
        case "choice":
            return Choice(choice=dice.pick((Wish.SPLIT, Wish.TOGETHER, Wish.SPLIT, *Wish)))
        case "quantity" if state.lines:
            return QuantityChange(sku=dice.pick(state.lines).sku, quantity=dice.pick((1, 2, 3)))
    return AddressChange.model_validate(dice.pick(_ADDRESSES))


def method(dice: Dice) -> PaymentMethod:
    return PaymentMethod(method=dice.pick(_METHODS))


def hand_over(state: OrderState) -> Handover | None:
    """Of the parcel that stands ready."""
    ready = [parcel.number for parcel in state.parcels if parcel.stage is ParcelStage.READY]
    return Handover(number=ready[0]) if ready else None


def settlement(state: OrderState, dice: Dice) -> Settlement | None:
    """Of a parcel that is unpaid."""
    owed = [parcel.number for parcel in state.parcels if parcel.owed]
    how = dice.pick(tuple(How))
    return Settlement(parcel=dice.pick(owed), how=how, reason="told so") if owed else None
