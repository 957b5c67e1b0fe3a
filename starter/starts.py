"""How an order's workflow is started, when there is none yet."""

from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.order import Order
from starter.signboard import details, summary
from workflows.messages import (
    BACKORDER,
    CUSTOMER,
    PLACED,
    PRIORITY,
    SKUS,
    STATUS,
    TASK_QUEUE,
    backorder_workflow_id,
    searchable,
)


def start(order: Order) -> WithStartWorkflowOperation[Any, Any]:
    attributes = _search_attributes(order, "placing", order.customer.tier)
    return WithStartWorkflowOperation(BACKORDER, order, **_as_ever(order), search_attributes=attributes)


async def start_again(client: Client, order: Order, status: str, priority: str) -> bool:
    """Give a known order a workflow again, if it has none: it reads the database, and goes on from there.

    False, and nothing is started, where its workflow has completed: the order ended meanwhile, and another life of a
    rejected one would place it anew.
    """
    attributes = _search_attributes(order, status, priority)
    never_anew = {"id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY}
    try:
        await client.start_workflow(
            BACKORDER, order, **_as_ever(order) | never_anew, search_attributes=attributes
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


def _as_ever(order: Order) -> dict[str, Any]:
    """However it is started, an order has one life: one that runs already is left alone."""
    return {
        "id": backorder_workflow_id(order.order_id),
        "task_queue": TASK_QUEUE,
        "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
        "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        "static_summary": summary(order),
        "static_details": details(order),
    }


def _search_attributes(order: Order, status: str, priority: str) -> TypedSearchAttributes:
    """At the start they cost nothing; the workflow adds what it decides."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(STATUS, status),
            SearchAttributePair(SKUS, searchable(order.skus)),
            SearchAttributePair(CUSTOMER, order.customer.customer_id),
            SearchAttributePair(PRIORITY, priority),
            SearchAttributePair(PLACED, order.placed_at),
        ]
    )
