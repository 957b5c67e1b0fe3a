"""Brings the database to the newest migration."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from store.database import Database


def config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("store") / "migrations"))
    config.attributes["database"] = database
    return config


def migrate(database: Database) -> None:
    command.upgrade(config(database), "head")


class NotMigrated(ConnectionError):  # noqa: N818 - the fact is the name
    """The database is not at the newest migration."""

    def __init__(self) -> None:
        super().__init__("the database is not at its newest migration: run `backorder init`")


def newest(database: Database) -> None:
    """Raise `NotMigrated` unless the database is at the newest migration."""
    head = ScriptDirectory.from_config(config(database)).get_current_head()
    with database.engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() != head:
            raise NotMigrated


def behind(database: Database) -> bool:
    """Whether the database lacks a migration of ours; one that we do not know yet is a newer version's.

    So during a rollout the old processes, whose tables are all there, stay at work.
    """
    *older, head = _known(database)
    with database.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    return revision is None or (revision != head and revision in older)


_revisions: list[str] = []


def _known(database: Database) -> list[str]:
    """Our migrations, first things first; read once."""
    if not _revisions:
        scripts = ScriptDirectory.from_config(config(database)).walk_revisions()
        _revisions.extend(reversed([script.revision for script in scripts]))
    return _revisions
