"""A line on loopback to a server (a database, mail, a provider, Temporal) that fails as lines do.

    async with line_to_port(5432) as line:
        ...                              # connect to line.port
        line.suffer(Fault.SILENT)
        await line.come_back()

A fault lasts until `come_back`; `cut_at`, `cut_after` and `turn_away_after` wait for their moment.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

When = Literal["before", "after"]

DELAY_SECONDS = 0.2
BYTES_A_SECOND = 20_000
_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


class Fault(StrEnum):
    CUT = "cut"
    """Connections break; new ones are served."""
    REFUSED = "refused"
    """Connections break; new ones are reset at once, and counted."""
    DOWN = "down"
    """Connections break, and nobody listens."""
    SILENT = "silent"
    """Connections stay open, and nothing passes; afterwards they go on."""
    MUTE = "mute"
    """Questions pass and are acted on; the answers stay away until it is over."""
    SLOW = "slow"
    """Everything comes late."""
    THROTTLED = "throttled"
    """Everything comes drop by drop."""


class After(StrEnum):
    """What becomes of connections that a fault left open, once it is over."""

    GO_ON = "go on"
    BREAK = "break"
    FORGOTTEN = "forgotten"
    """Nothing ever passes on them again, as behind a router that was started anew."""


@dataclass
class _Connection:
    asks: asyncio.StreamReader
    hears: asyncio.StreamWriter
    answers: asyncio.StreamReader
    acts: asyncio.StreamWriter
    clear: asyncio.Event
    withheld: bool = False
    last: bytes = b""

    def reset(self) -> None:
        for end in (self.hears, self.acts):
            _reset(end)


@dataclass
class Line:
    """`cuts` and `refused` count what happened."""

    to: int
    port: int = 0
    cuts: int = 0
    refused: int = 0
    fault: Fault | None = None
    _clear: asyncio.Event = field(default_factory=asyncio.Event)
    _forgotten: list[asyncio.Event] = field(default_factory=list)
    _connections: list[_Connection] = field(default_factory=list)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)
    _guard: socket.socket | None = None
    _server: asyncio.Server | None = None
    _words: tuple[bytes, When, int] | None = None
    _then: Fault = Fault.REFUSED
    _bytes_left: int | None = None
    _connections_left: int | None = None

    def suffer(self, fault: Fault) -> None:
        self.fault = fault
        if fault in {Fault.SILENT, Fault.MUTE}:
            self._clear.clear()
        if fault in {Fault.CUT, Fault.REFUSED, Fault.DOWN}:
            self.cut()
        if fault is Fault.DOWN:
            self._shut()

    async def come_back(self, after: After = After.GO_ON) -> None:
        """All is well again, for new connections at least."""
        if after is After.BREAK:
            self.cut()
        if after is After.FORGOTTEN:
            self._forgotten.append(self._clear)
            self._clear = asyncio.Event()
        self.fault = self._words = self._bytes_left = self._connections_left = None
        self._clear.set()
        await self._open()

    def cut_at(self, words: bytes, when: When, nth: int = 1, then: Fault = Fault.REFUSED) -> None:
        """Fail when these words pass for the nth time: they are lost, or (`after`) what the server answers them is."""
        self._words, self._then = (words, when, nth), then

    def cut_after(self, asked: int) -> None:
        """Break once so many more bytes were asked."""
        self._bytes_left = asked

    def turn_away_after(self, connections: int) -> None:
        """Serve so many more connections, and refuse the others."""
        self._connections_left = connections

    def cut(self) -> None:
        self.cuts += 1
        for connection in self._connections:
            connection.reset()

    async def _open(self) -> None:
        if self._server is not None:
            return
        self._server = await asyncio.start_server(self._serve, sock=_bound(self.port))

    def _shut(self) -> None:
        """The port stays ours, held by a socket that does not listen: whoever connects is refused by the system."""
        if self._server is not None:
            self._server.close()
            self._server = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        self._guard = _bound(0)
        self.port = int(self._guard.getsockname()[1])
        self._clear.set()
        try:
            await self._open()
            yield
        finally:
            self._shut()
            self._guard.close()
            for event in (*self._forgotten, self._clear):
                event.set()
            for connection in self._connections:
                connection.reset()
            await asyncio.gather(*self._serving)

    def _turns_away(self) -> bool:
        if self._connections_left is not None:
            if self._connections_left == 0:
                return True
            self._connections_left -= 1
        return self.fault is Fault.REFUSED

    async def _serve(self, asks: asyncio.StreamReader, hears: asyncio.StreamWriter) -> None:
        if self._turns_away():
            self.refused += 1
            _reset(hears)
            return
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        with suppress(OSError):
            there = await asyncio.open_connection("127.0.0.1", self.to)
            await self._joined(_Connection(asks, hears, *there, clear=self._clear))
        _reset(hears)
        self._serving.discard(task)

    async def _joined(self, connection: _Connection) -> None:
        self._connections.append(connection)
        ways = [asyncio.create_task(way(connection)) for way in (self._ask, self._answer)]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self._connections.remove(connection)
        for end in (connection.hears, connection.acts):
            end.close()
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _ask(self, connection: _Connection) -> None:
        while chunk := await connection.asks.read(_CHUNK):
            await self._pass(connection, len(chunk), answering=False)
            when = self._due(connection, chunk)
            if when == "before":
                self.suffer(self._then)
                continue
            connection.withheld = connection.withheld or when == "after"
            if self._bytes_left is not None:
                chunk, self._bytes_left = chunk[: self._bytes_left], max(0, self._bytes_left - len(chunk))
            await _write(connection.acts, chunk)
            if self._bytes_left == 0:
                self._bytes_left = None
                self.cut()
        await self._pass(connection, 0, answering=False)

    async def _answer(self, connection: _Connection) -> None:
        while chunk := await connection.answers.read(_CHUNK):
            if connection.withheld:
                connection.withheld = False
                self.suffer(self._then)
                continue
            await self._pass(connection, len(chunk), answering=True)
            await _write(connection.hears, chunk)
        await self._pass(connection, 0, answering=True)

    async def _pass(self, connection: _Connection, size: int, *, answering: bool) -> None:
        if self.fault is Fault.SLOW:
            await asyncio.sleep(DELAY_SECONDS)
        if self.fault is Fault.THROTTLED:
            await asyncio.sleep(size / BYTES_A_SECOND)
        if answering or self.fault is not Fault.MUTE:
            await connection.clear.wait()

    def _due(self, connection: _Connection, chunk: bytes) -> When | None:
        """Whether the words have now passed often enough; they may come in two pieces."""
        if self._words is None:
            return None
        words, when, nth = self._words
        seen, connection.last = connection.last + chunk, chunk[-len(words) + 1 :]
        if words not in seen:
            return None
        self._words = (words, when, nth - 1) if nth > 1 else None
        return when if nth == 1 else None


@asynccontextmanager
async def line_to_port(port: int) -> AsyncIterator[Line]:
    line = Line(port)
    async with line.serving():
        yield line


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound


async def _write(to: asyncio.StreamWriter, chunk: bytes) -> None:
    to.write(chunk)
    await to.drain()


def _reset(end: asyncio.StreamWriter) -> None:
    at = end.get_extra_info("socket")
    with suppress(OSError):
        if at is not None:
            at.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.transport.abort()
