"""What is on record about one line of a queue, and the steps that it is told in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from domain.explanation import HandOut, What
from domain.places import HandMove, Passing, Standing


class Row(NamedTuple):
    """A row of the stock ledger about the line itself; `row` counts the whole ledger."""

    at: datetime
    cause: str
    row: int
    kind: str
    parcel: int | None
    backordered: int
    allocated: int
    claimed: int
    shipped: int
    cancelled: int


class Dealt(NamedTuple):
    """One hand-out of the SKU, as the line saw it."""

    at: datetime
    cause: str
    row: int
    handed_out: HandOut


class Source(NamedTuple):
    """What a cause was, by its own row in the ledger: stock that moved, or units that an order gave up."""

    kind: str
    order_id: str
    units: int
    change_id: str | None = None
    reason: str = ""


UNKNOWN = Source("", "", 0)


@dataclass(frozen=True)
class Story:
    """All that is on record; `here`: the others in the queue now. The first of `own` is the line's entering."""

    mine: Standing
    here: Mapping[str, Standing]
    own: Sequence[Row]
    dealt: Sequence[Dealt]
    passings: Sequence[Passing]
    moves: Sequence[HandMove]
    sources: Mapping[str, Source]


@dataclass(frozen=True)
class Step:
    """What one cause did, and how the line stood after it; `was`: its place before, None outside the queue."""

    at: datetime
    what: What
    own: tuple[Row, ...]
    others: tuple[Standing, ...]
    order_ids: tuple[str, ...]
    """The other orders that did it; of some only the id is known."""
    move: HandMove | None
    source: Source
    handed_out: HandOut | None
    needs: int
    was: int | None
    place: int | None

    @property
    def units(self) -> int:
        """What the line got, or lost."""
        return sum(row.allocated + row.claimed + row.shipped for row in self.own)

    @property
    def only_of_others(self) -> bool:
        return not self.own and self.handed_out is None and self.what in _ALIKE


_ALIKE = {What.PACKED_AHEAD, What.ENTERED_AHEAD, What.OTHER_CANCELLED}


def together(steps: Iterable[Step]) -> Iterator[Step]:
    """Steps in which only others did the same, one after another, as one."""
    last: Step | None = None
    for step in steps:
        if last and last.only_of_others and step.only_of_others and last.what is step.what:
            others, order_ids = last.others + step.others, last.order_ids + step.order_ids
            last = replace(step, others=others, order_ids=order_ids, was=last.was)
            continue
        if last:
            yield last
        last = step
    if last:
        yield last


def places(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps that changed the line's place."""
    return together(step for step in steps if step.was != step.place)
