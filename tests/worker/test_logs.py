"""What a log says: a line a record, what it is about, and nobody's name, address, card or key."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from types import SimpleNamespace
from typing import Any

import aiosmtplib
import psycopg.errors
import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from domain.errors import UnknownOrder
from gateways.errors import GatewayUnavailable
from tests.e2e.providers import NAME, PRIVATE, STREET
from tests.fakes import stripe_server
from worker.log_words import story
from worker.logs import JsonLines, TextLines

ADDRESS = "zebulon@quartermaine.example"


class Logged:
    """A logger of our own, and what it wrote."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self._written = StringIO()
        handler = logging.StreamHandler(self._written)
        handler.setFormatter(formatter)
        self.logger = logging.Logger("worker.test")  # noqa: LOG001 - nobody else's
        self.logger.addHandler(handler)

    @property
    def text(self) -> str:
        return self._written.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def text_lines() -> TextLines:
    return TextLines("%(levelname)s %(name)s %(message)s")


FORMATS = pytest.mark.parametrize("formatter", [JsonLines, text_lines])


class _Person(BaseModel):
    age: int


def _wrong_person() -> Exception:
    try:
        _Person.model_validate({"age": NAME})
    except ValidationError as error:
        return error
    raise AssertionError


def _private_errors() -> Iterator[Exception]:
    """As libraries raise them, with what they were given in their words."""
    yield _wrong_person()
    yield IntegrityError("INSERT", None, psycopg.errors.UniqueViolation(f"DETAIL: Key (email)=({ADDRESS})"))
    yield aiosmtplib.SMTPRecipientRefused(550, f"no such mailbox {ADDRESS}", ADDRESS)
    yield KeyError(NAME)
    yield ValueError(f"invalid literal for int(): {STREET}")


def raised(error: Exception) -> Exception:
    """With a way that it came, behind an error of ours."""

    def fail() -> None:
        raise error

    try:
        try:
            fail()
        except Exception as cause:
            raise GatewayUnavailable("mail", "450") from cause
    except GatewayUnavailable as outer:
        return outer


@FORMATS
@pytest.mark.parametrize("error", tuple(_private_errors()), ids=lambda error: type(error).__name__)
def test_of_others_errors_the_kind_is_told_and_where_it_was_and_never_their_words(
    formatter: Callable[[], logging.Formatter], error: Exception
) -> None:
    logged = Logged(formatter())

    logged.logger.error("no mail", exc_info=raised(error))

    assert type(error).__name__ in logged.text
    assert "test_logs.py" in logged.text
    assert "450" in logged.text
    assert not [word for word in (*PRIVATE, ADDRESS) if word in logged.text]


def test_our_own_errors_keep_their_words() -> None:
    assert story(UnknownOrder("100")) == f"domain.errors.UnknownOrder: {UnknownOrder('100')}"


def test_a_database_error_keeps_its_code() -> None:
    error = IntegrityError("INSERT", None, psycopg.errors.UniqueViolation("x"))

    assert story(error) == "sqlalchemy.exc.IntegrityError: UniqueViolation 23505"


def test_a_failure_that_came_from_elsewhere_shows_its_type_alone() -> None:
    error = ApplicationError(f"input_value='{NAME}'", type="ValidationError")
    error._failure = SimpleNamespace()  # type: ignore[assignment]  # noqa: SLF001 - as the SDK decodes it

    assert story(error) == "temporalio.exceptions.ApplicationError: ValidationError"


def test_a_gateway_that_is_away_is_one_line_and_no_page_of_stack() -> None:
    cause = raised(KeyError(NAME))
    error = ApplicationError(str(cause), type="GatewayUnavailable")
    error.__cause__ = cause

    assert story(error) == f"gateways.errors.GatewayUnavailable: {cause}"


def test_a_group_of_errors_tells_each() -> None:
    told = story(ExceptionGroup("two", [KeyError(NAME), UnknownOrder("100")]))

    assert "KeyError\n" in told
    assert "UnknownOrder" in told
    assert NAME not in told


@FORMATS
def test_an_address_or_a_key_in_a_message_is_cut_out(formatter: Callable[[], logging.Formatter]) -> None:
    logged = Logged(formatter())

    logged.logger.warning("sent to <%s> with %s: 12 + 1", ADDRESS, stripe_server.API_KEY)
    logged.logger.warning("at postgresql://shop:hunter-two@db/x")

    assert "sent to <(address)> with (secret): 12 + 1" in logged.text
    assert not [word for word in (ADDRESS, stripe_server.API_KEY, "hunter-two") if word in logged.text]


def test_what_asyncio_shows_of_a_task_is_left_out() -> None:
    logged = Logged(JsonLines())
    logged.logger.name = "asyncio"

    logged.logger.error("Task exception was never retrieved\nfuture: <Task exception=KeyError('%s')>", NAME)

    assert logged.lines[0]["message"] == "Task exception was never retrieved"


def test_json_says_when_what_and_about_which_order() -> None:
    logged = Logged(JsonLines())

    @activity.defn
    def tells() -> None:
        logged.logger.info("told")

    environment = ActivityEnvironment()
    environment.info = environment.info.__class__(
        **{**environment.info.__dict__, "workflow_id": "backorder-a-1", "activity_type": "tell", "attempt": 2}
    )
    environment.run(tells)

    (line,) = logged.lines
    assert line["time"].endswith("+00:00")
    assert line["level"], line["logger"] == ("INFO", "worker.test")
    assert (line["message"], line["order_id"], line["workflow_id"]) == ("told", "a-1", "backorder-a-1")
    assert (line["activity"], line["attempt"]) == ("tell", 2)


@pytest.mark.parametrize(
    ("workflow_id", "about"),
    [
        ("backorder-100", {"order_id": "100"}),
        ("resend-100/shipped/1/2", {"order_id": "100"}),
        ("inventory-CH-1", {"change_id": "CH-1"}),
        ("review-2026-01-01T00:00:00Z", {}),
    ],
)
def test_a_record_of_the_sdk_is_about_the_order_of_its_workflow(
    workflow_id: str, about: dict[str, str]
) -> None:
    logged = Logged(JsonLines())
    details = {"workflow_id": workflow_id, "run_id": "r", "attempt": 1}

    logged.logger.info("x", extra={"temporal_workflow": details})

    told = logged.lines[0]
    assert {name: told[name] for name in told.keys() & {"order_id", "change_id"}} == about
    assert (told["workflow_id"], told["run_id"], "attempt" in told) == (workflow_id, "r", False)


def test_text_names_the_order_behind_the_message_and_before_the_error() -> None:
    logged = Logged(text_lines())
    details = {"workflow_id": "backorder-100", "activity_type": "tell", "attempt": 3, "namespace": "default"}

    logged.logger.error("failed", exc_info=KeyError(NAME), extra={"temporal_activity": details})

    logged.logger.error("again", exc_info=raised(KeyError(NAME)), extra={"temporal_activity": details})

    first, second, *rest = logged.text.splitlines()
    assert first == "ERROR worker.test failed (order_id=100 activity=tell attempt=3): KeyError"
    assert second == "ERROR worker.test again (order_id=100 activity=tell attempt=3)"
    assert rest[-1].startswith("gateways.errors.GatewayUnavailable: mail: ")
