"""One order for its customer, read at one moment."""

from typing import Any

from sqlalchemy.orm import Session

from domain.model import Model
from domain.state import OrderState
from store import orders, status

ADDRESS = ("name", "street", "city", "region", "postal_code", "country")


class OrderPage(Model):
    """What the customer's page says; `places`: of its lines in their queues, from 1."""

    state: OrderState
    places: dict[str, int | None]
    locale: str
    ship_to: dict[str, str]
    erased: bool
    """Its customer is forgotten: nobody opens it any more."""


def order_page(session: Session, order_id: str) -> OrderPage:
    """The order as its customer may see it; raises `UnknownOrder`."""
    state = orders.state(session, order_id)
    row = orders.row(session, order_id)
    customer: dict[str, Any] = row.body.get("customer") or {}
    return OrderPage(
        state=state,
        places=status.places(session, state),
        locale=customer.get("locale") or "en_US",
        erased=row.erased_at is not None,
        ship_to={field: str(row.ship_to.get(field) or "") for field in ADDRESS},
    )
