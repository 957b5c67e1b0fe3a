"""Brings the database to the newest migration."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from store.database import Database

_SCRIPTS = files("store") / "migrations"


def config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["database"] = database
    return config


def migrate(database: Database) -> bool:
    """Bring it to our newest migration; False when it is a newer version's already, and nothing is done."""
    if database.read(_newer):
        return False
    command.upgrade(config(database), "head")
    return True


class NotMigrated(ConnectionError):  # noqa: N818 - the fact is the name
    """The database lacks a migration."""

    def __init__(self) -> None:
        super().__init__("the database is not at its newest migration: run `backorder init`")


def check_migrated(database: Database) -> None:
    """Raise `NotMigrated` when the database lacks a migration of ours."""
    if database.read(behind):
        raise NotMigrated


def behind(session: Session) -> bool:
    """Whether the database lacks a migration of ours; one that we do not know yet is a newer version's.

    So during a rollout the old processes, whose tables are all there, stay at work, and may start again.
    """
    *older, head = _known()
    revision = _revision(session)
    return revision is None or (revision != head and revision in older)


def _newer(session: Session) -> bool:
    revision = _revision(session)
    return revision is not None and revision not in _known()


def _revision(session: Session) -> str | None:
    return MigrationContext.configure(session.connection()).get_current_revision()


@cache
def _known() -> tuple[str, ...]:
    """Our migrations, first things first."""
    scripts = ScriptDirectory(str(_SCRIPTS)).walk_revisions()
    return tuple(reversed([script.revision for script in scripts]))
