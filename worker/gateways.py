"""The payment provider and the carrier that the settings name; what a provider needs is loaded only for it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from gateways.carrier import Carrier
from gateways.oms_webhook import OmsWebhook, keys_of
from gateways.pace import paced
from gateways.payment import PaymentProvider
from gateways.payment_page import PaymentPage
from gateways.sandbox_carrier import SandboxCarrier
from gateways.sandbox_payment import SandboxPayments
from gateways.sandbox_payment_page import SandboxPaymentPage
from worker.settings import BadSetting, Settings

if TYPE_CHECKING:
    from gateways.easypost_carrier import EasyPostCarrier
    from gateways.stripe_payment import StripePayments
    from gateways.stripe_payment_page import StripePaymentPage

_NO_STRIPE = "BACKORDER_PAYMENT: stripe needs its package: pip install 'backorder[stripe]'"


@asynccontextmanager
async def payments(settings: Settings) -> AsyncIterator[PaymentProvider]:
    """The provider, closed at the end.

    Raises:
        BadSetting: its key, or its package, is missing.
    """
    if settings.payment == "stripe":
        stripe = _stripe(settings)
        try:
            yield paced(stripe, settings.gateway_rate)
        finally:
            await stripe.aclose()
    else:
        with SandboxPayments(settings.data_dir / "sandbox-payments.db") as sandbox:
            yield paced(sandbox, settings.gateway_rate)


@asynccontextmanager
async def payment_page(settings: Settings) -> AsyncIterator[PaymentPage]:
    """Where customers give another payment method, closed at the end.

    Raises:
        BadSetting: the provider's key, or its package, is missing.
    """
    if settings.payment != "stripe":
        yield SandboxPaymentPage()
        return
    page = _stripe_page(settings)
    try:
        yield page
    finally:
        await page.aclose()


@asynccontextmanager
async def carrier(settings: Settings) -> AsyncIterator[Carrier]:
    """The carrier, closed at the end.

    Raises:
        BadSetting: its key, the shop's own address, or its package is missing.
    """
    if settings.carrier == "easypost":
        yield paced(_easypost(settings), settings.gateway_rate)
    else:
        with SandboxCarrier(settings.data_dir / "sandbox-carrier.db") as sandbox:
            yield paced(sandbox, settings.gateway_rate)


@asynccontextmanager
async def webhook(settings: Settings) -> AsyncIterator[OmsWebhook | None]:
    """Where the order system hears of events, closed at the end; None where it wants to hear nothing.

    Raises:
        BadSetting: its secret is missing or malformed.
    """
    if settings.webhook_url is None:
        yield None
        return
    secrets = settings.needed("webhook_secret", "BACKORDER_WEBHOOK_URL is set")
    try:
        keys = keys_of(secrets)
    except ValueError:
        text = "BACKORDER_WEBHOOK_SECRET: write it as whsec_ and base64 of 24 to 64 bytes"
        raise BadSetting(text) from None
    async with aclosing(OmsWebhook(settings.webhook_url, keys)) as hook:
        yield hook


def _stripe(settings: Settings) -> "StripePayments":
    try:
        from gateways.stripe_payment import StripePayments  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise BadSetting(_NO_STRIPE) from None
    key = settings.needed("stripe_api_key", "BACKORDER_PAYMENT is stripe")
    return StripePayments(key, settings.stripe_api_base)


def _stripe_page(settings: Settings) -> "StripePaymentPage":
    try:
        from gateways.stripe_payment_page import StripePaymentPage  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise BadSetting(_NO_STRIPE) from None
    key = settings.needed("stripe_api_key", "BACKORDER_PAYMENT is stripe")
    return StripePaymentPage(key, settings.stripe_api_base)


def _easypost(settings: Settings) -> "EasyPostCarrier":
    try:
        from gateways.easypost_carrier import EasyPostCarrier  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        text = "BACKORDER_CARRIER: easypost needs its package: pip install 'backorder[easypost]'"
        raise BadSetting(text) from None
    key = settings.needed("easypost_api_key", "BACKORDER_CARRIER is easypost")
    if settings.ship_from is None:
        raise BadSetting("BACKORDER_SHIP_FROM: needed while BACKORDER_CARRIER is easypost")
    return EasyPostCarrier(key, settings.ship_from, settings.easypost_api_base)
