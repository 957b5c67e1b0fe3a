"""What is asked of Temporal comes back: with an answer, or with who is out of reach."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from starter.asking import asked
from starter.errors import OutOfReach
from tests.e2e.commands import run

SOON = timedelta(seconds=0.2)


async def test_a_call_that_nobody_answers_is_given_up_in_time() -> None:
    began = asyncio.get_running_loop().time()

    with pytest.raises(OutOfReach, match="a worker is out of reach"):
        await asked(asyncio.Event().wait(), SOON)

    assert asyncio.get_running_loop().time() - began < 5


def test_a_command_in_a_folder_where_nothing_ever_ran_changes_no_other_shop(tmp_path: Path) -> None:
    refused = run(tmp_path, "receive", "WIDGET-PRO-BLUE=1", "--id", "R-1")

    assert refused.returncode == 2
    assert "nothing runs on" in refused.stderr
    assert "BACKORDER_DATA_DIR" in refused.stderr
    assert list(tmp_path.iterdir()) == []
