"""All parts of one order in one question.

Each step of an order reads it whole. The database makes one JSON text of each table's rows, and pydantic reads
all of them at once: a question for each table cost a third of all that an order costs.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    String,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from domain.delays import Delay
from domain.model import Model
from domain.parcel import ParcelState
from domain.payment import PaymentState
from domain.state import CancelledUnits, LineState, NoticeState
from store.base import Base, UtcDateTime
from store.life_tables import CancellationRow, DelayRow, NoticeRow, ParcelRow, PaymentRow
from store.shop_tables import ShopRow
from store.tables import LineRow


class Call(PaymentState):
    """A call to the payment provider, answered or not."""

    key: str
    parcel: int
    method: str
    state: str


class Shop(Model):
    """The shop's switches."""

    paused: dict[str, Any] | None = None


class Parts(Model):
    lines: tuple[LineState, ...]
    parcels: tuple[ParcelState, ...]
    payments: tuple[Call, ...]
    notices: tuple[NoticeState, ...]
    cancellations: tuple[CancelledUnits, ...]
    delays: tuple[Delay, ...]
    shop: Shop


def parts(session: Session, order_id: str) -> Parts:
    """Everything that hangs on an order, each in its own order."""
    question = _QUESTIONS[session.get_bind().dialect.name]
    texts = session.connection().execute(question, {"order_id": order_id}).one()
    members = (f'"{name}":{text}' for name, text in zip(Parts.model_fields, texts, strict=True))
    return Parts.model_validate_json("{" + ",".join(members) + "}")


_PAUSED = func.coalesce(cast(ShopRow.paused, Text), "null")
_SHOP = select('{"paused":' + _PAUSED + "}").where(ShopRow.id == 1).scalar_subquery()
_SWITCHES = func.coalesce(_SHOP, "{}")


def _question(make: Any) -> Select[Any]:
    return select(
        make(LineRow, LineState, LineRow.number),
        make(ParcelRow, ParcelState, ParcelRow.number),
        make(PaymentRow, Call, PaymentRow.at, PaymentRow.attempt),
        make(NoticeRow, NoticeState, NoticeRow.at),
        make(CancellationRow, CancelledUnits, CancellationRow.at),
        make(DelayRow, Delay, DelayRow.number),
        _SWITCHES,
    )


def _sqlite(table: type[Base], model: type[Model], *order_by: Any) -> ColumnElement[str]:
    rows = _rows(table, model, order_by)
    pairs = _pairs((column.key, _as_json(column)) for column in rows.c)
    return select(func.json_group_array(func.json_object(*pairs))).select_from(rows).scalar_subquery()


def _postgresql(table: type[Base], model: type[Model], *order_by: Any) -> ColumnElement[str]:
    rows = _rows(table, model, order_by)
    pairs = _pairs((column.key, column) for column in rows.c)
    text = func.coalesce(cast(func.json_agg(func.json_build_object(*pairs)), Text), "[]")
    return select(text).select_from(rows).scalar_subquery()


def _rows(table: type[Base], model: type[Model], order_by: Iterable[Any]) -> Any:
    columns = table.__table__.c
    wanted = [column for column in columns if column.key in model.model_fields]
    own = select(*wanted).where(columns.order_id == bindparam("order_id"))
    return own.order_by(*order_by).subquery()


def _as_json(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """SQLite keeps JSON and instants as text."""
    if isinstance(column.type, JSON):
        return func.json(column)
    if isinstance(column.type, UtcDateTime):
        return type_coerce(column, String) + "+00:00"
    return column


def _pairs(fields: Iterable[tuple[Any, ColumnElement[Any]]]) -> list[ColumnElement[Any]]:
    return [part for name, column in fields for part in (literal_column(f"'{name}'"), column)]


_QUESTIONS = {"sqlite": _question(_sqlite), "postgresql": _question(_postgresql)}
