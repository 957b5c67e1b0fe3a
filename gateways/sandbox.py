"""What the sandboxes share: books in a SQLite file of their own, and faults on demand."""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from gateways.errors import GatewayError, GatewayUnavailable, OutcomeUnknown, PermanentRefusal

T = TypeVar("T")

BUSY_SECONDS = 2.0
"""How long a call waits for another process's transaction; theirs take less than a millisecond."""

_FAULTS = """
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL, acted INTEGER NOT NULL, times INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS outage (id INTEGER PRIMARY KEY CHECK (id = 1), until TEXT NOT NULL);
"""


class _Fault(Enum):
    BEFORE = auto()
    AFTER = auto()


class Sandbox:
    """A gateway that keeps its books on this machine, safe across processes and restarts."""

    gateway: ClassVar[str]
    operations: ClassVar[frozenset[str]]
    tables: ClassVar[str]

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = _open(path, self.tables + _FAULTS)

    def fail(self, operation: str, times: int, *, acted: bool = False) -> None:
        """Let the next `times` calls fail as unavailable, or (`acted`) do their work and lose the answer."""
        if operation not in self.operations:
            raise ValueError(f"no such operation: {operation}")
        with self._transaction() as db:
            db.execute(
                "INSERT INTO faults (operation, acted, times) VALUES (?, ?, ?)", (operation, acted, times)
            )

    def down_until(self, instant: datetime) -> None:
        """Refuse every call whose `at` lies before this instant."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO outage VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET until = excluded.until",
                (instant.isoformat(),),
            )

    def close(self) -> None:
        """Close the books; what is in them stays."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, operation: str, act: Callable[[sqlite3.Connection], T], at: datetime | None = None) -> T:
        """Act in one transaction; what was written before a gateway error stays written."""
        with self._transaction() as db:
            try:
                return self._act(db, operation, act, at)
            except GatewayError as error:
                failure = error
        raise failure

    def _act(
        self,
        db: sqlite3.Connection,
        operation: str,
        act: Callable[[sqlite3.Connection], T],
        at: datetime | None,
    ) -> T:
        if at is not None and _is_down(db, at):
            raise GatewayUnavailable(self.gateway, "outage")
        fault = _next_fault(db, operation)
        if fault is _Fault.BEFORE:
            raise GatewayUnavailable(self.gateway, "fault")
        outcome = act(db)
        if fault is _Fault.AFTER:
            raise OutcomeUnknown(self.gateway, "fault")
        return outcome

    def _refusal(self, code: str, message: str) -> PermanentRefusal:
        return PermanentRefusal(self.gateway, code, message)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time: the lock within this process, SQLite's own between processes."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                raise GatewayUnavailable(self.gateway, "books are busy") from None
            with self._db:  # commits, or rolls back when something is raised
                yield self._db


def digest(*parts: object) -> str:
    """The same for the same parts; 64 hexadecimal digits."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def _open(path: Path, tables: str) -> sqlite3.Connection:
    """Open the books; processes that start together meet here, so a locked file is waited for."""
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            _prepare(db, tables)
        except sqlite3.OperationalError:  # the switch to WAL does not wait for others by itself
            if time.monotonic() > deadline:
                db.close()
                raise
            time.sleep(0.01)
        except BaseException:
            db.close()
            raise
        else:
            return db


def _prepare(db: sqlite3.Connection, tables: str) -> None:
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA synchronous = NORMAL")
    with closing(db.execute("PRAGMA journal_mode = WAL")) as mode:
        mode.fetchone()
    db.executescript(tables)


def _is_down(db: sqlite3.Connection, at: datetime) -> bool:
    outage = db.execute("SELECT until FROM outage").fetchone()
    return outage is not None and at < datetime.fromisoformat(outage["until"])


def _next_fault(db: sqlite3.Connection, operation: str) -> _Fault | None:
    """Use up one planned fault of this operation, in the order in which they were planned."""
    planned = db.execute(
        "SELECT id, acted FROM faults WHERE operation = ? AND times > 0 ORDER BY id LIMIT 1", (operation,)
    ).fetchone()
    if planned is None:
        return None
    db.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (planned["id"],))
    return _Fault.AFTER if planned["acted"] else _Fault.BEFORE
