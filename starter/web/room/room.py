"""What every page of the room stands on: the shop, who is in, and how a page is made."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Literal

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadData, URLSafeSerializer

from starter.tokens import Holder
from starter.web import pages
from starter.web.house import House
from starter.web.room.session import CODEC_PATH, PATH, Forbidden, Sessions, admitted, bearer, keep, ours
from starter.web.room.words import Words

_FLASH = "backorder_said"
_FLASH_LASTS = timedelta(minutes=2)
_FLASH_LENGTH = 600
_SAFE_METHODS = {"GET", "HEAD"}

# Within the room an address holds nothing private, and without it browsers do not say where a form came from.
_HEADERS = {"Referrer-Policy": "same-origin"}

Tone = Literal["good", "bad"]


@dataclass(frozen=True)
class Room:
    """The operations room of one shop."""

    house: House

    @cached_property
    def words(self) -> Words:
        return Words(self.house.settings.time_zone, self.house.settings.locale)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions.of(self.house)

    @property
    def all_sessions(self) -> tuple[Sessions, ...]:
        """What one signs in to: the room, and where there are keys the codec server."""
        codec = (Sessions.of_codec(self.house),) if self.house.settings.encrypts else ()
        return (self.sessions, *codec)

    @property
    def codec_endpoint(self) -> str | None:
        """Where the Temporal Web UI has read what is encrypted, if anything is."""
        settings = self.house.settings
        return settings.public_url.rstrip("/") + CODEC_PATH if settings.encrypts else None

    @cached_property
    def _flashes(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.house.settings.secret, salt="operations room: said")

    def holder(self, request: Request) -> Holder:
        """Who asks, by bearer token or cookie; a form must then come from a page of ours.

        Raises:
            NotSignedIn: nobody that we know.
            Forbidden: the token is for something else, or the form came from elsewhere.
        """
        by_token = bearer(request, self.house.tokens)
        holder = admitted(by_token or self.sessions.holder(request, self.house.now()))
        if by_token is None and request.method not in _SAFE_METHODS:
            self.check_origin(request)
        return holder

    def operations(self, request: Request) -> Holder:
        """Who asks, where only operations may."""
        holder = self.holder(request)
        if not holder.may():
            raise Forbidden("Only operations may do this; your token is for support.")
        return holder

    def check_origin(self, request: Request) -> None:
        if not ours(request, self.house.settings.public_url):
            raise Forbidden("This form was not sent from a page of the operations room.")

    def page(
        self, request: Request, who: Holder | None, template: str, status: int = 200, **words: object
    ) -> HTMLResponse:
        """A page for its holder; what was said since the last one is shown, once."""
        said = self._said(request) if who else None
        made = pages.html(
            f"room/{template}",
            status,
            scripted=True,
            headers=_HEADERS,
            say=self.words,
            who=who,
            said=said,
            now=self.house.now(),
            here=request.url.path,
            shop=self.house.settings.shop_name,
            codec=self.codec_endpoint,
            **words,
        )
        if said:
            made.delete_cookie(_FLASH, path=PATH)
        return made

    def back(self, path: str, said: str, tone: Tone = "good") -> Response:
        """To another page, which shows what was said."""
        answer = RedirectResponse(path, 303)
        value = str(self._flashes.dumps([tone, said[:_FLASH_LENGTH]]))
        keep(answer, _FLASH, value, _FLASH_LASTS, secure=self.sessions.secure)
        return answer

    def _said(self, request: Request) -> tuple[str, str] | None:
        try:
            tone, text = self._flashes.loads(request.cookies.get(_FLASH, ""))
        except (BadData, UnicodeError, TypeError, ValueError):
            return None
        return str(tone), str(text)
