"""One notice, sent once more."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.notices import Notices
from domain.correcting import Resending, Resent
from store.correcting import Again
from workflows import options
from workflows.messages import RESEND, malformed, read, resend_workflow_id

MALFORMED = "MalformedResending"


@workflow.defn(name=RESEND)
class ResendWorkflow:
    @workflow.run
    async def run(self, *inputs: Any) -> Resent:
        wish = read(Resending, inputs, MALFORMED)
        if isinstance(wish, ApplicationError):
            raise wish
        _check_id(wish)
        return await workflow.execute_activity_method(
            Notices.tell_again,
            Again(wish=wish, at=workflow.now()),
            summary=f"{wish.kind} once more",
            **options.MAIL,
        )


def _check_id(wish: Resending) -> None:
    wanted = resend_workflow_id(wish)
    if workflow.info().workflow_id != wanted:
        problem = {"field": "number", "problem": f"this notice belongs to the workflow id {wanted}"}
        raise malformed(MALFORMED, [problem])
