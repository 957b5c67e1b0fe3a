"""What orders of earlier versions go on doing: their histories are replayed for as long as they are open."""

from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from temporalio import workflow

from activities.stock import NewMethod, Stock
from domain import choice, life
from domain.changes import PaymentMethod
from domain.order import Fulfilment
from domain.state import OrderState
from domain.steps import KeepTogether, Step
from workflows import options

ASKS = "asks-for-a-choice"
"""Since 0.2 a customer who wants to be asked is; before that everything went together."""

RECORDS = "records-changes"
"""Since 0.2 another payment method is a change like others."""

PATCHES = frozenset({ASKS, RECORDS})


def next_step(state: OrderState, now: datetime) -> Step:
    """What is due next, for an order of any version."""
    due = life.next_step(state, now)
    asks = due == choice.NOTICE or isinstance(due, KeepTogether)
    if asks and not workflow.patched(ASKS):
        return life.next_step(state.model_copy(update={"fulfilment": Fulfilment.TOGETHER}), now)
    return due


def change_method(order_id: str, wanted: PaymentMethod, now: datetime) -> Coroutine[Any, Any, OrderState]:
    new = NewMethod(order_id=order_id, method=wanted.method, at=now)
    return workflow.execute_activity_method(
        Stock.change_payment_method, new, summary="another payment method", **options.DATABASE
    )
