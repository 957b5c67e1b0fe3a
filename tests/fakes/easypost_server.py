"""An EasyPost of our own on loopback: it speaks HTTP, keeps books, and fails on demand."""

import asyncio
from base64 import b64decode
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import uvicorn
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from gateways.sandbox_carrier import BookedLabel
from tests.fakes.easypost_books import Body, EasyPostBooks, Refused

API_KEY = "EZTK-of-our-own"

OPERATIONS = frozenset({"rates", "buy", "find", "void", "track"})

Work = Callable[[datetime], Body]


async def real_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Fault:
    """What happens instead of an answer; `acted`: the work is done and the connection dropped."""

    status: int = 429
    code: str = "RATE_LIMITED"
    acted: bool = False


class FakeEasyPost:
    """`async with FakeEasyPost(clock=…).serving() as url`: the url is the SDK's `api_base`.

    The operations are EasyPost's calls, not the gateway's methods: every look-up of a shipment is a `find`,
    so that `rates`, `buy` and `void` begin with one; `rates` makes or re-rates a shipment.
    """

    def __init__(self, clock: Callable[[], Awaitable[datetime]] = real_time) -> None:
        self.books = EasyPostBooks()
        self.calls: list[str] = []
        self._clock = clock
        self._faults: defaultdict[str, deque[_Fault]] = defaultdict(deque)
        self._down_until: datetime | None = None
        self._state = ServerState()

    def fail(self, operation: str, times: int, *, acted: bool = False) -> None:
        """Let the next calls be refused as too many, or (`acted`) do their work and lose the answer.

        The SDK asks again by itself, three times, when the answer to a look-up or to tracking is lost.
        """
        self._plan(operation, times, _Fault(acted=acted))

    def answer(self, operation: str, status: int, code: str = "", times: int = 1) -> None:
        """Let the next calls be answered with this error and nothing done; without a code it is a page of HTML."""
        self._plan(operation, times, _Fault(status, code))

    def down_until(self, instant: datetime) -> None:
        """Answer every call before this instant with 503, look-ups too."""
        self._down_until = instant

    def no_offers(self, *messages: tuple[str, str]) -> None:
        """From now on no carrier makes an offer; each says a type and a message."""
        self.books.silence = [
            {"carrier": "UPS", "carrier_account_id": "ca_1", "type": kind, "message": words}
            for kind, words in messages
        ]

    def labels(self, order_id: str) -> list[BookedLabel]:
        """Every label ever bought for the order, with whether it was voided."""
        return self.books.labels(order_id)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        config = uvicorn.Config(
            self._app, interface="asgi3", proxy_headers=False, log_config=None, access_log=False
        )
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: H11Protocol(config=config, server_state=self._state, app_state={}), "127.0.0.1", 0
        )
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v2"
        finally:
            server.close()
            for connection in list(self._state.connections):
                connection.shutdown()
            await asyncio.sleep(0)

    def _plan(self, operation: str, times: int, fault: _Fault) -> None:
        if operation not in OPERATIONS:
            raise ValueError(f"no such operation: {operation}")
        self._faults[operation].extend([fault] * times)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(Request(scope, receive))
        except Refused as refused:
            answer = JSONResponse(refused.body, refused.status)
        if answer is None:
            await self._drop(scope, receive)
        else:
            await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        if not _is_authentic(request.headers.get("authorization", "")):
            raise Refused(401, "UNAUTHORIZED", "You are not authorized.")
        operation, work = await self._asked(request)
        now = await self._clock()
        if self._down_until and now < self._down_until:
            raise Refused(503, "SERVICE_UNAVAILABLE", "Down for maintenance.")
        self.calls.append(operation)
        fault = self._faults[operation].popleft() if self._faults[operation] else None
        if fault and not fault.acted:
            return _error(fault)
        if fault:
            with suppress(Refused):
                work(now)
            return None
        return JSONResponse(work(now), 201 if request.method == "POST" else 200)

    async def _asked(self, request: Request) -> tuple[str, Work]:
        books, body = self.books, await request.json() if request.method == "POST" else {}
        match request.method, *_segments(request):
            case "POST", "shipments":
                return "rates", lambda now: books.create(body["shipment"], now)
            case "POST", "shipments", name, "rerate":
                return "rates", lambda now: books.rerate(name, now)
            case "POST", "shipments", name, "buy":
                return "buy", lambda now: books.buy(name, body["rate"]["id"], now)
            case "POST", "shipments", name, "refund":
                return "void", lambda _: books.refund(name)
            case "GET", "shipments", name:
                return "find", lambda _: books.retrieve(name)
            case "GET", "trackers":
                return "track", lambda now: books.trackers(request.query_params["tracking_code"], now)
        raise Refused(404, "NOT_FOUND", "The requested resource could not be found.")

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        for connection in list(self._state.connections):
            if isinstance(connection, H11Protocol) and connection.client == scope["client"]:
                connection.transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def _is_authentic(header: str) -> bool:
    """EasyPost documents Basic with the key as the user's name; its SDK sends the key as a bearer's token."""
    scheme, _, value = header.partition(" ")
    return (scheme == "Bearer" and value == API_KEY) or (
        scheme == "Basic" and b64decode(value).decode() == f"{API_KEY}:"
    )


def _segments(request: Request) -> list[str]:
    """After the version; like any Rails application, EasyPost takes a dot for the beginning of a format."""
    _, _, *segments = request.url.path.split("/")
    return [segment.partition(".")[0] for segment in segments]


def _error(fault: _Fault) -> Response:
    if not fault.code:
        return HTMLResponse("<html><body>Bad gateway</body></html>", fault.status)
    return JSONResponse(Refused(fault.status, fault.code, "A message of EasyPost's.").body, fault.status)
