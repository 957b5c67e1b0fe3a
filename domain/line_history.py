"""The history of one line of a queue, from what is on record.

A step is all that one cause did: a receipt, a cancellation, an order that entered. What changed neither the line's
units nor its place, nor passed it by with units that it needed, is left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from operator import attrgetter

from domain.explanation import What
from domain.line_story import UNKNOWN, Dealt, Row, Source, Step, Story, together
from domain.places import HandMove, Passing, Queue, before

Moment = Row | Dealt | Passing | HandMove

_OWN = {
    "ordered": What.PLACED,
    "refused": What.REJECTED,
    "cancelled": What.CANCELLED,
    "claimed": What.PACKED,
    "shipped": What.SHIPPED,
}
_SOURCES = {
    "received": What.RECEIVED,
    "adjusted": What.ADJUSTED,
    "cancelled": What.OTHER_CANCELLED,
    "refused": What.OTHER_REJECTED,
}
_OTHERS = _SOURCES | {"ordered": What.ENTERED_AHEAD, "claimed": What.PACKED_AHEAD}
_HAND_OUTS = set(_SOURCES.values())


def history(story: Story) -> list[Step]:
    """What happened to the line, in order."""
    moments = _in_order(story)
    early = [*takewhile(lambda moment: isinstance(moment, HandMove), moments)]
    days = {moment.order_id: moment.days for moment in early if isinstance(moment, HandMove)}
    line = _Line(story, Queue(story.mine, before(story.here, story.passings), days))
    return [*together(line.lives(moments[len(early) :]))]


def _in_order(story: Story) -> list[Moment]:
    """By the ledger; a move by hand that shifted no units is not in it, and is put by its time."""
    moments: list[Moment] = sorted([*story.own, *story.dealt, *story.passings], key=attrgetter("row"))
    for move in story.moves:
        moments.insert(_turn(moments, move), move)
    return moments


def _turn(moments: Sequence[Moment], move: HandMove) -> int:
    for number, moment in enumerate(moments):
        if moment.cause == move.cause:
            return number
    return 1 + max((number for number, moment in enumerate(moments) if moment.at <= move.at), default=-1)


@dataclass
class _Line:
    """The line on its way through its history."""

    story: Story
    queue: Queue
    needs: int = 0
    held: int = 0
    place: int | None = None

    def lives(self, moments: Iterable[Moment]) -> Iterator[Step]:
        for _, together_done in groupby(moments, key=attrgetter("cause")):
            step = self._step(_Done([*together_done]))
            if step.own or step.handed_out or step.was != step.place or step.what is What.MOVED_BY_HAND:
                yield step

    def _step(self, done: "_Done") -> Step:
        needed, was = self.needs, self.place
        self._play(done)
        source = self.story.sources.get(done.cause, UNKNOWN)
        what = self._what(done, source, was)
        concerned = what in _HAND_OUTS and done.handed_out and (needed or done.handed_out.to_this)
        return Step(
            at=done.at,
            what=what,
            own=done.own,
            others=done.others,
            order_ids=self._others(done, source),
            move=done.move,
            source=source,
            handed_out=done.handed_out if concerned else None,
            needs=self.needs,
            was=was,
            place=self.place,
        )

    def _others(self, done: "_Done", source: Source) -> tuple[str, ...]:
        moved = [done.move.order_id] if done.move else []
        gave_up = [source.order_id] if source.order_id else []
        known = dict.fromkeys([*(who.order_id for who in done.others), *moved, *gave_up])
        return tuple(order_id for order_id in known if order_id != self.story.mine.order_id)

    def _play(self, done: "_Done") -> None:
        self.needs += sum(row.backordered for row in done.own)
        self.held += sum(row.allocated for row in done.own)
        for passing in done.passings:
            self.queue.passes(passing)
        if done.move:
            self.queue.moves(done.move)
        self.place = self.queue.place if self.needs + self.held else None

    def _what(self, done: "_Done", source: Source, was: int | None) -> What:
        """What a cause was to the line: first what the line did itself, then what others did to it."""
        kinds = {row.kind for row in done.own}
        own = next((what for kind, what in _OWN.items() if kind in kinds), None)
        if own is not None:
            return own
        if done.move:
            mine = done.move.order_id == self.story.mine.order_id
            return What.MOVED_BY_HAND if mine else What.OTHER_MOVED_BY_HAND
        if was and self.place and self.place > was and any(one.kind == "undone" for one in done.passings):
            return What.BACK_AHEAD
        kinds = {source.kind, *(passing.kind for passing in done.passings)}
        return next((what for kind, what in _OTHERS.items() if kind in kinds), What.DEALT_ANEW)


class _Done:
    """All that one cause did."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self.at, self.cause = moments[0].at, moments[0].cause
        self.own = tuple(moment for moment in moments if isinstance(moment, Row))
        self.passings = [moment for moment in moments if isinstance(moment, Passing)]
        self.others = tuple({passing.who.order_id: passing.who for passing in self.passings}.values())
        self.move = next((moment for moment in moments if isinstance(moment, HandMove)), None)
        self.handed_out = next((moment.handed_out for moment in moments if isinstance(moment, Dealt)), None)
