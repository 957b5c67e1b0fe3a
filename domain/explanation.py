"""Why an order stands where it stands: the answer of `explain`."""

from datetime import date
from enum import StrEnum

from domain.model import Instant, Model


class What(StrEnum):
    """What a moment of a line's history was, seen from the line."""

    PLACED = "placed"
    REJECTED = "rejected"
    MOVED_BY_HAND = "moved_by_hand"
    PACKED = "packed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    RECEIVED = "received"
    ADJUSTED = "adjusted"
    ENTERED_AHEAD = "entered_ahead"
    BACK_AHEAD = "back_ahead"
    PACKED_AHEAD = "packed_ahead"
    OTHER_CANCELLED = "other_cancelled"
    OTHER_REJECTED = "other_rejected"
    OTHER_MOVED_BY_HAND = "other_moved_by_hand"
    DEALT_ANEW = "dealt_anew"
    """Units moved, and the books do not say why."""


class HandOut(Model):
    """Units that were handed out while the line needed some: `units` in all, of which so many to each."""

    units: int
    to_others: int
    """Units that went to orders ahead."""
    others: int
    """Orders ahead that got some."""
    to_this: int


class Event(Model):
    """A moment of a line's history, and how the line stood after it.

    `units`: what it got, or lost. `place`: None where it is not in the queue. `order_ids`: the others that did it.
    """

    at: Instant
    what: What
    words: str
    units: int
    needs: int
    place: int | None
    order_ids: tuple[str, ...] = ()
    change_id: str | None = None
    """The receipt, or the adjustment."""
    handed_out: HandOut | None = None


class Place(Model):
    """A place that the line came to, and what moved it there; None: it left the queue."""

    at: Instant
    place: int | None
    what: What
    words: str


class Ahead(Model):
    """Orders of one priority that stand ahead, and the units that they still need."""

    priority: str
    orders: int
    units: int


class ByHand(Model):
    """An order that operations put `days` ahead of its own place; less than 0: behind it."""

    days: int
    at: Instant
    by: str
    reason: str


class ExplainedLine(Model):
    """One line: its place among `queue_length`, what decides it, who is ahead, and how it came about.

    `queue_at`: `placed_at`, less `head_start_days`, less the days moved by hand.
    """

    sku: str
    title: str
    ordered: int
    backordered: int
    allocated: int
    claimed: int
    shipped: int
    cancelled: int
    promised_on: date | None
    place: int | None
    queue_length: int
    queue_at: Instant
    placed_at: Instant
    priority: str
    head_start_days: int
    by_hand: ByHand | None
    ahead: tuple[Ahead, ...]
    places: tuple[Place, ...]
    history: tuple[Event, ...]


class Explanation(Model):
    """An order's lines, explained; `reasons`: why it was not accepted."""

    order_id: str
    status: str
    placed_at: Instant
    priority: str
    promised_on: date | None
    ended_at: Instant | None
    reasons: tuple[str, ...]
    lines: tuple[ExplainedLine, ...]
