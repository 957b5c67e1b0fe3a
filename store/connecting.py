"""Connections to PostgreSQL that wait for an answer, but not for ever.

A server that froze, or a router that forgot a connection, leaves it open without a word; keepalives see only machines
that are gone. Whoever waits on such a connection would hold one of the few threads until the process is started anew.
"""

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, event

T = TypeVar("T")

PATIENCE_SECONDS = 120
"""How long one statement may take: longer than any of ours on a million orders, and on a busy server."""

_LINE = {
    "connect_timeout": 10,
    # A machine that is gone is noticed in half a minute, also by a connection that sent something and by one that idles.
    "tcp_user_timeout": 30_000,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""What the database's URL does not say itself."""


class PatientConnection(psycopg.Connection[Any]):
    """Breaks, as a lost connection does, when a statement gets no answer in time."""

    patience_seconds: float | None = PATIENCE_SECONDS

    def wait(self, gen: PQGen[T], *args: Any, **kwargs: Any) -> T:
        return super().wait(gen if self.patience_seconds is None else self._patiently(gen), *args, **kwargs)

    def _patiently(self, gen: PQGen[T]) -> PQGen[T]:
        ends = time.monotonic() + (self.patience_seconds or 0)
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > ends:
                    self.close()
                    raise psycopg.OperationalError(f"no answer within {self.patience_seconds:g} s")
                wanted = gen.send(ready)
        except StopIteration as done:
            answer: T = done.value
            return answer


def patient(engine: Engine, seconds: float) -> None:
    """Let the engine's connections wait so long, and the server as long for one that left a transaction open.

    A worker's machine that vanished would otherwise keep its locks until the server's keepalives miss it: two hours.
    """

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, cargs: Any, cparams: dict[str, Any]) -> PatientConnection:
        connection = PatientConnection.connect(*cargs, **{**_LINE, **cparams})
        connection.patience_seconds = seconds
        # By a statement: poolers such as PgBouncer refuse it among the connection's options.
        connection.execute(f"SET idle_in_transaction_session_timeout = {round(seconds * 1000)}")
        connection.commit()
        return connection


def unhurried(connection: Connection) -> None:
    """A migration may take as long as it takes, also for a single statement."""
    driver = connection.connection.driver_connection
    if isinstance(driver, PatientConnection):
        driver.patience_seconds = None
        driver.execute("SET idle_in_transaction_session_timeout = 0")
        driver.commit()
