"""Changing orders on their way: what customers ask for, and what support and operations correct."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel

from domain.cancellation import Cancellation, CancellationOutcome
from domain.changes import (
    AddressChange,
    ChangeOutcome,
    Consent,
    Hold,
    KeepWaiting,
    PaymentMethod,
    Prioritisation,
    QuantityChange,
    Release,
    Settlement,
)
from domain.choice import Choice
from domain.report import Status, StatusParcel
from starter.api.auth import needs, on_record
from starter.api.described import answers, body, with_body
from starter.api.doors import PatientDoor
from starter.api.orders import OrderId
from starter.client import Backorders
from starter.errors import Refusal
from starter.limits import BadFields
from starter.tokens import Holder, Scope
from starter.web.house import House
from store import status

_CUSTOMERS = (Scope.OMS, Scope.SUPPORT)
"""Who passes on what a customer asks for."""
_CORRECTIONS = (Scope.SUPPORT,)

Make = Callable[[Backorders, str, Any], Awaitable[ChangeOutcome]]


class Change(NamedTuple):
    """One door: its path below the order, its body, and what it does. The docstring of `make` says what it means."""

    path: str
    wish: type[BaseModel]
    make: Make
    scopes: tuple[Scope, ...]
    summary: str


CHANGES = (
    Change("choice", Choice, Backorders.choose, _CUSTOMERS, "Split, together, or cancel"),
    Change("address", AddressChange, Backorders.change_address, _CUSTOMERS, "Send it elsewhere"),
    Change("quantity", QuantityChange, Backorders.change_quantity, _CUSTOMERS, "Fewer units of a line"),
    Change("payment-method", PaymentMethod, Backorders.change_payment_method, _CUSTOMERS, "Pay another way"),
    Change("consent", Consent, Backorders.consent_to_delay, _CUSTOMERS, "Answer an option notice"),
    Change("keep-waiting", KeepWaiting, Backorders.keep_waiting, _CUSTOMERS, "Go on waiting"),
    Change("hold", Hold, Backorders.hold, _CORRECTIONS, "Let nothing of it ship"),
    Change("release", Release, Backorders.release, _CORRECTIONS, "Let it go on"),
    Change("priority", Prioritisation, Backorders.prioritise, _CORRECTIONS, "Move it in its queues"),
    Change("settlement", Settlement, Backorders.settle, _CORRECTIONS, "End an unpaid parcel"),
)

_ON_RECORD = "On record is whoever has the token; a token of scope `oms` says it in `requested_by`."


def router(house: House) -> APIRouter:
    """All that may be changed."""
    doors = APIRouter(tags=["changes"], route_class=PatientDoor)
    _cancel(doors, house)
    for change in CHANGES:
        _change(doors, house, change)
    _hand_over(doors, house)
    return doors


def _cancel(doors: APIRouter, house: House) -> None:
    asks = Depends(needs(house, *_CUSTOMERS))
    says = answers("cancellation_outcome", scopes=_CUSTOMERS, fails=with_body(404, 409))

    @doors.post("/orders/{order_id}/cancellations", summary="Cancel", responses=says)
    async def cancel_order(
        order_id: OrderId,
        cancellation: Annotated[Cancellation, body("cancellation", "cancellation_partial")],
        holder: Annotated[Holder, asks],
    ) -> CancellationOutcome:
        """Cancel what has not shipped, or the units named in `lines`: `cancelled`, `partly_shipped` or `too_late`.

        The same `cancellation_id` again gets the first answer; with another body it is refused. Where `lines` are
        named it is needed: asked again without one, as many units would be cancelled once more. On record is whoever
        has the token; a token of scope `oms` says it in `requested_by`.
        """
        if cancellation.lines and cancellation.cancellation_id is None:
            raise BadFields([{"field": "cancellation_id", "problem": "is needed where lines are named"}])
        return await house.backorders.cancel(order_id, on_record(holder, cancellation))


def _change(doors: APIRouter, house: House, change: Change) -> None:
    async def make(
        order_id: OrderId,
        wish: Annotated[change.wish, body(change.path)],  # type: ignore[name-defined]  # FastAPI reads it at run time
        holder: Annotated[Holder, Depends(needs(house, *change.scopes))],
    ) -> ChangeOutcome:
        return await change.make(house.backorders, order_id, on_record(holder, wish))

    doors.add_api_route(
        f"/orders/{{order_id}}/{change.path}",
        make,
        methods=["POST"],
        name=change.make.__name__,
        summary=change.summary,
        description=f"{change.make.__doc__} {_ON_RECORD}",
        responses=answers("change_outcome", scopes=change.scopes, fails=with_body(404, 409)),
    )


def _hand_over(doors: APIRouter, house: House) -> None:
    scopes = (Scope.OMS,)

    @doors.post(
        "/orders/{order_id}/parcels/{number}/handover",
        summary="A parcel is with its carrier",
        status_code=202,
        dependencies=[Depends(needs(house, *scopes))],
        responses=answers(scopes=scopes, fails=(404, 409), status=202),
        response_class=Response,
    )
    async def hand_over_parcel(order_id: OrderId, number: Annotated[int, Path(ge=1, le=100_000)]) -> Response:
        """The warehouse's word that a parcel has left; where parcels count as shipped by then, it is charged and told.

        Saying it again changes nothing.
        """
        parcel = _parcel(await house.database.aread(status.status, order_id, house.now()), number)
        if parcel.shipped_at is None:
            await house.backorders.hand_over(order_id, number)
        return Response(status_code=202)


def _parcel(order: Status, number: int) -> StatusParcel:
    for parcel in order.parcels:
        if parcel.number == number:
            return parcel
    raise Refusal("ChangeRefused", f"number: order {order.order_id} has no parcel {number} with a label")
