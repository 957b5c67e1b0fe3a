"""The end of a daily review: what operations must know, gathered and told."""

from dataclasses import dataclass

from temporalio import activity

from activities.notices import Shop
from activities.review import Round, within_the_trade
from domain import metrics
from domain.model import Instant
from domain.review import SHOWN, Findings, Late, LateShown, Needing, Review, asked, gathered
from gateways.mail import Mailer, Rejected
from gateways.shop_letters import ShopLetters
from store import metrics as sums
from store import review as reviews
from store import review_orders, review_supply
from store.database import Database


class Found(Round):
    """What the earlier steps found; `refused`: suppliers whose mailbox said no."""

    since: Instant
    orders_with_new_dates: int = 0
    bells_rung: int = 0
    refused: tuple[str, ...] = ()
    findings: Findings = Findings()


@dataclass(frozen=True)
class Digests:
    database: Database
    mailer: Mailer
    letters: ShopLetters
    shop: Shop

    @activity.defn
    async def write_review(self, found: Found) -> Review:
        """Gather what operations must know, and keep it; the first review of a day stands."""
        needs = await self._needs(found)
        ended = await self.database.aread(review_orders.ended, found.since, found.at)
        late = await self._late(found)
        waiting = await self.database.aread(sums.waiting, found.day)
        review = Review(
            day=found.day,
            at=found.at,
            since=found.since,
            needs=needs,
            ended=ended,
            late=late,
            orders_with_new_dates=found.orders_with_new_dates,
            bells_rung=found.bells_rung,
            findings=found.findings,
            figures=metrics.current(waiting, found.day, self.shop.time_zone),
        )
        return await self.database.awrite(reviews.write, review)

    @activity.defn
    async def tell_operations(self, step: Round) -> Review:
        """Send the digest of a day, if the shop has somebody to read it; one that was told is not told again."""
        review = await self.database.aread(reviews.known, step.day)
        if review is None:
            raise LookupError(f"no review of {step.day}")
        if review.told_at is not None or self.shop.operations_email is None:
            return review
        letter = self.letters.digest(self.shop.name, review)
        to = self.shop.operations_email
        mail = within_the_trade(self.shop, f"review/{step.day}", to, letter, step.at)
        answer = await self.mailer.send(mail)
        refused = f"{answer.code} {answer.message}" if isinstance(answer, Rejected) else None
        return await self.database.awrite(reviews.told, step.day, step.at, refused)

    async def _needs(self, found: Found) -> tuple[Needing, ...]:
        """Page by page over the open orders; then what came about otherwise."""
        needs: tuple[Needing, ...] = ()
        after: str | None = ""
        while after is not None:
            page = await self.database.aread(review_orders.needs, after, found.since, found.at)
            needs = gathered(page.found, needs)
            after = page.last
            activity.heartbeat()  # without details, as everywhere in the review
        happened = await self.database.aread(review_orders.happened, found.since, found.at)
        return (*needs, *(one for one in happened if one.count))

    async def _late(self, found: Found) -> Late:
        count, lines = await self.database.aread(review_supply.overdue, found.day, SHOWN)
        shown = (LateShown(**line.model_dump(), asked=asked(line, found.at, found.refused)) for line in lines)
        return Late(count=count, lines=tuple(shown))
