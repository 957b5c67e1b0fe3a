"""`python -m benchmarks.worker KIND ADDRESS DATABASE FOLDER SMTP [SLOTS GATEWAY_MS]`: one worker, until SIGTERM.

KIND is `ours`, or `bare` for a bare workflow as the SDK runs it, or `lean` for one that is run as ours are. Its gateways answer after GATEWAY_MS, as real ones do; it works on SLOTS activities at once.
"""

import asyncio
import os
import signal
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from temporalio.worker import UnsandboxedWorkflowRunner

from benchmarks.bare import Bare, nothing
from benchmarks.shop import parts
from store.database import Database
from worker.wiring import ACTIVITIES_AT_ONCE, Parts, running_worker, settle
from workflows.connection import connect

CACHED = 20_000
SLOWED = {"authorise", "capture", "charge", "buy", "rates"}


class Slow:
    """A gateway that takes its time."""

    def __init__(self, gateway: Any, seconds: float) -> None:
        self._gateway, self._seconds = gateway, seconds

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._gateway, name)
        if name not in SLOWED:
            return call

        async def slowly(*arguments: Any, **named: Any) -> Any:
            await asyncio.sleep(self._seconds)
            return await call(*arguments, **named)

        return slowly


async def work(
    kind: str, address: str, url: str, folder: Path, smtp: int, slots: int, seconds: float
) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connect(address)
    with closing(Database(url)) as database:
        async with parts(database, folder, smtp) as built:
            options: dict[str, Any] = {"max_cached_workflows": CACHED, "max_concurrent_activities": slots}
            if kind != "ours":
                options |= {"workflows": [Bare], "activities": [nothing], "task_queue": "bare"}
            if kind == "bare":
                options |= {"workflow_runner": UnsandboxedWorkflowRunner()}
            settle()
            async with running_worker(client, _slowed(built, seconds), **options):
                print("working", flush=True)
                await stop.wait()


def _slowed(built: Parts, seconds: float) -> Parts:
    if not seconds:
        return built
    payments: Any = Slow(built.payments, seconds)
    carrier: Any = Slow(built.carrier, seconds)
    return replace(built, payments=payments, carrier=carrier)


def main() -> None:
    kind, address, url, folder, smtp, *limits = sys.argv[1:]
    slots, milliseconds = map(int, limits or (ACTIVITIES_AT_ONCE, 0))
    asyncio.run(work(kind, address, url, Path(folder), int(smtp), slots, milliseconds / 1000))
    sys.stdout.flush()
    os._exit(0)


main()
