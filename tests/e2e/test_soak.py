"""Again and again: no crash at exit, no process left behind."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import COMMAND, environment, example_order, left_behind, run, running_up, silent

DEMOS, STATUSES, WORKERS = 20, 100, 30


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    data = tmp_path_factory.mktemp("up")
    with running_up(data) as addresses:
        yield data, addresses


@pytest.mark.soak
def test_twenty_demos_in_a_row_end_with_0_and_leave_no_process_behind(tmp_path: Path) -> None:
    for number in range(DEMOS):
        data = tmp_path / f"demo-{number}"

        played = run(tmp_path, "demo", "--exit", "--json", "--data", str(data))

        assert played.returncode == 0, (number, played.stderr)
        addresses = json.loads(played.stdout)["addresses"]
        assert all(silent(addresses[name]) for name in ("temporal", "smtp"))
        assert left_behind(data) == []


@pytest.mark.soak
def test_a_hundred_statuses_in_a_row_end_with_0(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up
    placed = run(data, "place", "-", "--json", typed=json.dumps(example_order("soak-1")))
    assert placed.returncode == 0, placed.stderr

    endings = [run(data, "status", "soak-1", "--json").returncode for _ in range(STATUSES)]

    assert endings == [0] * STATUSES


def _start_and_stop_a_worker(data: Path, addresses: dict[str, Any]) -> tuple[int, str]:
    """One worker from its first word to its last."""
    elsewhere = {"TEMPORAL_ADDRESS": addresses["temporal"], "BACKORDER_DATABASE_URL": addresses["database"]}
    process = subprocess.Popen(
        [COMMAND, "worker"], env=environment(data) | elsewhere, cwd=data, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    said = ""
    while "working on task queue" not in said and (line := process.stderr.readline()):
        said += line
    process.send_signal(signal.SIGTERM)
    said += process.communicate(timeout=60)[1]
    return process.returncode, said


@pytest.mark.slow
def test_a_worker_alone_starts_works_and_drains(up: tuple[Path, dict[str, Any]]) -> None:
    code, said = _start_and_stop_a_worker(*up)

    assert code == 0, said
    assert "draining" in said


@pytest.mark.soak
def test_thirty_workers_in_a_row_start_and_stop_without_a_crash(up: tuple[Path, dict[str, Any]]) -> None:
    endings = [_start_and_stop_a_worker(*up)[0] for _ in range(WORKERS)]

    assert endings == [0] * WORKERS
