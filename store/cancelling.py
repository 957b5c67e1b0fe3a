"""Cancelling an order, whole or in part: backordered units first, then allocated, then those of an undone parcel."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import waiting
from domain.cancellation import Cancellation, CancellationOutcome, message, result, split
from domain.changes import check_limits
from domain.errors import CancellationBodyChanged, UnknownLine, UnknownOrder
from domain.model import Instant, Model
from domain.order import Timing
from domain.state import OrderState
from store import bells, keys, order_events, orders, parcels, promises
from store.deal import Deal, lock
from store.ledger import record_line
from store.life_tables import CancellationRow
from store.tables import LineRow, ProductRow


class Cancelling(Model):
    order_id: str
    cancellation: Cancellation
    at: Instant


class Cancelled(Model):
    """The order after it, the answer to whoever asked, and how many other orders must hear of it."""

    state: OrderState
    outcome: CancellationOutcome
    bells: int = 0
    cause: str = ""


def cancel(session: Session, asked: Cancelling) -> Cancelled:
    """Cancel what can be; the same id again gets the first answer, with another body it is refused."""
    order = orders.own(session, asked.order_id)
    cancellation_id = _id(asked)
    known = session.get(CancellationRow, cancellation_id)
    if known is not None:
        return _again(session, known, asked)
    check_limits(asked.order_id, asked.cancellation)
    products = lock(session, orders.body(session, asked.order_id).skus)
    before = orders.state(session, asked.order_id)
    if waiting.ends_itself(asked.cancellation) and not waiting.still_ends(
        before, asked.cancellation, asked.at
    ):
        return Cancelled(state=before, outcome=_outcome(session, order.order_id, 0, 0, before))
    wanted = _wanted(before, asked.cancellation)
    deal = Deal(session, keys.cancelled(cancellation_id), asked.at, asked.order_id, order.time_zone)
    taken = {} if before.status.ended else _take(session, deal, wanted, products)
    units = sum(taken.values())
    if units:
        promises.renew(session, deal, products.values())
    session.flush()
    asked_units = before.open_units if asked.cancellation.lines is None else sum(wanted.values())
    outcome = _outcome(session, order.order_id, units, asked_units, before)
    session.add(record(asked, outcome))
    if units:
        _tell(session, asked, before, taken, outcome)
    state = orders.settled(session, asked.order_id, asked.at)
    return Cancelled(state=state, outcome=outcome, bells=bells.hanging(session, deal.cause), cause=deal.cause)


def _id(asked: Cancelling) -> str:
    """A wish without an id is named by its order and moment."""
    return asked.cancellation.cancellation_id or f"{asked.order_id}-{asked.at:%Y%m%dT%H%M%S%f}"[-64:]


def _again(session: Session, known: CancellationRow, asked: Cancelling) -> Cancelled:
    if known.digest != asked.cancellation.digest() or known.order_id != asked.order_id:
        raise CancellationBodyChanged(known.cancellation_id)
    state = orders.state(session, asked.order_id)
    cause = keys.cancelled(known.cancellation_id)
    outcome = CancellationOutcome.model_validate(known.outcome)
    return Cancelled(state=state, outcome=outcome, bells=bells.hanging(session, cause), cause=cause)


def _wanted(state: OrderState, cancellation: Cancellation) -> dict[str, int]:
    """Units to cancel of each line: all that is open, or what the cancellation names."""
    if cancellation.lines is None:
        return {line.sku: line.open for line in state.lines if line.open}
    known = {line.sku for line in state.lines}
    wanted: dict[str, int] = {}
    for line in cancellation.lines:
        if line.sku not in known:
            raise UnknownLine(state.order_id, line.sku)
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    return wanted


def _tell(
    session: Session,
    asked: Cancelling,
    before: OrderState,
    units: dict[str, int],
    outcome: CancellationOutcome,
) -> None:
    wish = asked.cancellation.model_copy(update={"cancellation_id": _id(asked)})
    whole = outcome.units_cancelled == before.open_units and not before.shipped_units
    refunded = outcome.refunded_minor
    order_events.cancelled(session, before, wish, units, whole=whole, refunded_minor=refunded, at=asked.at)


def _take(
    session: Session, deal: Deal, wanted: dict[str, int], products: dict[str, ProductRow]
) -> dict[str, int]:
    """Cancel the units and deal what they free; how many there were of each SKU."""
    order_id = deal.by or ""
    lines = _lines(session, order_id)
    parcel = parcels.in_progress(session, order_id)
    reaches_parcel = any(
        wanted.get(sku, 0) > line.backordered + line.allocated for sku, line in lines.items() if line.claimed
    )
    if parcel is not None and reaches_parcel:
        parcels.undo(session, deal, parcel)
        session.flush()
        lines = _lines(session, order_id)
    taken = {}
    for sku in sorted(products):
        taken[sku] = _take_line(session, deal, lines[sku], wanted.get(sku, 0), products[sku])
        deal.run(products[sku])
    return taken


def _lines(session: Session, order_id: str) -> dict[str, LineRow]:
    statement = select(LineRow).where(LineRow.order_id == order_id)
    rows: Iterable[LineRow] = session.scalars(statement.execution_options(populate_existing=True))
    return {line.sku: line for line in rows}


def _take_line(session: Session, deal: Deal, line: LineRow, quantity: int, product: ProductRow) -> int:
    parts = split(quantity, backordered=line.backordered, allocated=line.allocated, claimed=0)
    if parts.units:
        record_line(
            session,
            deal,
            "cancelled",
            line.sku,
            line.order_id,
            backordered=-parts.backordered,
            allocated=-parts.allocated,
            cancelled=parts.units,
        )
        product.reserved -= parts.allocated
    return parts.units


def _outcome(
    session: Session, order_id: str, units: int, asked: int, before: OrderState
) -> CancellationOutcome:
    after = orders.state(session, order_id)
    shipped = after.shipped_units
    refund = after.refund_due - before.refund_due
    charged = after.timing is Timing.AT_ORDER or bool(after.charged)
    return CancellationOutcome(
        order_id=order_id,
        outcome=result(units, shipped, asked, ended=before.open_units == 0),
        units_cancelled=units,
        units_shipped=shipped,
        refunded_minor=refund.minor,
        currency=before.currency,
        message=message(units, shipped, refund, charged=charged),
    )


def record(asked: Cancelling, outcome: CancellationOutcome) -> CancellationRow:
    return CancellationRow(
        cancellation_id=_id(asked),
        order_id=asked.order_id,
        digest=asked.cancellation.digest(),
        body=asked.cancellation.model_dump(mode="json"),
        reason=asked.cancellation.reason,
        outcome=outcome.model_dump(mode="json"),
        units=outcome.units_cancelled,
        at=asked.at,
    )


def answer_ended(session: Session, asked: Cancelling) -> CancellationOutcome:
    """The answer for an order whose workflow has ended: the first one again, or too late.

    An order that has not ended is left to its workflow: `UnknownOrder` is raised for it as for none.
    """
    order = orders.row(session, asked.order_id)
    known = session.get(CancellationRow, _id(asked))
    if known is not None:
        return _again(session, known, asked).outcome
    if order.ended_at is None:
        raise UnknownOrder(asked.order_id)
    before = orders.state(session, asked.order_id)
    return _outcome(session, asked.order_id, 0, 0, before)
