"""What a person corrects about one order: each with who and why, on record."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from domain.cancellation import Cancellation, CancelResult
from domain.changes import AddressChange, Consent, Hold, Prioritisation, Release, Settlement
from domain.choice import Choice
from domain.errors import UnknownOrder
from domain.history_words import counted
from starter.client import Backorders
from starter.errors import BadInput, OutOfReach, Refusal
from starter.tokens import Holder
from starter.web.room import form
from starter.web.room.form import known
from starter.web.room.room import Room, Tone
from starter.web.room.session import PATH
from workflows.messages import faults, sentence

Fields = dict[str, str]
Correction = Callable[[Backorders, str, Fields, Holder], Awaitable[tuple[str, Tone]]]


def add(routes: APIRouter, room: Room) -> None:
    @routes.post("/orders/{order_id}/{what}")
    async def correct(request: Request, order_id: str, what: str) -> Response:
        known(order_id, UnknownOrder)
        correction = CORRECTIONS.get(what)
        if correction is None:
            raise BadInput(f"{what}: nothing that can be done with an order")
        who = room.operations(request) if what in _OPERATIONS_ONLY else room.holder(request)
        given = await form.fields(request)
        said, tone = await _said(correction(room.house.backorders, order_id, given, who))
        return room.back(f"{PATH}/orders/{order_id}", said, tone)


async def _said(correction: Awaitable[tuple[str, Tone]]) -> tuple[str, Tone]:
    """What came of it, refusals too."""
    try:
        return await correction
    except Refusal as refusal:
        return f"Refused: {refusal}", "bad"
    except ValidationError as error:
        return f"Not done: {sentence(faults(error))}", "bad"
    except BadInput as error:
        return f"Not done: {error}", "bad"
    except OutOfReach as error:
        return f"Not known whether it was done: {error}. Look at the order, then try again.", "bad"


async def _cancel(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    """Everything that has not shipped, or the units named as `units-SKU`."""
    body = {
        "cancellation_id": given.get("once") or f"room-{uuid4().hex[:16]}",
        "reason": given.get("reason"),
        "requested_by": who.by,
        "note": given.get("note") or None,
        "lines": _lines(given) if given.get("extent") == "part" else None,
    }
    outcome = await doors.cancel(order_id, Cancellation.model_validate(body))
    return outcome.message, "bad" if outcome.outcome is CancelResult.TOO_LATE else "good"


def _lines(given: Fields) -> list[dict[str, Any]]:
    named = {name.removeprefix("units-"): units for name, units in given.items() if name.startswith("units-")}
    lines = [{"sku": sku, "quantity": units} for sku, units in named.items() if units not in {"", "0"}]
    if not lines:
        raise BadInput("say how many units of which line")
    return lines


async def _choose(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    wish = Choice.model_validate({"choice": given.get("choice"), "requested_by": who.by})
    return (await doors.choose(order_id, wish)).message, "good"


async def _hold(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    return (await doors.hold(order_id, Hold.model_validate(_why(given, who)))).message, "good"


async def _release(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    return (await doors.release(order_id, Release.model_validate(_why(given, who)))).message, "good"


async def _prioritise(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    wish = Prioritisation.model_validate({"days": given.get("days"), **_why(given, who)})
    return (await doors.prioritise(order_id, wish)).message, "good"


async def _settle(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    body = {"parcel": given.get("parcel"), "how": given.get("how"), **_why(given, who)}
    return (await doors.settle(order_id, Settlement.model_validate(body))).message, "good"


async def _address(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    names = ("name", "street", "city", "region", "postal_code", "country")
    body = {name: given.get(name, "") for name in names} | {"requested_by": who.by}
    body["country"] = body["country"].upper()
    return (await doors.change_address(order_id, AddressChange.model_validate(body))).message, "good"


async def _consent(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    """What the customer said on the telephone."""
    accepted = given.get("accepted") == "yes"
    body = {"notice_id": given.get("notice_id"), "accepted": accepted, "requested_by": who.by}
    return (await doors.consent_to_delay(order_id, Consent.model_validate(body))).message, "good"


async def _email(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    return (await doors.change_email(order_id, given.get("email", ""), who.by)).message, "good"


async def _resend(doors: Backorders, order_id: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    """`notice`: its kind, and after a slash the occasion."""
    kind, _, occasion = (form.written(given.get("notice")) or "").partition("/")
    sent = await doors.resend(order_id, kind, who.by, occasion or None)
    return sent.message, "good" if sent.delivered else "bad"


async def _erase(doors: Backorders, _: str, given: Fields, who: Holder) -> tuple[str, Tone]:
    """The personal data of the order's customer, in all their orders."""
    customer = form.written(given.get("customer"))
    if given.get("sure") != "yes" or not customer:
        raise BadInput("say that you are sure")
    erased = await doors.erase(customer, who.by)
    return f"The personal data of {counted(erased.orders, 'order')} is erased.", "good"


def _why(given: Fields, who: Holder) -> Fields:
    return {"reason": given.get("reason", ""), "requested_by": who.by}


CORRECTIONS: dict[str, Correction] = {
    "cancel": _cancel,
    "choose": _choose,
    "hold": _hold,
    "release": _release,
    "prioritise": _prioritise,
    "settle": _settle,
    "address": _address,
    "consent": _consent,
    "email": _email,
    "resend": _resend,
    "erase": _erase,
}
_OPERATIONS_ONLY = {"erase"}
