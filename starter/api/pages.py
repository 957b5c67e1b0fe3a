"""Pages of a list: how many, and from where on."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Generic, TypeVar

from fastapi import Query

from domain.model import Model
from starter.limits import BadFields

T = TypeVar("T")
M = TypeVar("M", bound=Model)

MOST = 200

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
After = Annotated[
    str | None,
    Query(max_length=400, description="The `next` of the page before; what it holds may change."),
]


class Page(Model, Generic[T]):
    """`next`: what to ask `after` for the next page; null after the last."""

    items: tuple[T, ...]
    next: str | None = None


def cursor(place: Model | None) -> str | None:
    """A place in a list, opaque to others."""
    return None if place is None else urlsafe_b64encode(place.model_dump_json().encode()).decode().rstrip("=")


def place(kind: type[M], after: str | None) -> M | None:
    """The place that a cursor of ours names.

    Raises:
        BadFields: it is none of ours.
    """
    if after is None:
        return None
    try:
        return kind.model_validate_json(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except ValueError:
        raise BadFields([{"field": "after", "problem": "is not the `next` of a page"}]) from None
