"""The command as its users type it, and what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "backorder"
EXAMPLES = Path(__file__).parents[1] / "examples"
SKU = "WIDGET-PRO-BLUE"


def environment(data: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("BACKORDER_", "TEMPORAL_"))
    }
    return kept | {"BACKORDER_DATA_DIR": str(data), "COLUMNS": "160"}


def run(data: Path, *arguments: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment(data),
        cwd=data,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def silent(address: str) -> bool:
    """Whether nobody listens there any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


def left_behind(folder: Path) -> list[str]:
    """Command lines of processes that still run on this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it ended while we looked
            continue
        line = b" ".join(words).decode(errors="replace")
        if str(folder) in line and int(process.name) != os.getpid():
            found.append(line)
    return found


@contextmanager
def running_up(data: Path, settings: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """A running `backorder up` with the example's catalogue and some supply of it, and its addresses."""
    with running_up_bare(data, settings) as addresses:
        assert run(data, "catalog", "load", str(EXAMPLES / "catalog.json")).returncode == 0
        eta = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
        announced = run(data, "inbound", "PO-1", f"{SKU}=500", "--eta", eta, "--supplier", "Acme Widgets")
        assert announced.returncode == 0, announced.stderr
        yield addresses


@contextmanager
def running_up_bare(data: Path, settings: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """A running `backorder up` that knows of no product, and its addresses."""
    process = subprocess.Popen(
        [COMMAND, "up", "--json"],
        env=environment(data) | dict(settings or {}),
        cwd=data,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    addresses: dict[str, Any] = json.loads(process.stdout.readline())
    try:
        yield addresses
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(40)
        process.stdout.close()
    assert ended == 0
    assert left_behind(data) == []  # not: its port is silent, which another one may have taken meanwhile


def example_order(order_id: str, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((EXAMPLES / "order.json").read_text())
    return body | {"order_id": order_id} | fields
