"""Our ledger of payments beside the provider's own books."""

from datetime import datetime, timedelta

from domain.payment import PaymentKind
from domain.reconciliation import Difference, Entry, Fault, differences
from gateways.errors import GatewayError
from gateways.payment import BookEntry, PaymentProvider
from starter.errors import OutOfReach
from store import moved
from store.database import Database

_MARGIN = timedelta(days=1)
"""How far two clocks may be apart, and a call from its entry."""


async def compared(
    database: Database, provider: PaymentProvider, since: datetime, until: datetime
) -> tuple[int, list[Difference]]:
    """How many entries both books have together in a period, and those that differ.

    What stands in the provider's alone may be the answer that its order looks up in this hour: that is no difference.
    """
    theirs = await _theirs(provider, since - _MARGIN, until + _MARGIN)
    ours = await database.aread(moved.moved, since - _MARGIN, until + _MARGIN)
    entries = {one.key for one in (*ours, *theirs) if since <= one.at < until}
    found = differences(ours, theirs, since, until)
    looked_up = await database.aread(moved.looked_up) if found else set()
    return len(entries), [
        one for one in found if one.fault is not Fault.ONLY_THEIRS or one.key not in looked_up
    ]


async def _theirs(provider: PaymentProvider, since: datetime, until: datetime) -> list[Entry]:
    try:
        return [_entry(one) for one in await provider.entries(since, until)]
    except GatewayError as error:
        raise OutOfReach("the payment provider") from error


def _entry(one: BookEntry) -> Entry:
    kind = PaymentKind(one.kind)
    order_id = one.key.partition("/")[0] if "/" in one.key else ""
    return Entry(
        key=one.key, kind=kind, amount=one.amount, at=one.at, reference=one.reference, order_id=order_id
    )
