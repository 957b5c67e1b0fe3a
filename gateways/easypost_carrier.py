"""EasyPost: many carriers behind one account; one shipment for each purchase key.

EasyPost knows no idempotency keys, but a shipment can be bought only once, and it may be asked for by a `reference`
of ours. So the key becomes the reference, the shipment is looked up before it is made, and whoever buys again meets
the label that is there. References are not unique at EasyPost (docs.easypost.com/docs/easypost-objects): one is
safe as long as one at a time asks for the first rates of a key, as an order's workflow does.

A shipment's address cannot be changed. When the customer corrected it under the same key, the next shipment is made
under the next reference (`…:v2`), and every look-up walks through them.

Not sent, since we do not have them: dimensions, telephone numbers (some carriers insist), customs forms.
"""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from easypost.constant import API_BASE, API_VERSION
from easypost.easypost_client import EasyPostClient
from easypost.errors.api.not_found_error import NotFoundError

from domain.model import Instant
from domain.order import Address
from gateways.carrier import AddressRefused, Label, ParcelSpec, Rate, Tracked
from gateways.easypost_errors import (
    BEGUN_WITHIN_SECONDS,
    GATEWAY,
    blame_the_address,
    calling,
    is_about_the_address,
    stepping,
)
from gateways.easypost_shapes import (
    Bought,
    Message,
    Offer,
    Rerated,
    Shipment,
    Trackers,
    read_shipment,
    to_label,
    to_rates,
    to_shipment,
    to_tracked,
)
from gateways.errors import GatewayError, GatewayUnavailable, OutcomeUnknown, PermanentRefusal

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT_SECONDS: Final = (4, 20)
"""To connect, and for the answer; carriers are slow to quote."""

ADDRESS_REFUSED: Final = AddressRefused(message="No carrier delivers to this address.")


class EasyPostCarrier:
    """The SDK is synchronous: each of our calls runs in one thread.

    Args:
        api_key: decides between EasyPost's test and production modes.
        ship_from: the warehouse, or where it wants its returns.
        api_base: another server that speaks EasyPost's API, with its version (`https://…/v2`).
        begun_within: in how many seconds from its beginning a step makes the last of its calls.
    """

    gateway: Final = GATEWAY

    def __init__(
        self,
        api_key: str,
        ship_from: Address,
        api_base: str | None = None,
        begun_within: float = BEGUN_WITHIN_SECONDS,
    ) -> None:
        self._client = EasyPostClient(
            api_key,
            api_base or f"{API_BASE}/{API_VERSION}",
            timeout=TIMEOUT_SECONDS,  # type: ignore[arg-type]  # the SDK hands it to requests as it is
        )
        self._ship_from = ship_from
        self._begun_within = begun_within

    async def rates(self, key: str, spec: ParcelSpec, at: Instant) -> tuple[Rate, ...] | AddressRefused:
        """What the carriers offer now; for a label that was bought, what they offered then."""
        return await self._step(_or_address, lambda: self._rates(key, spec, at))

    async def buy(self, key: str, spec: ParcelSpec, rate: Rate, at: Instant) -> Label | AddressRefused:  # noqa: ARG002 - EasyPost has its own clock
        """Buy at EasyPost's current rate for this service, or return the label that was bought before."""
        return await self._step(_or_address, lambda: self._buy(key, spec, rate))

    async def find(self, key: str) -> Label | None:
        """The label bought under this key, unless a refund was asked for (and not rejected)."""
        return await self._step(self._find, key)

    async def void(self, key: str, at: Instant) -> None:  # noqa: ARG002 - EasyPost has its own clock
        """Ask for the refund; the carrier grants it within days to weeks."""
        await self._step(self._void, key)

    async def track(self, carrier: str, tracking: str, at: Instant) -> Tracked | None:  # noqa: ARG002 - EasyPost has its own clock
        """Read the tracker that EasyPost made with the label."""
        return await self._step(self._track, carrier, tracking)

    async def _step(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """In a thread, for which it may have to wait."""
        with stepping(self._begun_within):
            return await asyncio.to_thread(act, *args, **kwargs)

    def _rates(self, key: str, spec: ParcelSpec, at: Instant) -> tuple[Rate, ...] | AddressRefused:
        known = self._all(key)
        shipment = _fit(known, spec)
        if shipment is None:
            made = self._make(reference(key, len(known) + 1), spec)
            return _offered(made.rates, made.messages, at)
        if isinstance(shipment, Bought):
            return to_rates(shipment.rates, at)
        with calling():
            again = Rerated.read(self._client.shipment.regenerate_rates(shipment.id))
        return _offered(again.rates, again.messages or shipment.messages, at)

    def _buy(self, key: str, spec: ParcelSpec, rate: Rate) -> Label:
        known = self._all(key)
        shipment = _fit(known, spec) or self._make(reference(key, len(known) + 1), spec)
        bought = shipment if isinstance(shipment, Bought) else self._buy_once(shipment, rate)
        if bought.is_voided:
            raise PermanentRefusal(GATEWAY, "label_voided", "the label under this key was voided")
        return to_label(key, bought)

    def _buy_once(self, shipment: Shipment, rate: Rate) -> Bought:
        """Buying twice is refused by EasyPost: then the label is read that somebody else bought just now."""
        offer = _offer(shipment, rate)
        try:
            with calling(acts=True):
                return Bought.read(self._client.shipment.buy(shipment.id, rate={"id": offer.id}))
        except PermanentRefusal as refusal:
            if refusal.code != "SHIPMENT.POSTAGE.EXISTS":
                raise
        return self._bought_meanwhile(shipment.id)

    def _bought_meanwhile(self, shipment_id: str) -> Bought:
        """Whatever is in the way of reading it, the label exists."""
        try:
            with calling():
                return Bought.read(self._client.shipment.retrieve(shipment_id))
        except GatewayError:
            raise OutcomeUnknown(GATEWAY, "bought, but not read") from None

    def _find(self, key: str) -> Label | None:
        bought = _bought(self._all(key))
        return to_label(key, bought) if bought and not bought.is_voided else None

    def _void(self, key: str) -> None:
        bought = _bought(self._all(key))
        if bought and not bought.is_voided:
            with calling(acts=True):
                self._client.shipment.refund(bought.id)

    def _track(self, carrier: str, tracking: str) -> Tracked | None:
        """Carriers use their numbers again after months: the newest tracker comes first."""
        with calling():
            found = Trackers.read(self._client.tracker.all(tracking_code=tracking))
        tracker = next((one for one in found.trackers if one.carrier == carrier), None)
        return to_tracked(tracker) if tracker else None

    def _make(self, reference: str, spec: ParcelSpec) -> Shipment:
        with calling():
            return read_shipment(
                self._client.shipment.create(**to_shipment(reference, self._ship_from, spec))
            )

    def _all(self, key: str) -> list[Shipment]:
        """The shipments made under a key, up to the one that was bought."""
        found: list[Shipment] = []
        while not _bought(found):
            shipment = self._look_up(reference(key, len(found) + 1))
            if shipment is None:
                break
            found.append(shipment)
        return found

    def _look_up(self, reference: str) -> Shipment | None:
        with calling():
            try:
                return read_shipment(self._client.shipment.retrieve(reference))
            except NotFoundError:
                return None


def reference(key: str, version: int = 1) -> str:
    """A purchase key as a part of a path: slashes and dots would be read as EasyPost's own."""
    safe = "backorder:" + key.replace("/", ":").replace(".", "~")
    return safe if version == 1 else f"{safe}:v{version}"


def _or_address(ask: Callable[[], T]) -> T | AddressRefused:
    try:
        return ask()
    except PermanentRefusal as refusal:
        if is_about_the_address(refusal):
            return ADDRESS_REFUSED
        raise


def _bought(shipments: list[Shipment]) -> Bought | None:
    last = shipments[-1] if shipments else None
    return last if isinstance(last, Bought) else None


def _fit(shipments: list[Shipment], spec: ParcelSpec) -> Shipment | None:
    """The one that was bought; else one that was made for this very parcel."""
    return _bought(shipments) or next((one for one in shipments if one.is_for(spec)), None)


def _offered(
    offers: tuple[Offer, ...], messages: tuple[Message, ...], at: Instant
) -> tuple[Rate, ...] | AddressRefused:
    """No offer at all is the address's fault only if every carrier says so; else they may be asked again."""
    if offers:
        return to_rates(offers, at)
    if blame_the_address(messages):
        return ADDRESS_REFUSED
    raise GatewayUnavailable(GATEWAY, "no carrier made an offer")


def _offer(shipment: Shipment, rate: Rate) -> Offer:
    for offer in shipment.rates:
        if (offer.carrier, offer.service) == (rate.carrier, rate.service):
            return offer
    raise PermanentRefusal(GATEWAY, "unknown_service", "no carrier offers this service")
