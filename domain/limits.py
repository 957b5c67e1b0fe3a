"""What is refused although it has the right shape: text that no database keeps, days beyond all reckoning.

The models stay as wide as they are, so that whatever is stored can be read.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel

_YEARS = range(1970, 3000)
"""In which no reckoning with days runs out of calendar."""

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_NO_TEXT = "has a character that is no text"
_TOO_FAR = f"lies outside the years {_YEARS[0]} to {_YEARS[-1]}"

Fault = dict[str, str]


def beyond_limits(message: BaseModel) -> list[Fault]:
    """Each field of a message that lies beyond these limits, and what is wrong with it; never its value."""
    return list(_faults(message.model_dump(), ()))


def _faults(value: Any, at: tuple[str, ...]) -> Iterator[Fault]:
    """Of a value and all that lies in it; `at` is its path."""
    match value:
        case dict():
            for name, part in value.items():
                yield from _faults(part, (*at, str(name)))
        case list() | tuple():
            for number, part in enumerate(value):
                yield from _faults(part, (*at, str(number)))
        case str() if not _is_text(value):
            yield {"field": ".".join(at), "problem": _NO_TEXT}
        case date() if value.year not in _YEARS:
            yield {"field": ".".join(at), "problem": _TOO_FAR}


def _is_text(value: str) -> bool:
    """PostgreSQL keeps no NUL, and nobody a half of a character."""
    return _NOT_TEXT.search(value) is None
