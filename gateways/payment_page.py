"""Where a customer gives another payment method: a page of the provider's, so that no card number ever passes through us."""

from typing import Protocol

REFERENCE = "ref"
"""The parameter in which the way back brings what `chosen` reads."""


class NotChosen(Exception):  # noqa: N818 - the fact is the name
    """The reference names no method that was given for this order: not finished, given up, or made up."""

    def __init__(self) -> None:
        super().__init__("no payment method was given for this order")


class PaymentPage(Protocol):
    """A provider's page for payment methods; both calls may raise `GatewayError`."""

    async def open(self, order_id: str, currency: str, page_url: str) -> str:
        """Where to send the customer of this order.

        The way back leads to `<page_url>/card?ref=…` with a reference, or without a method to `page_url`.
        """
        ...

    async def chosen(self, order_id: str, reference: str) -> str:
        """The method that was given, as the provider's token; raises `NotChosen`."""
        ...
