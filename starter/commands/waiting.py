"""What operations decide about orders that wait, and the shop's switch."""

from datetime import UTC, datetime

from domain.changes import Consent, Hold, KeepWaiting, Prioritisation, Release
from starter import door, renewing
from starter.door import Said
from starter.errors import BadInput
from store import shop


async def hold(order_id: str, reason: str, by: str) -> Said:
    wish = Hold.model_validate({"reason": reason, "requested_by": by})
    async with door.backorders() as doors:
        return door.changed(await doors.hold(order_id, wish))


async def release(order_id: str, reason: str, by: str) -> Said:
    wish = Release.model_validate({"reason": reason, "requested_by": by})
    async with door.backorders() as doors:
        return door.changed(await doors.release(order_id, wish))


async def keep(order_id: str, by: str) -> Said:
    async with door.backorders() as doors:
        return door.changed(await doors.keep_waiting(order_id, KeepWaiting(requested_by=by)))


async def prioritise(order_id: str, days: int, reason: str, by: str) -> Said:
    wish = Prioritisation.model_validate({"days": days, "reason": reason, "requested_by": by})
    async with door.backorders() as doors:
        return door.changed(await doors.prioritise(order_id, wish))


async def consent(order_id: str, notice_id: str, by: str, *, accepted: bool) -> Said:
    body = {"notice_id": notice_id, "accepted": accepted, "requested_by": by}
    async with door.backorders() as doors:
        return door.changed(await doors.consent_to_delay(order_id, Consent.model_validate(body)))


async def pause(what: str, reason: str, by: str) -> Said:
    wish = _switch(what, reason, by)
    async with door.database() as database:
        await database.awrite(shop.pause, wish.reason, wish.requested_by, datetime.now(UTC))
    return Said(
        {"shipping": "paused", "reason": reason}, "Shipping is paused: no parcel leaves until it is resumed."
    )


async def resume(what: str, reason: str, by: str) -> Said:
    """Let parcels leave again, and tell every order that could go on."""
    wish, now = _switch(what, reason, by), datetime.now(UTC)
    async with door.backorders() as doors, door.database() as database:
        cause = await database.awrite(shop.resume, wish.reason, wish.requested_by, now)
        await database.awrite(shop.wake, cause, now)
        told = await renewing.tell(database, doors.client, cause, now)
    were = "order was" if told == 1 else "orders were"
    return Said({"shipping": "resumed", "orders_told": told}, f"Shipping goes on; {told} {were} told.")


def _switch(what: str, reason: str, by: str) -> Release:
    if what != "shipping":
        raise BadInput(f"{what}: only shipping is paused and resumed")
    return Release.model_validate({"reason": reason, "requested_by": by})
