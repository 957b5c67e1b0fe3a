"""Asking Temporal, with its failures in our own words."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.client import (
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from starter.errors import OutOfReach, Refusal
from workflows.codec import Unreadable


class NoWorkflow(Refusal):
    """No open workflow has this id."""

    def __init__(self) -> None:
        super().__init__("UnknownOrder", "no open order has this id")


async def asked(call: Any, within: timedelta | None = None) -> Any:
    """The call's answer, with Temporal's failures in our own words.

    `within`: how long to wait for it. The call's own time limit holds for one request, and the client makes another
    for as long as no worker has answered.
    """
    try:
        async with asyncio.timeout(within.total_seconds() if within else None):
            return await call
    except TimeoutError as error:
        raise OutOfReach("a worker") from error
    except (WorkflowUpdateFailedError, WorkflowFailureError) as error:
        raise _refusal(error) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise OutOfReach("a worker") from error
    except Unreadable as error:
        raise OutOfReach(f"Temporal's answer ({error})") from error
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise NoWorkflow from error
        raise OutOfReach("Temporal") from error
    except RuntimeError as error:
        if str(error).startswith("Failed client connect"):  # one that connects when it is first used
            raise OutOfReach("Temporal") from error
        raise


def _refusal(error: WorkflowUpdateFailedError | WorkflowFailureError) -> Refusal:
    cause: BaseException | None = error.cause
    while cause is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    if isinstance(cause, ApplicationError):
        return Refusal(cause.type or "Failed", cause.message)
    return Refusal("Failed", str(error.cause))
