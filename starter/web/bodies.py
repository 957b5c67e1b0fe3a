"""Bodies that strangers send: read no further than ours can be long, and not waited for endlessly."""

import asyncio
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

SECONDS: Final = 15.0
"""For all of a body: whoever sends it byte by byte holds nothing of ours for longer."""

TOO_LARGE, TOO_SLOW = 413, 408
_WHY: Final = {TOO_LARGE: "what was sent is too large", TOO_SLOW: "what was sent took too long to arrive"}


class NotRead(Exception):  # noqa: N818 - the fact is the name
    """The body is not what we wait for; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(_WHY[status])
        self.status = status


async def read(request: Request, most: int, seconds: float = SECONDS) -> bytes:
    """The body, of at most so many bytes.

    Raises:
        NotRead: it is larger, or did not arrive whole in time.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise NotRead(TOO_LARGE)
    except (TimeoutError, ClientDisconnect):
        raise NotRead(TOO_SLOW) from None
    return bytes(body)
