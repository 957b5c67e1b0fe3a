"""How a request of the room ends that could not be answered with its page."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError

from domain.errors import Refused, UnknownOrder, UnknownSku
from starter.errors import BadInput, OutOfReach, Refusal
from starter.tokens import Holder, Scope
from starter.web.bodies import NotRead
from starter.web.room.room import Room
from starter.web.room.session import PATH, Forbidden, NotSignedIn, bearer, local

_UNKNOWN = {UnknownOrder.code, UnknownSku.code}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def route_of(room: Room) -> type[APIRoute]:
    """Routes whose refusals are pages of the room."""

    class RoomRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            answer = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    return await answer(request)
                except NotSignedIn:
                    return sign_in(room, request)
                except (Forbidden, Refused, Refusal, BadInput, NotRead, OutOfReach) as error:
                    return _problem(room, request, error)
                except DBAPIError:
                    return _problem(room, request, OutOfReach("the database"))

            return handle

    return RoomRoute


def sign_in(room: Room, request: Request, wrong: str = "", wanted: str = "") -> Response:
    """401: with the form for whoever reads pages."""
    if not _reads_pages(request):
        headers = {"WWW-Authenticate": "Bearer"}
        body = {"title": "Sign in", "status": 401, "detail": f"A token is needed; {PATH}/sign-in takes it."}
        return JSONResponse(body, 401, headers, media_type="application/problem+json")
    asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    target = wanted or (asked if request.method == "GET" else PATH)
    answer = room.page(request, None, "sign_in.html", 401, wrong=wrong, wanted=local(target))
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _problem(room: Room, request: Request, error: Exception) -> Response:
    status, title = _status(error)
    if not _reads_pages(request):
        body = {"title": title, "status": status, "detail": str(error)}
        return JSONResponse(body, status, media_type="application/problem+json")
    who = _whoever(room, request)
    return room.page(request, who, "problem.html", status, title=title, detail=str(error))


def _whoever(room: Room, request: Request) -> Holder | None:
    """Who asks, if that is somebody for whom the room has pages at all."""
    who = bearer(request, room.house.tokens) or room.sessions.holder(request, room.house.now())
    return who if who is not None and who.may(Scope.SUPPORT) else None


def _status(error: Exception) -> tuple[int, str]:
    match error:
        case Forbidden():
            return 403, "Not allowed"
        case NotRead():
            return error.status, "Can't be read"
        case Refused() | Refusal() if error.code in _UNKNOWN:
            return 404, "Not found"
        case Refused() | Refusal():
            return 409, "Refused"
        case OutOfReach():
            return 503, "Out of reach"
        case _:
            return 400, "Can't be read"


def _reads_pages(request: Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")
