"""Tokens for the API and the operations room."""

from starter.door import Said
from starter.errors import BadInput
from starter.tokens import Scope, held_by, new_token


async def make(name: str, scope: str) -> Said:
    """A new token, shown once, and the entry that lets its holder in."""
    wanted = _scope(scope)
    token = new_token(wanted)
    try:
        holder = held_by(name, wanted, token)
    except ValueError:
        raise BadInput("NAME: letters, digits, dots, dashes and underscores, 64 at most") from None
    document = {"token": token, "entry": holder.entry}
    return Said(
        document,
        f"Give {name} this token; it is shown only now:\n\n  {token}\n\n"
        f"and add this to BACKORDER_API_TOKENS, with a comma before it:\n\n  {holder.entry}",
    )


def _scope(scope: str) -> Scope:
    try:
        return Scope(scope)
    except ValueError:
        raise BadInput(f"--scope: one of {', '.join(Scope)}") from None
