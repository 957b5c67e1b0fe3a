"""Bells: rows written with the change, rung by signal afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.model import Model
from store.tables import BellRow


class Bell(Model):
    id: int
    cause: str
    order_id: str
    signal: str


_HANGING = (
    select(func.count())
    .select_from(BellRow)
    .where(BellRow.cause == bindparam("cause"), BellRow.rung_at.is_(None))
)


_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def hang(session: Session, cause: str, signal: str, at: datetime, orders: Select[Any]) -> int:
    """Hang one bell for each order that the question names; one that hangs there already is left alone.

    The unique key sees to that: an anti-join instead was quadratic on PostgreSQL.
    """
    named = orders.add_columns(literal(cause), literal(signal), literal(at, BellRow.at.type))
    insert = _INSERT[session.get_bind().dialect.name](BellRow)
    statement = insert.from_select(["order_id", "cause", "signal", "at"], named).on_conflict_do_nothing()
    hung: Any = session.execute(statement)
    return int(hung.rowcount)


def hanging(session: Session, cause: str) -> int:
    """How many bells of this cause are not rung yet."""
    return session.scalar(_HANGING, {"cause": cause}) or 0


def unrung(session: Session, cause: str, limit: int) -> list[Bell]:
    statement = (
        select(BellRow)
        .where(BellRow.cause == cause, BellRow.rung_at.is_(None))
        .order_by(BellRow.id)
        .limit(limit)
    )
    return [Bell.model_validate(bell, from_attributes=True) for bell in session.scalars(statement)]


def mark_rung(session: Session, ids: Sequence[int], at: datetime, unreachable: Sequence[int] = ()) -> None:
    """Rung, or for a workflow that is no more: left to the audit."""
    session.execute(update(BellRow).where(BellRow.id.in_([*ids, *unreachable])).values(rung_at=at))
    if unreachable:
        session.execute(update(BellRow).where(BellRow.id.in_(unreachable)).values(unreachable=True))
