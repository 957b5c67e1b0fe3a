"""The daily round: dates are renewed, late suppliers asked, and operations told what needs them."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.bells import Bells, Ring
from activities.review import Begin, Begun, Reviews, Round
from activities.review_digest import Digests, Found
from domain.review import Findings, Review, ReviewRequest
from store import keys
from workflows import options
from workflows.messages import REVIEW, malformed, read
from workflows.options import Options

MALFORMED = "MalformedReviewRequest"

_AGAIN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))

LONG = Options(
    start_to_close_timeout=timedelta(hours=2), heartbeat_timeout=timedelta(minutes=2), retry_policy=_AGAIN
)
"""Over the whole shop, with a heartbeat for each part of it."""

DIGEST = Options(
    start_to_close_timeout=timedelta(seconds=45),
    schedule_to_close_timeout=timedelta(hours=12),
    retry_policy=_AGAIN,
)
"""The mail server may be away for half a day; then the next review is due."""

SUPPLIERS = Options(
    start_to_close_timeout=timedelta(minutes=30),
    schedule_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=20), maximum_attempts=8
    ),
)
"""A mail for each; who could not be asked now is asked by the next review."""


@workflow.defn(name=REVIEW)
class ReviewWorkflow:
    @workflow.run
    async def run(self, *inputs: Any) -> Review:
        request = read(ReviewRequest, inputs, MALFORMED)
        if isinstance(request, ApplicationError):
            raise request
        begun = await self._begin(request)
        review = begun.known or await self._review(begun)
        if review.told_at is None:
            review = await self._tell(review)
        workflow.set_current_details(f"{review.day}: {review.people_needed} in need of a person")
        return review

    async def _begin(self, request: ReviewRequest) -> Begun:
        begun = await workflow.execute_activity_method(
            Reviews.begin_review,
            Begin(day=request.date, at=workflow.now()),
            summary=f"review {request.date or 'today'}",
            **options.DATABASE,
        )
        if begun.day > begun.today:
            raise malformed(MALFORMED, [{"field": "date", "problem": "lies in the future"}])
        return begun

    async def _review(self, begun: Begun) -> Review:
        step = Round(day=begun.day, at=workflow.now())
        moved = await self._renew(step)
        refused = await self._ask(step)
        rung = await workflow.execute_activity_method(
            Reviews.ring_forgotten, step, summary="bells that nobody rang", **LONG
        )
        findings: Findings = await workflow.execute_activity_method(
            Reviews.check_books, summary="the books", **LONG
        )
        found = Found(
            day=step.day,
            at=step.at,
            since=begun.since,
            orders_with_new_dates=moved,
            bells_rung=rung,
            refused=refused,
            findings=findings,
        )
        return await workflow.execute_activity_method(
            Digests.write_review, found, summary="what operations must know", **LONG
        )

    async def _renew(self, step: Round) -> int:
        """How many orders heard of a new date."""
        moved = await workflow.execute_activity_method(
            Reviews.renew_promises, step, summary="dates by what suppliers say and do", **LONG
        )
        if moved:
            await workflow.execute_activity_method(
                Bells.ring_bells,
                Ring(cause=keys.reviewed(step.day, step.at), at=step.at),
                summary=f"tell {moved} orders",
                **options.RINGING,
            )
        return moved

    async def _ask(self, step: Round) -> tuple[str, ...]:
        """Suppliers whose mailbox refused; a mail server that is away keeps nobody from the rest."""
        try:
            return await workflow.execute_activity_method(
                Reviews.ask_suppliers, step, summary="ask late suppliers for a date", **SUPPLIERS
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return ()

    async def _tell(self, review: Review) -> Review:
        """The review stands also when nobody could be told of it."""
        try:
            return await workflow.execute_activity_method(
                Digests.tell_operations,
                Round(day=review.day, at=workflow.now()),
                summary="the digest",
                **DIGEST,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return review
