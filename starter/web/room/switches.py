"""The shop's switch: shipping is paused and resumed."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from domain.changes import Release
from domain.history_words import counted
from starter import limits, renewing
from starter.asking import asked
from starter.errors import BadInput, OutOfReach
from starter.web.room import form
from starter.web.room.room import Room
from starter.web.room.session import PATH
from store import shop
from workflows.messages import faults, sentence

_PATIENCE = 20.0
"""Seconds that somebody is left waiting while orders are told."""

Switch = Callable[[Room, Release], Awaitable[str]]


def add(routes: APIRouter, room: Room) -> None:
    @routes.post("/shipping/pause")
    async def pause(request: Request) -> Response:
        return await _turn(room, request, _pause)

    @routes.post("/shipping/resume")
    async def resume(request: Request) -> Response:
        return await _turn(room, request, _resume)


async def _turn(room: Room, request: Request, switch: Switch) -> Response:
    who = room.operations(request)
    given = await form.fields(request)
    try:
        wish = Release.model_validate({"reason": given.get("reason", ""), "requested_by": who.by})
        limits.check(wish)
    except ValidationError as error:
        return room.back(PATH, f"Not done: {sentence(faults(error))}", "bad")
    except BadInput as error:
        return room.back(PATH, f"Not done: {error}", "bad")
    return room.back(PATH, await switch(room, wish))


async def _pause(room: Room, wish: Release) -> str:
    now = room.house.now()
    await room.house.database.awrite(shop.pause, wish.reason, wish.requested_by, now)
    return "Shipping is paused: no parcel leaves until it is resumed."


async def _resume(room: Room, wish: Release) -> str:
    """Let parcels leave again, and tell every order that could go on."""
    database, now = room.house.database, room.house.now()
    cause = await database.awrite(shop.resume, wish.reason, wish.requested_by, now)
    await database.awrite(shop.wake, cause, now)
    try:
        async with asyncio.timeout(_PATIENCE):
            told = await asked(renewing.tell(database, room.house.backorders.client, cause, now))
    except (OutOfReach, TimeoutError):
        return "Shipping goes on. Orders that could not be told yet hear of it from the next review."
    return f"Shipping goes on; {counted(told, 'order')} told."
