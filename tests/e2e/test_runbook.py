"""The runbook's first path, typed line by line as it stands there, and its commands' words."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from starter.cli import app
from tests.e2e.commands import COMMAND, environment, run, running_up_bare

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ENDS_WITH_1 = {"backorder audit                                      # names it, and ends with 1"}


def path() -> list[str]:
    block = re.search(r"<!-- path:[^\n]*-->\n```sh\n(.*?)```", RUNBOOK, re.DOTALL)
    assert block
    return block[1].strip().splitlines()


@pytest.mark.slow
def test_a_strangers_path_leads_to_a_cancelled_order_a_receipt_and_a_repaired_workflow(
    tmp_path: Path,
) -> None:
    with running_up_bare(tmp_path) as addresses:
        for line in path():
            typed = _typed(tmp_path, addresses, line)

            assert typed.returncode == (1 if line in ENDS_WITH_1 else 0), (line, typed.stdout, typed.stderr)
            if line in ENDS_WITH_1:
                assert "201" in typed.stdout

        left = {order: _status(tmp_path, order) for order in ("200", "201")}
        audit = json.loads(run(tmp_path, "audit", "--json").stdout)

    assert left["200"]["status"] == "cancelled"
    assert left["200"]["payments"] == []
    assert left["201"]["status"] == "completed"
    assert [payment["kind"] for payment in left["201"]["payments"]] == ["capture"]
    assert audit["findings"] == []


def _typed(data: Path, addresses: dict[str, Any], line: str) -> subprocess.CompletedProcess[str]:
    """By a shell, at the project's root; `temporal` is told where its server is, which took whatever port was free."""
    known = environment(data) | {"PATH": f"{COMMAND.parent}:{os.environ['PATH']}"}
    if line.startswith("temporal"):
        known["TEMPORAL_ADDRESS"] = addresses["temporal"]
    return subprocess.run(
        ["bash", "-c", line], env=known, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def _status(data: Path, order_id: str) -> dict[str, Any]:
    status: dict[str, Any] = json.loads(run(data, "status", order_id, "--json").stdout)
    return status


def _commands(page: Path) -> list[str]:
    """Every line of a page that types `backorder`, without its comment."""
    lines = re.findall(r"^(?:    |)(backorder [a-z].*)$", page.read_text(), re.MULTILINE)
    return [line.split("  #")[0].split(" # ")[0].strip() for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_types_is_there_with_its_options(page: Path) -> None:
    for line in _commands(page):
        words = shlex.split(line)[1:]
        command: Any = get_command(app)
        while hasattr(command, "commands") and not (
            words[0].startswith("--") and command.invoke_without_command
        ):
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        asked = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert asked <= known, (line, asked - known)
