"""Who is in the room: a signed cookie that says so for some hours, or a bearer token with each request."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeSerializer

from starter.tokens import Holder, Scope, Tokens
from starter.web.house import House
from worker.settings import Settings

COOKIE = "backorder_room"
PATH = "/operations"
CODEC_COOKIE = "backorder_codec"
CODEC_PATH = "/codec"
LASTS = timedelta(hours=12)


SameSite = Literal["strict", "none"]


class NotSignedIn(Exception):  # noqa: N818 - the fact is the name
    """Nobody has said yet who asks, or too long ago."""


class Forbidden(Exception):  # noqa: N818 - the fact is the name
    """Known, and not allowed to do this; the message says it to a person."""


@dataclass(frozen=True)
class Sessions:
    """Cookies that let a holder in until `LASTS` has passed, or the token is taken out of the settings."""

    signer: URLSafeSerializer
    tokens: Tokens
    secure: bool
    cookie: str = COOKIE
    path: str = PATH
    same_site: SameSite = "strict"

    @classmethod
    def of(cls, house: House) -> "Sessions":
        signer = URLSafeSerializer(house.settings.secret, salt="operations room: session")
        return cls(signer, house.tokens, secure=house.settings.public_url.startswith("https://"))

    @classmethod
    def of_codec(cls, house: House) -> "Sessions":
        """The same for the codec server, which pages of the Temporal Web UI ask: good for nothing else."""
        signer = URLSafeSerializer(house.settings.secret, salt="codec server: session")
        room = cls.of(house)
        site = _same_site(house.settings)
        return replace(room, signer=signer, cookie=CODEC_COOKIE, path=CODEC_PATH, same_site=site)

    def start(self, response: Response, holder: Holder, now: datetime) -> None:
        until = now + LASTS
        value = self.signer.dumps([holder.name, holder.digest, int(until.timestamp())])
        keep(
            response,
            self.cookie,
            str(value),
            LASTS,
            secure=self.secure,
            path=self.path,
            same_site=self.same_site,
        )

    def end(self, response: Response) -> None:
        response.delete_cookie(
            self.cookie, path=self.path, secure=self.secure, httponly=True, samesite=self.same_site
        )

    def holder(self, request: Request, now: datetime) -> Holder | None:
        """Whose cookie it is, while it and the token behind it are good."""
        try:
            name, digest, until = self.signer.loads(request.cookies.get(self.cookie, ""))
        except (BadData, UnicodeError, TypeError, ValueError):
            return None
        return self.tokens.named(name, digest) if now.timestamp() < until else None


def keep(
    response: Response,
    name: str,
    value: str,
    lasts: timedelta,
    *,
    secure: bool,
    path: str = PATH,
    same_site: SameSite = "strict",
) -> None:
    """A cookie that only pages of the room send back (or of what else it is for), and no script reads."""
    seconds = int(lasts.total_seconds())
    response.set_cookie(
        name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite=same_site
    )


def _same_site(settings: Settings) -> SameSite:
    """Strict where the Web UI has our host, or where a browser would take no other; hosts of one site get either."""
    ours = urlsplit(settings.public_url)
    elsewhere = any(urlsplit(one).hostname != ours.hostname for one in settings.web_ui_origins)
    return "none" if elsewhere and ours.scheme == "https" else "strict"


def bearer(request: Request, tokens: Tokens) -> Holder | None:
    """Whose token stands in the Authorization header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return tokens.holder(token.strip()) if scheme.lower() == "bearer" and token else None


def ours(request: Request, public_url: str) -> bool:
    """Whether a form was sent from a page of ours: the browser itself says where from, and a page can't lie there."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = _parts(request.headers.get("Origin", ""))
    hosts = {request.headers.get("Host", ""), urlsplit(public_url).netloc}
    return origin is not None and bool(origin.netloc) and origin.netloc in hosts


def admitted(holder: Holder | None) -> Holder:
    """A holder that may be in the room.

    Raises:
        NotSignedIn: there is none.
        Forbidden: its token is for something else.
    """
    if holder is None:
        raise NotSignedIn
    if not holder.may(Scope.SUPPORT):
        raise Forbidden("This token is for the order system, not for the operations room.")
    return holder


def _parts(address: str) -> SplitResult | None:
    """None of what is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


def local(path: str) -> str:
    """Where to go after signing in: a page of the room, whatever was asked for."""
    parts = _parts(path)
    if parts is None:
        return PATH
    inside = parts.path == PATH or parts.path.startswith(f"{PATH}/")
    plain = not (parts.scheme or parts.netloc) and "\\" not in path and path.isprintable()
    return path if inside and plain else PATH
