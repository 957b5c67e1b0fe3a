"""The example of an order system over plain HTTP, as a user runs it; and the API of `backorder up` on a real socket."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.commands import environment, running_up
from tests.fakes.oms_server import SECRET

pytestmark = pytest.mark.slow

CLIENT = Path(__file__).parents[2] / "examples" / "http_client.py"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_the_example_client_places_receives_looks_and_hears_of_signed_events(tmp_path: Path) -> None:
    hook = {
        "BACKORDER_WEBHOOK_URL": f"http://127.0.0.1:{free_port()}/hooks",
        "BACKORDER_WEBHOOK_SECRET": SECRET,
    }
    with running_up(tmp_path, hook):
        ran = subprocess.run(
            [sys.executable, CLIENT, tmp_path],
            env=environment(tmp_path) | hook,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert (ran.returncode, ran.stderr) == (0, "")
    events = [line for line in ran.stdout.splitlines() if line.startswith("event ")]
    placed, received, ended = [line for line in ran.stdout.splitlines() if line not in events]
    assert ": backordered, promised 20" in placed
    assert received == "received: 3 units handed out"
    assert ": completed, tracking 1Z" in ended
    kinds = [event.split()[1].rstrip(":") for event in events]
    assert sorted(kinds) == [
        "order.backordered",
        "order.completed",
        "order.parcel_shipped",
        "stock.handed_out",
    ]
    assert json.loads(events[-1].partition(": ")[2])["order_id"].startswith("http-")
