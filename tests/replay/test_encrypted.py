"""A recorded life that was encrypted is lived again by whoever has the key, and by nobody else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from worker.runner import Runner
from worker.wiring import WORKFLOWS
from workflows.codec import WITHOUT_KEYS, Encryption, Key
from workflows.connection import data_converter

HISTORIES = Path(__file__).parent / "histories"
LIVES = sorted(HISTORIES.glob("*/backorder-split-in-two.json"))
OLD, NEW = Key("old", b"O" * 32), Key("new", b"N" * 32)
_READ_BY_TEMPORAL = {"searchAttributes", "indexedFields", "markerRecordedEventAttributes"}


def _payloads(part: Any) -> Iterator[dict[str, Any]]:
    """All that a codec encrypts."""
    if isinstance(part, dict) and "encoding" in part.get("metadata", {}):
        yield part
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from () if name in _READ_BY_TEMPORAL else _payloads(value)
    elif isinstance(part, list):
        for value in part:
            yield from _payloads(value)


def _read(path: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(path.read_text())
    return body


async def _encrypted(path: Path) -> WorkflowHistory:
    """The first half under the old key, the other under the new one, as if it had been changed on the way."""
    body = _read(path)
    found = list(_payloads(body))
    for number, part in enumerate(found):
        key = OLD if number < len(found) // 2 else NEW
        [payload] = await Encryption([key]).encode([ParseDict(part, Payload())])
        part.clear()
        part.update(MessageToDict(payload))
    assert len(found) > 20
    return WorkflowHistory.from_json(path.stem, body)


def _replayer(codec: Encryption) -> Replayer:
    return Replayer(workflows=WORKFLOWS, workflow_runner=Runner(), data_converter=data_converter(codec))


@pytest.mark.parametrize("path", LIVES, ids=[path.parent.name for path in LIVES])
async def test_an_encrypted_life_is_lived_the_same_way_again(path: Path) -> None:
    replayed = await _replayer(Encryption([NEW, OLD])).replay_workflow(await _encrypted(path))

    assert replayed.replay_failure is None


async def test_without_keys_it_is_not_lived_at_all_and_the_missing_one_is_named() -> None:
    with pytest.raises(
        RuntimeError, match="encrypted under the key old, which BACKORDER_CODEC_KEYS does not"
    ):
        await _replayer(WITHOUT_KEYS).replay_workflow(await _encrypted(LIVES[0]))
