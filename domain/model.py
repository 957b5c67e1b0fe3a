"""What every message and value of ours has in common."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

T = TypeVar("T")


class Model(BaseModel):
    """A value: never changed once made; fields it does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="iso8601")


class StrictModel(BaseModel):
    """A value that refuses fields it does not know, so that a typing mistake is never a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar in UTC") from None


def items(most: int) -> AfterValidator:
    """1 to `most` items, counted once all of them were read: a bad one is not reported as missing too."""

    def count(given: tuple[T, ...]) -> tuple[T, ...]:
        if not 1 <= len(given) <= most:
            raise ValueError(f"1 to {most} are needed, {len(given)} were given")
        return given

    return AfterValidator(count)


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
"""An order, change, cancellation or SKU id."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\r\n]*$")]
"""Text that may stand in a header: one line."""

By = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]
"""Who asked: `customer`, `support:maria`, `operations:li`."""

Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A moment, in UTC; one without an offset is refused."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""
