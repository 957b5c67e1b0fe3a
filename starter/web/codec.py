"""The codec server: shows who may see it what Temporal keeps encrypted, in Temporal's own Web UI and command.

`POST /codec/decode` and `/codec/encode`, by the protocol of Temporal's remote codecs: `{"payloads": […]}` in and out.
Both only turn payloads over; neither looks anything up, changes or logs anything.

Who may ask: holders of a token for support or operations. On a command line they give it with each request:
`temporal workflow show … --codec-endpoint https://SHOP/codec --codec-auth "Bearer TOKEN"`.
In a browser they sign in to the operations room, which leaves a second cookie for `/codec` alone; the Web UI must send
it along (`TEMPORAL_CODEC_INCLUDE_CREDENTIALS=true` of its image; with a development server, “Include cross-origin
credentials” in the browser's own codec settings). The browser sends it

- to a Web UI at another port of our own host, or at another host of the same site (`temporal.shop.example` beside
  `backorder.shop.example`): always, while both are http or both are https;
- to one at another site: only where we are served by https (the cookie is `SameSite=None` then), and only by
  browsers that have cookies of third parties switched on. Safari and Firefox, as they are delivered, have not: give the
  Web UI a name beside ours.

A page of any other origin than BACKORDER_CODEC_ORIGINS is refused, whatever cookie it has.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from fastapi import Request, Response
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route
from temporalio.api.common.v1 import Payload, Payloads

from starter.api.problems import problem, response
from starter.web.bodies import NotRead, read
from starter.web.house import House
from starter.web.room.session import CODEC_PATH, Forbidden, NotSignedIn, Sessions, admitted, bearer
from worker.speech import speech
from workflows.codec import Unreadable

MOST_BYTES: Final = 8 * 2**20
"""Of a request: all payloads of one event, of which Temporal takes 2 MB each and 4 MB together, in base64."""

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_ASKED_WITH = ("Authorization", "Content-Type", "X-Namespace")

Turn = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


def mount(house: House) -> Mount:
    """All that is below `/codec`; for a shop that has keys."""
    allowed = house.settings.web_ui_origins
    cors = Middleware(
        CORSMiddleware,
        allow_origins=allowed,
        allow_credentials=True,
        allow_methods=["POST"],
        allow_headers=_ASKED_WITH,
    )
    codec, desk = speech(house.settings).codec, _Desk(house)
    routes = [
        Route("/decode", desk.door(codec.decode), methods=["POST"]),
        Route("/encode", desk.door(codec.encode), methods=["POST"]),
    ]
    return Mount(CODEC_PATH, Starlette(routes=routes, middleware=[cors]))


class _Desk:
    """Lets in who may ask, and answers in words who may not."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sessions = Sessions.of_codec(house)
        self._origins = house.settings.web_ui_origins

    def door(self, turn: Turn) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            made = await self._answer(request, turn)
            made.headers.update(_HEADERS)
            return made

        return answer

    async def _answer(self, request: Request, turn: Turn) -> Response:
        try:
            self._admit(request)
            turned = Payloads(payloads=await turn(await _payloads(request)))
        except NotSignedIn:
            return response(problem(401, "sign in to the operations room, or send a token of its people"))
        except Forbidden as error:
            return response(problem(403, str(error)))
        except NotRead as error:
            return response(problem(error.status, str(error)))
        except ParseError:
            return response(problem(400, 'the body is not {"payloads": […]} as Temporal writes it'))
        except Unreadable as error:
            return response(problem(422, str(error), type(error).__name__))
        return Response(MessageToJson(turned, indent=None), media_type="application/json")

    def _admit(self, request: Request) -> None:
        by_token = bearer(request, self._house.tokens)
        admitted(by_token or self._sessions.holder(request, self._house.now()))
        if by_token is None and request.headers.get("Origin") not in self._origins:
            raise Forbidden("This page may not ask: its address is not among BACKORDER_CODEC_ORIGINS.")


async def _payloads(request: Request) -> Sequence[Payload]:
    body = await read(request, MOST_BYTES)
    try:
        return Parse(body, Payloads(), ignore_unknown_fields=True).payloads
    except (ValueError, RecursionError) as error:
        raise ParseError from error
