"""Bells: rows written with the change, rung by signal afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, select, update
from sqlalchemy.orm import Session

from domain.model import Model
from store.once import insert_once
from store.stock_tables import BellRow


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


def hang(session: Session, cause: str, signal: str, at: datetime, orders: Select[Any]) -> int:
    """Hang one bell for each order that the question names; one that hangs there already is left alone.

    The unique key sees to that: an anti-join instead was quadratic on PostgreSQL.
    """
    named = orders.add_columns(literal(cause), literal(signal), literal(at, BellRow.at.type))
    columns = ["order_id", "cause", "signal", "at"]
    hung: Any = session.execute(insert_once(session, BellRow).from_select(columns, named))
    return int(hung.rowcount)


def hanging(session: Session, cause: str) -> int:
    """How many bells of this cause are not rung yet."""
    return session.connection().scalar(_HANGING, {"cause": cause}) or 0


def unrung(session: Session, cause: str, limit: int) -> list[Bell]:
    statement = (
        select(BellRow)
        .where(BellRow.cause == cause, BellRow.rung_at.is_(None))
        .order_by(BellRow.id)
        .limit(limit)
    )
    return [Bell.model_validate(bell, from_attributes=True) for bell in session.scalars(statement)]


def mark_rung(session: Session, ids: Sequence[int], at: datetime, unreachable: Sequence[int] = ()) -> None:
    """Rung, or for a workflow that is no more: then its order has ended, or the audit finds that it has none."""
    session.execute(update(BellRow).where(BellRow.id.in_([*ids, *unreachable])).values(rung_at=at))
    if unreachable:
        session.execute(update(BellRow).where(BellRow.id.in_(unreachable)).values(unreachable=True))
