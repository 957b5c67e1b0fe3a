"""The way into the database: one thread a transaction, and on SQLite one writer."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from pydantic_core import from_json
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from store.connecting import PATIENCE_SECONDS, patient

P = ParamSpec("P")
T = TypeVar("T")

_BUSY_SECONDS = 15
_POOL_SIZE = 16
_TRIES = 3

LONGEST_CLOSE_SECONDS = 3
"""How long a process that ends waits for its last answers: see `DRAIN` for what else it has to do before it is killed."""

# PostgreSQL's words for "somebody else was first": the same id inserted at once, a deadlock, a lost snapshot.
# The transaction left nothing behind, and run again it sees what the other one did.
_OVERTAKEN = {"23505", "40P01", "40001"}


class _Rehearsed(Exception):  # noqa: N818 - no error: it takes the result out, and the transaction back
    def __init__(self, result: object) -> None:
        self.result = result


_LOOKS = "only looks"


def _begin(session: Session, _transaction: object, connection: Connection) -> None:
    """SQLite's driver begins nothing by itself. A session's event and not an engine's: those cost each statement more."""
    connection.exec_driver_sql("BEGIN" if _LOOKS in session.info else "BEGIN IMMEDIATE")


class _Once(Session):
    """A session of one transaction: nearly every statement asks for its connection, which is always the same."""

    _own: Connection | None = None

    def connection(self, *arguments: Any, **options: Any) -> Connection:
        if arguments or options:
            return super().connection(*arguments, **options)
        if self._own is None:
            self._own = super().connection()
        return self._own


class Database:
    """Transactions over one engine; `write` commits or rolls back as a whole, `read` only looks.

    `patience_seconds`: how long PostgreSQL may be silent before its connection counts as lost. `statement_seconds`:
    how long it goes on with one statement; None: to its end.
    """

    def __init__(
        self,
        url: str | URL,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        statement_seconds: float | None = None,
    ) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, patience_seconds)
        if statement_seconds is not None and not self.is_sqlite:
            _limit(self.engine, statement_seconds)
        self._sessions = sessionmaker(self.engine, class_=_Once, expire_on_commit=False, autoflush=False)
        if self.is_sqlite:
            event.listen(self._sessions, "after_begin", _begin)
        # SQLite has one writer at a time: waiting in line for its thread beats contending for the file.
        self._writer: Executor | None = ThreadPoolExecutor(1, "sqlite-writer") if self.is_sqlite else None
        self._threads = ThreadPoolExecutor(_POOL_SIZE, "store")

    def write(self, command: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a command in one transaction, and wait for it."""
        if self._writer is None:
            return self._transact(command, *args, **kwargs)
        return self._writer.submit(partial(self._transact, command, *args, **kwargs)).result()

    async def awrite(
        self, command: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` for a coroutine: the loop goes on meanwhile."""
        future = (self._writer or self._threads).submit(partial(self._transact, command, *args, **kwargs))
        return await asyncio.wrap_future(future)

    def rehearse(self, command: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `write` would give; the transaction is rolled back, so that nothing is stored."""

        def played(session: Session) -> None:
            raise _Rehearsed(command(session, *args, **kwargs))

        try:
            self.write(played)
        except _Rehearsed as done:
            return cast("T", done.result)
        raise AssertionError("a rehearsal ends in its result")

    def read(self, question: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._sessions() as session:
            session.info[_LOOKS] = True
            return question(session, *args, **kwargs)

    async def aread(
        self, question: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        future = self._threads.submit(partial(self.read, question, *args, **kwargs))
        return await asyncio.wrap_future(future)

    async def alook(
        self, question: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`aread` for one order's few rows.

        On SQLite, whose readers wait for nobody, it is answered at once: it would take longer to wake a thread.
        """
        if self.is_sqlite:
            return self.read(question, *args, **kwargs)
        return await self.aread(question, *args, **kwargs)

    async def acompact(self) -> bool:
        """Leave nothing in a SQLite file of what was deleted or overwritten; False while others keep it from that.

        A PostgreSQL server does so by itself, in its own time.
        """
        if self._writer is None:
            return True
        return await asyncio.wrap_future(self._writer.submit(self._compact))

    def _compact(self) -> bool:
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM")
            busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return not busy

    def close(self, longest: float = LONGEST_CLOSE_SECONDS) -> None:
        """Let what is under way end; a server that froze is not waited for, nor is its thread."""
        if self._writer is not None:
            self._writer.shutdown()
        ending = Thread(target=self._end, daemon=True)
        ending.start()
        ending.join(longest)

    def _end(self) -> None:
        self._threads.shutdown()
        self.engine.dispose()

    def _transact(
        self, command: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        for _ in range(_TRIES - 1):
            try:
                return self._once(command, *args, **kwargs)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _OVERTAKEN:
                    raise
        return self._once(command, *args, **kwargs)

    def _once(self, command: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._sessions.begin() as session:
            return command(session, *args, **kwargs)


def _engine(url: URL, patience_seconds: float) -> Engine:
    """An engine whose errors, which are logged, never show the values of a statement: they may be private."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    engine = create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_SIZE,
        pool_pre_ping=True,
        hide_parameters=True,
        json_deserializer=from_json,
    )
    patient(engine, patience_seconds)
    return engine


def _limit(engine: Engine, seconds: float) -> None:
    """Have the server end a statement that nobody waits for any more: the thread that asked could not."""

    @event.listens_for(engine, "connect")
    def _say(connection: Any, _record: Any) -> None:
        connection.execute(f"SET statement_timeout = {round(seconds * 1000)}")
        connection.commit()  # else the pool would take it back


def _sqlite(url: URL) -> Engine:
    arguments = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True, json_deserializer=from_json)

    @event.listens_for(engine, "connect")
    def _open(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    return engine
