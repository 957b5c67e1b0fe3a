"""The sandbox's page for payment methods: it lies beside the order's page, and has test cards."""

from typing import Final

from gateways.payment_page import NotChosen
from gateways.sandbox_payment import DECLINES

CARDS: Final = ("pm_card_visa", "pm_card_mastercard", *DECLINES)
"""Those that pay, then those that are declined."""


class SandboxPaymentPage:
    """Gives whatever test card the customer chose, for any order."""

    async def open(self, order_id: str, currency: str, page_url: str) -> str:  # noqa: ARG002 - it is the order's own page
        return f"{page_url}/sandbox-card"

    async def chosen(self, order_id: str, reference: str) -> str:  # noqa: ARG002 - test cards are nobody's
        if reference not in CARDS:
            raise NotChosen
        return reference
