"""What a log may say: of an error its kind and where it was, and its own words only where they are known to be discreet."""

import re
import traceback
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError
from temporalio.exceptions import ApplicationError, FailureError

from domain.errors import Refused
from gateways.errors import GatewayError

_SECRETS = (
    (re.compile(r"(?<![^\s<>\"'(),;:=])[^\s<>\"'(),;:=@]+@[^\s<>\"'(),;:]+"), "(address)"),
    (re.compile(r"\b(?:(?:sk|rk|pk|pm|tok|whsec)_|EZ[AT]K)[\w+/=]{4,}"), "(secret)"),
)
"""The last net: nothing of ours writes an address or a key, and who else might is not ours to know."""

_DISCREET = (
    "domain.",
    "store.",
    "gateways.",
    "activities.",
    "workflows.",
    "worker.",
    "temporalio.service",
    "temporalio.client",
    "temporalio.workflow",
    "temporalio.exceptions",
)
"""Modules whose errors say ids and rules. Others quote what they were given: a name, an address, a row of the database."""


def discreet(text: str) -> str:
    """A text without what looks like an e-mail address, a password within a URL, or a provider's key."""
    if "@" not in text and "_" not in text and "EZ" not in text:
        return text
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def story(error: BaseException | None) -> str:
    """An error with those that led to it, first things first, as Python shows it; without anybody else's words.

    Of a refusal by a rule or a gateway, which is tried again or answered, where it came from is no news.
    """
    if error is None:
        return ""
    if isinstance(error, ApplicationError) and isinstance(error.__cause__, Refused | GatewayError):
        return discreet(f"{_name(error.__cause__)}{_words(error.__cause__)}")
    return discreet("".join(_told(error, set())).rstrip("\n"))


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _told(before, seen)
        yield "which led to\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{_name(error)}{_words(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _told(one, seen)


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _words(error: BaseException) -> str:
    said = _said(error)
    return f": {said}" if said else ""


def _said(error: BaseException) -> str | None:
    if isinstance(error, DBAPIError):
        return f"{type(error.orig).__name__} {getattr(error.orig, 'sqlstate', None) or ''}".strip()
    if (
        isinstance(error, FailureError) and error.failure is not None
    ):  # it came from elsewhere, with whose words ever
        return getattr(error, "type", None)
    if isinstance(error, OSError) and error.errno is not None:
        return error.strerror
    if type(error).__module__.startswith(_DISCREET):
        return str(error)
    return None
