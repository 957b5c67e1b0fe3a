"""One SKU: its stock, its supply, its queue."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from domain.errors import UnknownSku
from starter.errors import BadInput
from starter.web.room import charts
from starter.web.room.form import known
from starter.web.room.room import Room
from store import sku as questions
from store import stock
from store.sku import COUNTED
from store.stock import QueueAt

_PLACES = 50


def add(routes: APIRouter, room: Room) -> None:
    @routes.get("/skus/{sku}")
    async def show_sku(request: Request, sku: str) -> Response:
        who = room.holder(request)
        known(sku, UnknownSku)
        return room.page(request, who, "sku.html", **await _sku(room, sku, _after(request)))


async def _sku(room: Room, sku: str, after: QueueAt | None) -> dict[str, Any]:
    ask = room.house.database.aread
    standing = await ask(questions.standing, sku)
    queue = await ask(stock.queue_page, sku, after, _PLACES)
    statuses = await ask(questions.statuses, [place.order_id for place in queue.places])
    return {
        "sku": standing.stock,
        "standing": standing,
        "queue": queue,
        "statuses": statuses,
        "counted": COUNTED,
        "first": after is None,
        "following": f"?{urlencode(queue.next.model_dump(mode='json'))}" if queue.next else "",
        "chart": charts.atp(room.words.today(room.house.now()), standing.stock),
    }


def _after(request: Request) -> QueueAt | None:
    if not request.query_params:
        return None
    try:
        return QueueAt.model_validate(dict(request.query_params))
    except ValidationError:
        raise BadInput("this is no page of the queue") from None
