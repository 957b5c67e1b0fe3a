"""The daily review, as operations type it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import example_order, run, running_up

TEMPORAL = Path(sys.executable).parent / "temporal"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    data = tmp_path_factory.mktemp("review")
    with running_up(data) as addresses:
        yield data, addresses


def test_a_review_is_made_once_a_day_and_shown_again(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up
    order = example_order("review-1", special_request=True)
    assert run(data, "place", "-", typed=json.dumps(order)).returncode == 0

    first = run(data, "review", "--json")
    again = run(data, "review", "--json", "--date", json.loads(first.stdout)["day"])
    shown = run(data, "review")

    assert first.returncode == 0, first.stderr
    found = json.loads(first.stdout)
    assert found["figures"]["units"] == 20
    assert found["needs"] == []
    assert json.loads(again.stdout) == found
    assert f"made at {found['at'][11:16]} UTC" in shown.stdout
    assert "Nothing needs a person." in shown.stdout


def test_a_day_that_can_not_be_meant_ends_with_2(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up
    future = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()

    for day, words in (
        ("tomorrow", "--date: write the day"),
        (future, "--date: lies in the future"),
        ("0001-01-01", "date: "),
        ("2020-01-01", "--date: was not reviewed; only today can be"),
    ):
        refused = run(data, "review", "--date", day)
        assert (refused.returncode, words in refused.stderr) == (2, True), refused.stderr


def test_up_and_init_have_it_made_every_day(up: tuple[Path, dict[str, Any]]) -> None:
    data, addresses = up
    assert run(data, "init").returncode == 0
    where = ["--address", addresses["temporal"], "--schedule-id", "daily-review", "--output", "json"]

    described = subprocess.run(
        [TEMPORAL, "schedule", "describe", *where], capture_output=True, text=True, timeout=30, check=True
    )

    started = json.loads(described.stdout)["schedule"]["action"]["startWorkflow"]
    assert (started["workflowType"]["name"], started["workflowId"]) == ("ReviewWorkflow", "review")
