"""What a failed call to EasyPost means for us: nothing happened, perhaps it did, or it never will.

Codes: docs.easypost.com/guides/errors-guide. Only codes pass from here, never EasyPost's or a carrier's own words:
they may repeat an address.
"""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Final

from easypost.errors.api.api_error import ApiError
from easypost.errors.general.easypost_error import EasyPostError
from pydantic import ValidationError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from gateways.easypost_shapes import Message
from gateways.errors import GatewayError, GatewayUnavailable, OutcomeUnknown, PermanentRefusal

GATEWAY: Final = "easypost"

_OPERATOR: Final = {
    HTTPStatus.UNAUTHORIZED: "authentication",
    HTTPStatus.FORBIDDEN: "authentication",
    HTTPStatus.PAYMENT_REQUIRED: "payment required",
}
"""The shop's account with EasyPost is at fault, not the order, which rests until that is mended."""

_AWAY: Final = frozenset(
    {
        "ADDRESS.VERIFY.UNAVAILABLE",
        "ADDRESS.VERIFY.UPSTREAM_UNAVAILABLE",
        "SHIPMENT.POSTAGE.NO_RESPONSE",
        "SHIPMENT.POSTAGE.TIMED_OUT",
        "SHIPMENT.PURCHASE.IN_PROGRESS",
        "SHIPMENT.RATES.UNAVAILABLE",
    }
)
"""Said with a status of a refusal, but the carrier behind was only not reached in time."""

BEGUN_WITHIN_SECONDS: Final = 18
"""A step of an order makes several calls, and is asked again after a while: the last of them begins by then.

Two steps under one key at once could buy two labels, for EasyPost's references are not unique.
"""

_begins_until: ContextVar[float] = ContextVar("_begins_until", default=float("inf"))

_CODE: Final = re.compile(r"[A-Z0-9_.]{1,80}")
_DESTINATION: Final = re.compile(
    r"address|\bzip|postal|postcode|\bcity\b|\bstate\b|province|country|destination|recipient|ship[ _-]?to"
    r"|selected locations",
    re.IGNORECASE,
)
_ORIGIN: Final = re.compile(r"from[ _]address|ship[ _-]?from|shipper|sender|origin", re.IGNORECASE)


@contextmanager
def stepping(seconds: float) -> Iterator[None]:
    """What is called within the block, also in a thread of its own, begins within so many seconds from now."""
    before = _begins_until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _begins_until.reset(before)


@contextmanager
def calling(*, acts: bool = False) -> Iterator[None]:
    """Let EasyPost's errors out as ours; one that `acts` may have acted when its answer is lost."""
    if time.monotonic() > _begins_until.get():
        raise GatewayUnavailable(GATEWAY, "too slow")
    try:
        yield
    except EasyPostError as error:
        raise _failure(error, acts=acts) from None
    except ValidationError:
        raise _away("unreadable answer", acts=acts) from None


def is_about_the_address(refusal: PermanentRefusal) -> bool:
    """Whether the customer's address was refused."""
    return refusal.code.startswith("ADDRESS.")


def blame_the_address(messages: Iterable[Message]) -> bool:
    """Whether every carrier that made no offer says that it is for the destination; silence is no blame."""
    reasons = [message.type == "rate_error" and _is_destination(message.message) for message in messages]
    return bool(reasons) and all(reasons)


def _is_destination(words: str) -> bool:
    return bool(_DESTINATION.search(words)) and not _ORIGIN.search(words)


def _failure(error: EasyPostError, *, acts: bool) -> GatewayError:
    status = error.http_status if isinstance(error, ApiError) else None
    if status in _OPERATOR:
        return GatewayUnavailable(GATEWAY, _OPERATOR[HTTPStatus(status)])
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return GatewayUnavailable(GATEWAY, "rate limited")
    code = _code(error) or (f"HTTP {status}" if status else type(error).__name__)
    if status and _is_refusal(status, code):
        return _refusal(code, error)
    return _away(code, acts=acts and _was_sent(error))


def _is_refusal(status: int, code: str) -> bool:
    client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return client_error and status != HTTPStatus.REQUEST_TIMEOUT and code not in _AWAY


def _refusal(code: str, error: Any) -> PermanentRefusal:
    """The shop's own address is the operator's to mend: it must not ask the customer for another one."""
    if code.startswith("ADDRESS.") and "from_address" in str(error.errors):
        return PermanentRefusal(GATEWAY, "ship_from_refused", "the shop's own address is refused")
    return PermanentRefusal(GATEWAY, code, "EasyPost refuses this call")


def _away(detail: str, *, acts: bool) -> GatewayError:
    return OutcomeUnknown(GATEWAY, detail) if acts else GatewayUnavailable(GATEWAY, detail)


def _code(error: EasyPostError) -> str | None:
    code = getattr(error, "code", None)
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _was_sent(error: EasyPostError) -> bool:
    """Unless no connection came about; the SDK keeps what failed beneath it as the error's context."""
    cause = error.__context__
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return not isinstance(reason, ConnectTimeoutError | NewConnectionError)
