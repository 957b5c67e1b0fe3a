"""What is not an answer: RFC 9457 problems, one shape for every refusal and every fault."""

import logging
import traceback
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolIsEmpty
from starlette.exceptions import HTTPException

from domain.errors import Refused
from domain.model import Model
from starter.errors import BadInput, OutOfReach, Refusal
from starter.limits import BadFields

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_LONGEST_NAME = 100
_MOST_FAULTS = 1000
_RETRY_SECONDS = "5"

_NOT_JSON = "the body is not JSON that can be read"
_AGAIN = "ask again: under the same id it is done once"

_UNKNOWN = {"UnknownOrder", "UnknownSku", "UnknownEvent", "UnknownCustomer"}
_MALFORMED = {"MalformedOrder", "MalformedInventoryChange"}
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""As RFC 9110 has them; Python's own words for these differ by its version."""
_CODES = {
    400: "MalformedJson",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "TooLarge",
    415: "UnsupportedMediaType",
    422: "BadInput",
    500: "InternalError",
    503: "OutOfReach",
}


class Fault(Model):
    """A bad field, by its path, and what is wrong with it; never its value."""

    field: str
    problem: str


class Problem(Model):
    """RFC 9457. `title` says what `status` means, `code` which rule it was, `detail` what it came to this time."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    errors: tuple[Fault, ...] = ()


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is; one that nobody expected says nothing of itself."""
    match error:
        case RequestValidationError():
            return _of_request(error)
        case BadFields():
            return bad(error.faults)
        case Refusal() | Refused():
            return _of_refusal(error.code, str(error))
        case HTTPException():
            return problem(error.status_code, _NOT_JSON if error.status_code == 400 else str(error.detail))  # noqa: PLR2004
    return problem(*_fault(error))


def _fault(error: Exception) -> tuple[int, str]:
    match error:
        case BadInput():
            return 422, str(error)
        case OutOfReach():
            return 503, f"{error}; {_AGAIN}"
        case OperationalError() | InterfaceError() | PoolIsEmpty():
            return 503, f"the database is out of reach; {_AGAIN}"
        case TimeoutError() | ConnectionError():
            return 503, f"no answer in time; {_AGAIN}"
    return 500, "a fault of ours"


def problem(status: int, detail: str, code: str | None = None, errors: Sequence[Fault] = ()) -> Problem:
    phrase = _TITLES.get(status) or HTTPStatus(status).phrase
    named = code or _CODES.get(status) or phrase.replace(" ", "")
    return Problem(title=phrase, status=status, code=named, detail=_text(detail), errors=tuple(errors))


def bad(faults: Sequence[Mapping[str, str]]) -> Problem:
    """Input of which these fields can't be meant."""
    errors = [
        Fault(field=_text(one["field"])[:_LONGEST_NAME], problem=_text(one["problem"]))
        for one in faults[:_MOST_FAULTS]
    ]
    return problem(422, f"{len(faults)} bad field{'s' if len(faults) > 1 else ''}", errors=errors)


def _of_request(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(400, _NOT_JSON)
    return bad(list(_faults(found)))


def _faults(found: Sequence[Any]) -> Iterator[dict[str, str]]:
    for one in found:
        where, *path = (str(part) for part in one["loc"])
        yield {"field": ".".join(path) or where, "problem": one["msg"]}


def _of_refusal(code: str, message: str) -> Problem:
    if code in _UNKNOWN:
        return problem(404, message, code)
    if code in _MALFORMED:
        return problem(422, message, code)
    return problem(409, message, code)


def _text(words: str) -> str:
    """What the asker wrote may be no text at all, as the name of a field that we do not know."""
    return words.encode("utf-8", "replace").decode()


def response(found: Problem) -> JSONResponse:
    """The problem as an answer."""
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": _RETRY_SECONDS}}
    body = found.model_dump(mode="json")
    return JSONResponse(body, found.status, headers.get(found.status), MEDIA_TYPE)


def answered(error: Exception, asked: str) -> JSONResponse:
    """The problem that an exception is, as an answer; of a fault of ours the log says where, for words may be private."""
    found = problem_of(error)
    if found.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        where = "".join(traceback.format_tb(error.__traceback__))
        logger.error("%s: %s at\n%s", asked, type(error).__name__, where)
    elif found.status == HTTPStatus.SERVICE_UNAVAILABLE:
        logger.warning("%s: %s", asked, found.detail)
    return response(found)
