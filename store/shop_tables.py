"""The tables of the shop itself: its switches, what operations did, what the daily reviews found."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from store.base import COUNTED, Base


class ShopRow(Base):
    """The shop's switches; one row. `paused`: why nothing ships, and who said so."""

    __tablename__ = "shop"

    id: Mapped[int] = mapped_column(primary_key=True)
    paused: Mapped[dict[str, Any] | None]


class OperationRow(Base):
    """Something that operations did to the shop as a whole, with who and why: append-only."""

    __tablename__ = "operations"

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    what: Mapped[str]
    body: Mapped[dict[str, Any]]
    requested_by: Mapped[str]
    at: Mapped[datetime]


class ReviewRow(Base):
    """What one daily review found and told, and the figures of that day."""

    __tablename__ = "reviews"

    day: Mapped[date] = mapped_column(primary_key=True)
    digest: Mapped[dict[str, Any]]
    figures: Mapped[dict[str, Any]]
    at: Mapped[datetime]
