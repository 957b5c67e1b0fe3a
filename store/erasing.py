"""One customer's personal data, erased from all their orders; units, money and counts stay as they are."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from domain.changes import Change
from domain.correcting import Erasing
from domain.erasing import ERASED, ERASED_EMAIL, Traces, somewhere_in, without_customer
from domain.errors import OrdersOpen, UnknownCustomer
from domain.model import Model
from domain.order import Address, Order
from store import orders
from store.door_tables import EventRow
from store.life_tables import CancellationRow, ChangeRow, DelayRow, NoticeRow, ParcelRow, PaymentRow
from store.shop_tables import OperationRow, ReviewRow
from store.tables import OrderRow


class Gone(Model):
    """The orders that are left, under the name that their customer has now."""

    customer_id: str
    order_ids: tuple[str, ...]


def is_erased(session: Session, order_id: str) -> bool:
    """Whether an order's customer was erased: nobody may open it by a link any more. `UnknownOrder` for none."""
    return orders.row(session, order_id).erased_at is not None


def ended_orders(session: Session, customer_id: str) -> int:
    """How many orders of a customer there are to erase.

    Raises:
        UnknownCustomer: there is none.
        OrdersOpen: the customer still waits for something.
    """
    open_ones = select(OrderRow.order_id).where(OrderRow.customer_id == customer_id)
    still_open = session.scalars(open_ones.where(OrderRow.ended_at.is_(None)).order_by(OrderRow.order_id))
    if found := still_open.all():
        raise OrdersOpen(*found)
    count = select(func.count()).select_from(OrderRow).where(OrderRow.customer_id == customer_id)
    ended = session.scalar(count) or 0
    if not ended:
        raise UnknownCustomer
    return ended


def erase(session: Session, wish: Erasing, pseudonym: str, at: datetime) -> Gone:
    """Put `pseudonym` in the place of a customer, and leave nothing that leads back from it.

    Each order's JSON is its own, so rows are written one by one; what is alike is set at once. Of an order that was
    erased before nothing changes.

    Raises:
        UnknownCustomer: there is no order of this customer.
        OrdersOpen: one of them has not ended.
    """
    customer_id = wish.customer_id
    of_customer = select(OrderRow).where(OrderRow.customer_id == customer_id).order_by(OrderRow.order_id)
    rows = session.scalars(of_customer.with_for_update(key_share=True)).all()
    ended_orders(session, customer_id)
    ids = tuple(row.order_id for row in rows)
    if all(row.erased_at for row in rows):
        return Gone(customer_id=customer_id, order_ids=ids)
    theirs = select(OrderRow.order_id).where(OrderRow.customer_id == customer_id)
    traces = _traces(session, rows, theirs, pseudonym)
    _set_alike(session, theirs)
    _rewrite_records(session, theirs, traces)
    _rewrite_reviews(session, set(ids), min(row.asked_at for row in rows), traces)
    session.flush()
    for row in rows:
        _rewrite(row, pseudonym, at)
    record = {"customer_id": pseudonym, "orders": len(ids)}
    session.add(OperationRow(what="erase", body=record, requested_by=wish.requested_by, at=at))
    return Gone(customer_id=pseudonym, order_ids=ids)


def _traces(session: Session, rows: Sequence[OrderRow], theirs: Select[Any], pseudonym: str) -> Traces:
    """All names, addresses and ids that the orders ever had of this customer."""
    changed = select(ChangeRow.what, ChangeRow.body).where(
        ChangeRow.order_id.in_(theirs), ChangeRow.what.in_([Change.ADDRESS, Change.EMAIL])
    )
    changes = session.execute(changed).all()
    placed = [Order.model_validate(row.body) for row in rows]
    addresses = [order.ship_to for order in placed]
    addresses += [Address.model_validate(row.ship_to) for row in rows]
    addresses += [Address.model_validate(body) for what, body in changes if what == Change.ADDRESS]
    emails = {row.email for row in rows} | {order.customer.email for order in placed}
    emails |= {body["email"] for what, body in changes if what == Change.EMAIL}
    names = {order.customer.name for order in placed} | {address.name for address in addresses}
    streets = {address.street for address in addresses}
    return Traces.of(names, emails | streets | {row.customer_id for row in rows}, pseudonym)


def _rewrite(row: OrderRow, pseudonym: str, at: datetime) -> None:
    """The order itself; its digest stays, so that its id is never used for another."""
    order = without_customer(Order.model_validate(row.body), pseudonym)
    row.body = order.model_dump(mode="json")
    row.ship_to = somewhere_in(row.ship_to["country"]).model_dump(mode="json")
    row.customer_id, row.email, row.method = pseudonym, ERASED_EMAIL, ERASED
    row.unreadable = [{**one, "what": ERASED} for one in row.unreadable]
    row.held, row.rests, row.erased_at = None, [], at


def _set_alike(session: Session, theirs: Select[Any]) -> None:
    """Ways to pay, and documents that show an address.

    Tracking numbers and the providers' references stay: claims and the comparison with their books go by them, and
    only they can tell whose they were.
    """
    paid = update(PaymentRow).where(PaymentRow.order_id.in_(theirs), PaymentRow.method != "")
    session.execute(paid.values(method=ERASED))
    session.execute(update(ParcelRow).where(ParcelRow.order_id.in_(theirs)).values(label_url=None))


def _rewrite_records(session: Session, theirs: Select[Any], traces: Traces) -> None:
    """What was written on the way: reasons stay, without whom they name."""
    for notice in _rows(session, NoticeRow, NoticeRow.order_id.in_(theirs) & NoticeRow.error.is_not(None)):
        notice.error = (notice.error or "").partition(" ")[0]
    for cancellation in _rows(session, CancellationRow, CancellationRow.order_id.in_(theirs)):
        cancellation.body = traces.out_of(cancellation.body)
    for change in _rows(session, ChangeRow, ChangeRow.order_id.in_(theirs)):
        change.body, change.outcome = traces.out_of(change.body), traces.out_of(change.outcome)
        change.requested_by = traces.out_of_text(change.requested_by)
    answered = DelayRow.order_id.in_(theirs) & DelayRow.answered_by.is_not(None)
    for delay in _rows(session, DelayRow, answered):
        delay.answered_by = traces.out_of_text(delay.answered_by or "")
    for event in _rows(session, EventRow, EventRow.stream.in_(theirs)):
        event.body = traces.out_of(event.body)
        event.error = traces.out_of_text(event.error) if event.error else None


def _rows(session: Session, table: type[Any], which: Any) -> Iterable[Any]:
    return session.scalars(select(table).where(which))


def _rewrite_reviews(session: Session, order_ids: set[str], since: datetime, traces: Traces) -> None:
    """The daily reviews say of some orders why they needed a person."""
    for review in _rows(session, ReviewRow, ReviewRow.at >= since):
        review.digest = _without(review.digest, order_ids, traces)


def _without(part: Any, order_ids: set[str], traces: Traces) -> Any:
    """What is said of these orders, without whom it names."""
    if isinstance(part, list):
        return [_without(one, order_ids, traces) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("order_id") in order_ids:
        return traces.out_of(part)
    return {name: _without(one, order_ids, traces) for name, one in part.items()}
