"""What the doors raise: refused by a rule, or out of reach."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import Refused


class Refusal(Exception):  # noqa: N818 - a refusal is no fault of ours
    """A rule said no; asking again will not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OutOfReach(Exception):  # noqa: N818 - the fact is the name
    """Temporal, the database or a worker did not answer."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is out of reach")
        self.what = what


class BadInput(Exception):  # noqa: N818 - the fact is the name
    """Something that was typed can't be meant; the message names the field."""


@contextmanager
def refusing() -> Iterator[None]:
    """What a rule refuses in our own process is refused in the same words as by a workflow."""
    try:
        yield
    except Refused as refused:
        raise Refusal(refused.code, str(refused)) from refused
