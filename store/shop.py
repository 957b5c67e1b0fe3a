"""The shop's switches: nothing ships while shipping is paused."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from store import bells, keys
from store.shop_tables import OperationRow, ShopRow
from store.tables import LineRow


def pause(session: Session, reason: str, by: str, at: datetime) -> None:
    """Let no further parcel be packed, paid or labelled, of any order."""
    why = {"reason": reason, "by": by, "at": at.isoformat()}
    session.execute(update(ShopRow).where(ShopRow.id == 1).values(paused=why))
    session.add(OperationRow(what="pause", body={"reason": reason}, requested_by=by, at=at))


def resume(session: Session, reason: str, by: str, at: datetime) -> str:
    """Let parcels leave again; the cause under which orders are to hear of it, by `wake`."""
    session.execute(update(ShopRow).where(ShopRow.id == 1).values(paused=None))
    cause = keys.resumed(at)
    body = {"reason": reason, "cause": cause}
    session.add(OperationRow(what="resume", body=body, requested_by=by, at=at))
    return cause


def wake(session: Session, cause: str, at: datetime) -> None:
    """A bell for each order that could go on.

    In a transaction after the one that resumed: an order that is dealt units while this one asks sees the switch.
    """
    ready = select(LineRow.order_id).where(or_(LineRow.allocated > 0, LineRow.claimed > 0)).distinct()
    bells.hang(session, cause, "inventory_received", at, ready)
