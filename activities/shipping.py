"""Labels: the carriers' rates compared, one bought, once."""

from dataclasses import dataclass
from time import monotonic

from temporalio import activity

from domain import rates as rule
from domain.state import OrderState
from gateways.carrier import AddressRefused, Carrier, Label, ParcelSpec
from gateways.errors import GatewayUnavailable, PermanentRefusal
from store import labels
from store.database import Database
from store.labels import Bought, ToLabel
from store.parcels import Step

PURCHASE_SECONDS = 55
"""How long a purchase may take: 10 s for its turn, 18 s until the last of its calls, 24 s for that one's answer.

One that could outlive its activity is not begun: a look-up meanwhile would miss it, another try might buy again.
"""


@dataclass(frozen=True)
class Shipping:
    database: Database
    carrier: Carrier

    @activity.defn
    async def buy_label(self, step: Step) -> OrderState:
        """Buy the parcel's label at the best rate; one that may have been bought before is looked up first.

        One that was not, and whose money has run out meanwhile, is not bought: its money comes first.
        """
        ends = _ends()
        wanted = await self.database.alook(labels.to_label, step)
        found = await self.carrier.find(wanted.key) if wanted.unknown else None
        if found is None and not wanted.may_leave:
            return await self.database.awrite(labels.never_bought, step)
        label = found or await self._buy(step, wanted, ends)
        if isinstance(label, AddressRefused):
            return await self.database.awrite(labels.refuse_address, step)
        return await self.database.awrite(labels.bought, step, _bought(label))

    @activity.defn
    async def look_up_label(self, step: Step) -> OrderState:
        """Was the label bought? If so the parcel goes on; if not, it may be undone."""
        wanted = await self.database.alook(labels.to_label, step)
        found = await self.carrier.find(wanted.key)
        if found:
            return await self.database.awrite(labels.bought, step, _bought(found))
        return await self.database.awrite(labels.never_bought, step)

    @activity.defn
    async def void_labels(self, step: Step) -> OrderState:
        """Give back the labels that were bought in vain."""
        keys = await self.database.alook(labels.in_vain, step)
        for key in keys:
            await self.carrier.void(key, step.at)
        return await self.database.awrite(labels.given_back, step, keys)

    async def _buy(self, step: Step, wanted: ToLabel, ends: float) -> Label | AddressRefused:
        """Compare the rates, keep them, and buy the best; an answer that got lost leaves the purchase unknown."""
        spec = ParcelSpec(
            order_id=step.order_id,
            number=step.parcel,
            ship_to=wanted.ship_to,
            units=wanted.units,
            weight_grams=wanted.weight_grams,
            value=wanted.value,
        )
        rates = await self.carrier.rates(wanted.key, spec, step.at)
        if isinstance(rates, AddressRefused):
            return rates
        best = rule.choose(rates, expedited=wanted.expedited, need_by=wanted.need_by)
        kept = [rate.model_dump(mode="json") for rate in rates]
        await self.database.awrite(labels.about_to_buy, step, kept)
        try:
            _in_time(ends)
            return await self.carrier.buy(wanted.key, spec, best, step.at)
        except (GatewayUnavailable, PermanentRefusal):
            await self.database.awrite(labels.never_bought, step)
            raise


def _ends() -> float:
    """When Temporal gives up this try, or all of them; by this machine's own clock, which need not agree with the server's."""
    info = activity.info()
    ends = [info.start_to_close_timeout]
    if info.schedule_to_close_timeout is not None:
        ends.append(info.schedule_to_close_timeout - (info.started_time - info.scheduled_time))
    return monotonic() + min(end.total_seconds() for end in ends if end is not None)


def _in_time(ends: float) -> None:
    if ends - monotonic() < PURCHASE_SECONDS:
        raise GatewayUnavailable("carrier", "rates took too long")


def _bought(label: Label) -> Bought:
    return Bought(
        label_id=label.label_id,
        carrier=label.carrier,
        service=label.service,
        tracking=label.tracking,
        label_url=label.label_url,
        cost_minor=label.cost.minor,
        estimated_delivery=label.estimated_delivery,
    )
