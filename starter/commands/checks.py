"""A development server's clock."""

import re
from datetime import timedelta

from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from starter import door
from starter.door import Said
from starter.errors import BadInput, Refusal
from workflows.messages import backorder_workflow_id

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


async def fast_forward(order_id: str, by: str) -> Said:
    """Skip an order's own clock; the server must be a development server that allows it."""
    duration = _duration(by)
    async with door.backorders() as doors:
        handle = doors.client.get_workflow_handle(backorder_workflow_id(order_id))
        try:
            went = await TimeSkipper(doors.client).fast_forward(handle, duration)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                unknown = Refusal("UnknownOrder", f"no open order {order_id}")
                raise doors.gone(order_id) or unknown from None
            raise Refusal(
                "NotADevelopmentServer", f"this server does not skip time: {error.message}"
            ) from None
    text = f"Order {order_id} is {by} further on." if went else f"Order {order_id} ended on the way."
    return Said({"order_id": order_id, "skipped": by, "still_open": went}, text)


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})([dhm])", text)
    if match is None:
        raise BadInput(f"TIME: {text} is no time; write it as 7d, 12h or 30m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
