"""An EasyPost of our own on loopback: it speaks HTTP, keeps books, and fails on demand."""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from gateways.sandbox_carrier import BookedLabel
from tests.fakes.easypost_books import Body, EasyPostBooks, Refused
from tests.fakes.loopback import Loopback, real_time

API_KEY = "EZTK-of-our-own"


Work = Callable[[datetime], Body]


@dataclass(frozen=True)
class _Fault:
    """What happens instead of an answer; `acted`: the work is done and the connection dropped."""

    status: int = 429
    code: str = "RATE_LIMITED"
    acted: bool = False


class FakeEasyPost(Loopback[_Fault]):
    """`async with FakeEasyPost(clock=…).serving() as url`: the url is the SDK's `api_base`.

    The operations are EasyPost's calls, not the gateway's methods: every look-up of a shipment is a `find`,
    so that `rates`, `buy` and `void` begin with one; `rates` makes or re-rates a shipment.
    """

    operations = frozenset({"rates", "buy", "find", "void", "track"})
    path = "/v2"

    def __init__(self, clock: Callable[[], Awaitable[datetime]] = real_time) -> None:
        super().__init__(clock)
        self.books = EasyPostBooks()

    def fail(self, operation: str, times: int, *, acted: bool = False) -> None:
        """Let the next calls be refused as too many, or (`acted`) do their work and lose the answer.

        The SDK asks again by itself, three times, when the answer to a look-up or to tracking is lost.
        """
        self._plan(operation, times, _Fault(acted=acted))

    def answer(self, operation: str, status: int, code: str = "", times: int = 1) -> None:
        """Let the next calls be answered with this error and nothing done; without a code it is a page of HTML."""
        self._plan(operation, times, _Fault(status, code))

    def no_offers(self, *messages: tuple[str, str]) -> None:
        """From now on no carrier makes an offer; each says a type and a message."""
        self.books.silence = [
            {"carrier": "UPS", "carrier_account_id": "ca_1", "type": kind, "message": words}
            for kind, words in messages
        ]

    def labels(self, order_id: str) -> list[BookedLabel]:
        """Every label ever bought for the order, with whether it was voided."""
        return self.books.labels(order_id)

    async def _answer(self, request: Request) -> Response | None:
        if not _is_authentic(request.headers.get("authorization", "")):
            raise Refused(401, "UNAUTHORIZED", "You are not authorized.")
        operation, work = await self._asked(request)
        now = await self._clock()
        if self._is_down(now):
            raise Refused(503, "SERVICE_UNAVAILABLE", "Down for maintenance.")
        fault = self._next_fault(operation)
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
