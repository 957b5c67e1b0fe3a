"""The runbook's backup, typed as it stands there: books of a version before come back, and are brought on."""

import re
import shlex
import subprocess
from contextlib import closing
from pathlib import Path

from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.policy import Product
from store import catalog
from store.database import Database
from store.migrate import behind, config, migrate
from tests.postgres import PostgresServer, program

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()
TYPED = re.findall(
    r"^    docker compose exec -T postgres (pg_dump|dropdb|createdb|pg_restore)( .*)$", RUNBOOK, re.MULTILINE
)
BACKED_UP, RESTORED = TYPED[:1], TYPED[1:]


def test_a_backup_of_an_earlier_version_comes_back_into_an_empty_database(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    postgres_server.create("backorder", "template")
    try:
        with closing(Database(postgres_server.url("backorder"))) as database:
            command.downgrade(config(database), "0003")
            database.write(_remember)
        _type(postgres_server, tmp_path, BACKED_UP)
        with closing(Database(postgres_server.url("backorder"))) as database:
            migrate(database)
            database.write(catalog.load_products, (Product(sku="TOO-NEW", title="Of after the backup"),))

        _type(postgres_server, tmp_path, RESTORED)

        with closing(Database(postgres_server.url("backorder"))) as database:
            assert database.read(behind)
            migrate(database)
            assert not database.read(behind)
            assert database.read(_titles) == ["Of the backup"]
    finally:
        postgres_server.drop("backorder")


def _remember(session: Session) -> None:
    session.execute(
        text(
            "INSERT INTO products (sku, title, body, on_hand, reserved, waiting, supply)"
            " VALUES ('OLD', 'Of the backup', '{}', 0, 0, 0, '[]')"
        )
    )


def _titles(session: Session) -> list[str]:
    return list(session.scalars(text("SELECT title FROM products")))


def _type(server: PostgresServer, folder: Path, lines: list[tuple[str, str]]) -> None:
    """The runbook's words, as the tests' own account and on the tests' own server."""
    assert lines
    for name, words in lines:
        said = words.replace("-U backorder", "-U postgres")
        typed = f"{shlex.quote(str(program(name)))} -h 127.0.0.1 -p {server.port}{said}"
        done = subprocess.run(
            ["/bin/sh", "-c", typed], cwd=folder, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), typed
