"""Encryption of all that is said to Temporal: AES-GCM with 256-bit keys, under keys that can be changed while orders run.

Of an order Temporal then keeps ids, SKUs, the customer's id, status and dates (its search attributes and workflow ids,
which it must read itself), and the names of steps; no name, address, e-mail, card token or note.

A key may encrypt 2³² payloads before its random nonces are no longer surely different: some ten million orders.
"""

import os
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"

_BYTES = 32
_NONCE = 12
_LONGEST_ID = 64
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Unreadable(Exception):  # noqa: N818 - the fact is the name
    """An encrypted payload can't be read; the message names the key, never what the payload holds."""

    def __init__(self, key_id: str, problem: str) -> None:
        super().__init__(problem)
        self.key_id = key_id


class UnknownKey(Unreadable):
    """It was encrypted under a key that this process does not have."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            key_id, f"encrypted under the key {key_id}, which BACKORDER_CODEC_KEYS does not have"
        )


class DamagedPayload(Unreadable):
    """It does not open with the key that it names: another key has that id, or somebody changed the payload."""

    def __init__(self, key_id: str) -> None:
        problem = f"does not open with the key {key_id}: BACKORDER_CODEC_KEYS has another key of that id, or it was damaged"
        super().__init__(key_id, problem)


@dataclass(frozen=True)
class Key:
    """A secret, and the id by which payloads name it."""

    id: str
    secret: bytes = field(repr=False)

    @property
    def entry(self) -> str:
        """How BACKORDER_CODEC_KEYS lists it."""
        return f"{self.id}:{b64encode(self.secret).decode()}"

    @classmethod
    def new(cls, key_id: str) -> Self:
        """A key that nobody can guess.

        Raises:
            ValueError: the id is none.
        """
        if not _ID.fullmatch(key_id):
            raise ValueError("letters, digits, dots, dashes and underscores, 64 at most")
        return cls(key_id, AESGCM.generate_key(_BYTES * 8))


def read_keys(setting: str) -> tuple[Key, ...]:
    """Keys as `ID:BASE64`, with commas or spaces between.

    Raises:
        ValueError: one of them reads otherwise, or an id stands there twice; the message tells no secret.
    """
    keys = tuple(_key(entry) for entry in setting.replace(",", " ").split())
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("an id stands there twice")
    return keys


def _key(entry: str) -> Key:
    key_id, _, secret = entry.partition(":")
    try:
        key = Key(key_id, b64decode(secret, validate=True))
    except (NotBase64, ValueError):
        key = Key(key_id, b"")
    if not _ID.fullmatch(key_id) or len(key.secret) != _BYTES:
        raise ValueError(f"write each as ID:BASE64 of {_BYTES} bytes (`backorder codec-key` makes one)")
    return key


class Encryption(PayloadCodec):
    """Encrypts under the first of its keys, and reads what was encrypted under any of them.

    What is not encrypted passes through when it is read. So encryption can be switched on over running orders: what
    they said before stays readable for the worker (and for everybody else), what they say from then on is encrypted.
    A key is changed in two steps, for a worker that lacks one can't go on: first each process gets the new key behind
    the old one, then the new one moves to the front. The old one stays for as long as Temporal keeps what it encrypted.

    Without any key it encrypts nothing, and tells an encrypted payload for what it is: before a workflow or an
    activity sees it, so that the task fails and is tried again, and no message is taken for an unreadable one.
    """

    def __init__(self, keys: Sequence[Key] = ()) -> None:
        self._keys = {key.id: AESGCM(key.secret) for key in keys}
        self._first = keys[0].id if keys else None

    @property
    def encrypts(self) -> bool:
        return self._first is not None

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload, encrypted under the first key."""
        if self._first is None:
            return list(payloads)
        return [self._encrypted(payload, self._first) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload as it was before; one that is not encrypted is left as it is.

        Raises:
            UnknownKey: the key is not among ours.
            DamagedPayload: ours of that id does not open it.
        """
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload, key_id: str) -> Payload:
        nonce = os.urandom(_NONCE)
        named = key_id.encode()
        sealed = self._keys[key_id].encrypt(nonce, payload.SerializeToString(), named)
        return Payload(metadata={"encoding": ENCODING, KEY_ID: named}, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        named = payload.metadata.get(KEY_ID, b"")
        key = self._keys.get(named.decode(errors="replace"))
        if key is None:
            raise UnknownKey(_shown(named))
        try:
            return Payload.FromString(key.decrypt(payload.data[:_NONCE], payload.data[_NONCE:], named))
        except (InvalidTag, ValueError, DecodeError):
            raise DamagedPayload(_shown(named)) from None


WITHOUT_KEYS: Final = Encryption()


def _shown(named: bytes) -> str:
    """A key's id as it is told; one that is none of ours may hold anything."""
    text = named.decode(errors="replace")[:_LONGEST_ID]
    return text if _ID.fullmatch(text) else repr(text)
