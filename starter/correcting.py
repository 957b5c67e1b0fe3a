"""What support and operations correct: where notices go, a notice once more, and a customer who is to be forgotten."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from secrets import token_hex
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from domain.changes import ChangeOutcome
from domain.correcting import EmailChange, Erased, Erasing, Resending, Resent
from domain.notices import Kind
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from starter import histories, limits
from starter.asking import asked
from starter.errors import BadInput, OutOfReach, Refusal, refusing
from starter.limits import BadFields
from store import correcting, erasing
from store.correcting import Again, Readdressing
from store.database import Database
from workflows.messages import RESEND, TASK_QUEUE, faults, resend_workflow_id

M = TypeVar("M", bound=BaseModel)

_MAIL_IS_AWAY = {GatewayUnavailable.__name__, OutcomeUnknown.__name__}


class CorrectingDoor:
    """Support's and operations' part of the client; it works on the shop's database, which it cannot do without."""

    client: Client
    database: Database | None
    _clock: Callable[[], datetime]

    async def change_email(self, order_id: str, email: str, by: str) -> ChangeOutcome:
        """Send all further notices of an order to another address; `by` stands in the records.

        Raises:
            BadInput: it is no address that mail can be sent to.
        """
        wish = _read(EmailChange, {"order_id": order_id, "email": email, "requested_by": by})
        asking = Readdressing(change=wish, at=self._clock())
        with refusing():
            return await self._books.awrite(correcting.change_email, asking)

    async def resend(
        self, order_id: str, kind: str, by: str, occasion: str | None = None, *, number: str | None = None
    ) -> Resent:
        """Send a notice that was told before once more, as its facts are today.

        `occasion`: which of that kind, by default the latest; `number` tells this time from others: the same again
        sends nothing, by default each second is a time of its own.

        Raises:
            BadInput: there is no such kind.
        """
        if kind not in set(Kind):
            raise BadFields([{"field": "notice", "problem": f"must be one of {', '.join(Kind)}"}])
        body = {"order_id": order_id, "kind": kind, "occasion": occasion or "", "requested_by": by}
        now = self._clock()
        wish = _read(Resending, {**body, "number": number or f"{now:%Y%m%dT%H%M%S}"})
        return await self._resent(await self._again(wish, now))

    async def _again(self, wish: Resending, now: datetime) -> Again:
        """The wish, once the books have nothing against it; without an occasion it means the latest."""
        books = self._books
        with refusing():
            latest = wish.occasion or await books.aread(correcting.latest_occasion, wish.order_id, wish.kind)
            again = Again(wish=wish.model_copy(update={"occasion": latest}), at=now)
            if await books.aread(correcting.resent_before, again) is None:
                await books.aread(correcting.facts, again)
        return again

    async def _resent(self, again: Again) -> Resent:
        try:
            resent: Resent = await asked(
                self.client.execute_workflow(
                    RESEND,
                    again.wish,
                    id=resend_workflow_id(again.wish),
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    result_type=Resent,
                    static_summary=f"{again.wish.kind} once more",
                )
            )
        except Refusal as refusal:
            if refusal.code in _MAIL_IS_AWAY:
                raise OutOfReach("the mail server") from refusal
            raise
        return resent

    async def erase(self, customer_id: str, by: str) -> Erased:
        """Erase a customer's personal data from all their orders, all of which have ended, and from Temporal.

        The orders stay in the books under a name that leads to nobody; asked for by that name, what Temporal still
        kept of them is deleted.
        """
        wish = _read(Erasing, {"customer_id": customer_id, "requested_by": by})
        pseudonym = f"erased-{token_hex(8)}"
        with refusing():
            gone = await self._books.awrite(erasing.erase, wish, pseudonym, self._clock())
        rewritten, left = await asyncio.gather(
            self._books.acompact(), histories.delete(self.client, gone.order_ids)
        )
        return Erased(
            customer_id=gone.customer_id,
            orders=len(gone.order_ids),
            histories_deleted=left.deleted,
            histories_left=left.left,
            file_rewritten=rewritten,
        )

    @property
    def _books(self) -> Database:
        if self.database is None:
            raise BadInput("database: corrections are made in the shop's database, and this client has none")
        return self.database


def _read(model: type[M], body: dict[str, object]) -> M:
    try:
        wish = model.model_validate(body)
    except ValidationError as error:
        raise BadFields(faults(error)) from None
    limits.check(wish)
    return wish
