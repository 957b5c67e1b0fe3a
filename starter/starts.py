"""How an order's workflow is started, when there is none yet."""

from typing import Any

from temporalio.client import WithStartWorkflowOperation
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)

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
    return WithStartWorkflowOperation(
        BACKORDER,
        order,
        id=backorder_workflow_id(order.order_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=summary(order),
        static_details=details(order),
        search_attributes=_search_attributes(order),
    )


def _search_attributes(order: Order) -> TypedSearchAttributes:
    """At the start they cost nothing; the workflow adds what it decides."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(STATUS, "placing"),
            SearchAttributePair(SKUS, searchable(order.skus)),
            SearchAttributePair(CUSTOMER, order.customer.customer_id),
            SearchAttributePair(PRIORITY, order.customer.tier),
            SearchAttributePair(PLACED, order.placed_at),
        ]
    )
