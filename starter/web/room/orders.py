"""Lists of orders, one order, and the search."""

import asyncio
from collections.abc import Sequence
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from domain.changes import How
from domain.choice import Wish
from domain.errors import UnknownOrder
from domain.metrics import SOON
from domain.status import Status
from starter.errors import BadInput
from starter.tokens import Holder
from starter.web.room import form
from starter.web.room.form import known
from starter.web.room.room import Room
from starter.web.room.session import PATH
from store import delays, listing, order_records, orders, search, status
from store.database import Database
from store.delays import NoticeRecord
from store.explain import explain
from store.listing import OPEN, After, Wanted
from store.search import Found, Hit
from workflows.messages import web_ui_address

CHOICES = {
    "current": "Current backorders",
    "open": "All open",
    "all": "All, ended ones too",
    **{one.value: one.value.replace("_", " ").capitalize() for one in Status},
}
"""What the list may be filtered to; the first is shown unasked."""

_NOTHING = {"status": "current", "sku": "", "customer": "", "due": "", "after": ""}


def add(routes: APIRouter, room: Room) -> None:
    _add_list(routes, room)
    _add_order(routes, room)
    _add_search(routes, room)


def _add_list(routes: APIRouter, room: Room) -> None:
    @routes.get("/orders")
    async def show_orders(request: Request) -> Response:
        who = room.holder(request)
        asked = dict(request.query_params)
        page = await room.house.database.aread(listing.page, _wanted(room, asked))
        after = f"{page.next.placed_at.isoformat()},{page.next.order_id}" if page.next else ""
        following = f"?{urlencode({**asked, 'after': after})}" if after else ""
        return room.page(
            request,
            who,
            "orders.html",
            page=page,
            asked=_NOTHING | asked,
            choices=CHOICES,
            following=following,
        )


def _add_order(routes: APIRouter, room: Room) -> None:
    @routes.get("/orders/{order_id}")
    async def show_order(request: Request, order_id: str) -> Response:
        who = room.holder(request)
        known(order_id, UnknownOrder)
        return room.page(request, who, "order.html", **await _order(room, order_id))

    @routes.get("/orders/{order_id}/why")
    async def show_why(request: Request, order_id: str) -> Response:
        who = room.holder(request)
        known(order_id, UnknownOrder)
        explained = await room.house.database.aread(explain, order_id)
        return room.page(request, who, "why.html", why=explained)


def _add_search(routes: APIRouter, room: Room) -> None:
    @routes.get("/search")
    async def show_search(request: Request, q: str = "") -> Response:
        who = room.holder(request)
        return await _found(room, request, who, form.written(q) or "")

    @routes.post("/search")
    async def find(request: Request) -> Response:
        """Addresses of people stay out of the addresses of pages."""
        who = room.holder(request)
        word = form.written((await form.fields(request)).get("q")) or ""
        if "@" in word or not word:
            return await _found(room, request, who, word)
        return RedirectResponse(f"{PATH}/search?{urlencode({'q': word})}", 303)


async def _found(room: Room, request: Request, who: Holder, word: str) -> Response:
    found = await room.house.database.aread(search.search, word) if word else Found()
    if straight := _straight(found):
        return RedirectResponse(straight, 303)
    return room.page(request, who, "search.html", word=word, found=found)


def _straight(found: Found) -> str | None:
    """The one page that was meant, where that is clear."""
    if found.single_order:
        return f"{PATH}/orders/{found.single_order}"
    if found.sku and not found.orders:
        return f"{PATH}/skus/{found.sku}"
    customers = {order.customer_id for order in found.orders}
    if not found.sku and found.by in {Hit.CUSTOMER, Hit.EMAIL} and len(customers) == 1:
        return f"{PATH}/orders?{urlencode({'status': 'all', 'customer': customers.pop()})}"
    return None


def _wanted(room: Room, asked: dict[str, str]) -> Wanted:
    """The list that an address asks for.

    Raises:
        BadInput: it asks for something that there is not.
    """
    chosen = asked.get("status") or "current"
    if chosen not in CHOICES:
        raise BadInput(f"status: {chosen} is none of {', '.join(CHOICES)}")
    statuses = {"current": OPEN, "open": OPEN, "all": tuple(Status)}.get(chosen) or (Status(chosen),)
    today = room.words.today(room.house.now())
    return Wanted(
        statuses=statuses,
        backordered=chosen == "current",
        sku=form.written(asked.get("sku")),
        customer_id=form.written(asked.get("customer")),
        due=(today, today + SOON) if asked.get("due") == "week" else None,
        newest_first=any(one.ended for one in statuses),
        after=_after(asked.get("after")),
    )


def _after(text: str | None) -> After | None:
    if not text:
        return None
    placed_at, _, order_id = text.partition(",")
    try:
        return After.model_validate({"placed_at": placed_at, "order_id": order_id})
    except ValidationError:
        raise BadInput("after: this is no page of the list") from None


async def _order(room: Room, order_id: str) -> dict[str, Any]:
    """Everything about one order that is told at once."""
    ask, now = room.house.database.aread, room.house.now()
    order, state, records, delayed, why = await asyncio.gather(
        ask(status.status, order_id, now),
        ask(orders.state, order_id),
        ask(order_records.records, order_id),
        ask(delays.report, order_id),
        _why(room.house.database, order_id),
    )
    ui = room.house.settings.temporal_ui_url
    return {
        "order": order,
        "state": state,
        "records": records,
        "delays": delayed,
        "question": _question(order.status, delayed),
        "why": why,
        "temporal": web_ui_address(ui, order_id, room.house.backorders.client.namespace) if ui else "",
        "customers_page": room.house.links.order_page(order_id),
        "kinds": _notices(room, delayed.notices),
        "reasons": _REASONS,
        "once": f"room-{token_hex(8)}",
        "wishes": tuple(Wish),
        "hows": tuple(How),
    }


async def _why(database: Database, order_id: str) -> Any:
    """Its places in the queues, explained: at once where that is quick, else on a page of its own."""
    if await database.aread(order_records.told_at_once, order_id):
        return await database.aread(explain, order_id)
    return None


def _question(stands: Status, delayed: Any) -> Any:
    """The notice of a delay that waits for the customer's answer."""
    told = delayed.delays if stands.open else ()
    return told[-1] if told and told[-1].accepted is None else None


def _notices(room: Room, told: Sequence[NoticeRecord]) -> list[tuple[str, str]]:
    """What may be sent again: the latest first."""
    return [
        (f"{one.kind}/{one.occasion}", f"{room.words.plain(one.kind)}, {room.words.moment(one.at)}")
        for one in reversed(told)
    ]


_REASONS = ("changed_mind", "found_elsewhere", "too_slow", "price", "duplicate", "fraud", "supplier", "other")
"""Reasons that a person gives; the others are the shop's own."""
