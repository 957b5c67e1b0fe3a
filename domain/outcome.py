"""How every unit and every cent of an order ended."""

from datetime import datetime

from domain.model import Instant, Model
from domain.state import OrderState
from domain.status import Status


class Outcome(Model):
    """Units by how they ended; amounts in minor units. `unpaid_minor` was sent and never taken by the provider."""

    order_id: str
    status: Status
    units_ordered: int
    units_shipped: int
    units_cancelled: int
    charged_minor: int
    refunded_minor: int
    unpaid_minor: int
    currency: str
    parcels: int
    ended_at: Instant | None


def outcome(state: OrderState, ended_at: datetime | None = None) -> Outcome:
    return Outcome(
        order_id=state.order_id,
        status=state.status,
        units_ordered=sum(line.ordered for line in state.lines),
        units_shipped=state.shipped_units,
        units_cancelled=state.cancelled_units,
        charged_minor=state.charged.minor,
        refunded_minor=state.refunded.minor,
        unpaid_minor=state.unpaid.minor,
        currency=state.currency,
        parcels=sum(parcel.sent for parcel in state.parcels),
        ended_at=ended_at or state.ended_at,
    )
