"""Why an order stands where it stands in its queues, from the ledger of stock and the queues themselves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select, text, tuple_
from sqlalchemy.orm import Session, aliased

from domain.explanation import Ahead, ByHand, Event, ExplainedLine, Explanation, Place
from domain.history_words import words
from domain.line_history import history
from domain.line_story import Step, Story, places
from domain.places import HandMove, Standing
from domain.queue import moved_by_hand
from store import orders, queue_records
from store.deal import QUEUE
from store.queue_records import OPEN
from store.tables import LineRow, OrderRow

_UNITS = ("ordered", "backordered", "allocated", "claimed", "shipped", "cancelled")


def explain(session: Session, order_id: str) -> Explanation:
    """The order's lines: place, what decides it, who is ahead, and all that moved it; `UnknownOrder` for none."""
    _at_one_moment(session)
    life = orders.row(session, order_id)
    lines = session.scalars(
        select(LineRow).where(LineRow.order_id == order_id).order_by(LineRow.number)
    ).all()
    decided = life.decision or {}
    return Explanation(
        order_id=order_id,
        status=life.status,
        placed_at=life.placed_at,
        priority=life.priority,
        promised_on=life.promised_on,
        ended_at=life.ended_at,
        reasons=tuple(reason["message"] for reason in decided.get("reasons", ())),
        lines=tuple(_explained(session, life, lines)) if lines else (),
    )


def _at_one_moment(session: Session) -> None:
    """History is counted back from how the queues stand now, so nothing may move between the questions.

    SQLite's transactions see one moment anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


class _Now(NamedTuple):
    """Who stands ahead of a line, and how long its queue is."""

    ahead: tuple[Ahead, ...]
    length: int


def _explained(session: Session, life: Row[Any], lines: Sequence[LineRow]) -> Iterator[ExplainedLine]:
    now, stories = _now(session, lines), _stories(session, life, lines)
    return (_line(line, now[line.sku], stories[line.sku]) for line in lines)


def _line(line: LineRow, now: _Now, story: Story) -> ExplainedLine:
    mine, steps, waits = story.mine, history(story), bool(line.backordered or line.allocated)
    return ExplainedLine(
        sku=line.sku,
        title=line.title,
        **{name: getattr(line, name) for name in _UNITS},
        promised_on=line.promised_on if line.backordered else None,
        place=1 + sum(one.orders for one in now.ahead) if waits else None,
        queue_length=now.length,
        queue_at=line.queue_at,
        placed_at=line.placed_at,
        priority=mine.priority,
        head_start_days=(mine.placed_at - mine.queue_at).days,
        by_hand=_by_hand(story),
        ahead=now.ahead if waits else (),
        places=tuple(_place(step, mine) for step in places(steps)),
        history=tuple(_event(step, mine) for step in steps),
    )


def _by_hand(story: Story) -> ByHand | None:
    """The move by hand that is in force."""
    made = [move for move in story.moves if move.order_id == story.mine.order_id]
    if not made or not made[-1].days:
        return None
    return ByHand(days=made[-1].days, at=made[-1].at, by=made[-1].by, reason=made[-1].reason)


def _place(step: Step, mine: Standing) -> Place:
    return Place(at=step.at, place=step.place, what=step.what, words=words(step, mine))


def _event(step: Step, mine: Standing) -> Event:
    return Event(
        at=step.at,
        what=step.what,
        words=words(step, mine),
        units=step.units,
        needs=step.needs,
        place=step.place,
        order_ids=step.order_ids,
        change_id=step.source.change_id,
        handed_out=step.handed_out,
    )


def _now(session: Session, lines: Sequence[LineRow]) -> dict[str, _Now]:
    ahead = _ahead(session, lines[0].order_id)
    open_lines = select(LineRow.sku, func.count()).where(LineRow.sku.in_([line.sku for line in lines]), OPEN)
    lengths = dict(session.execute(open_lines.group_by(LineRow.sku)).all())
    return {line.sku: _Now(tuple(ahead[line.sku]), lengths.get(line.sku, 0)) for line in lines}


def _ahead(session: Session, order_id: str) -> Mapping[str, list[Ahead]]:
    """Those ahead of each line of the order, by priority."""
    mine = aliased(LineRow)
    place = tuple_(mine.queue_at, mine.placed_at, mine.order_id)
    counted = (
        select(LineRow.sku, OrderRow.priority, func.count(), func.sum(LineRow.backordered))
        .join(mine, mine.sku == LineRow.sku)
        .join(OrderRow, OrderRow.order_id == LineRow.order_id)
        .where(mine.order_id == order_id, OPEN, tuple_(*QUEUE) < place)
        .group_by(LineRow.sku, OrderRow.priority)
        .order_by(func.count().desc(), OrderRow.priority)
    )
    found: defaultdict[str, list[Ahead]] = defaultdict(list)
    for sku, priority, orders_ahead, units in session.execute(counted):
        found[sku].append(Ahead(priority=priority, orders=orders_ahead, units=units))
    return found


def _stories(session: Session, life: Row[Any], lines: Sequence[LineRow]) -> dict[str, Story]:
    of = queue_records.asked(session, life.order_id, [line.sku for line in lines])
    moves = queue_records.moves(session, of)
    days = {move.order_id: move.days for made in moves.values() for move in made}
    own, dealt = queue_records.own(session, of), queue_records.dealt(session, of)
    passings, sources = queue_records.passings(session, of, days), queue_records.sources(session, of)
    mine = _mine(lines[0], life.priority, days)
    here = queue_records.here(session, of, days, _rearmost(mine, moves[lines[0].sku]))
    return {
        sku: Story(
            mine=mine,
            here={who.order_id: who for who in here[sku]},
            own=own[sku],
            dealt=dealt[sku],
            passings=passings[sku],
            moves=moves[sku],
            sources=sources[sku],
        )
        for sku in of.skus
    }


def _mine(line: LineRow, priority: str, days: Mapping[str, int]) -> Standing:
    """The same in all queues of the order."""
    own_place = moved_by_hand(line.queue_at, -days.get(line.order_id, 0))
    return Standing(line.order_id, priority, own_place, line.placed_at, tie=0)


def _rearmost(mine: Standing, moves: Iterable[HandMove]) -> datetime:
    """The rearmost place that the order ever had."""
    days = [0, *(move.days for move in moves if move.order_id == mine.order_id)]
    return max(moved_by_hand(mine.queue_at, ahead) for ahead in days)
