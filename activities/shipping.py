"""Labels: the carriers' rates compared, one bought, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain import rates as rule
from domain.state import OrderState
from gateways.carrier import AddressRefused, Carrier, Label, ParcelSpec, Rate
from gateways.errors import GatewayUnavailable
from store import parcels
from store.database import Database
from store.parcels import Bought, Step, ToLabel

T = TypeVar("T")


@dataclass(frozen=True)
class Shipping:
    database: Database
    carrier: Carrier

    @activity.defn
    async def buy_label(self, step: Step) -> OrderState:
        """Buy the parcel's label at the best rate; one that may have been bought before is looked up first."""
        wanted = await self.database.awrite(parcels.to_label, step)
        found = await self.carrier.find(wanted.key) if wanted.unknown else None
        bought = _bought(found, ()) if found else await self._buy(step, wanted)
        return await self.database.awrite(parcels.ship, step, bought)

    @activity.defn
    async def look_up_label(self, step: Step) -> OrderState:
        """Was the label bought? If so the parcel has left; if not, it may be undone."""
        wanted = await self.database.awrite(parcels.to_label, step)
        found = await self.carrier.find(wanted.key)
        if found:
            return await self.database.awrite(parcels.ship, step, _bought(found, ()))
        return await self.database.awrite(parcels.label_never_bought, step)

    async def _buy(self, step: Step, wanted: ToLabel) -> Bought:
        spec = ParcelSpec(
            order_id=step.order_id,
            number=step.parcel,
            ship_to=wanted.ship_to,
            units=wanted.units,
            value=wanted.value,
        )
        try:
            offers = _accepted(await self.carrier.rates(spec, step.at))
            best = rule.choose(offers, expedited=wanted.expedited, need_by=wanted.need_by)
            return _bought(_accepted(await self.carrier.buy(wanted.key, spec, best, step.at)), offers)
        except (GatewayUnavailable, ApplicationError):
            await self.database.awrite(parcels.label_never_bought, step)
            raise


def _accepted(answer: T | AddressRefused) -> T:
    if isinstance(answer, AddressRefused):
        raise ApplicationError(answer.message, type="AddressRefused", non_retryable=True)
    return answer


def _bought(label: Label, offers: Sequence[Rate]) -> Bought:
    return Bought(
        label_id=label.label_id,
        carrier=label.carrier,
        service=label.service,
        tracking=label.tracking,
        label_url=label.label_url,
        cost_minor=label.cost.minor,
        estimated_delivery=label.estimated_delivery,
        rates=tuple(offer.model_dump(mode="json") for offer in offers),
    )
