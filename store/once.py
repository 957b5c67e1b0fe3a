"""Rows that are written once: one that is there already is left alone."""

from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.base import Base

_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def insert_once(session: Session, table: type[Base]) -> Any:
    """An insert that the table's unique keys keep from happening twice."""
    return _insert(session.get_bind().dialect.name, table)


@cache
def _insert(dialect: str, table: type[Base]) -> Any:
    return _INSERT[dialect](table).on_conflict_do_nothing()
