"""A payment hold: the customer is asked for another method, the old one is tried on the days of the terms, units stay claimed."""

from datetime import datetime, timedelta

from domain.notices import Kind
from domain.parcel import ParcelState
from domain.payment import AUTHENTICATION_REQUIRED
from domain.policy import Policy
from domain.steps import Tell


def retry_at(terms: Policy, parcel: ParcelState) -> datetime | None:
    """The next day of the retry schedule, counted from the first decline.

    None when there is none left, when the card's rules forbid another try with the same method, or when the bank
    wants to hear from the customer: it would only ask again.
    """
    days = terms.payment_retry_days
    hopeless = parcel.final_decline or parcel.decline_code == AUTHENTICATION_REQUIRED
    if parcel.declined_at is None or hopeless or parcel.declines > len(days):
        return None
    return parcel.declined_at + timedelta(days=days[parcel.declines - 1])


def grace_ends(terms: Policy, declined_at: datetime) -> datetime:
    """When the units go to the next in line."""
    return declined_at + timedelta(days=terms.payment_grace_days)


def notice(parcel: ParcelState) -> Tell:
    """What the customer is told; once for each method that was declined, not for each try of it."""
    authentication = parcel.decline_code == AUTHENTICATION_REQUIRED
    kind = Kind.PAYMENT_AUTHENTICATION if authentication else Kind.PAYMENT_PROBLEM
    return Tell(kind, f"{parcel.number}" if parcel.asks <= 1 else f"{parcel.number}-{parcel.asks}")
