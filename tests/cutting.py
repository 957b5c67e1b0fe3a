"""Ways to a database that go away in the middle of a commit, and come back when a test says so."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from store.connecting import PATIENCE_SECONDS
from store.database import Database
from tests import proxy
from tests.proxy import Fault, When

_COMMIT = b"COMMIT\x00"


class Line(Protocol):
    """While it is away every transaction fails; `cuts` and `refused` count what happened."""

    database: Database
    cuts: int
    refused: int

    def cut_at_commit(self, when: When, nth: int = 1) -> None:
        """Go away at the nth commit from now: before it is done, or when it is done and nobody heard of it."""

    async def come_back(self) -> None: ...


@asynccontextmanager
async def line_to(database: Database) -> AsyncIterator[Line]:
    """A database of its own for a worker, over a line that can be cut."""
    if database.is_sqlite:
        with _sqlite_line(database) as sqlite_line:
            yield sqlite_line
    else:
        async with tcp_line(database) as line:
            yield line


class TcpLine(proxy.Line):
    """A TCP line to PostgreSQL: cut, its connections break and new ones are refused."""

    database: Database

    def cut_at_commit(self, when: When, nth: int = 1, then: Fault = Fault.REFUSED) -> None:
        self.cut_at(_COMMIT, when, nth, then)


@asynccontextmanager
async def tcp_line(database: Database, patience_seconds: float = PATIENCE_SECONDS) -> AsyncIterator[TcpLine]:
    """A line to PostgreSQL, for a worker that waits so long for an answer."""
    assert database.url.port
    line = TcpLine(database.url.port)
    async with line.serving():
        line.database = Database(database.url.set(port=line.port), patience_seconds=patience_seconds)
        try:
            yield line
        finally:
            await asyncio.to_thread(line.database.close)


class SqliteLine:
    """A disk that fails under SQLite: at a commit, and at each new transaction until it is back."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.cuts = self.refused = 0
        self._away = False
        self._cut: tuple[When, int] | None = None

    def cut_at_commit(self, when: When, nth: int = 1) -> None:
        self._cut = (when, nth)

    async def come_back(self) -> None:
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
