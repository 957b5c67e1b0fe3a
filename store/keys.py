"""Causes and keys: each made from business ids, by one function a kind."""

from datetime import date, datetime


def placed(order_id: str, life: int) -> str:
    return f"order-{order_id}-placed-{life}"


def refused(order_id: str, life: int) -> str:
    return f"order-{order_id}-refused-{life}"


def forgotten(order_id: str, life: int) -> str:
    return f"order-{order_id}-forgotten-{life}"


def changed(change_id: str) -> str:
    return f"inventory-{change_id}"


def cancelled(cancellation_id: str) -> str:
    return f"cancellation-{cancellation_id}"


def moved(order_id: str, at: datetime) -> str:
    return f"order-{order_id}-moved-{at:%Y%m%dT%H%M%S%f}"


def resumed(at: datetime) -> str:
    return f"resumed-{at:%Y%m%dT%H%M%S%f}"


def loaded(at: datetime) -> str:
    return f"loaded-{at:%Y%m%dT%H%M%S%f}"


def delay_notice(order_id: str, number: int) -> str:
    return f"{order_id}-delay-{number}"


def parcel(order_id: str, number: int, what: str) -> str:
    return f"order-{order_id}-parcel-{number}-{what}"


def change(order_id: str, at: datetime, digest: str) -> str:
    """One change asked for at one moment."""
    return f"{order_id}-{at:%Y%m%dT%H%M%S%f}-{digest[:12]}"


def readdressed(order_id: str, number: int) -> str:
    """The change `number` of the address for notices; made of nothing that would tell the address."""
    return f"{order_id}-email-{number}"


def repaired(order_id: str, at: datetime) -> str:
    """One repair of an order at one moment."""
    return f"{order_id}-repaired-{at:%Y%m%dT%H%M%S%f}"


def resent(order_id: str, kind: str, occasion: str, number: str) -> str:
    """One notice, sent once more for the time that `number` tells from others."""
    return f"{order_id}/{kind}/{occasion}/again-{number}"


def gateway(order_id: str, parcel: int, kind: str, attempt: int) -> str:
    """The idempotency key of one call to a gateway; parcel 0 stands for the order itself."""
    return f"{order_id}/{parcel}/{kind}/{attempt}"


def reviewed(day: date, at: datetime) -> str:
    """One review of a day; a second one may move dates again."""
    return f"review-{day.isoformat()}-{at:%Y%m%dT%H%M%S%f}"


# Ids of events, in parts that colons divide. They are signed between dots, so dots become tildes: our ids hold neither.


def event_backordered(order_id: str, life: int) -> str:
    return _event("order", order_id, "backordered", life)


def event_promise_changed(order_id: str, kind: str, occasion: str) -> str:
    return _event("order", order_id, "promise_changed", kind, occasion)


def event_parcel_shipped(order_id: str, number: int) -> str:
    return _event("order", order_id, "parcel_shipped", number)


def event_cancelled(cancellation_id: str) -> str:
    return _event("cancellation", cancellation_id)


def event_payment_hold(order_id: str, at: datetime) -> str:
    return _event("order", order_id, "payment_hold", f"{at:%Y%m%dT%H%M%S%f}")


def event_completed(order_id: str, life: int) -> str:
    return _event("order", order_id, "completed", life)


def event_handed_out(cause: str, sku: str) -> str:
    return _event("handed_out", cause, sku)


def _event(*parts: str | int) -> str:
    return ":".join(str(part) for part in parts).replace(".", "~")
