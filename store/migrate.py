"""Brings the database to the newest migration."""

from importlib.resources import files

from alembic import command
from alembic.config import Config

from store.database import Database


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("store") / "migrations"))
    config.attributes["database"] = database
    return config


def migrate(database: Database) -> None:
    command.upgrade(_config(database), "head")
