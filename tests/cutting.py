"""Ways to a database that go away in the middle of a commit, and come back when a test says so."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from store.database import Database

When = Literal["before", "after"]

_COMMIT = b"COMMIT\x00"


class Line(Protocol):
    """While it is away every transaction fails; `cuts` and `refused` count what happened."""

    database: Database
    cuts: int
    refused: int

    def cut_at_commit(self, when: When, nth: int = 1) -> None:
        """Go away at the nth commit from now: before it is done, or when it is done and nobody heard of it."""

    def come_back(self) -> None: ...


@asynccontextmanager
async def line_to(database: Database) -> AsyncIterator[Line]:
    """A database of its own for a worker, over a line that can be cut."""
    if database.is_sqlite:
        with _sqlite_line(database) as sqlite_line:
            yield sqlite_line
    else:
        async with _tcp_line(database) as tcp_line:
            yield tcp_line


class TcpLine:
    """A TCP line to PostgreSQL: cut, its connections break and new ones are refused."""

    database: Database

    def __init__(self, port: int) -> None:
        self.cuts = self.refused = 0
        self._to = port
        self._away = False
        self._cut: tuple[When, int] | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[Any]] = set()

    def cut_at_commit(self, when: When, nth: int = 1) -> None:
        self._cut = (when, nth)

    def come_back(self) -> None:
        self._cut, self._away = None, False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._away:
            self.refused += 1
            writer.close()
            return
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        there, to = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, to}
        withheld = asyncio.Event()
        with suppress(ConnectionError):
            await asyncio.gather(self._ask(reader, to, withheld), self._answer(there, writer, withheld))
        for end in (writer, to):
            end.close()
        self._writers -= {writer, to}
        self._serving.discard(task)

    async def close(self) -> None:
        self._break()
        await asyncio.gather(*self._serving)

    async def _ask(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, withheld: asyncio.Event
    ) -> None:
        while chunk := await reader.read(65536):
            when = self._due() if _COMMIT in chunk else None
            if when == "before":
                self._go_away()
                return
            if when == "after":
                withheld.set()
            to.write(chunk)
        to.close()

    async def _answer(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, withheld: asyncio.Event
    ) -> None:
        while chunk := await reader.read(65536):
            if withheld.is_set():
                self._go_away()
                return
            to.write(chunk)
        to.close()

    def _due(self) -> When | None:
        due, self._cut = _counted(self._cut)
        return due

    def _go_away(self) -> None:
        self.cuts, self._away = self.cuts + 1, True
        self._break()

    def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def _tcp_line(database: Database) -> AsyncIterator[TcpLine]:
    assert database.url.port
    line = TcpLine(database.url.port)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.database = Database(database.url.set(port=server.sockets[0].getsockname()[1]))
    try:
        yield line
    finally:
        await asyncio.to_thread(line.database.close)
        server.close()
        await line.close()


class SqliteLine:
    """A disk that fails under SQLite: at a commit, and at each new transaction until it is back."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.cuts = self.refused = 0
        self._away = False
        self._cut: tuple[When, int] | None = None

    def cut_at_commit(self, when: When, nth: int = 1) -> None:
        self._cut = (when, nth)

    def come_back(self) -> None:
        self._cut, self._away = None, False

    def begin(self, _connection: Connection) -> None:
        if self._away:
            self.refused += 1
            raise _disk_error()

    def commit(self, connection: Connection) -> None:
        due, self._cut = _counted(self._cut)
        if due is None:
            return
        if due == "after":
            connection.connection.commit()
        self.cuts, self._away = self.cuts + 1, True
        raise _disk_error()


@contextmanager
def _sqlite_line(database: Database) -> Iterator[SqliteLine]:
    line = SqliteLine(Database(database.url))
    event.listen(line.database.engine, "begin", line.begin)
    event.listen(line.database.engine, "commit", line.commit)
    try:
        yield line
    finally:
        line.database.close()


def _counted(cut: tuple[When, int] | None) -> tuple[When | None, tuple[When, int] | None]:
    """Whether this commit is the one, and what is left to wait for."""
    if cut is None:
        return None, None
    when, nth = cut
    return (when, None) if nth == 1 else (None, (when, nth - 1))


def _disk_error() -> OperationalError:
    return OperationalError("", None, sqlite3.OperationalError("disk I/O error"))
