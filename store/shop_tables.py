"""The tables of the shop itself: its switches, what operations did, what the daily reviews found."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from store.base import COUNTED, Base


class ShopRow(Base):
    """The shop's switches; one row. `paused`: why nothing ships, and who said so."""

    __tablename__ = "shop"

    id: Mapped[int] = mapped_column(primary_key=True)
    """Always 1."""
    paused: Mapped[dict[str, Any] | None]
    """Why nothing ships, who said so and when; None while the shop ships."""


class OperationRow(Base):
    """Something that operations did to the shop as a whole, with who and why: append-only."""

    __tablename__ = "operations"

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    """In the order in which it was done."""
    what: Mapped[str]
    """`pause`, `resume`, `erase`, `resend_events` and so on."""
    body: Mapped[dict[str, Any]]
    """What was asked for; of an erased customer only the new name and the number of orders."""
    requested_by: Mapped[str]
    """Which holder of a token: `operations:li`."""
    at: Mapped[datetime]
    """When."""


class ReviewRow(Base):
    """What one daily review found and told, and the figures of that day."""

    __tablename__ = "reviews"

    day: Mapped[date] = mapped_column(primary_key=True)
    """The shop's day."""
    digest: Mapped[dict[str, Any]]
    """What it found: orders that need a person and why, late supply, what changed by itself."""
    figures: Mapped[dict[str, Any]]
    """How the shop stood on that day."""
    at: Mapped[datetime]
    """When it was written."""
