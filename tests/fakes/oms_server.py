"""An order system of our own on loopback: it takes webhooks, keeps what it got, and fails on demand."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tests.fakes.loopback import Loopback

SECRET = "whsec_" + "b3VyIG93biBzZWNyZXQgZm9yIHRoZSB0ZXN0cw=="
DROPPED, SILENT = 0, -1
"""Instead of a status: the connection is dropped; or nothing is answered for a minute."""

_SILENCE_SECONDS = 60


@dataclass(frozen=True)
class Got:
    """One request, as a receiver sees it."""

    headers: dict[str, str]
    content: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.content)
        return read

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def data(self) -> dict[str, Any]:
        told: dict[str, Any] = self.body["data"]
        return told


class OmsServer(Loopback[int]):
    """`async with OmsServer().serving() as url`: the url is the webhook's."""

    operations = frozenset({"event"})
    path = "/hooks/backorder"

    def __init__(self, status: int = 204) -> None:
        super().__init__()
        self.status = status
        """What it answers unless told otherwise."""
        self.tried: list[Got] = []
        """All that came, in order."""
        self.taken: list[Got] = []
        """What of it was answered with 2xx."""

    def fail(self, status: int = 500, times: int = 1) -> None:
        """Answer the next requests with this status; or see `DROPPED` and `SILENT`."""
        self._plan("event", times, status)

    def of(self, order_id: str) -> list[Got]:
        """What it took of one order."""
        return [one for one in self.taken if one.data.get("order_id") == order_id]

    async def _answer(self, request: Request) -> Response | None:
        got = Got(dict(request.headers), await request.body())
        self.tried.append(got)
        fault = self._next_fault("event")
        if fault == SILENT:
            await asyncio.sleep(_SILENCE_SECONDS)
        if fault == DROPPED:
            return None
        status = self.status if fault is None else fault
        if status in range(200, 300):
            self.taken.append(got)
        return Response(
            "a body that nobody keeps" if status != 204 else None, status, {"location": "/elsewhere"}
        )
