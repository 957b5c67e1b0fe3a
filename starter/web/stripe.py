"""The payment provider's door: what it tells of by itself."""

import logging

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.payment import OutsideEvent
from gateways.errors import BadSignature
from starter.web import bodies
from starter.web.bodies import NotRead
from starter.web.house import House
from store import outside
from store.database import Database
from workflows.messages import backorder_workflow_id, faults, sentence

logger = logging.getLogger(__name__)

_MOST_BYTES = 1_000_000
"""No event is larger."""


def router(house: House) -> APIRouter:
    """The provider's door; shut where nobody can read its events."""
    doors = APIRouter()

    @doors.post("/webhooks/stripe")
    async def stripe(request: Request) -> JSONResponse:
        """Taken once it is written: Stripe sends again what was not answered with 200."""
        if house.read_event is None:
            return _problem(404, "BACKORDER_STRIPE_WEBHOOK_SECRET is not set")
        try:
            payload = await bodies.read(request, _MOST_BYTES)
        except NotRead as error:
            return _problem(error.status, str(error))
        try:
            event = house.read_event(payload, request.headers.get("Stripe-Signature", ""))
        except BadSignature:
            return _problem(400, "the signature is not right")
        except ValidationError as error:
            logger.warning("an event can't be read: %s", sentence(faults(error)))  # its words are private
            return _problem(400, "the event can't be read")
        if event is not None:
            await _take(house.database, house.backorders.client, event)
        return JSONResponse({"received": True})

    return doors


def _problem(status: int, title: str) -> JSONResponse:
    return JSONResponse({"title": title, "status": status}, status, media_type="application/problem+json")


async def _take(database: Database, client: Client, event: OutsideEvent) -> None:
    """Write it on its order, and let an open one look: money that came back is owed again."""
    order_id = await database.awrite(outside.record, event)
    if order_id is None:
        logger.warning("%s %s is about no order of ours", event.kind, event.reference)
        return
    handle = client.get_workflow_handle(backorder_workflow_id(order_id))
    try:
        await handle.signal("inventory_received", event.event_id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
