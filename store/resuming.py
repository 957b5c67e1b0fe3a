"""Orders whose workflow got lost: what is needed to start it again, and the record that it was."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from domain.audit import Repair
from domain.changes import Change, ChangeOutcome
from domain.order import Order
from domain.status import Status
from store import keys
from store.life_tables import ChangeRow
from store.shop_tables import OperationRow
from store.tables import OrderRow


class Standing(NamedTuple):
    """How the database has an order."""

    status: Status
    ended_at: datetime | None


class Resumable(NamedTuple):
    """An order as it was placed, and what its workflow is found by."""

    order_id: str
    body: dict[str, Any]
    status: str
    priority: str

    @property
    def order(self) -> Order:
        return Order.model_validate(self.body)


def standings(session: Session, order_ids: Sequence[str]) -> dict[str, Standing]:
    """Of those that the database knows."""
    columns = (OrderRow.order_id, OrderRow.status, OrderRow.ended_at)
    rows = session.execute(select(*columns).where(OrderRow.order_id.in_(order_ids)))
    return {order_id: Standing(Status(status), ended_at) for order_id, status, ended_at in rows}


def resumable(session: Session, order_ids: Sequence[str]) -> list[Resumable]:
    """Those of them that are still open, as they were placed."""
    columns = (OrderRow.order_id, OrderRow.body, OrderRow.status, OrderRow.priority)
    rows = session.execute(
        select(*columns).where(OrderRow.order_id.in_(order_ids), OrderRow.ended_at.is_(None))
    )
    return [Resumable(*row) for row in rows]


def late_decisions(session: Session, before: datetime) -> list[tuple[str, datetime]]:
    """Orders that were asked for before a moment, and have no decision."""
    late = select(OrderRow.order_id, OrderRow.asked_at).where(
        OrderRow.status == Status.PLACING, OrderRow.ended_at.is_(None), OrderRow.asked_at < before
    )
    return [(order_id, asked_at) for order_id, asked_at in session.execute(late.order_by(OrderRow.order_id))]


def record(session: Session, repairs: Iterable[Repair], by: str, at: datetime) -> None:
    """Write down who had what repaired: with its order, or with the shop where it is about no single one."""
    every = list(repairs)
    known = standings(session, [one.order_id for one in every if one.order_id])
    of_orders = [_of_order(one, one.order_id, by, at) for one in every if one.order_id in known]
    if of_orders:
        session.execute(insert(ChangeRow), of_orders)
    for one in every:
        if one.order_id not in known:
            body = one.model_dump(mode="json", exclude_none=True)
            session.add(OperationRow(what="repair", body=body, requested_by=by, at=at))


def _of_order(repair: Repair, order_id: str | None, by: str, at: datetime) -> dict[str, object]:
    outcome = ChangeOutcome(order_id=order_id or "", message=repair.done)
    return {
        "key": keys.repaired(order_id or "", at),
        "order_id": order_id,
        "what": Change.WORKFLOW,
        "body": {"reason": repair.kind.heading, "repair": repair.repair},
        "requested_by": by,
        "outcome": outcome.model_dump(mode="json"),
        "cause": "",
        "at": at,
    }
