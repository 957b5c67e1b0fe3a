"""The states of an order, and which may follow which."""

from enum import StrEnum


class Status(StrEnum):
    PLACING = "placing"
    REJECTED = "rejected"
    WAITING = "waiting"
    AWAITING_CHOICE = "awaiting_choice"
    PAYMENT_HOLD = "payment_hold"
    ADDRESS_HOLD = "address_hold"
    HELD = "held"
    SHIPPING = "shipping"
    PARTLY_SHIPPED = "partly_shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in {Status.REJECTED, Status.COMPLETED, Status.CANCELLED}

    @property
    def open(self) -> bool:
        """Accepted, and not yet ended."""
        return not self.ended and self is not Status.PLACING


class IllegalTransition(Exception):  # noqa: N818 - the fact is the name
    def __init__(self, old: Status, new: Status) -> None:
        super().__init__(f"an order that is {old} never becomes {new}")


_RESTING = {
    Status.WAITING,
    Status.AWAITING_CHOICE,
    Status.PAYMENT_HOLD,
    Status.ADDRESS_HOLD,
    Status.HELD,
    Status.SHIPPING,
    Status.PARTLY_SHIPPED,
}
_ENDS = {Status.COMPLETED, Status.CANCELLED}

TRANSITIONS: dict[Status, set[Status]] = {
    Status.PLACING: {Status.REJECTED, Status.WAITING, Status.CANCELLED},
    # A rejected order may be placed again under its id.
    Status.REJECTED: {Status.PLACING},
    Status.WAITING: (_RESTING - {Status.WAITING}) | _ENDS,
    Status.AWAITING_CHOICE: (_RESTING - {Status.AWAITING_CHOICE}) | _ENDS,
    Status.PAYMENT_HOLD: (_RESTING - {Status.PAYMENT_HOLD}) | _ENDS,
    Status.ADDRESS_HOLD: (_RESTING - {Status.ADDRESS_HOLD}) | _ENDS,
    Status.HELD: (_RESTING - {Status.HELD}) | _ENDS,
    # Back to waiting when the parcel is undone.
    Status.SHIPPING: (_RESTING - {Status.SHIPPING}) | _ENDS,
    # Some units are gone for good: it can only be completed.
    Status.PARTLY_SHIPPED: (_RESTING - {Status.PARTLY_SHIPPED, Status.WAITING}) | {Status.COMPLETED},
    Status.COMPLETED: set(),
    Status.CANCELLED: set(),
}


def moved(old: Status, new: Status) -> Status:
    """The new status, if the old one allows it; staying is always allowed."""
    if new is not old and new not in TRANSITIONS[old]:
        raise IllegalTransition(old, new)
    return new
