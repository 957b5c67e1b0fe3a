"""The daily reviews' own records: one a day, written once."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain.audit import Kind
from domain.review import Review
from store.audit_books import of_books
from store.once import insert_once
from store.shop_tables import ReviewRow
from store.stock_tables import BellRow

_ROW_OWN = {"day", "at", "figures"}
_FIRST_LOOKS_BACK = timedelta(days=1)


def known(session: Session, day: date) -> Review | None:
    """What the review of this day found, if it was made."""
    row = session.get(ReviewRow, day)
    return None if row is None else _review(row)


def since(session: Session, at: datetime) -> datetime:
    """When the last review before `at` was; a day ago when there was none."""
    last = select(func.max(ReviewRow.at)).where(ReviewRow.at < at)
    return session.scalar(last) or at - _FIRST_LOOKS_BACK


def write(session: Session, review: Review) -> Review:
    """Keep a review; the first one of a day stands."""
    row = {
        "day": review.day,
        "at": review.at,
        "figures": review.figures.model_dump(mode="json"),
        "digest": _digest(review),
    }
    session.execute(insert_once(session, ReviewRow).values(row))
    return _review(session.get_one(ReviewRow, review.day))


def told(session: Session, day: date, at: datetime, refused: str | None = None) -> Review:
    """Operations were written to; or their mailbox would not have it, and why."""
    review = _review(session.get_one(ReviewRow, day))
    if review.told_at is None:
        review = review.model_copy(update={"told_at": at, "refused": refused})
        session.execute(update(ReviewRow).where(ReviewRow.day == day).values(digest=_digest(review)))
    return review


def orders_reached(session: Session, cause: str) -> int:
    """How many orders a cause has a bell for, rung or not."""
    reached = select(func.count(BellRow.order_id.distinct())).where(BellRow.cause == cause)
    return session.scalar(reached) or 0


def books(session: Session) -> list[str]:
    """Every broken invariant, but for what a gateway refuses: of that a review tells by itself."""
    return [found.finding for found in of_books(session) if found.kind is not Kind.REFUSED]


def forgotten(session: Session, before: datetime, after: str = "", limit: int = 500) -> list[str]:
    """Causes of bells that hang unrung since before a moment, in pages."""
    causes = select(BellRow.cause).where(
        BellRow.rung_at.is_(None), BellRow.at < before, BellRow.cause > after
    )
    return list(session.scalars(causes.distinct().order_by(BellRow.cause).limit(limit)))


def _digest(review: Review) -> dict[str, object]:
    return review.model_dump(mode="json", exclude=_ROW_OWN)


def _review(row: ReviewRow) -> Review:
    own = {"day": row.day, "at": row.at, "figures": row.figures}
    return Review.model_validate({**row.digest, **own})
