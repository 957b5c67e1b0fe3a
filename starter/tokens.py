"""Bearer tokens of the doors: who may do what. Only their hashes are kept."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Self

from pydantic import StringConstraints, TypeAdapter, ValidationError

from domain.model import Model
from worker.settings import BadSetting

_BYTES = 32


class Scope(StrEnum):
    """What a token is for. `operations` may do all that the others may."""

    OMS = "oms"
    SUPPORT = "support"
    OPERATIONS = "operations"


class Holder(Model):
    """Whom a token was given to."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    scope: Scope
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

    @property
    def by(self) -> str:
        """How the records name this holder: `support:maria`."""
        return f"{self.scope}:{self.name}"

    @property
    def entry(self) -> str:
        """How BACKORDER_API_TOKENS lists it."""
        return f"{self.name}:{self.scope}:{self.digest}"

    def may(self, *scopes: Scope) -> bool:
        return self.scope is Scope.OPERATIONS or self.scope in scopes


@dataclass(frozen=True)
class Tokens:
    """The holders of tokens."""

    holders: tuple[Holder, ...] = ()

    @classmethod
    def read(cls, setting: str) -> Self:
        """Holders as `NAME:SCOPE:SHA256`, with commas or spaces between.

        Raises:
            BadSetting: one of them reads otherwise, or a name stands there twice.
        """
        holders = tuple(_holder(entry) for entry in setting.replace(",", " ").split())
        names = [holder.name for holder in holders]
        if len(set(names)) < len(names):
            raise BadSetting("BACKORDER_API_TOKENS: a name stands there twice")
        return cls(holders)

    def with_others(self, others: Iterable[Holder]) -> "Tokens":
        return Tokens((*self.holders, *others))

    def holder(self, token: str) -> Holder | None:
        """Whose token it is; every comparison takes the same time."""
        digest = digest_of(token)
        found = [holder for holder in self.holders if compare_digest(holder.digest, digest)]
        return found[0] if found else None

    def named(self, name: str, digest: str) -> Holder | None:
        """The holder of this name, while it still has the token of this digest."""
        found = (one for one in self.holders if one.name == name and compare_digest(one.digest, digest))
        return next(found, None)


def new_token(scope: Scope) -> str:
    """A token that nobody can guess; a plain hash is enough to keep it by."""
    return f"bo_{scope}_{secrets.token_urlsafe(_BYTES)}"


def held_by(name: str, scope: Scope, token: str) -> Holder:
    return Holder(name=name, scope=scope, digest=digest_of(token))


def digest_of(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


_ENTRY: TypeAdapter[Holder] = TypeAdapter(Holder)


def _holder(entry: str) -> Holder:
    name, _, rest = entry.partition(":")
    scope, _, digest = rest.partition(":")
    try:
        return _ENTRY.validate_python({"name": name, "scope": scope, "digest": digest.lower()})
    except ValidationError:
        raise BadSetting(
            "BACKORDER_API_TOKENS: write each as NAME:SCOPE:SHA256 (`backorder token` makes one)"
        ) from None
