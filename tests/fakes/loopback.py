"""What the providers of our own share: HTTP on loopback, an injected clock, faults on demand, dropped connections."""

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

F = TypeVar("F")


async def real_time() -> datetime:
    return datetime.now(UTC)


class HttpRefusal(Exception):  # noqa: N818 - the fact is the name
    """An answer that says no."""

    status: int
    body: dict[str, Any]


class Loopback(ABC, Generic[F]):
    """A provider that serves for as long as `serving` lasts; `F` is what it does instead of answering."""

    operations: ClassVar[frozenset[str]]
    path: ClassVar[str] = ""

    def __init__(self, clock: Callable[[], Awaitable[datetime]] = real_time) -> None:
        self.calls: list[str] = []
        self._clock = clock
        self._faults: defaultdict[str, deque[F]] = defaultdict(deque)
        self._down_until: datetime | None = None
        self._state = ServerState()

    @abstractmethod
    async def _answer(self, request: Request) -> Response | None:
        """None: the connection is dropped."""

    def down_until(self, instant: datetime) -> None:
        """Take no call before this instant, look-ups neither."""
        self._down_until = instant

    def _is_down(self, now: datetime) -> bool:
        return self._down_until is not None and now < self._down_until

    def _plan(self, operation: str, times: int, fault: F) -> None:
        if operation not in self.operations:
            raise ValueError(f"no such operation: {operation}")
        self._faults[operation].extend([fault] * times)

    def _next_fault(self, operation: str) -> F | None:
        self.calls.append(operation)
        return self._faults[operation].popleft() if self._faults[operation] else None

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
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{self.path}"
        finally:
            server.close()
            for connection in list(self._state.connections):
                connection.shutdown()
            await asyncio.sleep(0)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(Request(scope, receive))
        except HttpRefusal as refused:
            answer = JSONResponse(refused.body, refused.status)
        if answer is None:
            await self._drop(scope, receive)
        else:
            await answer(scope, receive, send)

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        for connection in list(self._state.connections):
            if isinstance(connection, H11Protocol) and connection.client == scope["client"]:
                connection.transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
