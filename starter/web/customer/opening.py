"""Opening a link: whose order it is, and whether it still opens."""

from dataclasses import dataclass
from datetime import timedelta

from domain.errors import UnknownOrder
from domain.model import Instant
from domain.offers import Offers, offers
from gateways.links import BadLink
from starter.web.customer.tongue import Tongue, of_customer
from starter.web.house import House
from store.order_page import OrderPage, order_page

LASTS = timedelta(days=90)
"""So long a link opens its order beyond the order's end."""


class Shut(Exception):  # noqa: N818 - the fact is the name
    """The link opens nothing: 404 was never one of ours, 410 was once."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status}")
        self.status = status


@dataclass(frozen=True)
class Opened:
    """An order that its customer looks at."""

    token: str
    page: OrderPage
    now: Instant
    tongue: Tongue
    offers: Offers

    @property
    def order_id(self) -> str:
        return self.page.state.order_id

    @property
    def charged(self) -> bool:
        return bool(self.page.state.charged)


async def open_link(house: House, token: str) -> Opened:
    """The order behind a link.

    Raises:
        Shut: the link is not ours, was altered, or has expired.
    """
    try:
        order_id = house.links.read(token)
        page = await house.database.aread(order_page, order_id)
    except (BadLink, UnknownOrder):
        raise Shut(404) from None
    now, ended_at = house.now(), page.state.ended_at
    if page.erased or (ended_at is not None and now > ended_at + LASTS):
        raise Shut(410)
    can = offers(page.state, now)
    if house.payment_page is None:
        can = can.model_copy(update={"pay": False})
    return Opened(token, page, now, of_customer(page.locale, page.state.time_zone), can)
