"""The date that each waiting line may expect, kept with every change of supply and of the queue."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from domain import supply
from domain.policy import Policy, Product
from domain.supply import Arrival, Dates
from store import bells, catalog, coverage
from store.coverage import Move, Run
from store.deal import QUEUE, Deal
from store.stock_tables import StockLedgerRow
from store.tables import LineRow, ProductRow

_AT_ONCE = 500

_SKU: BindParameter[str] = bindparam("sku")
_WAITING = and_(LineRow.sku == _SKU, LineRow.backordered > 0)
_HERE = tuple_(*(bindparam(column.key, type_=column.type) for column in QUEUE))
_FROM_HERE = select(func.sum(LineRow.backordered)).where(_WAITING, tuple_(*QUEUE) >= _HERE)
_HELD_BEHIND = select(func.sum(LineRow.allocated)).where(
    LineRow.sku == _SKU, LineRow.allocated > 0, tuple_(*QUEUE) > _HERE
)
_NEXT = select(LineRow.supply_on).where(_WAITING, tuple_(*QUEUE) > _HERE).order_by(*QUEUE).limit(1)
_CHANGED = (
    select(LineRow.supply_on, func.sum(StockLedgerRow.backordered))
    .join(LineRow, and_(LineRow.order_id == StockLedgerRow.order_id, LineRow.sku == StockLedgerRow.sku))
    .where(StockLedgerRow.cause == bindparam("cause"), StockLedgerRow.sku == _SKU)
    .group_by(LineRow.supply_on)
)


def needed_ahead(session: Session, product: ProductRow, line: LineRow) -> int:
    """Units that lines ahead of this one still need, whether it has joined the queue already or not."""
    return product.waiting - _sum(session, _FROM_HERE, line) if product.waiting else 0


def held_behind(session: Session, line: LineRow) -> int:
    """Units that lie with lines behind this one: they are its to take."""
    return _sum(session, _HELD_BEHIND, line)


def enter(session: Session, line: LineRow, product: ProductRow, dates: Dates) -> None:
    """Put a line into the run of the queue in which it stands."""
    line.supply_on = session.connection().scalar(_NEXT, _place(line)) if product.supply else None
    line.promised_on = dates.of(line.supply_on)


def move(session: Session, line: LineRow, product: ProductRow, place: datetime, dates: Dates) -> None:
    """Give a line another place in the queue, and take its need along from its old run to the new one."""
    line.queue_at = place
    session.flush()
    if line.backordered:
        left = line.supply_on
        enter(session, line, product, dates)
        product.supply = [
            {
                **arrival,
                "needed": arrival["needed"] + line.backordered * _passes(arrival["on"], left, line.supply_on),
            }
            for arrival in product.supply
        ]
        session.flush()


def _passes(on: str, left: date | None, entered: date | None) -> int:
    return (entered is not None and on == entered.isoformat()) - (left is not None and on == left.isoformat())


def dates(product: ProductRow, policy: Policy, today: date) -> Dates:
    """What its lines may expect on the shop's day."""
    gone = product.discontinued_at is not None
    return supply.dates(offered(product, policy), policy, today, discontinued=gone)


def offered(product: ProductRow, policy: Policy) -> Product:
    """What the shop says of a product, its own defaults included."""
    given = {"sku": product.sku, "title": product.title, **product.body}
    return Product.model_validate(given).under(policy)


def renew(
    session: Session,
    deal: Deal,
    products: Iterable[ProductRow],
    arriving: dict[str, list[Arrival]] | None = None,
) -> bool:
    """Give the waiting lines of the dealt SKUs their dates anew, and hang a bell where one moved; whether any did.

    Once at the end of a transaction: its ledger rows tell how the need of each run changed. `arriving`: the new
    supply of those SKUs whose supply changed.
    """
    session.flush()
    moved = False
    for product in products:
        new = (arriving or {}).get(product.sku)
        if new is not None or product.waiting or product.sku in deal.needy:
            moved |= _renew(session, deal, product, new)
    session.flush()
    return moved


def _renew(session: Session, deal: Deal, product: ProductRow, arriving: list[Arrival] | None) -> bool:
    known = [Arrival.model_validate(arrival) for arrival in product.supply]
    if product.sku in deal.taken:
        _enter_again(session, deal, product, known)
    changed = dict(_changes(session, deal, product))
    product.waiting += sum(changed.values())
    runs = [Run(arrival.on, arrival.needed + changed.get(arrival.on, 0)) for arrival in known]
    new = known if arriving is None else arriving
    moves: list[Move] = []
    covered: list[Arrival] = []
    if runs or new:
        covered, moves = coverage.cover(session, product.sku, runs, new)
        product.supply = [arrival.model_dump(mode="json") for arrival in covered]
        _move(session, deal, product, moves)
    if product.discontinued_at is not None:
        left = sum(arrival.units - arrival.needed for arrival in covered)
        _give_up(session, deal, product.sku, left)
    return bool(moves)


def _changes(session: Session, deal: Deal, product: ProductRow) -> Sequence[Any]:
    return session.connection().execute(_CHANGED, {"cause": deal.cause, "sku": product.sku}).all()


def _enter_again(session: Session, deal: Deal, product: ProductRow, known: Sequence[Arrival]) -> None:
    """Lines that needed nothing any more and lost units stand at the front again: only the front held any.

    So they join the run of those who needed some before.
    """
    lost = (
        select(StockLedgerRow.order_id, func.sum(StockLedgerRow.backordered).label("units"))
        .where(
            StockLedgerRow.cause == deal.cause,
            StockLedgerRow.sku == product.sku,
            StockLedgerRow.order_id != (deal.by or ""),
        )
        .group_by(StockLedgerRow.order_id)
        .subquery()
    )
    first = next((arrival.on for arrival in known if arrival.needed), None)
    back = (
        LineRow.order_id == lost.c.order_id,
        LineRow.sku == product.sku,
        LineRow.backordered == lost.c.units,
    )
    lines = and_(*back, LineRow.backordered > 0)
    promised = _dates(session, deal, product).of(first)
    _tell(session, deal, and_(lines, LineRow.promised_on.is_distinct_from(promised)))
    _change(session, lines, supply_on=first, promised_on=promised)


def _move(session: Session, deal: Deal, product: ProductRow, moves: Sequence[Move]) -> None:
    """Let the lines follow their runs, and tell their orders."""
    expected = _dates(session, deal, product) if moves else None
    for to, orders in moves:
        promised = expected.of(to) if expected else None
        for first in range(0, len(orders), _AT_ONCE):
            some = LineRow.order_id.in_(orders[first : first + _AT_ONCE])
            lines = and_(LineRow.sku == product.sku, some)
            _change(session, lines, supply_on=to, promised_on=promised, given_up=0)
            _tell(session, deal, lines)


def _give_up(session: Session, deal: Deal, sku: str, left: int) -> None:
    """Units of a discontinued product that no supply reaches will never come; the first who lacks gets what is left."""
    unreached = and_(LineRow.sku == sku, LineRow.backordered > 0, LineRow.supply_on.is_(None))
    first = session.scalar(select(LineRow.order_id).where(unreached).order_by(*QUEUE).limit(1))
    if first is None:
        return
    units = case((LineRow.order_id == first, LineRow.backordered - left), else_=LineRow.backordered)
    lost = and_(unreached, LineRow.given_up != units)
    _tell(session, deal, lost)
    _change(session, lost, given_up=units, promised_on=None)


def _change(session: Session, lines: Any, **values: Any) -> None:
    """One statement for all of them; rows read before are not in step any more."""
    session.execute(update(LineRow).where(lines).values(values).execution_options(synchronize_session=False))


def _tell(session: Session, deal: Deal, lines: Any) -> None:
    reached = select(LineRow.order_id).where(lines, LineRow.order_id != (deal.by or ""))
    bells.hang(session, deal.cause, "promise_changed", deal.at, reached)


def renew_with_time(session: Session, deal: Deal, product: ProductRow) -> None:
    """What time alone changes, or the catalogue: the day of release, and dates that no supply stands behind.

    Of these a usual one is given where there is none, and anew where it has passed; others that passed are gone.
    """
    says, expected = offered(product, catalog.policy(session)), _dates(session, deal, product)
    _release(session, deal, says)
    waiting = and_(LineRow.sku == product.sku, LineRow.backordered > 0, LineRow.supply_on.is_(None))
    lines = and_(waiting, _out_of_date(says, expected))
    _tell(session, deal, lines)
    _change(session, lines, promised_on=expected.undated)


def _out_of_date(says: Product, expected: Dates) -> ColumnElement[bool]:
    """Which dates that no supply stands behind hold no longer: a passed one is gone, if there is no other."""
    promised = LineRow.promised_on
    if expected.undated is None:
        return promised < expected.today
    if says.usual_restock_days is None:
        return promised.is_distinct_from(expected.undated)
    soonest = max(expected.today, says.release_on or expected.today)
    return or_(promised.is_(None), promised < soonest)


def _release(session: Session, deal: Deal, says: Product) -> None:
    """Give the lines their day of release anew; of those that lack nothing it is the date they expect."""
    released = says.unreleased(deal.today)
    open_units = or_(LineRow.backordered > 0, LineRow.allocated > 0)
    lines = and_(LineRow.sku == says.sku, open_units, LineRow.release_on.is_distinct_from(released))
    _tell(session, deal, lines)
    if released is not None:
        leaves_on = supply.leaves_on(says, catalog.policy(session), deal.today)
        _change(session, and_(lines, LineRow.backordered == 0), promised_on=leaves_on)
    _change(session, lines, release_on=released)


def _dates(session: Session, deal: Deal, product: ProductRow) -> Dates:
    return dates(product, catalog.policy(session), deal.today)


def _sum(session: Session, question: Any, line: LineRow) -> int:
    return session.connection().scalar(question, _place(line)) or 0


def _place(line: LineRow) -> dict[str, Any]:
    return {"sku": line.sku, **{column.key: getattr(line, column.key) for column in QUEUE}}
