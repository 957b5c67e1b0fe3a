"""The contract with other systems: names, ids, inputs and results; and the readers of what arrives."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from domain.cancellation import Cancellation
from domain.correcting import Resending
from domain.decision import DECIDED_WITHIN
from domain.order import Order

TASK_QUEUE = "backorders"
DEPLOYMENT = "backorder"
"""The worker deployment whose versions may run side by side."""

BACKORDER = "BackorderWorkflow"
INVENTORY_CHANGE = "InventoryChangeWorkflow"
REVIEW = "ReviewWorkflow"
RESEND = "ResendWorkflow"
REVIEW_ID = "review"
DAILY_REVIEW = "daily-review"
"""The Temporal Schedule that starts the reviews."""

PLACING_DEADLINE = DECIDED_WITHIN

ANSWER_WITHIN = timedelta(minutes=3)
"""What is asked of an order is answered meanwhile, also while a gateway that it talks to is away (two minutes)."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours the clock of whoever sends an order may be."""

STATUS = SearchAttributeKey.for_keyword("BackorderStatus")
SKUS = SearchAttributeKey.for_keyword_list("BackorderSku")
CUSTOMER = SearchAttributeKey.for_keyword("BackorderCustomer")
PRIORITY = SearchAttributeKey.for_keyword("BackorderPriority")
PROMISED = SearchAttributeKey.for_datetime("BackorderPromised")
PLACED = SearchAttributeKey.for_datetime("BackorderPlaced")
SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[Any], ...] = (STATUS, SKUS, CUSTOMER, PRIORITY, PROMISED, PLACED)

_LONGEST_ID = 64
_MOST_OF_SKUS = 2_000
"""Bytes: Temporal refuses a search attribute of more than 2,048."""

M = TypeVar("M", bound=BaseModel)


def backorder_workflow_id(order_id: str) -> str:
    return f"backorder-{order_id}"


def order_of_workflow(workflow_id: str) -> str | None:
    """The order that a workflow is of, or whose notice it sends again; None of another kind."""
    kind, _, rest = workflow_id.partition("-")
    return {"backorder": rest, "resend": rest.partition("/")[0]}.get(kind)


def change_of_workflow(workflow_id: str) -> str | None:
    """The inventory change that a workflow applies; None of another kind."""
    return workflow_id.removeprefix("inventory-") if workflow_id.startswith("inventory-") else None


def web_ui_address(ui: str, order_id: str, namespace: str = "default") -> str:
    """Where the Temporal Web UI shows an order."""
    return f"{ui.rstrip('/')}/namespaces/{namespace}/workflows/{backorder_workflow_id(order_id)}"


def inventory_workflow_id(change_id: str) -> str:
    return f"inventory-{change_id}"


def resend_workflow_id(wish: Resending) -> str:
    """No id has a slash, so that one order's are told from another's by what stands before it."""
    return f"{resends_of(wish.order_id)}{wish.kind}/{wish.occasion}/{wish.number}"


def resends_of(order_id: str) -> str:
    """What the ids of an order's resent notices begin with."""
    return f"resend-{order_id}/"


def searchable(skus: Iterable[str]) -> list[str]:
    """The products by which an order is found: all but the last of very many."""
    named = list(skus)
    sizes = accumulate(len(sku) + len('"", ') for sku in named)
    return [sku for sku, size in zip(named, sizes, strict=True) if size <= _MOST_OF_SKUS]


def own_cancellation_id(order_id: str, what: str) -> str:
    """The id of a cancellation that an order asks of itself; where its own id is too long, a digest tells it from others."""
    plain = f"{order_id}-{what}"
    if len(plain) <= _LONGEST_ID:
        return plain
    told_by = f"-{sha256(order_id.encode()).hexdigest()[:16]}-{what}"
    return order_id[: _LONGEST_ID - len(told_by)] + told_by


def native_cancellation_id(order_id: str) -> str:
    """The id of the wish that Temporal's own Cancel is."""
    plain = f"native-{order_id}"
    return plain if len(plain) <= _LONGEST_ID else own_cancellation_id(order_id, "native")


def cancel_update_id(cancellation: Cancellation) -> str | None:
    """One wish, one update; another body under its id is another update, which the books refuse."""
    if cancellation.cancellation_id is None:
        return None
    return f"{cancellation.cancellation_id}-{cancellation.digest()}"


def faults(error: ValidationError) -> list[dict[str, str]]:
    """Each bad field of a message and what is wrong with it; never its value, which may be private."""
    return [
        {"field": ".".join(str(part) for part in fault["loc"]) or "body", "problem": fault["msg"]}
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def sentence(problems: list[dict[str, str]]) -> str:
    return "; ".join(f"{problem['field']}: {problem['problem']}" for problem in problems)


def moment_faults(order: Order, now: datetime) -> list[dict[str, str]]:
    """An order may have been placed long ago (an import), never in the future."""
    if order.placed_at <= now + CLOCKS_DIFFER:
        return []
    return [{"field": "placed_at", "problem": "lies in the future"}]


def read(model: type[M], inputs: tuple[Any, ...], kind: str) -> M | ApplicationError:
    """The one input as `model`, or the failure that names every bad field.

    Workflows read their own input, because one that Temporal can't decode would be retried for ever.
    """
    if len(inputs) != 1:
        problem = [{"field": "input", "problem": f"one input is needed, {len(inputs)} were given"}]
        return malformed(kind, problem)
    try:
        return model.model_validate_json(_json(inputs[0]))
    except ValidationError as error:
        return malformed(kind, faults(error))


def _json(value: Any) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    return json.dumps(value, default=repr)


def malformed(kind: str, problems: list[dict[str, str]]) -> ApplicationError:
    """The failure of a workflow whose input can't be meant; every bad field is named."""
    return ApplicationError(sentence(problems), problems, type=kind, non_retryable=True)
