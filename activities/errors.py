"""The one place where refusals become failures that Temporal understands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.errors import Refused
from domain.status import IllegalTransition
from gateways.errors import GatewayError, PermanentRefusal


@contextmanager
def refusing() -> Iterator[None]:
    """A rule that says no is the answer: asking the same again will not help."""
    try:
        yield
    except Refused as refused:
        raise ApplicationError(str(refused), type=refused.code, non_retryable=True) from refused


class _Translate(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - Temporal's name
        try:
            with refusing():
                return await super().execute_activity(input)
        except IllegalTransition as fault:
            raise ApplicationError(str(fault), type="IllegalTransition", non_retryable=True) from fault
        except PermanentRefusal as fault:
            raise ApplicationError(str(fault), type="PermanentRefusal", non_retryable=True) from fault
        except GatewayError as fault:
            raise ApplicationError(str(fault), type=type(fault).__name__) from fault
        except (DBAPIError, ValidationError) as fault:
            raise _without_words(fault) from None


def _without_words(fault: DBAPIError | ValidationError) -> ApplicationError:
    """Its kind and its way alone: its words quote a row or an input, and Temporal would keep them."""
    kind = type(getattr(fault, "orig", None) or fault).__name__
    return ApplicationError(kind, type=type(fault).__name__).with_traceback(fault.__traceback__)


class TranslateErrors(Interceptor):
    """Refusals by a rule are never retried; gateways that are away are, and say so by their type."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Translate(next)
