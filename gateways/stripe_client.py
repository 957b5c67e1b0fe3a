"""The way to Stripe: its SDK over an HTTP client of its own."""

from typing import Final

import httpx
import stripe

TIMEOUT: Final = httpx.Timeout(20, connect=5)
"""Banks take seconds to answer. Who stops waiting earlier and asks again meets the first call by its key."""


def to_stripe(
    api_key: str, api_base: str | None, retries: int
) -> tuple[stripe.StripeClient, stripe.HTTPXClient]:
    """The SDK, and the client that is to be closed; `api_base` replaces Stripe's own address (a test's)."""
    stripe.enable_telemetry = False  # it would write an id into the home directory, and send it each time
    http = stripe.HTTPXClient(timeout=TIMEOUT)
    client = stripe.StripeClient(
        api_key,
        base_addresses={"api": api_base} if api_base else None,
        http_client=http,
        max_network_retries=retries,
    )
    return client, http
