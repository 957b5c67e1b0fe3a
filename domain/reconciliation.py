"""Our ledger of money against the provider's own books."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from domain.model import Instant, Model
from domain.money import Money
from domain.payment import PaymentKind


class Entry(Model):
    """Money that moved, as one of the two books has it; `key` is the same in both."""

    key: str
    kind: PaymentKind
    amount: Money
    at: Instant
    reference: str | None
    order_id: str = ""


class Fault(StrEnum):
    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"
    AMOUNT = "amount"
    KIND = "kind"


class Difference(Model):
    """What the two books do not agree on; amounts in minor units, null where a book has no such entry."""

    fault: Fault
    key: str
    order_id: str
    kind: PaymentKind
    ours_minor: int | None
    theirs_minor: int | None
    currency: str
    reference: str | None
    at: Instant


def differences(
    ours: Iterable[Entry], theirs: Iterable[Entry], since: datetime, until: datetime
) -> list[Difference]:
    """What differs in a period, in the order in which it happened; `until` is exclusive.

    Both books are given with a margin on both sides: two clocks never agree on which side of midnight a call was.
    """
    mine = {entry.key: entry for entry in ours}
    other = {entry.key: entry for entry in theirs}
    found = [_difference(mine.get(key), other.get(key)) for key in mine.keys() | other.keys()]
    return sorted(
        (one for one in found if one and since <= one.at < until), key=lambda one: (one.at, one.key)
    )


def _difference(ours: Entry | None, theirs: Entry | None) -> Difference | None:
    fault = _fault(ours, theirs)
    shown = ours or theirs
    if fault is None or shown is None:
        return None
    return Difference(
        fault=fault,
        key=shown.key,
        order_id=shown.order_id,
        kind=shown.kind,
        ours_minor=ours.amount.minor if ours else None,
        theirs_minor=theirs.amount.minor if theirs else None,
        currency=shown.amount.currency,
        reference=shown.reference,
        at=shown.at,
    )


def _fault(ours: Entry | None, theirs: Entry | None) -> Fault | None:
    if ours is None or theirs is None:
        return Fault.ONLY_THEIRS if ours is None else Fault.ONLY_OURS
    if ours.kind is not theirs.kind:
        return Fault.KIND
    return Fault.AMOUNT if ours.amount != theirs.amount else None
