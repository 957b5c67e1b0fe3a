"""The one place where refusals become failures that Temporal understands."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.errors import TranslateErrors
from domain import errors
from domain.status import IllegalTransition, Status
from gateways.errors import GatewayUnavailable, OutcomeUnknown, PermanentRefusal


class _Act(ActivityInboundInterceptor):
    """An activity that ends as told."""

    def __init__(self, ends: Any) -> None:
        self._ends = ends

    async def execute_activity(self, _input: ExecuteActivityInput) -> Any:
        if isinstance(self._ends, BaseException):
            raise self._ends
        return self._ends


async def _translated(ends: Any) -> Any:
    call = ExecuteActivityInput(fn=print, args=(), executor=None, headers={})
    return await TranslateErrors().intercept_activity(_Act(ends)).execute_activity(call)


NEVER_AGAIN: list[tuple[Exception, str]] = [
    (errors.UnknownSku("A"), "UnknownSku"),
    (errors.UnknownOrder("100"), "UnknownOrder"),
    (errors.OrderBodyChanged("100"), "OrderBodyChanged"),
    (errors.ChangeBodyChanged("CH-1"), "ChangeBodyChanged"),
    (errors.CancellationBodyChanged("C-1"), "CancellationBodyChanged"),
    (errors.UnknownLine("100", "A"), "UnknownLine"),
    (errors.ChangeRefused("100", "quantity", "more units are another order"), "ChangeRefused"),
    (errors.UnknownCustomer(), "UnknownCustomer"),
    (errors.OrdersOpen("100"), "OrdersOpen"),
    (errors.UnknownInbound("PO-1", "A"), "UnknownInbound"),
    (errors.TooManyUnits("A", 9), "TooManyUnits"),
    (errors.MalformedOrder([{"field": "title", "problem": "is no text"}]), "MalformedOrder"),
    (errors.UnknownEvent("order:100:completed:1"), "UnknownEvent"),
    (PermanentRefusal("payment", "already_captured", "the money was taken"), "PermanentRefusal"),
    (IllegalTransition(Status.CANCELLED, Status.WAITING), "IllegalTransition"),
]

AGAIN: list[tuple[Exception, str]] = [
    (GatewayUnavailable("payment", "451"), "GatewayUnavailable"),
    (OutcomeUnknown("carrier", "timeout"), "OutcomeUnknown"),
]


def _codes(base: type[errors.Refused]) -> set[str]:
    return {kind.code for kind in base.__subclasses__()}


def test_the_table_knows_every_refusal_of_the_domain() -> None:
    assert _codes(errors.Refused) <= {code for _, code in NEVER_AGAIN}


@pytest.mark.parametrize(("error", "code"), NEVER_AGAIN)
async def test_a_refusal_by_a_rule_is_never_retried_and_keeps_its_name(error: Exception, code: str) -> None:
    with pytest.raises(ApplicationError) as failed:
        await _translated(error)

    assert (failed.value.type, failed.value.message) == (code, str(error))
    assert failed.value.non_retryable
    assert failed.value.__cause__ is error


@pytest.mark.parametrize(("error", "kind"), AGAIN)
async def test_a_gateway_that_fails_is_tried_again_and_says_how_it_failed(
    error: Exception, kind: str
) -> None:
    with pytest.raises(ApplicationError) as failed:
        await _translated(error)

    assert (failed.value.type, failed.value.message) == (kind, str(error))
    assert not failed.value.non_retryable


ADDRESS = "ada@example.com"


class _Person(BaseModel):
    age: int


def _quoting() -> Iterator[tuple[Exception, str]]:
    """Errors whose words quote what they were given, and what they are called."""
    yield (
        IntegrityError("INSERT", None, UniqueViolation(f"DETAIL: Key (email)=({ADDRESS})")),
        "UniqueViolation",
    )
    try:
        _Person.model_validate({"age": ADDRESS})
    except ValidationError as error:
        yield error, "ValidationError"


@pytest.mark.parametrize(("error", "kind"), list(_quoting()))
async def test_an_error_that_quotes_what_it_was_given_is_told_by_its_kind_alone_and_tried_again(
    error: Exception, kind: str
) -> None:
    with pytest.raises(ApplicationError) as failed:
        await _translated(error)

    failure = Failure()
    DefaultFailureConverter().to_failure(failed.value, PayloadConverter.default, failure)
    assert (failed.value.type, failed.value.message) == (type(error).__name__, kind)
    assert not failed.value.non_retryable
    assert ADDRESS not in str(failure)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("database away"),
        ApplicationError("no", type="AddressRefused"),
        asyncio.CancelledError(),
    ],
)
async def test_everything_else_passes_as_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)) as failed:
        await _translated(error)

    assert failed.value is error


async def test_an_answer_passes_as_it_is() -> None:
    assert await _translated("done") == "done"
