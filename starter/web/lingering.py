"""Connections of those who send more than is read: each gets its answer, and then ends."""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES: Final = 2_000_000
SECONDS: Final = 2.0
"""So much, and for so long, is thrown away of what somebody goes on sending: cut off at once, he would not read his answer."""


class Lingering:
    """Answers given before the whole body was read are the last of their connection; a server alone would read on for ever."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        await self._app(scope, body.receive, _Answer(body, send).send)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


class _Body:
    """Knows whether all of it came in."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.over = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.over = not message.get("more_body", False)
        return message

    async def throw_away(self) -> None:
        left = MOST_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                while not self.over and left > 0:
                    left -= len((await self.receive()).get("body", b""))


class _Answer:
    def __init__(self, body: _Body, send: Send) -> None:
        self._body = body
        self._send = send
        self._last = False

    async def send(self, message: Message) -> None:
        """Says that it is the last one, if it is; and ends once the sender had a moment to read it."""
        if message["type"] == "http.response.start" and not self._body.over:
            self._last = True
            MutableHeaders(scope=message)["Connection"] = "close"
        ends = message["type"] == "http.response.body" and not message.get("more_body", False)
        if ends and self._last:
            await self._send({**message, "more_body": True})
            await self._body.throw_away()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)
