"""An order's place in the queue: when it was placed, less the head start it earned."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.order import Order, Tier
from domain.policy import Policy


class Priority(StrEnum):
    STANDARD = "standard"
    VIP = "vip"
    EXPEDITED = "expedited"
    WHOLESALE = "wholesale"
    NEED_BY = "need_by"


def _earned(order: Order, policy: Policy) -> dict[Priority, int]:
    days = policy.head_start_days
    wholesale = order.customer.tier is Tier.WHOLESALE or order.units >= policy.wholesale_from_units
    claims = {
        Priority.VIP: (order.customer.tier is Tier.VIP, days.vip),
        Priority.EXPEDITED: (order.expedited, days.expedited),
        Priority.WHOLESALE: (wholesale, days.wholesale),
        Priority.NEED_BY: (order.need_by is not None, days.need_by),
    }
    return {priority: head_start for priority, (applies, head_start) in claims.items() if applies}


def priority(order: Order, policy: Policy) -> Priority:
    """The exception with the largest head start that applies; the first named wins a tie."""
    earned = _earned(order, policy)
    return max(earned, key=lambda one: earned[one], default=Priority.STANDARD)


def queue_at(order: Order, policy: Policy) -> datetime:
    """The moment that decides the order's place: the largest head start counts, never the sum."""
    return order.placed_at - timedelta(days=max(_earned(order, policy).values(), default=0))


def moved_by_hand(place: datetime, days: int) -> datetime:
    """The place of an order that operations put so many days ahead of its own."""
    return place - timedelta(days=days)
