"""A queue as it was, told again about one order: who stood ahead of it at each moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from domain.queue import moved_by_hand


class Standing(NamedTuple):
    """An order's own place in a queue, before anyone moved it by hand.

    `tie`: -1 or 1, whether its id stands before or behind that of the order that is explained, which has 0.
    """

    order_id: str
    priority: str
    queue_at: datetime
    placed_at: datetime
    tie: int


class Passing(NamedTuple):
    """Another order came into the queue, or left it; `kind` is the ledger's word for what it did."""

    at: datetime
    cause: str
    row: int
    kind: str
    entered: bool
    who: Standing


class HandMove(NamedTuple):
    """An order was put so many days ahead of its own place."""

    at: datetime
    cause: str
    order_id: str
    days: int
    by: str
    reason: str


@dataclass
class Queue:
    """Those in a queue about `mine`, which is not among `here`; `days`: how far each was moved by hand."""

    mine: Standing
    here: dict[str, Standing]
    days: dict[str, int]
    _ahead: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._look_again()

    @property
    def place(self) -> int:
        return 1 + len(self._ahead)

    def passes(self, passing: Passing) -> None:
        who = passing.who
        if passing.entered:
            self.here[who.order_id] = who
            self._see(who)
        else:
            self.here.pop(who.order_id, None)
            self._ahead.discard(who.order_id)

    def moves(self, move: HandMove) -> None:
        self.days[move.order_id] = move.days
        if move.order_id == self.mine.order_id:
            self._look_again()
        elif move.order_id in self.here:
            self._see(self.here[move.order_id])

    def _look_again(self) -> None:
        mine = self._key(self.mine)
        self._ahead = {who.order_id for who in self.here.values() if self._key(who) < mine}

    def _see(self, who: Standing) -> None:
        if self._key(who) < self._key(self.mine):
            self._ahead.add(who.order_id)
        else:
            self._ahead.discard(who.order_id)

    def _key(self, who: Standing) -> tuple[datetime, datetime, int]:
        return moved_by_hand(who.queue_at, self.days.get(who.order_id, 0)), who.placed_at, who.tie


def before(now: Mapping[str, Standing], passings: Iterable[Passing]) -> dict[str, Standing]:
    """Who was in the queue before these came and left; `passings` in their order."""
    here = dict(now)
    for passing in reversed([*passings]):
        if passing.entered:
            here.pop(passing.who.order_id, None)
        else:
            here[passing.who.order_id] = passing.who
    return here
