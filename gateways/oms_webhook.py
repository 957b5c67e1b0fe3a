"""The order system's webhook: events signed by the Standard Webhooks scheme (https://www.standardwebhooks.com)."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from hashlib import sha256
from hmac import digest
from typing import Any, Final, cast

import httpx

from domain.model import Model

TIMEOUT_SECONDS: Final = 10
"""For the whole of one try: a receiver keeps what it got and answers, and works on it afterwards."""

_PREFIX: Final = "whsec_"
_KEY_BYTES: Final = range(24, 65)
_READ_AT_MOST: Final = 65_536
"""Of an answer, which is only read so that its connection can be used again."""


class NotTaken(Model):
    """A try that failed; `gone`: the receiver wants no more of it."""

    why: str
    gone: bool = False


class OmsWebhook:
    """Sends events to one URL; with several keys it signs with each, so that a receiver can change from one to another."""

    def __init__(self, url: str, keys: Sequence[bytes], timeout: float = TIMEOUT_SECONDS) -> None:
        self._url = url
        self._keys = tuple(keys)
        self._timeout = timeout
        self._http = httpx.AsyncClient(timeout=timeout, follow_redirects=False)

    async def send(self, event_id: str, body: dict[str, Any], at: datetime) -> NotTaken | None:
        """Send an event once; None when it was taken, which any 2xx says. `at`: now, by the sender's clock."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            async with asyncio.timeout(self._timeout):
                status = await self._post(content, self._headers(event_id, content, at))
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            return NotTaken(why=type(error).__name__)
        if httpx.codes.is_success(status):
            return None
        return NotTaken(why=f"answered {status}", gone=status == httpx.codes.GONE)

    async def aclose(self) -> None:
        await self._http.aclose()

    def _headers(self, event_id: str, content: bytes, at: datetime) -> dict[str, str]:
        second = int(at.timestamp())
        signed = f"{event_id}.{second}.".encode() + content
        return {
            "content-type": "application/json",
            "user-agent": "Backorder",
            "webhook-id": event_id,
            "webhook-timestamp": str(second),
            "webhook-signature": " ".join(_signature(key, signed) for key in self._keys),
        }

    async def _post(self, content: bytes, headers: dict[str, str]) -> int:
        """The answer's status; what else it says is not kept."""
        async with self._http.stream("POST", self._url, content=content, headers=headers) as answer:
            left = _READ_AT_MOST
            async with aclosing(cast("AsyncGenerator[bytes]", answer.aiter_raw())) as chunks:
                async for chunk in chunks:
                    left -= len(chunk)
                    if left < 0:
                        break
        return answer.status_code


def _signature(key: bytes, signed: bytes) -> str:
    return f"v1,{b64encode(digest(key, signed, sha256)).decode()}"


def keys_of(secrets: str) -> tuple[bytes, ...]:
    """The keys that secrets stand for: each `whsec_` and base64 of 24 to 64 bytes, with spaces between.

    Raises:
        ValueError: there is none, or one reads otherwise.
    """
    keys = tuple(_key(secret) for secret in secrets.split())
    if not keys:
        raise ValueError("there is no secret")
    return keys


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        raise ValueError("a secret begins otherwise")
    encoded = secret.removeprefix(_PREFIX)
    key = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    if len(key) not in _KEY_BYTES:
        raise ValueError("a key is too short or too long")
    return key
