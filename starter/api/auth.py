"""Who is asking: the bearer of a token, and what its scope allows."""

from typing import TypeVar

from fastapi import HTTPException, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from pydantic import BaseModel

from starter.limits import BadFields
from starter.tokens import Holder, Scope
from starter.web.house import House

M = TypeVar("M", bound=BaseModel)

_OUR_OWN = {"law", "backorder", "deadline", "temporal"}
"""Names under which the application itself acts: what stands under them is told apart."""


class Needs(SecurityBase):
    """A dependency that gives the holder of the request's token, if it has one of these scopes."""

    def __init__(self, house: House, *scopes: Scope) -> None:
        self.model = HTTPBearer(
            description="A token made by `backorder token`; its scope says what it may do."
        )
        self.scheme_name = "token"
        self.scopes = scopes
        self._tokens = house.tokens

    async def __call__(self, request: Request) -> Holder:
        """Whose token it is; 401 without one that is known, 403 for one of another scope."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        holder = self._tokens.holder(token.strip()) if scheme.lower() == "bearer" else None
        if holder is None:
            raise HTTPException(401, "a known token is needed, as `Authorization: Bearer …`")
        if not holder.may(*self.scopes):
            raise HTTPException(403, f"a token of scope {holder.scope} may not do this")
        return holder


def needs(house: House, *scopes: Scope) -> Needs:
    """May be asked by holders of these scopes, and by operations."""
    return Needs(house, *scopes)


def on_record(holder: Holder, wish: M) -> M:
    """The wish in the name of who has the token; an order system says itself who asked it.

    Raises:
        BadFields: it says that we did.
    """
    if holder.scope is not Scope.OMS:
        return wish.model_copy(update={"requested_by": holder.by})
    if getattr(wish, "requested_by", None) in _OUR_OWN:
        raise BadFields([{"field": "requested_by", "problem": "is a name of the application itself"}])
    return wish
