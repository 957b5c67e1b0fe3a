"""What a form of the room sent."""

from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import TypeAdapter, ValidationError

from domain.errors import UnknownOrder, UnknownSku
from domain.model import Id
from starter.errors import BadInput
from starter.web import bodies

_MOST_BYTES = 20_000
_LONGEST_WORD = 254
_ID: TypeAdapter[str] = TypeAdapter(Id)


async def fields(request: Request) -> dict[str, str]:
    """The form's fields without surrounding blanks; of a name that stands there twice, the last.

    Raises:
        NotRead: it is larger than any form of ours, or did not arrive.
        BadInput: it is no form.
    """
    body = await bodies.read(request, _MOST_BYTES)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise BadInput("the form can't be read") from None
    return {name: value.strip() for name, value in pairs}


def written(text: str | None) -> str | None:
    """A word as it was typed, without surrounding blanks; None for none.

    Raises:
        BadInput: it is no word that could be looked for.
    """
    word = (text or "").strip()
    if len(word) > _LONGEST_WORD or not word.isprintable():
        raise BadInput("this can't be looked for")
    return word or None


def known(text: str, unknown: type[UnknownOrder] | type[UnknownSku]) -> None:
    """Raise what an unknown id raises for what is no id at all; the database is not asked for it."""
    try:
        _ID.validate_python(text)
    except ValidationError:
        raise unknown(text) from None
