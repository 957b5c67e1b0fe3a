"""How long each kind of activity may take, and how it is tried again."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class Options(TypedDict, total=False):
    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


DATABASE = Options(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
    ),
)
"""Our own database: tried until it is back."""

# Two minutes in all: then the order rests and serves what else there is.
GATEWAY = Options(
    start_to_close_timeout=timedelta(seconds=45),
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=20)),
)
"""A payment provider or a carrier."""

LABEL = Options(
    start_to_close_timeout=timedelta(seconds=90),
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=20)),
)
"""A label: carriers quote, and then sell. A purchase takes up to `PURCHASE_SECONDS`, and begins only while as much is
left of the try and of the two minutes: one that outlived its activity would be missed by a look-up, or made twice."""

MAIL = GATEWAY
"""The mail server."""

RINGING = Options(
    start_to_close_timeout=timedelta(minutes=10),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
    ),
)
"""Signals to many orders."""


def placing(remaining: timedelta) -> Options:
    """What belongs to placing ends with the placing deadline."""
    return Options(
        start_to_close_timeout=timedelta(seconds=15),
        schedule_to_close_timeout=remaining,
        retry_policy=RetryPolicy(
            initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=2)
        ),
    )
