"""Signing in with a token, and out again."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from starter.tokens import Scope
from starter.web.room import doors, form
from starter.web.room.room import Room
from starter.web.room.session import PATH, local

_SLOWLY = 0.5
"""Seconds that a wrong token takes, so that guessing is no pastime."""


def add(routes: APIRouter, room: Room) -> None:
    @routes.get("/sign-in")
    async def show_sign_in(request: Request, next: str = PATH) -> Response:  # noqa: A002 - as browsers send it
        return room.page(request, None, "sign_in.html", wrong="", wanted=local(next))

    @routes.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        return await _sign_in(room, request, await form.fields(request))

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        room.check_origin(request)
        answer = RedirectResponse(f"{PATH}/sign-in", 303)
        for sessions in room.all_sessions:
            sessions.end(answer)
        return answer


async def _sign_in(room: Room, request: Request, given: dict[str, Any]) -> Response:
    """A cookie for the holder of the token, and on to the page that was wanted."""
    room.check_origin(request)
    holder = room.house.tokens.holder(given.get("token", ""))
    wanted = local(given.get("next", PATH))
    if holder is None:
        await asyncio.sleep(_SLOWLY)
        return doors.sign_in(room, request, "This token lets nobody in.", wanted)
    if not holder.may(Scope.SUPPORT):
        return doors.sign_in(room, request, "This token is for the order system, not for people.", wanted)
    answer = RedirectResponse(wanted, 303)
    for sessions in room.all_sessions:
        sessions.start(answer, holder, room.house.now())
    return answer
