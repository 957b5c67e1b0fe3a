"""A statement that nobody waits for any more: PostgreSQL ends it, where a process asks for that."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from starter import door
from starter.commands.web import STATEMENT_SECONDS
from starter.embedded.temporal_server import TemporalServer
from store.database import Database


@pytest.fixture
def hasty(postgres_database: Database) -> Iterator[Database]:
    """The same database, to a process that waits a tenth of a second."""
    database = Database(postgres_database.url, statement_seconds=0.1)
    yield database
    database.close()


def _sleep(session: Session, seconds: float) -> bool:
    session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})
    return True


def _limit(session: Session) -> str:
    return str(session.scalar(text("SHOW statement_timeout")))


def test_postgresql_ends_what_takes_too_long_on_any_connection_and_goes_on(hasty: Database) -> None:
    for ask in (hasty.read, hasty.write, hasty.read):
        with pytest.raises(OperationalError, match="statement timeout"):
            ask(_sleep, 30)

    assert hasty.read(_sleep, 0)
    assert hasty.read(_limit) == "100ms"


def test_a_process_that_names_no_limit_waits_to_the_end(postgres_database: Database) -> None:
    assert postgres_database.read(_limit) == "0"
    assert postgres_database.read(_sleep, 0.15)


@pytest.mark.slow
async def test_the_web_process_waits_for_no_statement_longer_than_its_readers_do(
    postgres_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await TemporalServer.start(tmp_path, 0, 0)
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)
    monkeypatch.setenv("BACKORDER_DATABASE_URL", postgres_database.url.render_as_string(hide_password=False))
    try:
        async with door.backorders(None, STATEMENT_SECONDS) as web, door.backorders() as command:
            assert web.database is not None
            assert command.database is not None
            assert (web.database.read(_limit), command.database.read(_limit)) == ("10s", "0")
    finally:
        await server.stop()
