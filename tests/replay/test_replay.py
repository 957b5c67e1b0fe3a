"""Lives that were recorded are lived again: a worker of today goes on with the orders of yesterday."""

import base64
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from worker.runner import Runner
from worker.wiring import WORKFLOWS

HISTORIES = Path(__file__).parent / "histories"
RECORDED = sorted(HISTORIES.glob("*/*.json"))
FEWEST = 25
"""Histories of one version; an empty folder must not pass for a proof."""

names = [f"{path.parent.name}/{path.stem}" for path in RECORDED]
each = pytest.mark.parametrize("path", RECORDED, ids=names)


@pytest.fixture(scope="module")
def replayer() -> Replayer:
    """Set up as the worker is."""
    return Replayer(
        workflows=WORKFLOWS,
        workflow_runner=Runner(),
        data_converter=pydantic_data_converter,
    )


def events(path: Path) -> dict[str, Any]:
    history: dict[str, Any] = json.loads(path.read_text())
    return history


def history(path: Path, changed: dict[str, Any] | None = None) -> WorkflowHistory:
    """A file is named for its workflow's id, and the number of its run if there are several."""
    workflow_id = unquote(re.sub(r"\.\d+$", "", path.stem))
    return WorkflowHistory.from_json(workflow_id, changed or events(path))


def test_each_version_has_its_lives() -> None:
    versions = [folder for folder in HISTORIES.iterdir() if folder.is_dir()]

    assert versions
    for folder in versions:
        assert (
            len(list(folder.glob("backorder-*.json"))) + len(list(folder.glob("inventory-*.json"))) >= FEWEST
        )


@each
async def test_a_recorded_life_is_lived_the_same_way_again(replayer: Replayer, path: Path) -> None:
    await replayer.replay_workflow(history(path))


def _renamed(body: dict[str, Any]) -> None:
    """Another activity where a parcel was claimed."""
    for event in body["events"]:
        scheduled = event.get("activityTaskScheduledEventAttributes")
        if scheduled and scheduled["activityType"]["name"] == "claim_parcel":
            scheduled["activityType"]["name"] = "pack_parcel"


def _sleepless(body: dict[str, Any]) -> None:
    """An activity where the order waited."""
    number, event = next(
        (number, event)
        for number, event in enumerate(body["events"])
        if "timerStartedEventAttributes" in event
    )
    scheduled = next(one for one in body["events"] if "activityTaskScheduledEventAttributes" in one)
    body["events"][number] = scheduled | {"eventId": event["eventId"]}


def _ended_sooner(body: dict[str, Any]) -> None:
    """The end where the first parcel was claimed."""
    number = next(
        number
        for number, event in enumerate(body["events"])
        if event.get("activityTaskScheduledEventAttributes", {}).get("activityType")
        == {"name": "claim_parcel"}
    )
    end = body["events"][-1] | {"eventId": body["events"][number]["eventId"]}
    body["events"][number:] = [end]


@pytest.mark.parametrize("change", [_renamed, _sleepless, _ended_sooner])
async def test_a_life_that_was_lived_otherwise_is_caught(replayer: Replayer, change: Any) -> None:
    path = next(path for path in RECORDED if path.stem == "backorder-split-in-two")
    body = events(path)
    change(body)

    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(history(path, body))


def _payloads(part: Any) -> Iterator[str]:
    """Every text in a history, with what its payloads hold."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from [base64.b64decode(value).decode()] if name == "data" else _payloads(value)
    elif isinstance(part, list):
        for value in part:
            yield from _payloads(value)
    else:
        yield str(part)


@each
def test_a_history_names_no_person_and_no_machine(path: Path) -> None:
    text = "\n".join(_payloads(events(path)))

    assert set(re.findall(r"@[\w.-]+\w", text)) <= {"@example.com"}
    assert socket.gethostname() not in text
    assert str(Path(__file__).parents[2]) not in text
