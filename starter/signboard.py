"""What stands on an order's workflow from its start: goods, units and ids; no name and no address."""

import re

from domain.order import Order, OrderLine

_NAMED = 3
_LISTED = 20
_LONGEST_TITLE = 40
_MOST_BYTES = 240
"""Of the goods in a summary: Temporal refuses a start whose summary has more than 400, or its details more than 20,000."""


def summary(order: Order) -> str:
    """Like “3 Widget Pro - Blue, C-7”, with signs instead of words."""
    named = ", ".join(f"{line.quantity} × {_title(line)}" for line in order.lines[:_NAMED])
    goods = named.encode()[:_MOST_BYTES].decode(errors="ignore")
    more = f", {len(order.lines) - _NAMED} more products" if len(order.lines) > _NAMED else ""
    return f"{goods}{more} · {order.customer.customer_id}"


def details(order: Order) -> str:
    """What was ordered, and on what terms, as Markdown."""
    goods = [f"- {line.quantity} × {_plain(_title(line))} (**{line.sku}**)" for line in order.lines[:_LISTED]]
    more = [f"- and {len(order.lines) - _LISTED} more products"] if len(order.lines) > _LISTED else []
    return "\n".join([*goods, *more, "", " · ".join(_terms(order))])


def _terms(order: Order) -> list[str]:
    said = [f"placed {order.placed_at:%Y-%m-%d %H:%M} UTC", str(order.customer.tier)]
    said += [f"sent {order.fulfilment}"] if order.fulfilment else []
    said += [f"paid {order.payment.timing}".replace("_", " ")] if order.payment.timing else []
    said += ["expedited"] if order.expedited else []
    said += [f"needed by {order.need_by}"] if order.need_by else []
    return said


def _title(line: OrderLine) -> str:
    title = line.title or line.sku
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>()#|!~&])", r"\\\1", text)
