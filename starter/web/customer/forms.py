"""What a customer sent: read with limits, and each fault named at its field."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.changes import AddressChange
from domain.state import LineState
from starter.web import bodies
from starter.web.bodies import NotRead

MOST_BYTES: Final = 16_384
_MOST_FIELDS: Final = 200
_MOST_LETTERS: Final = 200

REASONS: Final = (
    Reason.CHANGED_MIND,
    Reason.FOUND_ELSEWHERE,
    Reason.TOO_SLOW,
    Reason.PRICE,
    Reason.DUPLICATE,
    Reason.OTHER,
)
"""Those that a customer has; the others are ours."""

_NEEDED = {"name", "street", "city", "country"}

Form = Mapping[str, str]


class Faults(dict[str, str]):
    """By field, the name of what is wrong with it; the words are the page's."""


async def read(request: Request) -> Form:
    """The form that was sent; of a field that came twice, the last.

    Raises:
        NotRead: it is larger than any form of ours, or did not arrive.
    """
    body = await bodies.read(request, MOST_BYTES)
    try:
        return dict(
            parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        )
    except ValueError:
        raise NotRead(bodies.TOO_LARGE) from None


def cancellation(form: Form, lines: tuple[LineState, ...], wish_id: str) -> Cancellation | Faults:
    """Everything that has not left, where nothing is named; else units of some lines.

    More units than were ordered can't be meant; fewer than are still here is for the order to say.
    """
    faults, named = Faults(), _units(form, lines)
    faults.update({field(line.sku): "units" for line in lines if named.get(line.sku) is None})
    if form.get("reason") not in REASONS:
        faults["reason"] = "reason"
    if not faults and not any(named.values()):
        faults["units"] = "nothing"
    if faults:
        return faults
    wanted = tuple(CancelledLine(sku=sku, quantity=units) for sku, units in named.items() if units)
    return Cancellation(cancellation_id=wish_id, reason=Reason(form["reason"]), lines=wanted)


def address(form: Form) -> AddressChange | Faults:
    fields = {name: form.get(name, "").strip() for name in AddressChange.model_fields}
    fields.pop("requested_by")
    faults = Faults({name: "missing" for name in _NEEDED if not fields[name]})
    faults.update({name: "text" for name, text in fields.items() if not _is_a_line(text)})
    code = fields["country"]
    if code and not (len(code) == len("US") and code.isascii() and code.isalpha() and code.isupper()):
        faults["country"] = "missing"
    return faults or AddressChange.model_validate(fields)


def field(sku: str) -> str:
    """The field in which the units of a line are written."""
    return f"units-{sku}"


def _units(form: Form, lines: tuple[LineState, ...]) -> dict[str, int | None]:
    """Of each line; None where no such number can be meant."""
    return {line.sku: _count(form.get(field(line.sku), "0"), line.ordered) for line in lines}


def _count(text: str, most: int) -> int | None:
    text = text.strip() or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < len("10000000")):
        return None
    return int(text) if int(text) <= most else None


def _is_a_line(text: str) -> bool:
    """No control characters, which no label prints and no database keeps."""
    return len(text) <= _MOST_LETTERS and text.isprintable()
